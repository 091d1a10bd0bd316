"""Files in memory: those that WeChat has, those that are stored, and those that phones upload."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wejourney.accounts import Account
from wejourney.messaging.media import MediaFile
from wejourney.services.media.ports import MediaGoneError, WantedMedia
from wejourney.services.uploads.ports import NotCopiedError, StoredUpload, UploadForm


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


@dataclass
class FakeUploadBucket(FakeObjects):
    """`tests/unit/adapters/test_upload_bucket.py` compares it with the bucket."""

    def form(self, name: str, content_type: str) -> UploadForm:
        return UploadForm("https://bucket.example/", {"key": name, "Content-Type": content_type})

    def post(self, form: UploadForm, data: bytes) -> StoredUpload:
        """A phone writes a file; what the bucket tells of it."""
        self.stored[form.fields["key"]] = data
        return StoredUpload(form.fields["key"], _etag(data))

    def keep(self, name: str, kept: str, etag: str) -> None:
        self._called()
        data = self.stored.get(name)
        if data is None or _etag(data) != etag:
            raise NotCopiedError("NoSuchKey" if data is None else "PreconditionFailed")
        self.stored[kept] = data

    def address(self, name: str) -> str:
        return f"https://bucket.example/{name}?signed"


@dataclass
class FakeContentCheck:
    """WeChat is `asked` to check addresses, and gives ids: trace-1, trace-2. `fails` is raised first."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    before_answer: Callable[[str], None] | None = None

    def check_picture(self, _account: Account, openid: str, url: str) -> str:
        if self.fails:
            raise self.fails.pop(0)
        self.asked.append((openid, url))
        trace = f"trace-{len(self.asked)}"
        if self.before_answer is not None:
            self.before_answer(trace)
        return trace


def _etag(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
