"""Pushes about a mini program, in JSON and in XML, plain and encrypted: the same event whichever it is."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.servers.wechat_server import (
    ACCOUNT,
    APP_ID,
    NOW,
    OPENID,
    ORIGINAL_ID,
    compatible,
    element,
    encrypt,
    plain,
    query,
    safe,
    sealed,
)
from wejourney.errors import CallbackRefusedError
from wejourney.events.event import InboundEvent, Subject
from wejourney.wire.http import FRESHNESS, HttpRequest
from wejourney.wire.mini_program.push import open_push
from wejourney.wire.official_account.crypto import UntrustedRequestError
from wejourney.wire.official_account.events import read_event

SHOP = replace(ACCOUNT, kind="mini_program")
ENTERED: dict[str, Any] = {
    "ToUserName": ORIGINAL_ID,
    "FromUserName": OPENID,
    "CreateTime": int(NOW.timestamp()),
    "MsgType": "event",
    "Event": "user_enter_tempsession",
    "SessionFrom": "a product page",
}
SETTLED = ENTERED | {
    "Event": "trade_manage_order_settlement",
    "transaction_id": "4200001",
    "merchant_trade_no": "A-1",
    "pay_time": 1_700_000_000,
}


def event_of(request: HttpRequest) -> InboundEvent:
    return read_event(APP_ID, open_push(request, SHOP, NOW, FRESHNESS).fields)


def in_json(fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False)


def json_envelope(encrypted: str, **outer: Any) -> str:
    return in_json({"ToUserName": ORIGINAL_ID, "Encrypt": encrypted} | outer)


def all_ways(fields: dict[str, Any]) -> dict[str, HttpRequest]:
    xml, text = element("xml", fields), in_json(fields)
    encrypted = encrypt(text)
    return {
        "plain XML": plain(xml),
        "safe XML": safe(xml),
        "compatible XML": compatible(xml),
        "plain JSON": plain(text),
        "JSON after a mark of its encoding": plain("\ufeff" + text),
        "safe JSON": sealed(json_envelope(encrypted), encrypted),
        "compatible JSON": sealed(json_envelope(encrypted, **fields), encrypted),
    }


@pytest.mark.parametrize("fields", [ENTERED, SETTLED])
def test_a_push_is_the_same_event_however_it_is_written_and_encrypted(fields: dict[str, Any]) -> None:
    events = {way: event_of(request) for way, request in all_ways(fields).items()}
    assert len(events) == 7
    assert len(set(map(repr, events.values()))) == 1
    (event, *_) = events.values()
    assert (event.kind, event.subject) == (fields["Event"], Subject(APP_ID, OPENID))


def test_a_customers_message_is_known_by_its_number_in_json_too() -> None:
    said = ENTERED | {"MsgType": "text", "Content": "你好", "MsgId": 24762519581347001}
    said = {name: value for name, value in said.items() if name not in ("Event", "SessionFrom")}
    first, second = event_of(plain(in_json(said))), event_of(plain(element("xml", said)))
    assert (first.kind, first.id) == ("text", second.id)


@pytest.mark.parametrize("listed", [[{"TemplateId": "T"}], {"TemplateId": "T"}])
def test_a_list_of_one_is_a_list_whether_it_is_told_as_one_or_not(listed: object) -> None:
    event = event_of(plain(in_json(ENTERED | {"Event": "subscribe_msg_popup_event", "List": listed})))
    assert event.body.to_dict()["List"] == [{"TemplateId": "T"}]


def test_texts_that_look_like_framing_are_texts() -> None:
    typed = '"}]]></Content><Event>unsubscribe</Event>'
    said = {**ENTERED, "MsgType": "text", "Content": typed, "MsgId": 7}
    event = event_of(plain(in_json(said)))
    assert (event.kind, event.body.to_dict()["text"]) == ("text", typed)


def test_json_is_trusted_by_its_signature_alone() -> None:
    encrypted = encrypt(in_json(ENTERED))
    other = encrypt(in_json(ENTERED))
    with pytest.raises(UntrustedRequestError, match="wrong signature"):
        open_push(sealed(json_envelope(other), encrypted), SHOP, NOW, FRESHNESS)
    forged = HttpRequest("POST", APP_ID, query(token="another token of 16"), in_json(ENTERED).encode())
    with pytest.raises(UntrustedRequestError, match="wrong signature"):
        open_push(forged, SHOP, NOW, FRESHNESS)
    strict = replace(SHOP, encryption="required")
    with pytest.raises(UntrustedRequestError, match="plain"):
        open_push(plain(in_json(ENTERED)), strict, NOW, FRESHNESS)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '{"ToUserName": {"a": 1}}',
        in_json(ENTERED | {"FromUserName": ["a", "b"]}),
        '{"a":' * 40 + "1" + "}" * 40,
        '{"a": ' + "[" * 20000,
    ],
)
def test_json_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(CallbackRefusedError):
        event_of(plain(text))


@given(st.dictionaries(st.sampled_from([*ENTERED, "List", "x"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)))  # fmt: skip
def test_whatever_is_pushed_is_an_event_or_refused(fields: dict[str, Any]) -> None:
    try:
        event_of(plain(json.dumps(ENTERED | fields)))
    except CallbackRefusedError:
        return


@pytest.mark.parametrize("kind", ["user_authorization_revoke", "user_authorization_cancellation"])
def test_a_withdrawn_authorisation_is_about_the_person_in_openid_however_it_is_pushed(kind: str) -> None:
    fields = ENTERED | {"FromUserName": "oPlatformSender", "Event": kind, "OpenID": OPENID, "RevokeInfo": "1"}
    events = {way: event_of(request) for way, request in all_ways(fields).items()}
    assert {(event.kind, event.subject) for event in events.values()} == {(kind, Subject(APP_ID, OPENID))}
    assert all(event.body.type.erases for event in events.values())


def test_an_unfollow_is_about_its_sender_however_it_is_pushed() -> None:
    fields = ENTERED | {"Event": "unsubscribe"}
    events = {way: event_of(request) for way, request in all_ways(fields).items()}
    assert {(event.kind, event.subject) for event in events.values()} == {
        ("unfollow", Subject(APP_ID, OPENID))
    }
