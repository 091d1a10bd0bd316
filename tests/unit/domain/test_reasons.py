"""Reasons as data: what is stored is read back as it was, bounded in size, and can be counted."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wejourney import reasons
from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import Act
from wejourney.events.matching import EventCount, EventPattern
from wejourney.plain_data import to_plain, union_members
from wejourney.reasons import Fact, Part, reason_from

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
STORED = union_members(reasons.NotStarted, reasons.NotSent, reasons.RunEnd)

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
PARTS = st.recursive(
    st.builds(Part, count=st.none() | st.builds(EventCount), inner=st.just(())),
    lambda inner: st.builds(Part, inner=st.lists(inner, max_size=3).map(tuple)),
    max_leaves=20,
)


@pytest.mark.parametrize("cls", STORED, ids=lambda cls: cls.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_every_reason_survives_its_way_through_json(cls: type, data: st.DataObject) -> None:
    fixed = {"parts": st.lists(PARTS, max_size=3).map(tuple)} if cls is reasons.ConditionNotMet else {}
    reason = data.draw(st.builds(cls, **fixed))
    assert reason_from(json.loads(json.dumps(to_plain(reason)))) == reason


def test_a_kind_is_the_name_of_its_class_in_small_letters_and_means_one_class() -> None:
    assert reasons.RefusedByWeChat.kind == "refused_by_wechat"
    assert to_plain(reasons.TakenOncePer("order", "7", NOON)) == {
        "kind": "taken_once_per", "name": "order", "key": "7", "started_at": "2026-11-23T04:00:00+00:00",
    }  # fmt: skip
    assert len({cls.kind for cls in STORED}) == len(set(STORED))


@pytest.mark.parametrize(
    "stored",
    [
        {"kind": "too_late"},
        {"kind": "taken_once_per", "nam": "order"},
        {"kind": "too_early", "started_at": "x"},
    ],
)
def test_a_stored_reason_of_a_kind_that_was_dropped_or_changed_since_is_unknown(
    stored: dict[str, Any],
) -> None:
    reason = reason_from(stored)
    assert reason == reasons.UnknownReason(stored["kind"])
    assert reason_from(json.loads(json.dumps(to_plain(reason)))) == reason


def test_a_part_that_holds_is_not_blamed_but_inside_of_none_it_is() -> None:
    holding, failing = Part(Fact.MEMBER, True, True, holds=True), Part(Fact.TAG, True, False, name="vip")  # noqa: FBT003
    none = Part(Fact.NONE, False, True, inner=(holding,))  # noqa: FBT003
    assert reasons.blamed([holding, failing, none]).parts == (failing, none)


def test_a_stored_reason_names_few_parts_and_short_values() -> None:
    novel = Part(Fact.ATTRIBUTE, "x" * 1000, None, name="city")
    whole = Part(Fact.ALL, True, False, inner=(novel,) * 5)  # noqa: FBT003
    found = reasons.blamed([Part(Fact.ANY, 1, 0, inner=(whole, whole, whole)), novel])
    (either,) = found.parts
    assert [len(one.inner) for one in either.inner] == [5, reasons.MAX_PARTS - 5]
    assert found.more == 16 - reasons.MAX_PARTS
    assert either.inner[0].inner[0].wanted == "x" * (reasons.MAX_VALUE - 1) + "…"


def test_details_of_single_followers_are_left_out_for_counting() -> None:
    window = Window(Act.MESSAGE, 0, NOON)
    assert reasons.without_details(reasons.NoAllowance((window,))) == reasons.NoAllowance()
    assert reasons.without_details(reasons.TakenOncePer("order", "7", NOON)) == reasons.TakenOncePer("order")
    refused = reasons.PossiblySent(reasons.RefusedByWeChat("WindowClosed", "45047: out of quota"))
    assert reasons.without_details(refused) == reasons.PossiblySent(reasons.RefusedByWeChat("WindowClosed"))
    assert reasons.without_details(reasons.Exited("works here")) == reasons.Exited("works here")


def test_a_count_of_events_is_part_of_a_reason() -> None:
    bought = EventCount(EventPattern("payment", at_least=500), at_least=2, days=30, scope="ever")
    reason = reasons.blamed([Part(Fact.EVENTS, 2, 1, count=bought)])
    assert reason_from(to_plain(reason)) == reason
