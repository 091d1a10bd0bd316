"""Where files come from, where they are kept, and what is on record of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from wejourney.accounts import Account
from wejourney.errors import WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.events.positions import Position
from wejourney.messaging.media import KeptMedia, MediaFile
from wejourney.people.followers import Follower


class MediaGoneError(WejourneyError):
    """WeChat has deleted the file, or never had it."""

    def __init__(self) -> None:
        super().__init__("WeChat has no file of this media id any more")


class MediaTooLargeError(WejourneyError):
    def __init__(self, most: int) -> None:
        super().__init__(f"the file is larger than {most:,} bytes")
        self.most = most


@dataclass(frozen=True)
class WantedMedia:
    """A file that is to be fetched: whose message it is of, by our own ids."""

    person_id: str
    contact_id: str
    event: Position


@dataclass(frozen=True)
class FoundMedia:
    """What is on record of a wanted file: its message, and the person, seen through who sent it."""

    person: Follower
    event: InboundEvent
    is_kept: bool = False


class MediaQueue(Protocol):
    def put(self, wanted: WantedMedia) -> None:
        """Have a file fetched, once or several times. The errors of AWS's calls pass."""


class MediaRecords(Protocol):
    """What is on record of kept files."""

    def find(self, wanted: WantedMedia) -> FoundMedia | None:
        """None: message or sender were erased. Raises StaleFollowerError while a merge is under way."""

    def keep(self, before: Follower, after: Follower, media: KeptMedia) -> None:
        """Write that a file is kept, and the person as they are then; written again, it is the same.

        Raises StaleFollowerError when the person has changed since.
        """


class MediaObjects(Protocol):
    """The stored files, by name. The errors of AWS's calls pass."""

    def put(self, name: str, data: bytes) -> None:
        """Store a file, in the place of one with this name."""

    def read(self, name: str) -> bytes | None:
        """A file, None where there is none."""

    def delete(self, names: Sequence[str]) -> None:
        """Delete files; one that is not there is no error."""


class MediaSource(Protocol):
    def download(self, account: Account, media_id: str) -> MediaFile:
        """The file that a message names. Raises MediaGoneError, MediaTooLargeError or a WeChatError."""
