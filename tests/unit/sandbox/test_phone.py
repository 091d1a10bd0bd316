"""An act reaches the callback as WeChat would deliver it, and the reply is read as WeChat would.

The contract: https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
"""

from base64 import b64encode
from typing import Any
from xml.etree.ElementTree import Element

import httpx
import pytest
from defusedxml.ElementTree import fromstring
from starlette.responses import Response
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from infra.sandbox.phone import SAMPLES

OPENID = "oLee"


@pytest.fixture
def crypto(fake: Any) -> Any:
    make: Any = WeChatCrypto
    return make(fake.account.token, fake.account.encoding_aes_key, fake.account.app_id)


def decrypted(fake: Any, crypto: Any, number: int = -1) -> str:
    query, body = fake.callback.deliveries[number]
    xml = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
    return xml.decode() if isinstance(xml, bytes) else str(xml)


def opened(fake: Any, crypto: Any, number: int = -1) -> Element:
    """The decrypted event of a delivery, its signatures checked."""
    query, _body = fake.callback.deliveries[number]
    check: Any = check_signature
    check(fake.account.token, query["signature"], query["timestamp"], query["nonce"])
    assert query["encrypt_type"] == "aes"
    event: Element = fromstring(decrypted(fake, crypto, number))
    return event


def fields(event: Element) -> dict[str, str | None]:
    return {field.tag: field.text for field in event}


def reply_with(fake: Any, crypto: Any, content: str, *, to: str = OPENID, sender: str | None = None) -> None:
    """Let the callback answer with an encrypted reply."""
    head = f"<ToUserName>{to}</ToUserName><FromUserName>{sender or fake.account.original_id}</FromUserName>"
    sealed = crypto.encrypt_message(f"<xml>{head}<CreateTime>1</CreateTime>{content}</xml>", "n", "1")
    fake.callback.answer = lambda _body: Response(sealed)


TEXT = "<MsgType>text</MsgType><Content><![CDATA[欢迎]]></Content>"


def test_a_follow_by_qr_code_carries_the_scene_with_wechats_prefix(fake: Any, crypto: Any) -> None:
    fake.act(OPENID, "follow", scene="store-SH01")
    event = fields(opened(fake, crypto))
    assert event.pop("Ticket")
    assert event == {
        "ToUserName": fake.account.original_id,
        "FromUserName": OPENID,
        "CreateTime": str(int(fake.clock.now().timestamp())),
        "MsgType": "event",
        "Event": "subscribe",
        "EventKey": "qrscene_store-SH01",
    }


def test_the_body_in_safe_mode_holds_nothing_readable(fake: Any) -> None:
    fake.act(OPENID, "say", text="a secret")
    _query, body = fake.callback.deliveries[0]
    assert [field.tag for field in fromstring(body)] == ["ToUserName", "Encrypt"]
    assert b"secret" not in body
    assert OPENID.encode() not in body


@pytest.mark.parametrize(
    ("act", "details", "expected"),
    [
        ("unfollow", {}, {"MsgType": "event", "Event": "unsubscribe"}),
        ("scan", {"scene": "store-PAR01"}, {"MsgType": "event", "Event": "SCAN", "EventKey": "store-PAR01"}),
        ("click", {"key": "POINTS"}, {"MsgType": "event", "Event": "CLICK", "EventKey": "POINTS"}),
        ("view", {"url": "http://u/?a=1&b=2"}, {"Event": "VIEW", "EventKey": "http://u/?a=1&b=2"}),
        ("say", {"text": "银", "menu_item": "1234502"}, {"MsgType": "text", "bizmsgmenuid": "1234502"}),
        ("say", {"text": "银", "menu_item": 1234502}, {"MsgType": "text", "bizmsgmenuid": "1234502"}),
    ],
)
def test_each_act_becomes_its_event(
    fake: Any, crypto: Any, act: str, details: dict[str, str], expected: dict[str, str]
) -> None:
    fake.act(OPENID, "follow")
    fake.act(OPENID, act, **details)
    event = fields(opened(fake, crypto))
    assert {name: event.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "menu_item", ["silver", "101_silver", "012", "-1", "1.5", "１", "2147483648", "9" * 30]
)
def test_a_menu_id_that_is_no_number_is_reported_as_0_unless_the_fake_is_told_to_keep_all(
    fake: Any, crypto: Any, menu_item: str
) -> None:
    """https://github.com/microsoft/BotFramework-WeChat/issues/47"""
    for body, reported in (({}, "0"), ({"keep": True}, menu_item), ({}, "0")):
        fake.http.post("/sandbox/menu-ids", json=body)
        fake.act(OPENID, "say", text="银", menu_item=menu_item)
        assert opened(fake, crypto).findtext("bizmsgmenuid") == reported


def test_two_messages_have_two_message_ids(fake: Any, crypto: Any) -> None:
    fake.act(OPENID, "say", text="one")
    fake.act(OPENID, "say", text="one")
    assert opened(fake, crypto, 0).findtext("MsgId") != opened(fake, crypto, 1).findtext("MsgId")


def test_the_same_event_can_be_delivered_four_times_at_once(fake: Any, crypto: Any) -> None:
    reply_with(fake, crypto, TEXT)
    answer = fake.act(OPENID, "say", text="one", times=4)
    assert answer["deliveries"] == 4
    assert len({opened(fake, crypto, number).findtext("MsgId") for number in range(4)}) == 1
    assert len(fake.messages(OPENID)) == 1


def test_the_passive_reply_is_shown_and_answered(fake: Any, crypto: Any) -> None:
    reply_with(fake, crypto, TEXT)
    reply = {"type": "text", "content": "欢迎"}
    assert fake.act(OPENID, "follow") == {
        "at": fake.clock.now().isoformat(),
        "status": 200,
        "reply": reply,
        "deliveries": 1,
    }
    assert fake.messages(OPENID) == [{"at": fake.clock.now().isoformat(), "channel": "passive", **reply}]


@pytest.mark.parametrize("nothing", ["success", ""])
def test_success_and_nothing_show_nothing(fake: Any, nothing: str) -> None:
    fake.callback.answer = lambda _body: Response(nothing)
    assert fake.act(OPENID, "follow") == {
        "at": fake.clock.now().isoformat(),
        "status": 200,
        "reply": None,
        "deliveries": 1,
    }
    assert fake.messages(OPENID) == []


def test_a_reply_of_another_type_has_the_form_of_the_custom_message(fake: Any, crypto: Any) -> None:
    item = "<Title>t</Title><Description>d</Description><PicUrl>p</PicUrl><Url>u</Url>"
    articles = f"<ArticleCount>1</ArticleCount><Articles><item>{item}</item></Articles>"
    reply_with(fake, crypto, f"<MsgType>news</MsgType>{articles}")
    content = {"articles": [{"title": "t", "description": "d", "picurl": "p", "url": "u"}]}
    assert fake.act(OPENID, "follow")["reply"] == {"type": "news", "content": content}
    reply_with(fake, crypto, "<MsgType>image</MsgType><Image><MediaId>MEDIA_ID_1</MediaId></Image>")
    assert fake.act(OPENID, "follow")["reply"] == {"type": "image", "content": {"media_id": "MEDIA_ID_1"}}


@pytest.mark.parametrize(
    "content",
    [
        "<MsgType>text</MsgType><Content></Content>",
        f"<MsgType>text</MsgType><Content>{'字' * 683}</Content>",
        "<MsgType>image</MsgType><Image><MediaId>unknown</MediaId></Image>",
        "<MsgType>news</MsgType><ArticleCount>2</ArticleCount><Articles><item/></Articles>",
        "<MsgType>msgmenu</MsgType>",
    ],
)
def test_a_reply_that_wechat_would_not_show_is_a_refusal(fake: Any, crypto: Any, content: str) -> None:
    reply_with(fake, crypto, content)
    assert fake.act(OPENID, "follow")["reply"] is None
    assert [refusal["openid"] for refusal in fake.refusals()] == [OPENID]


def test_a_reply_to_somebody_else_is_a_refusal(fake: Any, crypto: Any) -> None:
    reply_with(fake, crypto, TEXT, to="oJohn")
    assert fake.act(OPENID, "follow")["reply"] is None
    assert "somebody else" in fake.refusals()[0]["reason"]


@pytest.mark.parametrize("body", ["hello", "<xml><MsgType>text</MsgType></xml>", "{}"])
def test_an_unencrypted_reply_is_a_refusal(fake: Any, body: str) -> None:
    fake.callback.answer = lambda _body: Response(body)
    assert fake.act(OPENID, "follow")["reply"] is None
    assert len(fake.refusals()) == 1


def test_an_event_is_delivered_four_times_in_all_while_the_server_fails(fake: Any) -> None:
    fake.callback.answer = lambda _body: Response("", status_code=500)
    assert fake.act(OPENID, "follow") == {
        "at": fake.clock.now().isoformat(),
        "status": 500,
        "reply": None,
        "deliveries": 4,
    }


def test_an_event_is_delivered_again_when_the_connection_breaks(fake: Any, crypto: Any) -> None:
    answers = [httpx.ConnectError("refused"), httpx.ReadTimeout("late"), Response("success")]
    fake.callback.answer = lambda _body: answers.pop(0)
    assert fake.act(OPENID, "say", text="one") == {
        "at": fake.clock.now().isoformat(),
        "status": 200,
        "reply": None,
        "deliveries": 3,
    }
    assert len({opened(fake, crypto, number).findtext("MsgId") for number in range(3)}) == 1


def test_without_any_answer_the_person_sees_that_the_account_is_broken(fake: Any) -> None:
    fake.callback.answer = lambda _body: httpx.ConnectError("refused")
    assert fake.act(OPENID, "say", text="one") == {
        "at": fake.clock.now().isoformat(),
        "status": 0,
        "reply": None,
        "deliveries": 4,
    }
    assert [message["channel"] for message in fake.messages(OPENID)] == ["system"]


@pytest.mark.parametrize(
    ("act", "details"),
    [("dance", {}), ("say", {}), ("scan", {}), ("click", {}), ("view", {}), ("say", {"text": 1})],
)
def test_an_act_that_cannot_be_done_is_a_bad_request(fake: Any, act: str, details: dict[str, Any]) -> None:
    response = fake.http.post(f"/sandbox/followers/{OPENID}/{act}", json=details)
    assert response.status_code == 400
    assert response.json()["error"]
    assert fake.callback.deliveries == []


def test_who_has_left_can_only_follow(fake: Any) -> None:
    fake.act(OPENID, "follow")
    fake.act(OPENID, "unfollow")
    assert "does not follow" in fake.act(OPENID, "say", text="hello")["error"]
    assert fake.act(OPENID, "follow")["status"] == 200


@pytest.mark.parametrize("text", ["a ]]> b <c>", "x]]></Content><bizmsgmenuid>gold</bizmsgmenuid>", "\x1d"])
def test_a_text_is_framed_as_wechat_frames_it_with_nothing_escaped(fake: Any, crypto: Any, text: str) -> None:
    """https://github.com/silenceper/wechat/issues/750"""
    fake.act(OPENID, "say", text=text)
    assert f"<Content><![CDATA[{text}]]></Content>" in decrypted(fake, crypto)


# --- files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_file_reaches_the_callback_as_an_id_under_which_wechat_has_it_for_three_days(
    fake: Any, crypto: Any, kind: str
) -> None:
    fake.act(OPENID, "follow")
    mine = b"\x89PNG\r\n\x1a\n mine"
    for given, data in (({}, SAMPLES[kind][1]), ({"base64": b64encode(mine).decode()}, mine)):
        assert fake.act(OPENID, "send", kind=kind, **given)["status"] == 200
        event = fields(opened(fake, crypto))
        assert (event["MsgType"], event["FromUserName"]) == (kind, OPENID)
        query = {"access_token": fake.stable_token()["access_token"], "media_id": event["MediaId"]}
        answer = fake.http.get("/cgi-bin/media/get", params=query)
        if kind in ("video", "shortvideo"):
            answer = fake.http.get(answer.json()["video_url"])
        assert (answer.content, answer.headers["content-type"]) == (data, SAMPLES[kind][0])
        fake.clock.move(seconds=3 * 86_400)
        # The token, whose time is real, has ended as well.
        query["access_token"] = fake.stable_token()["access_token"]
        assert fake.http.get("/cgi-bin/media/get", params=query).json()["errcode"] == 40007


@pytest.mark.parametrize(
    "wrong", [{}, {"kind": "sticker"}, {"kind": "image", "base64": "?"}, {"kind": "image", "base64": ""}]
)
def test_what_is_no_file_is_not_sent(fake: Any, wrong: dict[str, str]) -> None:
    fake.act(OPENID, "follow")
    assert "error" in fake.act(OPENID, "send", **wrong)
    assert fake.world.sent_media == {}
    assert len(fake.callback.deliveries) == 1
