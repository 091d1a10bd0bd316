import re
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.servers import wechatpy_oracle
from tests.support.servers.wechat_server import (
    ACCOUNT,
    AES_KEY,
    APP_ID,
    NOW,
    OLD_AES_KEY,
    OPENID,
    ORIGINAL_ID,
)
from wejourney.events.event import InboundEvent
from wejourney.messaging.contents import Image, MiniProgramCard, News, Text, localise
from wejourney.wire.official_account.events import read_event
from wejourney.wire.official_account.reply import render_reply, seal_reply
from wejourney.wire.official_account.xml import parse_xml

SECONDS = str(int(NOW.timestamp()))


def event() -> InboundEvent:
    envelope = {"ToUserName": ORIGINAL_ID, "FromUserName": OPENID, "CreateTime": SECONDS}
    return read_event(APP_ID, envelope | {"MsgType": "event", "Event": "subscribe"})


def rendered(message: dict[str, Any]) -> dict[str, Any]:
    return parse_xml(render_reply(event(), ORIGINAL_ID, message).encode())


def test_sender_and_receiver_are_swapped() -> None:
    fields = rendered({"type": "text", "text": "hi"})
    assert (fields["ToUserName"], fields["FromUserName"]) == (OPENID, ORIGINAL_ID)


def test_a_text() -> None:
    fields = rendered(localise(Text(text={"zh": "你好", "en": "hello"}), "en", "zh"))
    assert (fields["MsgType"], fields["Content"], fields["CreateTime"]) == ("text", "hello", SECONDS)


def test_an_image() -> None:
    fields = rendered(localise(Image(media_id="MEDIA"), "zh", "zh"))
    assert (fields["MsgType"], fields["Image"]) == ("image", {"MediaId": "MEDIA"})


def test_a_card_is_one_article() -> None:
    card = News(
        title={"any": "XYZ"},
        description={"zh": "新品", "en": "New"},
        url="https://xyz.example/a?b=1&c=2",
        picture="https://xyz.example/p.jpg",
    )
    fields = rendered(localise(card, "zh", "zh"))
    assert (fields["MsgType"], fields["ArticleCount"]) == ("news", "1")
    assert fields["Articles"]["item"] == [
        {
            "Title": "XYZ",
            "Description": "新品",
            "PicUrl": "https://xyz.example/p.jpg",
            "Url": "https://xyz.example/a?b=1&c=2",
        }
    ]


def test_what_a_passive_reply_cannot_carry_is_an_error() -> None:
    card = MiniProgramCard(title={"any": "XYZ"}, app_id="wx0", page="index", picture="MEDIA")
    with pytest.raises(ValueError, match="mini_program"):
        render_reply(event(), ORIGINAL_ID, localise(card, "zh", "zh"))


@settings(deadline=None)
@given(st.text())
def test_any_text_is_well_formed_and_loses_only_what_xml_cannot_carry(said: str) -> None:
    carried = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", said)
    # XML reads every line end as a line feed.
    expected = carried.replace("\r\n", "\n").replace("\r", "\n")
    reply = render_reply(event(), ORIGINAL_ID, {"type": "text", "text": said})
    assert (fromstring(reply).findtext("Content") or "") == expected


def test_the_answer_to_a_repeated_delivery_is_the_same() -> None:
    message = {"type": "text", "text": "hi"}
    assert render_reply(event(), ORIGINAL_ID, message) == render_reply(event(), ORIGINAL_ID, message)


@pytest.mark.parametrize("key", [AES_KEY, OLD_AES_KEY])
def test_wechatpy_opens_the_envelope(key: str) -> None:
    reply = render_reply(event(), ORIGINAL_ID, {"type": "text", "text": "你好 👋 ]]> &"})
    envelope = parse_xml(seal_reply(reply, ACCOUNT, key, NOW).encode())
    assert set(envelope) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
    assert envelope["TimeStamp"] == SECONDS
    assert wechatpy_oracle.open_envelope(envelope, ACCOUNT, key) == reply
