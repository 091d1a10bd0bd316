"""Fetch the file of a message from WeChat and keep it, sealed with the key of its person."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from wejourney.accounts import Account
from wejourney.errors import StaleFollowerError
from wejourney.messaging.media import MediaFile, kept, media_id_of, stored_as, type_of
from wejourney.metrics import Metric
from wejourney.people.profile_model import ProfileModel
from wejourney.plain_data import changed
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES
from wejourney.services.media.ports import (
    FoundMedia,
    MediaGoneError,
    MediaObjects,
    MediaRecords,
    MediaSource,
    MediaTooLargeError,
    WantedMedia,
)
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.environment import Meter, TimeSource
from wejourney.services.ports.keys import SealedFiles


class Outcome(Enum):
    """What became of a file that was to be fetched, and how that is counted."""

    KEPT = Metric.MEDIA_KEPT
    UNWANTED = Metric.MEDIA_UNWANTED
    GONE = Metric.MEDIA_GONE
    TOO_LARGE = Metric.MEDIA_TOO_LARGE
    REFUSED = Metric.MEDIA_REFUSED


OFF: Final = 0
"""The days for which files are kept where none are."""


@dataclass(frozen=True)
class FetchMedia:
    """`days` is how long files are kept; OFF: none are fetched any more."""

    accounts: Accounts
    records: MediaRecords
    objects: MediaObjects
    wechat: MediaSource
    sealed_files: SealedFiles
    clock: TimeSource
    meter: Meter
    profile: ProfileModel
    days: int

    def __call__(self, wanted: WantedMedia) -> Outcome:
        """Fetch a file once, however often it is asked for.

        The file is stored first, and then it is on record: a repetition after a crash stores it again in the
        same place, or deletes it where its person was erased meanwhile. Raises a WeChatError or
        StaleFollowerError when a later attempt helps.
        """
        name = stored_as(wanted.person_id, wanted.event)
        outcome = self._fetch(wanted, name)
        if outcome is not Outcome.KEPT:
            # An earlier attempt may have stored it, and died before it was on record.
            self.objects.delete([name])
        self.meter.count(outcome.value)
        return outcome

    def _fetch(self, wanted: WantedMedia, name: str) -> Outcome:
        file: MediaFile | None = None
        for _ in range(MAX_CONFLICT_RETRIES):
            found = self.records.find(wanted)
            if found is not None and found.is_kept:
                return Outcome.KEPT
            media_id = media_id_of(found.event) if found is not None else None
            if found is None or media_id is None or not self._may_keep(found):
                return Outcome.UNWANTED
            if file is None:
                try:
                    file = self.wechat.download(self._account(found), media_id)
                except MediaGoneError:
                    return Outcome.GONE
                except MediaTooLargeError:
                    return Outcome.TOO_LARGE
            content_type = type_of(found.event.kind, file)
            if content_type is None:
                return Outcome.REFUSED
            sealed = self.sealed_files.seal_file(found.person, name, file.data)
            self.objects.put(name, sealed.data)
            before = after = found.person
            if sealed.data_keys != before.data_keys:
                after = changed(before, data_keys=sealed.data_keys, rev=before.rev + 1)
            media = kept(
                found.event, file, content_type, name, wanted.contact_id, self.clock.now(), self.days
            )
            try:
                self.records.keep(before, after, media)
            except StaleFollowerError:
                continue  # They may have been erased, merged, or have withdrawn their consent.
            return Outcome.KEPT
        raise StaleFollowerError

    def _may_keep(self, found: FoundMedia) -> bool:
        return self.days != OFF and self.profile.lets_keep(found.person)

    def _account(self, found: FoundMedia) -> Account:
        return self.accounts.get(found.event.subject.app_id)
