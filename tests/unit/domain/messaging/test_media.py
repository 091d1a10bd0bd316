"""Files of messages: which message has one, of which type it is, and by which name it is kept."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON, event
from wejourney.events.event import InboundEvent
from wejourney.messaging.media import (
    KINDS,
    MediaFile,
    kept,
    media_id_of,
    stored_as,
    type_of,
)

BEGINNINGS = {
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\x00\x00\x00\x00WEBP",
    "audio/amr": b"#!AMR\n",
    "audio/mpeg": b"ID3\x03",
    "video/mp4": b"\x00\x00\x00\x18ftypmp42",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_with_a_file_tells_its_media_id_also_from_the_record(kind: str) -> None:
    sent = event(kind, MediaId="M-1")
    assert media_id_of(sent) == "M-1"
    assert media_id_of(InboundEvent.from_record(sent.to_dict())) == "M-1"


@pytest.mark.parametrize(
    "other",
    [
        event("text", Content="hi", MediaId="M-1"),
        event("link", MediaId="M-1"),
        event("an_event_of_tomorrow", MediaId="M-1"),
        *(event(kind) for kind in KINDS),
        *(event(kind, MediaId="") for kind in KINDS),
        *(event(kind, MediaId=["M-1"]) for kind in KINDS),
    ],
)
def test_any_other_event_has_none(other: InboundEvent) -> None:
    assert media_id_of(other) is None


@pytest.mark.parametrize("content_type", BEGINNINGS)
@pytest.mark.parametrize("told", ["", "application/octet-stream", "text/plain", "a lie"])
@pytest.mark.parametrize("kind", KINDS)
def test_where_the_type_is_not_told_the_first_bytes_decide(kind: str, told: str, content_type: str) -> None:
    file = MediaFile(told, BEGINNINGS[content_type] + b" and more")
    fits = content_type.startswith(KINDS[kind])
    assert type_of(kind, file) == (content_type if fits else None)


@pytest.mark.parametrize(
    ("kind", "told", "content_type"),
    [
        ("image", "image/jpeg", "image/jpeg"),
        ("image", " IMAGE/JPEG; charset=binary", "image/jpeg"),
        ("voice", "voice/speex", "voice/speex"),
        ("voice", "audio/amr", "audio/amr"),
        ("video", "video/mpeg4", "video/mpeg4"),
        ("image", "video/mp4", None),
        ("voice", "application/json", None),
    ],
)
def test_a_type_that_is_told_counts_where_it_is_of_the_kind(
    kind: str, told: str, content_type: str | None
) -> None:
    assert type_of(kind, MediaFile(told, b"unknown bytes")) == content_type


@given(kind=st.sampled_from(list(KINDS)), told=st.text(max_size=40), data=st.binary(max_size=40))
def test_no_file_is_of_a_type_of_another_kind(kind: str, told: str, data: bytes) -> None:
    found = type_of(kind, MediaFile(told, data))
    assert found is None or found.startswith(KINDS[kind])


def test_a_file_keeps_its_name_however_often_its_message_is_delivered() -> None:
    one, again, other = (event("image", NOON + timedelta(minutes=at), MediaId="M") for at in (0, 0, 1))
    names = [stored_as("person-1", sent.place_on_record) for sent in (one, again, other)]
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("person-1/20261122T040000Z-")


@pytest.mark.parametrize(
    ("content_type", "suffix"), [("image/jpeg", ".jpg"), ("voice/speex", ".speex"), ("image/x-new", ".bin")]
)
def test_a_saved_file_is_named_by_time_kind_and_type(content_type: str, suffix: str) -> None:
    sent = event("image", MediaId="M")
    name = stored_as("p", sent.place_on_record)
    one = kept(sent, MediaFile(content_type, b"x"), content_type, name, "c", NOON, 3)
    assert one.file_name == f"20261122T040000Z-image-{sent.id[:12]}{suffix}"
    assert one.until == NOON + timedelta(days=3)
