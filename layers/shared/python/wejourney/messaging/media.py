"""Pictures, voice messages and videos that people send: which are kept, and what is on record of a kept file.

WeChat deletes them three days after they were sent; a message has only their id.
https://developers.weixin.qq.com/doc/service/api/material/temporary/api_getmedia
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import OtherEvent
from wejourney.events.positions import Position

MEDIA_ID = "media_id"
"""The detail of an event that names its file at WeChat."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "image": ("image/",),
    "voice": ("audio/", "voice/"),
    "video": ("video/",),
    "shortvideo": ("video/",),
}
"""The kinds of messages with a file, and how its content type begins."""

LARGEST_MEDIA = 20 * 1024 * 1024
"""Bytes of a file; WeChat documents 10 MB for the largest that an account can upload."""

_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
    (4, b"ftyp", "video/mp4"),
)
"""Where a file of a type has which bytes."""

_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "audio/amr": ".amr",
    "voice/amr": ".amr",
    "voice/speex": ".speex",
    "audio/speex": ".speex",
    "audio/mpeg": ".mp3",
    "audio/mp3": ".mp3",
    "video/mp4": ".mp4",
    "video/mpeg4": ".mp4",
}


@dataclass(frozen=True)
class MediaFile:
    """A file as WeChat hands it over."""

    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class KeptMedia:
    """A file that is kept, as its person's records tell it.

    `place` is that of its message on record, `contact` our id of the contact that sent it, `file` the
    name under which it is stored. `size` (bytes) and `sha256` are those of the clear file. Times are UTC.
    """

    place: str
    kind: str
    content_type: str
    size: int
    sha256: str
    file: str
    contact: str
    kept_at: datetime
    until: datetime

    @property
    def sent_at(self) -> datetime:
        return Position.parse(self.place).second

    @property
    def file_name(self) -> str:
        """What it is saved as: no two files of a person have one name."""
        mark = Position.parse(self.place).mark[:12]
        return f"{self.sent_at:%Y%m%dT%H%M%SZ}-{self.kind}-{mark}{_SUFFIXES.get(self.content_type, '.bin')}"


def media_id_of(event: InboundEvent) -> str | None:
    """WeChat's id of the file of a message, None for any other event."""
    if event.kind not in KINDS or not isinstance(event.body, OtherEvent):
        return None
    media_id = event.body.details.get(MEDIA_ID)
    return media_id if isinstance(media_id, str) and media_id else None


def type_of(kind: str, file: MediaFile) -> str | None:
    """The content type of the file of a message of this kind, None where it is of another kind.

    A server that does not tell it is not believed: the first bytes decide then.
    """
    told = file.content_type.partition(";")[0].strip().lower()
    found = (known for at, begins, known in _BEGINNINGS if file.data.startswith(begins, at))
    return next((one for one in (told, *found) if one.startswith(KINDS[kind])), None)


def stored_as(person_id: str, event: Position) -> str:
    """The name of the stored file: the same for every delivery of a message, and nothing of WeChat's."""
    return f"{person_id}/{event.second:%Y%m%dT%H%M%SZ}-{event.mark}"


def kept(
    event: InboundEvent, file: MediaFile, content_type: str, name: str, contact: str, at: datetime, days: int
) -> KeptMedia:
    """What is to be on record of the file of an event that is kept at this moment, for so many days."""
    digest = hashlib.sha256(file.data).hexdigest()
    until = at + timedelta(days=days)
    place = str(event.place_on_record)
    return KeptMedia(place, event.kind, content_type, len(file.data), digest, name, contact, at, until)
