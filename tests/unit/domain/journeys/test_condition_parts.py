"""A condition taken apart says what the condition says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, event
from tests.support.events import body
from wejourney.events.event import own_event
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.conditions import History, holds, parts_of
from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import AMOUNTS, Balance, BalanceTest
from wejourney.people.followers import Follower
from wejourney.reasons import Fact, Part, blamed

NAMES = st.sampled_from(["a", "b"])
FEW = st.lists(NAMES, max_size=2, unique=True)
MAYBE = st.none() | NAMES
POINTS = st.integers(0, 3)

patterns = st.sampled_from(
    [
        EventPattern("follow"),
        EventPattern("scan", scene="store-*"),
        EventPattern("text", keywords=("hi",)),
        EventPattern("payment", at_least=500),
    ]
)
counts = st.builds(
    EventCount,
    pattern=patterns,
    at_least=st.integers(1, 2),
    days=st.none() | st.just(7),
    scope=st.sampled_from(["run", "ever", "teaser", "never taken"]),
)
leaves = st.builds(
    Condition,
    tags=FEW.map(tuple),
    without_tags=FEW.map(tuple),
    customer=st.none() | st.booleans(),
    member=st.none() | st.booleans(),
    language=MAYBE,
    source=MAYBE,
    scene=st.sampled_from([None, "store-*", "a"]),
    segments=FEW.map(tuple),
    tier=MAYBE,
    points_from=st.none() | POINTS,
    points_to=st.none() | POINTS,
    balances=st.lists(
        st.builds(
            BalanceTest,
            st.sampled_from(["points", "stamps"]),
            st.sampled_from(AMOUNTS),
            st.none() | POINTS,
            st.none() | POINTS,
        ),
        max_size=2,
    ).map(tuple),
    attributes=st.dictionaries(NAMES, NAMES, max_size=1),
    dates=FEW.map(tuple),
    answers=st.dictionaries(NAMES, NAMES, max_size=1),
    offers=FEW.map(tuple),
    events=st.lists(counts, max_size=1).map(tuple),
)
# Leaves with one field each hold more often than those with all of them.
single = st.builds(
    lambda leaf, name: Condition(**{name: getattr(leaf, name)}),
    leaves,
    st.sampled_from([name for name in vars(Condition()) if name not in ("any", "none")]),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves | single,
    lambda inner: st.builds(
        lambda one, ways, none: replace(one, any=tuple(ways), none=none),
        single,
        st.lists(inner, max_size=2),
        st.none() | inner,
    ),
    max_leaves=4,
)
followers = st.none() | st.builds(
    Follower,
    app_id=st.just(APP_ID),
    openid=st.just(OPENID),
    person_id=st.just("p"),
    source=MAYBE,
    scene=st.sampled_from([None, "store-SH01", "a"]),
    language=MAYBE,
    tags=FEW.map(frozenset),
    customer=st.booleans(),
    member=st.booleans(),
    points=POINTS,
    balances=st.dictionaries(
        st.sampled_from(["points", "stamps"]), st.builds(Balance, POINTS, POINTS, POINTS), max_size=2
    ),
    tier=MAYBE,
    segments=FEW.map(frozenset),
    attributes=st.dictionaries(NAMES, NAMES, max_size=2),
    dates=st.dictionaries(NAMES, st.just("2026-12-24"), max_size=2),
)
SCAN = event("SCAN", EventKey="store-SH01")
PAYMENT = own_event(body("payment", total=700), "1", SUBJECT, NOON - timedelta(days=9))
HISTORY = History(
    events=(PAYMENT, event("subscribe", NOON - timedelta(hours=1)), SCAN),
    now=NOON,
    start_position=event("subscribe", NOON - timedelta(hours=1)).position,
    step_positions={"teaser": SCAN.position},
)


@given(conditions, followers)
def test_the_parts_inside_a_part_agree_with_it(condition: Condition, follower: Follower | None) -> None:
    def check(part: Part) -> None:
        all_hold = all(one.holds for one in part.inner)
        some_hold = any(one.holds for one in part.inner)
        expected = {Fact.ANY: some_hold, Fact.NONE: not all_hold, Fact.ALL: all_hold}
        assert part.holds == expected.get(part.fact, part.holds)
        for one in part.inner:
            check(one)

    for part in parts_of(condition, follower, {}, HISTORY):
        check(part)


KNOWN = Follower(
    APP_ID, OPENID, "p", tags=frozenset({"vip"}), points=40, attributes={"city": "Paris"}, scene="store-SH01"
)


BOUGHT = EventCount(EventPattern("payment", at_least=500), days=7, scope="ever")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(tags=("vip",)), Part(Fact.TAG, wanted=True, found=True, holds=True, name="vip")),
        (Condition(without_tags=("vip",)), Part(Fact.TAG, wanted=False, found=True, name="vip")),
        (Condition(member=True), Part(Fact.MEMBER, wanted=True, found=False)),
        (Condition(language="en"), Part(Fact.LANGUAGE, "en", None)),
        (Condition(scene="store-*"), Part(Fact.SCENE, "store-*", "store-SH01", holds=True)),
        (Condition(points_from=50), Part(Fact.POINTS_FROM, 50, 40)),
        (Condition(points_to=50), Part(Fact.POINTS_TO, 50, 40, holds=True)),
        (Condition(points_from=40), Part(Fact.POINTS_FROM, 40, 40, holds=True)),
        (Condition(points_to=40), Part(Fact.POINTS_TO, 40, 40, holds=True)),
        (Condition(points_to=39), Part(Fact.POINTS_TO, 39, 40)),
        (Condition(attributes={"city": "Lyon"}), Part(Fact.ATTRIBUTE, "Lyon", "Paris", name="city")),
        (Condition(dates=("birthday",)), Part(Fact.DATE, wanted=True, found=False, name="birthday")),
        (Condition(answers={"size": "52"}), Part(Fact.ANSWER, "52", None, name="size")),
        (Condition(events=(BOUGHT,)), Part(Fact.EVENTS, 1, 0, count=BOUGHT)),
    ],
)
def test_a_part_says_what_is_wanted_and_what_was_there(condition: Condition, expected: Part) -> None:
    assert parts_of(condition, KNOWN, {}, HISTORY) == (expected,)


def test_a_condition_inside_a_condition_is_taken_apart_too() -> None:
    either = Condition(any=(Condition(member=True), Condition(tags=("vip",))))
    (part,) = parts_of(either, KNOWN, {})
    assert (part.fact, part.found, part.holds) == (Fact.ANY, 1, True)
    assert [inner.holds for inner in part.inner] == [False, True]
    assert part.inner[1].inner == (Part(Fact.TAG, wanted=True, found=True, holds=True, name="vip"),)


@given(conditions, followers)
def test_a_part_is_blamed_exactly_when_the_condition_does_not_hold(
    condition: Condition, follower: Follower | None
) -> None:
    reason = blamed(parts_of(condition, follower, {}, HISTORY))
    assert (reason.parts == ()) == holds(condition, follower, {}, HISTORY)
