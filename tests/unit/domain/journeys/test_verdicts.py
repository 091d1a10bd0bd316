"""A condition taken apart says what the condition says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, event
from tests.support.events import body
from wejourney.events.events import own_event
from wejourney.journeys.conditions import History, holds
from wejourney.journeys.definition import Condition, EventCount, EventPattern
from wejourney.journeys.verdicts import MAX_REASON, MAX_VALUE, Part, parts_of, pattern_words, unmet
from wejourney.people.followers import Follower

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
    attributes=st.dictionaries(NAMES, NAMES, max_size=1),
    dates=FEW.map(tuple),
    answers=st.dictionaries(NAMES, NAMES, max_size=1),
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


@given(conditions, followers, st.dictionaries(NAMES, NAMES, max_size=2))
def test_all_parts_hold_exactly_when_the_condition_holds(
    condition: Condition, follower: Follower | None, answers: dict[str, str]
) -> None:
    parts = parts_of(condition, follower, answers, HISTORY)
    assert all(part.holds for part in parts) == holds(condition, follower, answers, HISTORY)


@given(conditions, followers)
def test_the_parts_inside_a_part_agree_with_it(condition: Condition, follower: Follower | None) -> None:
    def check(part: Part) -> None:
        all_hold = all(one.holds for one in part.inner)
        expected = {"any of": any(one.holds for one in part.inner), "not all of": not all_hold}
        assert part.holds == expected.get(part.words, all_hold if part.words == "all of" else part.holds)
        for one in part.inner:
            check(one)

    for part in parts_of(condition, follower, {}, HISTORY):
        check(part)


KNOWN = Follower(
    APP_ID, OPENID, "p", tags=frozenset({"vip"}), points=40, attributes={"city": "Paris"}, scene="store-SH01"
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(tags=("vip",)), Part("tag `vip`", "yes", "yes", holds=True)),
        (Condition(without_tags=("vip",)), Part("tag `vip`", "no", "yes", holds=False)),
        (Condition(member=True), Part("member", "yes", "no", holds=False)),
        (Condition(language="en"), Part("language", "en", "unknown", holds=False)),
        (Condition(scene="store-*"), Part("scene", "store-*", "store-SH01", holds=True)),
        (Condition(points_from=50), Part("points", "at least 50", "40", holds=False)),
        (Condition(points_to=50), Part("points", "at most 50", "40", holds=True)),
        (Condition(points_from=40), Part("points", "at least 40", "40", holds=True)),
        (Condition(points_to=40), Part("points", "at most 40", "40", holds=True)),
        (Condition(points_to=39), Part("points", "at most 39", "40", holds=False)),
        (Condition(attributes={"city": "Lyon"}), Part("city", "Lyon", "Paris", holds=False)),
        (Condition(dates=("birthday",)), Part("date `birthday` is known", "yes", "no", holds=False)),
        (Condition(answers={"size": "52"}), Part("answer to `size`", "52", "none", holds=False)),
        (
            Condition(events=(EventCount(EventPattern("payment", at_least=500), days=7, scope="ever"),)),
            Part(
                "payment (at least 500) ever, in the last 7 days", "at least 1 times", "0 times", holds=False
            ),
        ),
    ],
)
def test_a_part_says_what_is_wanted_and_what_was_there(condition: Condition, expected: Part) -> None:
    assert parts_of(condition, KNOWN, {}, HISTORY) == (expected,)


def test_a_condition_inside_a_condition_is_taken_apart_too() -> None:
    either = Condition(any=(Condition(member=True), Condition(tags=("vip",))))
    (part,) = parts_of(either, KNOWN, {})
    assert (part.words, part.value, part.holds) == ("any of", "1 of 2", True)
    assert [inner.holds for inner in part.inner] == [False, True]
    assert part.inner[1].inner == (Part("tag `vip`", "yes", "yes", holds=True),)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (Condition(tags=("vip",)), ""),
        (Condition(member=True, tags=("vip",)), "member (found no, wanted yes)"),
        (
            Condition(member=True, points_from=50, tags=("vip",)),
            "member (found no, wanted yes); points (found 40, wanted at least 50)",
        ),
        (
            Condition(any=(Condition(member=True, tags=("vip",)), Condition(points_from=50))),
            "any of [member (found no, wanted yes); points (found 40, wanted at least 50)]",
        ),
        (
            Condition(none=Condition(tags=("vip",), points_to=50)),
            "not all of [tag `vip` (found yes, wanted yes); points (found 40, wanted at most 50)]",
        ),
        (Condition(none=Condition()), "not all of (found yes, wanted no)"),
    ],
)
def test_a_reason_names_the_parts_that_do_not_hold_and_what_was_found(
    condition: Condition, reason: str
) -> None:
    # parcelvoy #512, mautic #2188: nobody could tell why somebody was left out.
    assert unmet(parts_of(condition, KNOWN, {}, HISTORY)) == reason


@given(conditions, followers)
def test_there_is_a_reason_exactly_when_the_condition_does_not_hold(
    condition: Condition, follower: Follower | None
) -> None:
    reason = unmet(parts_of(condition, follower, {}, HISTORY))
    assert (reason == "") == holds(condition, follower, {}, HISTORY)


def test_a_reason_stays_short_whatever_the_profile_holds() -> None:
    novel = replace(KNOWN, attributes={"city": "x" * 9_999})
    value = f"{'x' * (MAX_VALUE - 1)}…"
    one = unmet(parts_of(Condition(attributes={"city": "Lyon"}), novel, {}))
    assert one == f"city (found {value}, wanted Lyon)"
    many = Condition(tags=tuple(f"tag-{number}" for number in range(99)))
    assert len(unmet(parts_of(many, novel, {}))) == MAX_REASON


def test_a_pattern_is_told_with_all_that_narrows_it() -> None:
    assert pattern_words(EventPattern("text", keywords=("hi", "hello"))) == "text (keywords hi / hello)"
    assert pattern_words(EventPattern("follow")) == "follow"
