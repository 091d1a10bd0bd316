"""What WeChat sends, as the domain reads it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON, SUBJECT, event, own
from tests.support.events import RIGHT, body
from wejourney.allowances.wechat_rules import Act
from wejourney.errors import MalformedEventError
from wejourney.events.event import InboundEvent, arrival_of
from wejourney.events.event_types import (
    EVENT_TYPES,
    EventBody,
    EventFields,
    Followed,
    LinkOpened,
    MenuClicked,
    OtherEvent,
    Scanned,
    TextReceived,
)
from wejourney.events.pending import PendingEvent
from wejourney.events.positions import Position


@pytest.mark.parametrize(
    ("kind", "fields", "scene"),
    [
        ("subscribe", {"EventKey": "qrscene_store-SH01"}, "store-SH01"),
        ("subscribe", {"EventKey": "qrscene_qrscene_x"}, "qrscene_x"),
        ("subscribe", {"EventKey": "last_trade_no_4200"}, None),
        ("subscribe", {"EventKey": ""}, None),
        ("subscribe", {}, None),
        ("SCAN", {"EventKey": "store-PAR01"}, "store-PAR01"),
        ("CLICK", {"EventKey": "store-PAR01"}, None),
    ],
)
def test_a_scene_has_no_qrscene_prefix(kind: str, fields: dict[str, Any], scene: str | None) -> None:
    """https://developers.weixin.qq.com/doc/service/Account_Management/Wechat_Accreditation_Event_Push.html"""
    assert getattr(event(kind, **fields).body, "scene", None) == scene


@pytest.mark.parametrize(
    ("kind", "fields", "act"),
    [
        ("text", {"Content": "hi"}, Act.MESSAGE),
        ("image", {"MediaId": "1"}, Act.MESSAGE),
        ("location", {}, Act.MESSAGE),
        ("text", {"Content": "A", "bizmsgmenuid": "a"}, Act.CLICK),
        ("CLICK", {"EventKey": "k"}, Act.CLICK),
        ("scancode_push", {}, Act.CLICK),
        ("scancode_waitmsg", {}, Act.CLICK),
        ("subscribe", {}, Act.FOLLOW),
        ("SCAN", {"EventKey": "s"}, Act.SCAN),
        ("VIEW", {"EventKey": "https://e.com"}, None),
        ("view_miniprogram", {}, None),
        ("LOCATION", {}, None),
        ("unsubscribe", {}, None),
    ],
)
def test_which_acts_open_an_allowance(kind: str, fields: dict[str, Any], act: Act | None) -> None:
    """https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage"""
    assert event(kind, **fields).act is act


def test_a_repeated_delivery_has_the_same_id_and_another_event_a_different_one() -> None:
    events = [
        event("text", Content="a"),
        event("text", Content="a", MsgId="7"),
        event("subscribe"),
        event("SCAN", EventKey="a"),
        event("SCAN", EventKey="b"),
        event("subscribe", NOON + timedelta(seconds=1)),
        event("subscribe", openid="oOther"),
    ]
    assert len({one.id for one in events}) == len(events)
    assert event("SCAN", EventKey="a").id == event("SCAN", EventKey="a").id


def test_events_are_ordered_by_time() -> None:
    earlier, later = event("subscribe"), event("text", NOON + timedelta(seconds=1), Content="x")
    assert earlier.position < later.position


@given(st.lists(st.integers(0, 2**128 - 1), min_size=2, max_size=6, unique=True))
def test_events_of_one_second_are_ordered_by_their_numbers_in_the_inbox(numbers: list[int]) -> None:
    said = [replace(event("text", Content=str(number)), arrival=arrival_of(number)) for number in numbers]

    in_order = sorted(said, key=lambda one: one.position)
    assert [one.arrival for one in in_order] == [arrival_of(number) for number in sorted(numbers)]
    assert [str(one.position) for one in in_order] == sorted(str(one.position) for one in said)
    for one in said:
        assert InboundEvent.from_dict(one.to_dict()) == one
        assert Position.parse(str(one.position)) == one.position
        assert (
            one.place_on_record
            == replace(one, arrival="").place_on_record
            == replace(one, arrival="").position
        )


MOMENTS = st.timedeltas(timedelta(), timedelta(minutes=5)).map(lambda later: NOON + later)


@given(told_at=MOMENTS, now=MOMENTS, again=MOMENTS)
def test_nothing_happens_after_it_was_received_and_it_is_on_record_where_it_was_told(
    told_at: datetime, now: datetime, again: datetime
) -> None:
    told = replace(event("text", Content="x"), at=told_at.replace(microsecond=0))
    received = told.received(now)
    assert received.at == min(told.at, now.replace(microsecond=0))
    assert received.place_on_record == told.received(again).place_on_record == told.place_on_record
    assert InboundEvent.from_dict(received.to_dict()) == received
    pending = PendingEvent("0" * 32, told.at, told.body)
    waited = PendingEvent.from_dict(pending.received(now).to_dict())
    assert waited.place_on_record == pending.place_on_record
    assert waited.about(SUBJECT, history=False).at == received.at


def test_the_fields_of_an_event_depend_on_its_kind() -> None:
    assert event("CLICK", EventKey="k", Content="x").body == MenuClicked("k")
    assert event("VIEW", EventKey="k").body == LinkOpened("k")
    assert event("text", Content="A", bizmsgmenuid=2, EventKey="k").body == TextReceived("A", "2")


TEXTS = st.text(st.characters(codec="utf-8"))
OTHERS = sorted(name for name, type_ in EVENT_TYPES.items() if type_.body is OtherEvent)
BODIES = st.one_of(
    st.builds(OtherEvent, st.sampled_from(OTHERS), st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS))),
    st.builds(TextReceived, TEXTS, st.none() | TEXTS),
    *(st.builds(one, st.none() | TEXTS) for one in (Followed, Scanned, MenuClicked)),
    st.builds(LinkOpened, TEXTS),
    st.sampled_from(sorted(RIGHT)).map(lambda kind: body(kind, **RIGHT[kind])),
)


@pytest.mark.capability(row="45")
@given(st.datetimes(timezones=st.just(UTC)), BODIES)
def test_an_event_survives_the_inbox(at: datetime, said: EventBody) -> None:
    one = InboundEvent("id", SUBJECT, at, said)
    assert InboundEvent.from_dict(json.loads(json.dumps(one.to_dict()))) == one


def test_every_event_type_has_one_class_and_every_class_one_type() -> None:
    classes = [known.body for known in EVENT_TYPES.values() if known.body is not OtherEvent]
    assert len(set(classes)) == len(classes)
    assert set(classes) == set(EventFields.__subclasses__()) - {OtherEvent}
    assert {*classes, OtherEvent} == set(get_args(EventBody.__value__)), "the union is closed"
    assert all(name == known.name for name, known in EVENT_TYPES.items())


@pytest.mark.parametrize(
    "broken",
    [{"at": "yesterday"}, {"at": "2026-11-22T04:00:00"}, {"openid": ""}, {"fields": None}, {"kind": ...}],
)
def test_a_broken_inbox_message_is_refused(broken: dict[str, Any]) -> None:
    data = event("subscribe").to_dict() | broken
    if broken.get("kind") is ...:
        del data["kind"]
    with pytest.raises(MalformedEventError):
        InboundEvent.from_dict(data)


@pytest.mark.capability(row="45")
def test_an_event_of_an_earlier_version_whose_type_is_gone_is_unknown_and_keeps_its_name() -> None:
    data = event("subscribe", EventKey="qrscene_a").to_dict() | {"kind": "hologram"}
    read = InboundEvent.from_dict(data)
    assert read.body == OtherEvent("unknown", {"kind": "hologram", "scene": "a"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(["id", "app_id", "openid", "kind", "at", "fields"]), JSON))
def test_a_malformed_event_is_rejected_without_quoting_it(broken: dict[str, Any]) -> None:
    data = event("subscribe").to_dict() | broken
    refusal = ""
    try:
        read = InboundEvent.from_dict(data)
    except MalformedEventError as error:
        refusal = str(error)
    else:
        assert json.dumps(read.to_dict(), ensure_ascii=False).encode()
    assert re.fullmatch(
        r"(an inbox event is not an object|(an inbox event|`\w+`) has no usable `\w+`)?", refusal
    )


def test_lone_surrogates_are_replaced_in_every_field() -> None:
    data = json.loads(
        json.dumps(
            event("unsubscribe").to_dict() | {"fields": {"a\ud83d": ["\ud83d\ude00", {"b": "x\udc00"}]}}
        )
    )
    assert InboundEvent.from_dict(data).body.to_dict() == {"a\ufffd": ["😀", {"b": "x\ufffd"}]}


def test_a_row_whose_fields_no_longer_fit_its_type_is_an_unknown_event_that_keeps_them() -> None:
    row = own("tag", tag="vip").to_dict() | {"fields": {"label": "vip"}}
    with pytest.raises(MalformedEventError):
        InboundEvent.from_dict(row)
    read = InboundEvent.from_record(row)
    assert (read.kind, read.body.to_dict()) == ("unknown", {"kind": "tag", "label": "vip"})
    assert read.position == own("tag", tag="vip").position
