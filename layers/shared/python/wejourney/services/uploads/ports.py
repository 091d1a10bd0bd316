"""Where uploads are on record and in the bucket, and who checks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wejourney.accounts import Account
from wejourney.errors import WejourneyError
from wejourney.events.event import Subject
from wejourney.messaging.uploads import Upload
from wejourney.people.followers import Follower


@dataclass(frozen=True)
class FoundUpload:
    """An upload on record and its person, seen through the contact that uploads it."""

    upload: Upload
    person: Follower

    @property
    def subject(self) -> Subject:
        return self.person.subject


@dataclass(frozen=True)
class UploadForm:
    """An address to which a phone can post one file, and the fields that it posts before that."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class StoredUpload:
    """A file that a phone has written: its name, and the hash of its contents that the bucket tells."""

    name: str
    etag: str


class NotCopiedError(WejourneyError):
    """The bucket gives no copy of a file; `code` is its word for it.

    Who may not list a bucket hears AccessDenied, too, of a file that is not there.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"{code}: the file is gone or changed, or the function may not read or write here")
        self.code = code


class UploadRecords(Protocol):
    """What is on record of uploads. All that is written requires the person to be as they were read."""

    def open(self, person: Follower, upload: Upload) -> None:
        """Raises TooManyUploadsError, or StaleFollowerError when it is there or the person has changed.

        It is counted for its day, and nothing is counted where it raises.
        """

    def find(self, upload_id: str) -> FoundUpload | None:
        """None: there is none, or its person or contact was erased. Raises StaleFollowerError in a merge."""

    def change(self, found: FoundUpload, after: Upload) -> FoundUpload:
        """Write an upload as it is then. Raises StaleFollowerError when it or its person has changed."""

    def take_off_list(self, upload: Upload) -> None:
        """A settled upload leaves the list when somebody has told, or will tell, of it."""

    def join_upload(self, app_id: str, trace: str, upload_id: str, now: datetime) -> str | None:
        """Note whose check this is; returns the verdict, if that came before, which may be empty."""

    def join_verdict(self, app_id: str, trace: str, verdict: str, now: datetime) -> str | None:
        """Note what a check says; returns the upload, if it is known whose check it is."""


class UploadForms(Protocol):
    def form(self, name: str, content_type: str) -> UploadForm:
        """An address for one picture of this name and type, for ADDRESS_LASTS."""


class UploadDeletion(Protocol):
    def delete(self, names: Sequence[str]) -> None:
        """Delete files by name; one that is not there is no error. The errors of AWS's calls pass."""


class UploadObjects(UploadDeletion, Protocol):
    """The stored files, by name. The errors of AWS's calls pass."""

    def keep(self, name: str, kept: str, etag: str) -> None:
        """Copy a file. Raises NotCopiedError where it is not there any more, or is another one now."""

    def address(self, name: str) -> str:
        """Where a file can be read for an hour."""


class ContentCheck(Protocol):
    def check_picture(self, account: Account, openid: str, url: str) -> str:
        """Have WeChat check the picture at an address, and push what it says; the id of the check.

        Raises the errors of `wejourney.messaging.sending.error_of`.
        """
