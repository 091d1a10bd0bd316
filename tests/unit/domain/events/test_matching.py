"""Which events a pattern means."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import NOON, SUBJECT, event, own
from tests.support.events import body
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import (
    EVENT_TYPES,
    NARROWING_FIELDS,
    REENTRY_KEYS,
    EventBody,
    Followed,
    LinkOpened,
    MenuClicked,
    OtherEvent,
    Scanned,
    TextReceived,
)
from wejourney.events.matching import About, EventPattern, Property, matches
from wejourney.events.values import IsKnown, Near, NumberRange

EVENTS = {
    "follow": event("subscribe", EventKey="qrscene_store-SH01"),
    "scan": event("SCAN", EventKey="store-SH01"),
    "text": event("text", Content="Hi"),
    "image": event("image", MediaId="1"),
    "voice": event("voice", MediaId="1"),
    "video": InboundEvent("1", SUBJECT, NOON, body("video")),
    "location": event("location"),
    "location_report": event("LOCATION"),
    "link": InboundEvent("1", SUBJECT, NOON, body("link")),
    "click": event("CLICK", EventKey="POINTS"),
    "view": event("VIEW", EventKey="https://e.com/rings"),
    "chat_closed": event("kf_close_session"),
    "tag": own("tag", tag="vip"),
    "points": own("points", before=400, points=600),
    "journey": own("journey", journey="welcome", by="first"),
    "payment": own("payment", order="1", total=20_000),
    "refund": own("refund", order="1", total=20_000),
    "order.paid": own("order.paid", order="1", total=20_000),
    "order.returned": own("order.returned", order="1", total=20_000),
    "call.logged": own("call.logged", topic="repair"),
    "booking.made": own("booking.made", name="fitting"),
    "booking.changed": own("booking.changed"),
    "booking.cancelled": own("booking.cancelled"),
    "mini_program": own("mini_program", name="cart.left"),
    "segment": own("segment", segment="gold"),
    "check_in": own("check_in", name="opening"),
    "till.visit": own("till.visit", store="S-1"),
    "consent_given": own("consent_given", purpose="newsletter"),
    "consent_withdrawn": own("consent_withdrawn", purpose="newsletter"),
    "tier.changed": own("tier.changed", tier="gold"),
    "member.joined": own("member.joined"),
    "gift.claimed": own("gift.claimed", units=30),
    "gift.returned": own("gift.returned", units=30),
    "upload.approved": own("upload.approved", upload="U"),
    "upload.rejected": own("upload.rejected", upload="U"),
    "date": own("date", date="birthday"),
    "schedule": own("schedule"),
}


@pytest.mark.parametrize("kind", NARROWING_FIELDS)
def test_a_pattern_without_details_means_every_event_of_its_kind_and_no_other(kind: Any) -> None:
    assert [name for name, one in EVENTS.items() if matches(EventPattern(kind), one)] == [kind]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (EventPattern("follow", scene="store-*"), True),
        (EventPattern("follow", scene="poster-*"), False),
        (EventPattern("scan", scene="store-SH01"), True),
        (EventPattern("scan", scene="store-SH"), False),
        (EventPattern("text", keywords=("hello", "hi")), True),
        (EventPattern("text", keywords=("hello",)), False),
        (EventPattern("click", key="POINTS"), True),
        (EventPattern("click", key="points"), False),
        (EventPattern("view", url="https://e.com/*"), True),
        (EventPattern("view", url="https://e.com/"), False),
        (EventPattern("tag", name="v*"), True),
        (EventPattern("tag", name="gold"), False),
        (EventPattern("journey", name="first"), True),
        (EventPattern("journey", name="welcome"), False),
        (EventPattern("mini_program", name="cart.*"), True),
        (EventPattern("mini_program", name="order.*"), False),
        (EventPattern("segment", name="gold"), True),
        (EventPattern("segment", name="silver"), False),
        (EventPattern("date", name="birthday"), True),
        (EventPattern("date", name="booking"), False),
        (EventPattern("payment", at_least=20_000), True),
        (EventPattern("payment", at_least=20_001), False),
        (EventPattern("refund", at_least=1), True),
        (EventPattern("refund", at_least=30_000), False),
    ],
)
def test_every_detail_of_a_pattern_must_fit(pattern: EventPattern, *, expected: bool) -> None:
    assert matches(pattern, EVENTS[pattern.event]) is expected


@pytest.mark.parametrize(
    ("before", "points", "expected"),
    [(499, 500, True), (500, 600, False), (400, 499, False), (0, 9000, True), (600, 500, False)],
)
def test_points_fit_when_the_balance_passes_the_number_from_below(
    before: int, points: int, *, expected: bool
) -> None:
    pattern = EventPattern("points", at_least=500)
    assert matches(pattern, own("points", before=before, points=points)) is expected


@pytest.mark.parametrize("silent", [Followed(), Scanned(), MenuClicked(), LinkOpened(), TextReceived("")])
def test_an_event_without_the_field_matches_no_narrowed_pattern(silent: EventBody) -> None:
    full = EventPattern(silent.kind, scene="*", url="https*", key="k", keywords=("x",))
    assert not matches(full, InboundEvent("1", SUBJECT, NOON, silent))


def test_the_example_of_a_narrowing_fits_it() -> None:
    for name, written in EVENTS.items():
        for narrowing in EVENT_TYPES[name].narrowings or ():
            names = EVENT_TYPES[name].body.property_names or ("total",)
            examples: Any = {
                "at_least": 7,
                "keywords": ("hi*", "no"),
                "near": Near(48_869_800, 2_329_900, 500),
                "properties": (Property(names[0], NumberRange(7)),),
            }
            wanted = examples.get(narrowing.pattern_field, "a*b")
            fields = narrowing.example(wanted)
            for property_name, value in fields.pop("properties", {}).items():
                field = EVENT_TYPES[name].fields.get(property_name)
                is_amount = field is not None and field.unit is not None
                told = {property_name: int(value) if is_amount else value}
                fields |= told if field is not None else {"details": told}
            if isinstance(written.body, OtherEvent):
                fields = fields.get("details", {})
            said = body(name, **{**written.body.to_dict(), **fields})
            pattern = replace(EventPattern(name), **{narrowing.pattern_field: wanted})
            assert matches(pattern, replace(written, body=said)), name


@pytest.mark.parametrize(
    ("store", "wanted", "expected"),
    [
        ("SH01", "SH01", True),
        ("SH02", "SH01", False),
        ("", "SH01", False),
        ("SH01", IsKnown(known=True), True),
        ("", IsKnown(known=True), False),
        ("", IsKnown(known=False), True),
    ],
)
def test_a_payment_is_told_apart_by_its_store(store: str, wanted: Any, *, expected: bool) -> None:
    pattern = EventPattern("payment", properties=(Property("store", wanted),))
    assert matches(pattern, own("payment", total=1, store=store)) is expected


SPELLINGS = ("🙂", "/::)", "[Smile]", "[微笑]")


@pytest.mark.parametrize("keyword", SPELLINGS)
@pytest.mark.parametrize("said", SPELLINGS)
def test_a_face_is_the_same_keyword_in_all_its_spellings(keyword: str, said: str) -> None:
    pattern = EventPattern("text", keywords=(f"gift {keyword}", f"*{keyword}{keyword}*"))
    assert matches(pattern, event("text", Content=f" Ｇift {said}"))
    assert matches(pattern, event("text", Content=f"so {said}{said} nice"))
    assert not matches(pattern, event("text", Content=said))


def test_a_star_in_a_face_is_no_star() -> None:
    kiss = EventPattern("text", keywords=("/::*",))
    assert matches(kiss, event("text", Content="[Kiss]"))
    assert not matches(kiss, event("text", Content="/::anything"))


def test_any_journey_also_means_an_operator_who_starts_one() -> None:
    by_hand = own("journey", journey="welcome")
    assert matches(EventPattern("journey", name="*"), by_hand)
    assert not matches(EventPattern("journey", name="care"), by_hand)


OF_A_KEY: dict[str, dict[str, Any]] = {
    "payment": {"total": 1},
    "refund": {"total": 1},
    "order.paid": {"total": 1},
    "order.returned": {"total": 1},
    "booking.made": {"starts_at": "2026-12-01T18:00"},
    "booking.changed": {"starts_at": "2026-12-01T18:00"},
    "booking.cancelled": {},
    "mini_program": {"name": "x"},
    "journey": {"journey": "x"},
    "end": {"journey": "x"},
}


def test_every_type_of_events_that_has_a_key_is_heard_by_the_run_of_that_key() -> None:
    keys = [(key, kind) for kind, type_ in EVENT_TYPES.items() for key in type_.fields if key in REENTRY_KEYS]
    for key, kind in keys:
        events = [own(kind, **{**OF_A_KEY[kind], key: name}) for name in ("A", "B", "")]

        unnamed = EVENT_TYPES[kind].always_about != key
        assert [About(key, "A").hears(event) for event in events] == [True, False, unnamed]
        assert all(map(About().hears, events))

    assert {kind for _, kind in keys} == OF_A_KEY.keys()
