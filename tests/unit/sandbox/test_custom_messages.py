"""What the fake checks of a customer-service message, with WeChat's codes.

https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html
"""

import re
from pathlib import Path
from typing import Any

import pytest

from infra.sandbox.fake_wechat import world
from infra.sandbox.fake_wechat.world import REASONS
from wejourney.messaging.wechat_errors import CODES

OPENID = "oLee"
PICTURE = "MEDIA_ID_PICTURE"


@pytest.fixture(autouse=True)
def conversation(fake: Any) -> None:
    fake.act(OPENID, "follow")
    fake.act(OPENID, "say", text="hello")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text", {"content": "你好"}),
        ("image", {"media_id": PICTURE}),
        ("voice", {"media_id": PICTURE}),
        ("video", {"media_id": PICTURE, "thumb_media_id": PICTURE, "title": "t", "description": "d"}),
        ("music", {"musicurl": "http://m", "hqmusicurl": "http://m", "thumb_media_id": PICTURE}),
        ("news", {"articles": [{"title": "t", "description": "d", "url": "http://u", "picurl": "http://p"}]}),
        ("mpnews", {"media_id": PICTURE}),
        ("mpnewsarticle", {"article_id": "a"}),
        ("msgmenu", {"head_content": "h", "list": [{"id": "1", "content": "one"}], "tail_content": "t"}),
        ("wxcard", {"card_id": "c"}),
        ("miniprogrampage", {"title": "t", "appid": "wx1", "pagepath": "p", "thumb_media_id": PICTURE}),
    ],
)
def test_every_type_of_message_reaches_the_phone(fake: Any, kind: str, content: dict[str, Any]) -> None:
    assert fake.send(OPENID, kind, content) == 0
    shown = content["content"] if kind == "text" else content
    assert fake.messages(OPENID) == [
        {"at": fake.clock.now().isoformat(), "channel": "custom", "type": kind, "content": shown}
    ]


@pytest.mark.parametrize(
    ("kind", "content", "errcode"),
    [
        ("text", {"content": ""}, 44004),
        ("text", {"content": "字" * 683}, 45002),
        ("text", "hello", 47001),
        ("image", {"media_id": "unknown"}, 40007),
        ("image", {}, 40007),
        ("news", {"articles": []}, 44003),
        ("news", {"articles": [{"title": "t"}] * 2}, 45008),
        ("news", {"articles": [{"title": "字" * 43}]}, 45002),
        ("msgmenu", {"head_content": "h", "list": []}, 40035),
        ("msgmenu", {"head_content": "h", "list": [{"id": "1"}]}, 40035),
        ("miniprogrampage", {"title": "t", "appid": "", "pagepath": "p", "thumb_media_id": PICTURE}, 40035),
        ("telegram", {}, 40008),
    ],
)
def test_a_wrong_message_is_refused(fake: Any, kind: str, content: Any, errcode: int) -> None:
    assert fake.send(OPENID, kind, content) == errcode
    assert fake.messages(OPENID) == []


def test_what_the_fake_says_of_a_code_is_what_the_table_says() -> None:
    assert {code: REASONS[code] for code in CODES} == {code: known.meaning for code, known in CODES.items()}


def test_every_code_that_the_fake_answers_has_a_text() -> None:
    source = "".join(file.read_text("utf-8") for file in Path(world.__file__).parent.glob("*.py"))
    used = {int(code) for code in re.findall(r"RefusedError\((-?\d+)", source)}
    assert used | {45047, 45015} <= REASONS.keys()


def test_a_text_of_exactly_2048_bytes_is_taken(fake: Any) -> None:
    assert fake.send_text(OPENID, "字" * 682 + "ab") == 0


def test_a_stranger_cannot_be_written_to(fake: Any) -> None:
    assert fake.send_text("oNobody") == 40003


@pytest.mark.parametrize(("body", "errcode"), [(b"{", 47001), (b"[]", 47001), (b"\xff", 47001), (b"", 44002)])
def test_a_body_that_is_not_a_json_object_is_refused(fake: Any, body: bytes, errcode: int) -> None:
    assert fake.call("message/custom/send", body)["errcode"] == errcode


def test_escaped_unicode_is_refused(fake: Any) -> None:
    body = b'{"touser": "oLee", "msgtype": "text", "text": {"content": "\\u4f60"}}'
    assert fake.call("message/custom/send", body)["errcode"] == 40033


def test_a_refusal_is_on_record_with_its_reason_and_its_request_id(fake: Any) -> None:
    answer = fake.call(
        "message/custom/send", {"touser": OPENID, "msgtype": "image", "image": {"media_id": "x"}}
    )
    assert answer["errmsg"].startswith("invalid media_id")
    assert " rid: " in answer["errmsg"]
    assert fake.refusals() == [
        {
            "at": fake.clock.now().isoformat(),
            "openid": OPENID,
            "errcode": 40007,
            "reason": "invalid media_id: media_id",
        }
    ]


def test_the_days_quota_is_enforced(fake: Any) -> None:
    fake.http.post("/sandbox/quota", json={"custom_send": 1})
    assert [fake.send_text(OPENID), fake.send_text(OPENID)] == [0, 45009]
    fake.http.post("/sandbox/quota", json={})
    assert fake.send_text(OPENID) == 0


def test_a_fault_on_order_fails_as_often_as_ordered(fake: Any) -> None:
    fake.http.post("/sandbox/faults", json={"path": "message/custom/send", "errcode": -1, "times": 2})
    assert [fake.send_text(OPENID) for _ in range(3)] == [-1, -1, 0]
    assert len(fake.messages(OPENID)) == 1


def test_a_fault_can_come_after_the_message_was_delivered(fake: Any) -> None:
    fake.http.post(
        "/sandbox/faults", json={"path": "message/custom/send", "http_status": 502, "carried_out": True}
    )
    data = {"touser": OPENID, "msgtype": "text", "text": {"content": "hello"}}
    response = fake.http.post(f"/cgi-bin/message/custom/send?access_token={fake.token}", json=data)
    assert response.status_code == 502
    assert len(fake.messages(OPENID)) == 1


def test_calls_are_counted_per_path(fake: Any) -> None:
    fake.send_text(OPENID)
    fake.send_text(OPENID)
    assert fake.http.get("/sandbox/calls").json() == {"stable_token": 1, "message/custom/send": 2}


def test_typing_needs_a_conversation(fake: Any) -> None:
    def typing(openid: str, command: str = "Typing") -> int:
        return int(fake.call("message/custom/typing", {"touser": openid, "command": command})["errcode"])

    assert typing(OPENID) == 0
    assert typing(OPENID, "Dancing") == 45072
    fake.act(OPENID, "unfollow")
    assert typing(OPENID) == 43004
    fake.act(OPENID, "follow")
    fake.clock.move(minutes=1)
    assert typing(OPENID) == 45015
