"""What becomes of an upload when it is known what WeChat's content check, or a human, says of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from wejourney.errors import StaleFollowerError
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import MediaChecked
from wejourney.messaging.uploads import UnknownUploadError, Upload, UploadStatus
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES
from wejourney.services.uploads.ports import FoundUpload, UploadDeletion, UploadRecords


@dataclass(frozen=True)
class SettleUploads:
    """Each call can be made again. It returns the events that tell of it: the same ones again."""

    records: UploadRecords
    objects: UploadDeletion
    now: Callable[[], datetime]

    def checked(self, event: InboundEvent) -> tuple[InboundEvent, ...]:
        """WeChat tells what its check says. It may come before it is on record whose check it is."""
        if not isinstance(event.body, MediaChecked) or not event.body.trace:
            return ()
        app_id, checked = event.subject.app_id, event.body
        upload_id = self.records.join_verdict(app_id, checked.trace, checked.verdict, self.now())
        return self.judge(upload_id, checked.verdict) if upload_id is not None else ()

    def judge(self, upload_id: str, verdict: str) -> tuple[InboundEvent, ...]:
        """As WeChat says. Nothing becomes of an upload that was erased."""
        found = self._settled(upload_id, lambda upload: upload.judged(verdict, self._second))
        if found is not None and found.upload.is_settled:
            # Whatever had it judged is delivered again until somebody has told of it.
            self.records.take_off_list(found.upload)
        return self.events_of(found) if found is not None else ()

    def decide(self, upload_id: str, *, approved: bool) -> tuple[InboundEvent, ...]:
        """As a human says: `told` is to follow. Raises UnknownUploadError or UploadSettledError."""
        found = self._settled(upload_id, lambda upload: upload.decided(self._second, approved=approved))
        if found is None:
            raise UnknownUploadError
        return self.events_of(found)

    def told(self, upload_id: str) -> None:
        """Somebody has told of what a human has decided."""
        found = self.records.find(upload_id)
        if found is not None and found.upload.is_settled:
            self.records.take_off_list(found.upload)

    def events_of(self, found: FoundUpload) -> tuple[InboundEvent, ...]:
        """What tells of an upload that is settled, whose file is deleted if it was rejected."""
        upload = found.upload
        if upload.status is UploadStatus.REJECTED:
            self.objects.delete([upload.file])
        if upload.told is None or upload.settled_at is None:
            return ()
        return (own_event(upload.told, upload.id, found.subject, upload.settled_at),)

    def _settled(self, upload_id: str, settle: Callable[[Upload], Upload]) -> FoundUpload | None:
        for _ in range(MAX_CONFLICT_RETRIES):
            found = self.records.find(upload_id)
            after = settle(found.upload) if found is not None else None
            if found is None or after is None or after == found.upload:
                return found
            with suppress(StaleFollowerError):
                return self.records.change(found, after)
        raise StaleFollowerError

    @property
    def _second(self) -> datetime:
        return self.now().replace(microsecond=0)
