"""Pictures that people upload in a mini program: WeChat's content check decides on each, or a human does.

A phone writes to a name of its own, `new_name`. What is checked, and kept, is a copy that no phone can write.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from wejourney.errors import WejourneyError
from wejourney.events.event_types import UploadApproved, UploadRejected

NEW = "new/"
"""The beginning of the names that phones write to."""

CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp")
LARGEST_UPLOAD = 10 * 1024 * 1024
"""Bytes: of a larger picture there is no content check.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/mediaCheckAsync.html
"""

MOST_UPLOADS = 20
"""Addresses that one person gets on a day (UTC)."""

ADDRESS_LASTS = timedelta(minutes=15)
"""How long a phone can write to its address."""

OPENED_WITHIN = timedelta(days=1)
"""How long the same request gets an address for the same upload again."""

UNUSED_LASTS = timedelta(days=15) + OPENED_WITHIN
"""How long an upload without a picture is on record: its file, and S3's word of it, can be there for 14 days.

S3 deletes files at the end of a day.
"""

LONGEST_KEPT = timedelta(days=999)
"""The most that the parameter KeepUploads allows: a later value of it is for earlier pictures, too."""

VERDICT_WITHIN = timedelta(hours=24)
"""After this time without a word of WeChat a human has to look. Most come within half an hour."""


class Verdict(StrEnum):
    """What the content check says; whatever else it may say is for a human."""

    PASS = "pass"  # noqa: S105 - WeChat's word
    RISKY = "risky"


class UploadStatus(StrEnum):
    """`open`: an address was given out. `checking`: WeChat is asked. `review`: a human is asked."""

    OPEN = "open"
    CHECKING = "checking"
    REVIEW = "review"
    APPROVED = "approved"
    REJECTED = "rejected"


class UploadsOffError(WejourneyError):
    """The deployment takes no uploads."""

    def __init__(self) -> None:
        super().__init__("this deployment takes no uploads")


class TooManyUploadsError(WejourneyError):
    """Somebody has asked for MOST_UPLOADS addresses today."""

    def __init__(self) -> None:
        super().__init__(f"at most {MOST_UPLOADS} uploads a day: try again tomorrow")


class UploadIdUsedError(WejourneyError):
    """An upload with this `id` is of another type, or was opened earlier than OPENED_WITHIN."""

    def __init__(self) -> None:
        super().__init__("there was an upload with this `id`: take another")


class UnknownUploadError(WejourneyError):
    """No picture was uploaded under this id, or it was deleted with its person."""

    def __init__(self) -> None:
        super().__init__("there is no picture of this upload")


class UploadSettledError(WejourneyError):
    """It was decided otherwise before."""

    def __init__(self, status: UploadStatus) -> None:
        super().__init__(f"the upload is {status} already")
        self.status = status


@dataclass(frozen=True)
class Upload:
    """A picture of a person; `contact` is our id of the contact that uploads it. Times are UTC.

    `file` is its name in the bucket. `trace` is WeChat's id of its check, empty until that was asked for.
    """

    id: str
    contact: str
    content_type: str
    opened_at: datetime
    file: str
    status: UploadStatus = UploadStatus.OPEN
    trace: str = ""
    received_at: datetime | None = None
    settled_at: datetime | None = None
    rev: int = 1

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None

    @property
    def told(self) -> UploadApproved | UploadRejected | None:
        """What is told of it."""
        match self.status:
            case UploadStatus.APPROVED:
                return UploadApproved(self.id)
            case UploadStatus.REJECTED:
                return UploadRejected(self.id)
            case UploadStatus.OPEN | UploadStatus.CHECKING | UploadStatus.REVIEW:
                return None
            case _:
                assert_never(self.status)

    def check_same(self, content_type: str, now: datetime) -> None:
        """Raises UploadIdUsedError when a request for it is of another type, or late for an address."""
        is_late = self.status is UploadStatus.OPEN and now >= self.opened_at + OPENED_WITHIN
        if is_late or self.content_type != content_type:
            raise UploadIdUsedError

    def waits_for_human(self, now: datetime) -> bool:
        is_late = self.received_at is not None and self.received_at <= now - VERDICT_WITHIN
        return self.status is UploadStatus.REVIEW or (self.status is UploadStatus.CHECKING and is_late)

    def received(self, file: str, at: datetime) -> "Upload":
        """The picture is there, and `file` is its copy."""
        return self._changed(status=UploadStatus.CHECKING, file=file, received_at=at)

    def asked(self, trace: str) -> "Upload":
        return self._changed(trace=trace)

    def judged(self, verdict: str, at: datetime) -> "Upload":
        """By the content check; what was decided before stands."""
        if self.is_settled:
            return self
        if verdict == Verdict.PASS:
            return self._changed(status=UploadStatus.APPROVED, settled_at=at)
        if verdict == Verdict.RISKY:
            return self._changed(status=UploadStatus.REJECTED, settled_at=at)
        return self if self.status is UploadStatus.REVIEW else self._changed(status=UploadStatus.REVIEW)

    def decided(self, at: datetime, *, approved: bool) -> "Upload":
        """By a human. Raises UnknownUploadError, or UploadSettledError if it was decided otherwise."""
        if self.status is UploadStatus.OPEN:
            raise UnknownUploadError
        status = UploadStatus.APPROVED if approved else UploadStatus.REJECTED
        if self.is_settled and self.status is not status:
            raise UploadSettledError(self.status)
        return self if self.is_settled else self._changed(status=status, settled_at=at)

    def _changed(self, **changes: object) -> "Upload":
        return replace(self, **changes, rev=self.rev + 1)  # type: ignore[arg-type]  # by the names above


def upload_id_of(contact_id: str, client_id: str) -> str:
    """Our id of an upload: the same for the same `client_id` of the same contact, and nobody else's."""
    return hashlib.sha256(f"{contact_id}\n{client_id}".encode()).hexdigest()[:32]


def new_name(upload_id: str) -> str:
    """The name to which the phone may write."""
    return f"{NEW}{upload_id}"


def upload_of(name: str) -> str:
    """The id of the upload whose phone writes to this name."""
    return name.removeprefix(NEW)


def kept_name(upload_id: str, etag: str) -> str:
    """The name of the copy of what was written: of other contents it is another one."""
    return f"kept/{upload_id}-{etag}"
