"""What the callback may bring: WeChat's own messages and events, and nothing of ours."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.servers.wechat_server import OPENID as SENDER
from wejourney.allowances.wechat_rules import Act
from wejourney.errors import CallbackRefusedError
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EVENT_TYPES, OWN, Source
from wejourney.wire.official_account.events import EVENTS, MESSAGES, read_event

ENVELOPE = {"ToUserName": "gh_1", "FromUserName": SENDER, "CreateTime": str(int(NOON.timestamp()))}


def read(**fields: Any) -> InboundEvent:
    return read_event(APP_ID, ENVELOPE | fields)


FORGED_FIELDS = {
    "Changes": {"member": "true", "customer": "true", "phone": "13800000000"},
    "Points": "1000000",
    "Before": "0",
    "Tag": "vip",
    "Segment": "gold",
    "Journey": "welcome",
    "By": "x",
    "Total": "99",
    "Order": "1",
    "Name": "cart",
    "Date": "birthday",
}


@pytest.mark.parametrize("kind", sorted(OWN))
@pytest.mark.parametrize("field", ["Event", "MsgType"])
@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title, lambda name: f" {name}"])
def test_none_of_our_own_events_can_be_parsed_from_the_callback(kind: str, field: str, spell: Any) -> None:
    fields = {"MsgType": "event"} | {field: spell(kind)}
    event = read(**fields, **FORGED_FIELDS)
    assert event.kind == "unknown"
    assert event.source is not Source.OWN
    assert event.act is None


@given(st.text() | st.sampled_from(sorted(EVENT_TYPES)), st.sampled_from(["Event", "MsgType"]))
@settings(max_examples=500)
def test_whatever_the_name_the_kind_is_one_of_a_list_and_never_ours(name: str, field: str) -> None:
    fields = {"MsgType": "event"} | {field: name or "x"}
    event = read(**fields)
    assert event.kind in EVENT_TYPES.keys() - OWN
    if event.kind == "unknown":
        assert event.body.to_dict()[field] == (name or "x")
    else:
        assert name.lower() in EVENTS | MESSAGES


def test_what_wechat_calls_its_events_is_none_of_our_names() -> None:
    assert not EVENTS & OWN
    assert not MESSAGES & OWN
    assert not (EVENTS | MESSAGES) & {"follow", "unfollow", "chat_closed", "unknown", "unsupported"}


ACTS = {
    *("text", "image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage", "unsupported"),
    *("follow", "scan", "click", "view", "view_miniprogram", "scancode_push", "scancode_waitmsg"),
    *("pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"),
}


def test_only_acts_of_followers_create_a_follower() -> None:
    assert {name for name, type_ in EVENT_TYPES.items() if type_.source is Source.ACT} == ACTS
    assert all(
        EVENT_TYPES[name].source is Source.ACT or name == "payment" for name in EVENT_TYPES if opens(name)
    )


def opens(name: str) -> bool:
    return EVENT_TYPES[name].opens is not None


@pytest.mark.parametrize(
    "text", ["【收到不支持的消息类型，暂无法显示】", "[Unsupported Message]", " [Unsupported Message]\n"]
)
def test_wechats_placeholder_is_a_message_that_says_nothing(text: str) -> None:
    event = read(MsgType="text", Content=text, MsgId="1")
    assert (event.kind, event.act) == ("unsupported", Act.MESSAGE)


@pytest.mark.parametrize("name", ["user_authorization_cancellation", "user_authorization_revoke"])
def test_withdrawn_authorisation_is_about_the_person_whom_it_names(name: str) -> None:
    event = read(FromUserName="gh_platform", MsgType="event", Event=name, OpenID=f" {OPENID}\n", AppID="wx0")
    assert (event.subject.openid, event.kind) == (OPENID, name)


@pytest.mark.parametrize("name", ["user_authorization_cancellation", "user_authorization_revoke"])
@pytest.mark.parametrize("named", [None, "", " ", "o two", "o\ufffd", ["a", "b"], {"Name": "a"}, []])
def test_withdrawn_authorisation_that_names_nobody_erases_nobody_and_is_kept(name: str, named: Any) -> None:
    told = {} if named is None else {"OpenID": named}
    event = read(FromUserName=OPENID, MsgType="event", Event=name, **told)
    assert (event.kind, event.body.type.erases) == ("unknown", False)
    assert event.body.to_dict() == {"MsgType": "event", "Event": name, **told}


@pytest.mark.parametrize("name", ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"])
@pytest.mark.parametrize("value", [["a", "b"], {"Name": "a"}, []])
def test_a_field_that_has_one_text_cannot_have_another_shape(name: str, value: Any) -> None:
    fields = {"MsgType": "event", "Event": "user_authorization_revoke", "OpenID": OPENID}
    with pytest.raises(CallbackRefusedError) as caught:
        read(**fields | {name: value})
    assert caught.value.status == 400


@pytest.mark.parametrize("value", [" ", "o two", ["a", "b"], {"Name": "a"}, []])
def test_an_openid_that_is_no_id_is_kept_as_sent(value: Any) -> None:
    event = read(MsgType="event", Event="some_new_event", OpenID=value)
    assert event.kind == "unknown"
    assert event.body.to_dict()["OpenID"] == value


@pytest.mark.parametrize("openid", ["", " ", "o two", "o#1", "o\no", "o" * 129, "ö", "<b>", "a/b"])
def test_a_sender_that_is_no_id_is_refused(openid: str) -> None:
    with pytest.raises(CallbackRefusedError, match="FromUserName"):
        read(FromUserName=openid, MsgType="text")


@pytest.mark.parametrize("at", ["", "soon", "-1", "+1", "1e9", "１７", "1_0", "1 0", "9" * 11, "1.5"])
def test_a_time_that_is_no_number_of_seconds_is_refused(at: str) -> None:
    with pytest.raises(CallbackRefusedError, match="CreateTime"):
        read(MsgType="text", CreateTime=at)


@pytest.mark.parametrize("around", [" ", "\n", "\r\n\t"])
def test_blanks_around_ids_and_times_are_ignored(around: str) -> None:
    spaced = {name: f"{around}{value}{around}" for name, value in ENVELOPE.items()}
    event, other = read_event(APP_ID, spaced | {"MsgType": "text"}), read(MsgType="text")
    assert (event.subject.openid, event.at, event.kind) == (other.subject.openid, other.at, other.kind)


def test_two_accounts_never_share_an_event_id() -> None:
    fields = ENVELOPE | {"MsgType": "text", "MsgId": "1"}
    assert read_event("wxa12345", fields).id != read_event("wxb12345", fields).id


@pytest.mark.parametrize("kind", sorted(EVENTS | MESSAGES))
def test_every_type_of_the_wire_has_a_reader_for_its_class(kind: str) -> None:
    """Without one, WeChat's fields would be taken for the event's own, and the inbox would reject it."""
    sent = {"MsgType": "event", "Event": kind} if kind in EVENTS else {"MsgType": kind, "MsgId": "1"}
    event = read(**sent)
    assert type(event.body) is EVENT_TYPES[event.kind].body
    assert InboundEvent.from_dict(event.to_dict()) == event
