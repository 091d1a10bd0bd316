"""Conditions on the profile, on answers, and on what happened."""

from datetime import timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, event
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import Position
from wejourney.journeys.conditions import NOTHING, History, holds, how_often, looks_at_events
from wejourney.journeys.definition import Condition
from wejourney.journeys.runs import Run, marked
from wejourney.loyalty.balance import Balance, BalanceTest
from wejourney.people.followers import Follower

FOLLOWER = Follower(
    APP_ID,
    OPENID,
    "person",
    following=True,
    tags=frozenset({"vip"}),
    scene="store-SH01",
    points=500,
    balances={"points": Balance(500, unclaimed=40), "stamps": Balance(3)},
    tier="gold",
    segments=frozenset({"brides"}),
    attributes={"city": "Paris"},
    dates={"booking": "2026-12-01"},
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(), True),
        (Condition(tags=("vip",)), True),
        (Condition(tags=("vip", "other")), False),
        (Condition(without_tags=("vip",)), False),
        (Condition(without_tags=("other",)), True),
        (Condition(customer=False, member=False), True),
        (Condition(member=True), False),
        (Condition(language="en"), False),
        (Condition(source="article"), False),
        (Condition(scene="store-*"), True),
        (Condition(scene="store-PAR*"), False),
        (Condition(segments=("brides",)), True),
        (Condition(segments=("brides", "gold")), False),
        (Condition(tier="gold"), True),
        (Condition(tier="silver"), False),
        (Condition(points_from=500), True),
        (Condition(points_from=501), False),
        (Condition(points_to=500), True),
        (Condition(points_to=499), False),
        *(
            (Condition(balances=(BalanceTest(asset, part, least, most),)), holds)
            for asset, part, amount in (
                ("stamps", "available", 3),
                ("points", "unclaimed", 40),
                ("x", "held", 0),
            )
            for least, most, holds in (
                (amount, None, True),
                (amount + 1, None, False),
                (None, amount, True),
                (None, amount - 1, False),
                (amount, amount, True),
            )
        ),
        (Condition(attributes={"city": "Paris"}), True),
        (Condition(attributes={"city": "paris"}), True),
        (Condition(attributes={"city": "Parma"}), False),
        (Condition(attributes={"size": ""}), False),
        (Condition(dates=("booking",)), True),
        (Condition(dates=("booking", "birthday")), False),
        (Condition(answers={"style": "bridal"}), True),
        (Condition(answers={"style": "gifts"}), False),
        (Condition(answers={"budget": "high"}), False),
    ],
)
def test_a_condition_holds_when_all_of_it_does(condition: Condition, *, expected: bool) -> None:
    assert holds(condition, FOLLOWER, {"style": "bridal"}) is expected


TRUE, FALSE = Condition(tags=("vip",)), Condition(member=True)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(any=(FALSE, TRUE)), True),
        (Condition(any=(FALSE,)), False),
        (Condition(none=TRUE), False),
        (Condition(none=FALSE), True),
        (Condition(none=Condition()), False),
        (Condition(none=Condition(none=TRUE)), True),
        (Condition(any=(Condition(none=TRUE), Condition(any=(FALSE, TRUE)))), True),
        (Condition(tags=("vip",), any=(FALSE,)), False),
        (Condition(any=(TRUE,), none=TRUE), False),
    ],
)
def test_one_of_any_must_hold_and_none_must_not(condition: Condition, *, expected: bool) -> None:
    assert holds(condition, FOLLOWER, {}) is expected


def test_a_condition_on_a_fact_does_not_hold_for_a_stranger() -> None:
    assert holds(Condition(member=False), None, {})
    assert not holds(Condition(scene="*"), None, {})


# --- what happened --------------------------------------------------------------------------------

CLICK = EventPattern("click", key="PUSH")


def clicked(at: Any) -> Any:
    return event("CLICK", at, EventKey="PUSH")


def test_a_second_run_is_unaffected_by_the_first() -> None:
    """parcelvoy #548: `push clicked` was true for ever after the first run."""
    first, second = event("subscribe", NOON), event("subscribe", NOON + timedelta(days=3))
    events = (first, clicked(NOON + timedelta(hours=1)), second)
    now = NOON + timedelta(days=4)
    in_this_run, ever = (
        Condition(events=(EventCount(CLICK),)),
        Condition(events=(EventCount(CLICK, scope="ever"),)),
    )

    in_the_first = History(events, now, start_position=first.position)
    assert holds(in_this_run, FOLLOWER, {}, in_the_first)
    in_the_second = History(events, now, start_position=second.position)
    assert not holds(in_this_run, FOLLOWER, {}, in_the_second)
    assert holds(ever, FOLLOWER, {}, in_the_second)


def test_the_event_that_starts_a_run_counts_in_it() -> None:
    start = clicked(NOON)
    assert how_often(EventCount(CLICK), History((start,), NOON, start_position=start.position)) == 1


def test_since_a_step_is_since_it_was_taken_in_this_run() -> None:
    events = tuple(clicked(NOON + timedelta(hours=hours)) for hours in (0, 2, 4))
    marks = {"teaser": Position.at(NOON + timedelta(hours=2))}
    history = History(events, NOON + timedelta(days=1), step_positions=marks)

    assert how_often(EventCount(CLICK, scope="teaser"), history) == 2
    assert how_often(EventCount(CLICK, scope="not taken"), history) == 0
    assert how_often(EventCount(CLICK, scope="not taken", days=7), history) == 0


@pytest.mark.parametrize("days", [7, 30, 365])
def test_the_last_days_are_counted_to_the_second(days: Literal[7, 30, 365]) -> None:
    now = NOON + timedelta(days=400)
    edge = now - timedelta(days=days)
    count = EventCount(CLICK, days=days, scope="ever")

    assert how_often(count, History((clicked(edge),), now)) == 1
    assert how_often(count, History((clicked(edge - timedelta(seconds=1)),), now)) == 0


def test_days_and_scope_must_both_hold() -> None:
    events = (clicked(NOON), clicked(NOON + timedelta(days=9)))
    history = History(events, NOON + timedelta(days=10), start_position=events[0].position)
    assert how_often(EventCount(CLICK), history) == 2
    assert how_often(EventCount(CLICK, days=7), history) == 1
    later = History(events, NOON + timedelta(days=10), start_position=Position.at(NOON + timedelta(days=10)))
    assert how_often(EventCount(CLICK, days=30), later) == 0


@given(st.integers(0, 6), st.integers(1, 6))
def test_an_event_must_have_happened_at_least_as_often_as_required(times: int, at_least: int) -> None:
    events = tuple(clicked(NOON + timedelta(minutes=minute)) for minute in range(times))
    others = (event("subscribe"), event("CLICK", EventKey="other"))
    condition = Condition(events=(EventCount(CLICK, at_least=at_least),))
    assert holds(condition, FOLLOWER, {}, History((*events, *others))) is (times >= at_least)


def test_the_event_that_led_to_a_step_does_not_count_as_since_that_step() -> None:
    cause, effect = clicked(NOON), clicked(NOON + timedelta(seconds=1))
    run = Run(
        "r",
        "care",
        "v",
        last_position=cause.position,
        follower=FOLLOWER,
        step_positions={"first": Position.at(NOON)},
    )

    taken = marked(run, "teaser", NOON)

    history = History((cause, effect), NOON + timedelta(days=1), step_positions=taken.step_positions)
    assert how_often(EventCount(CLICK, scope="teaser"), history) == 1
    assert taken.step_positions.keys() == {"first", "teaser"}
    assert marked(run, "teaser", NOON + timedelta(hours=1)).step_positions["teaser"] == Position.at(
        NOON + timedelta(hours=1)
    )
    assert marked(run, None, NOON) is run


def test_without_a_history_no_event_has_happened() -> None:
    assert not holds(Condition(events=(EventCount(CLICK),)), FOLLOWER, {}, NOTHING)
    assert holds(Condition(none=Condition(events=(EventCount(CLICK, days=7),))), FOLLOWER, {})


def test_a_condition_needs_the_timeline_where_it_speaks_of_events_anywhere() -> None:
    counts = Condition(events=(EventCount(CLICK),))
    assert looks_at_events(counts)
    assert looks_at_events(Condition(any=(TRUE, Condition(none=counts))))
    assert not looks_at_events(Condition(any=(TRUE,), none=FALSE))
