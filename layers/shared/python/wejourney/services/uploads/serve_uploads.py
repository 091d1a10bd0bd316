"""Uploads in mini programs: an address for one picture of whose session it is."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.errors import FollowerGoneError, StaleFollowerError, WejourneyError
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.events.mini_program_events import UPLOAD_OPENED
from wejourney.messaging.uploads import (
    ADDRESS_LASTS,
    MOST_UPLOADS,
    TooManyUploadsError,
    Upload,
    UploadIdUsedError,
    UploadsOffError,
    UploadStatus,
    new_name,
    upload_id_of,
)
from wejourney.people.followers import Follower
from wejourney.people.identities import openid_identity
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES
from wejourney.services.ports.inbox import BulkInbox
from wejourney.services.ports.mini_programs import KnownIdentities, Tries
from wejourney.services.uploads.ports import UploadForms, UploadRecords
from wejourney.wire.http import Answer
from wejourney.wire.mini_program.requests import answer
from wejourney.wire.mini_program.uploads import Opening, read_opening

_REFUSALS: Mapping[type[WejourneyError], tuple[int, str]] = {
    UploadsOffError: (409, "uploads_off"),
    UploadIdUsedError: (409, "id_used"),
    TooManyUploadsError: (429, "too_many_uploads"),
    FollowerGoneError: (503, "not_known_yet"),
    StaleFollowerError: (503, "busy"),
}
"""As for gifts."""


@dataclass(frozen=True)
class ServeUploads:
    """`strangers` counts the requests of who is not known yet. `is_on`: the deployment takes uploads."""

    records: UploadRecords
    forms: UploadForms
    people: KnownIdentities
    strangers: Tries
    inbox: BulkInbox
    now: Callable[[], datetime]
    is_on: bool

    def __call__(self, subject: Subject, asked: Mapping[str, Any]) -> Answer:
        """Raises CallbackRefusedError for what is no request, and the errors of ports."""
        try:
            return answer(200, **self._opened(subject, read_opening(asked)))
        except tuple(_REFUSALS) as error:
            status, reason = _REFUSALS[type(error)]
            return answer(status, error=str(error), reason=reason)

    def _opened(self, subject: Subject, opening: Opening) -> Mapping[str, Any]:
        if not self.is_on:
            raise UploadsOffError
        for _ in range(MAX_CONFLICT_RETRIES):
            with suppress(StaleFollowerError):
                return self._shown(self._upload(subject, opening))
        raise StaleFollowerError

    def _upload(self, subject: Subject, opening: Opening) -> Upload:
        """The upload of this id, whose picture may be there already, or a new one."""
        now, person = self.now(), self._person(subject)
        if person is None:
            raise self._unknown(subject)
        upload_id = upload_id_of(person.contact_id, opening.id)
        found = self.records.find(upload_id)
        if found is not None:
            found.upload.check_same(opening.content_type, now)
            return found.upload
        upload = Upload(upload_id, person.contact_id, opening.content_type, now, new_name(upload_id))
        self.records.open(person, upload)
        return upload

    def _shown(self, upload: Upload) -> Mapping[str, Any]:
        shown = {"upload": upload.id, "status": upload.status}
        if upload.status is not UploadStatus.OPEN:
            return shown
        form = self.forms.form(upload.file, upload.content_type)
        until = (self.now() + ADDRESS_LASTS).isoformat()
        return {**shown, "url": form.url, "fields": dict(form.fields), "until": until}

    def _unknown(self, subject: Subject) -> FollowerGoneError:
        """Who is not known yet is known soon after they have asked."""
        now = self.now()
        self.strangers.count(subject, MOST_UPLOADS, now)
        told = own_event(MiniProgramEvent(UPLOAD_OPENED), f"{now:%Y-%m-%dT%H}", subject, now)
        self.inbox.tell_in_bulk([told])
        return FollowerGoneError("not known yet: ask again in a moment")

    def _person(self, subject: Subject) -> Follower | None:
        person_id = self.people.owner(openid_identity(subject.app_id, subject.openid))
        person = self.people.person(person_id) if person_id is not None else None
        return person.seen_through(subject) if person is not None else None
