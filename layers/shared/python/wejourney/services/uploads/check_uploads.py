"""A phone has written a picture: keep a copy that no phone can write, and have WeChat check it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wejourney.errors import (
    AccountMisconfiguredError,
    DailyQuotaSpentError,
    StaleFollowerError,
    TokenRejectedError,
    WeChatBusyError,
    WeChatError,
    WejourneyError,
)
from wejourney.messaging.uploads import UploadStatus, kept_name, upload_of
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.inbox import Announcements
from wejourney.services.uploads.ports import (
    ContentCheck,
    FoundUpload,
    NotCopiedError,
    StoredUpload,
    UploadObjects,
    UploadRecords,
)
from wejourney.services.uploads.settle_uploads import SettleUploads

_RETRIED = (WeChatBusyError, DailyQuotaSpentError, TokenRejectedError, AccountMisconfiguredError)
"""After these a later attempt helps; after all others of WeChat's errors a human looks at the picture."""


class Outcome(StrEnum):
    """What became of a picture that a phone has written."""

    ASKED = "asked"
    SETTLED = "settled"
    REVIEW = "review"
    GONE = "gone"
    """Its person was erased, or nobody was given this address."""
    SECOND = "second"
    """Another picture was written to this address before."""


@dataclass(frozen=True)
class CheckUploads:
    accounts: Accounts
    records: UploadRecords
    objects: UploadObjects
    wechat: ContentCheck
    settle: SettleUploads
    inbox: Announcements
    now: Callable[[], datetime]

    def __call__(self, stored: StoredUpload) -> Outcome:
        """Take a picture on record and have it checked, once, however often the bucket tells of it.

        The copy is made first, and then it is on record: whoever finds no record, or that of another picture,
        deletes it. Raises a WeChatError, NotCopiedError or StaleFollowerError when a later attempt helps.
        """
        upload_id = upload_of(stored.name)
        file = kept_name(upload_id, stored.etag)
        failure: WejourneyError = StaleFollowerError()
        for _ in range(MAX_CONFLICT_RETRIES):
            found = self.records.find(upload_id)
            try:
                if found is not None and found.upload.status is UploadStatus.OPEN:
                    self.objects.keep(stored.name, file, stored.etag)
                    found = self.records.change(found, found.upload.received(file, self.now()))
                if found is None or found.upload.file != file:
                    self.objects.delete([stored.name, file])
                    return Outcome.GONE if found is None else Outcome.SECOND
                self.objects.delete([stored.name])
                return self._checked(found)
            except (NotCopiedError, StaleFollowerError) as error:
                # They were erased meanwhile, or another worker is at it, or a phone.
                failure = error
        raise failure

    def _checked(self, found: FoundUpload) -> Outcome:
        """Ask WeChat if it was not asked, and tell what it says if that has come already."""
        upload, app_id = found.upload, found.subject.app_id
        verdict: str | None = None
        if upload.status is UploadStatus.CHECKING:
            try:
                found = found if upload.trace else self._asked(found)
            except WeChatError as error:
                if isinstance(error, _RETRIED):
                    raise
                self.settle.judge(upload.id, "")
                return Outcome.REVIEW
            verdict = self.records.join_upload(app_id, found.upload.trace, upload.id, self.now())
        told = self.settle.judge(upload.id, verdict) if verdict is not None else self.settle.events_of(found)
        if told:
            self.inbox.tell(told)
        return Outcome.SETTLED if told else Outcome.ASKED

    def _asked(self, found: FoundUpload) -> FoundUpload:
        account, url = self.accounts.get(found.subject.app_id), self.objects.address(found.upload.file)
        trace = self.wechat.check_picture(account, found.subject.openid, url)
        for _ in range(MAX_CONFLICT_RETRIES):
            with suppress(StaleFollowerError):
                return self.records.change(found, found.upload.asked(trace))
            # Whatever else the person does meanwhile, WeChat is not asked again.
            again = self.records.find(found.upload.id)
            if again is None or again.upload != found.upload:
                break
            found = again
        raise StaleFollowerError
