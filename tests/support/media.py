"""Files in memory: those that WeChat has, and those that are stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wejourney.accounts import Account
from wejourney.messaging.media import MediaFile
from wejourney.services.media.ports import MediaGoneError, WantedMedia


@dataclass
class FakeObjects:
    """`tests/unit/adapters/test_media_bucket.py` compares it with the bucket. `before` is called first."""

    stored: dict[str, bytes] = field(default_factory=dict)
    before: Callable[[], None] | None = None

    def put(self, name: str, data: bytes) -> None:
        self._called()
        self.stored[name] = data

    def read(self, name: str) -> bytes | None:
        return self.stored.get(name)

    def delete(self, names: Sequence[str]) -> None:
        self._called()
        for name in names:
            self.stored.pop(name, None)

    def _called(self) -> None:
        if self.before is not None:
            self.before()


@dataclass
class FakeMediaSource:
    """WeChat's files by media id; one that fails as it is told."""

    files: dict[str, MediaFile | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def download(self, _account: Account, media_id: str) -> MediaFile:
        self.asked.append(media_id)
        found = self.files.get(media_id, MediaGoneError())
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class FakeMediaQueue:
    wanted: list[WantedMedia] = field(default_factory=list)

    def put(self, wanted: WantedMedia) -> None:
        self.wanted.append(wanted)
