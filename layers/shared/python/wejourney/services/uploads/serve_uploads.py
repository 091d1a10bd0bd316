"""Uploads in mini programs: an address for one picture of whose session it is."""

import uuid
from collections.abc import Callable, Mapping
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
    UploadsOffError,
    new_name,
)
from wejourney.people.followers import Follower
from wejourney.people.identities import openid_identity
from wejourney.services.loyalty.serve_gifts import KnownIdentities, Tries
from wejourney.services.ports.inbox import BulkInbox
from wejourney.services.uploads.ports import UploadForms, UploadRecords
from wejourney.wire.http import Answer
from wejourney.wire.mini_program.requests import answer
from wejourney.wire.mini_program.uploads import read_content_type

_REFUSALS: Mapping[type[WejourneyError], tuple[int, str]] = {
    UploadsOffError: (409, "uploads_off"),
    TooManyUploadsError: (429, "too_many_uploads"),
    FollowerGoneError: (503, "not_known_yet"),
    StaleFollowerError: (503, "busy"),
}
"""As for gifts."""


@dataclass(frozen=True)
class ServeUploads:
    """`days` is how long pictures are kept; 0: the deployment takes no uploads."""

    records: UploadRecords
    forms: UploadForms
    people: KnownIdentities
    tries: Tries
    inbox: BulkInbox
    now: Callable[[], datetime]
    days: int

    def __call__(self, subject: Subject, asked: Mapping[str, Any]) -> Answer:
        """Raises CallbackRefusedError for what is no request, and the errors of ports."""
        try:
            return answer(200, **self._opened(subject, read_content_type(asked)))
        except tuple(_REFUSALS) as error:
            status, reason = _REFUSALS[type(error)]
            return answer(status, error=str(error), reason=reason)

    def _opened(self, subject: Subject, content_type: str) -> Mapping[str, Any]:
        """Who is not known yet is known soon after they have asked."""
        now = self.now()
        if not self.days:
            raise UploadsOffError
        self.tries.count(subject, MOST_UPLOADS, now)
        person = self._person(subject)
        if person is None:
            told = own_event(MiniProgramEvent(UPLOAD_OPENED), f"{now:%Y-%m-%dT%H}", subject, now)
            self.inbox.tell_in_bulk([told])
            raise FollowerGoneError("not known yet: ask again in a moment")
        upload_id = uuid.uuid4().hex
        name = new_name(upload_id)
        form = self.forms.form(name, content_type)
        self.records.open(person, Upload(upload_id, person.contact_id, content_type, now, name, self.days))
        until = (now + ADDRESS_LASTS).isoformat()
        return {"upload": upload_id, "url": form.url, "fields": dict(form.fields), "until": until}

    def _person(self, subject: Subject) -> Follower | None:
        person_id = self.people.owner(openid_identity(subject.app_id, subject.openid))
        person = self.people.person(person_id) if person_id is not None else None
        return person.seen_through(subject) if person is not None else None
