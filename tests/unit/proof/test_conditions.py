"""Conditions with many ways to hold: every verdict that is possible, and few where they differ in nothing."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.text_matching import LONGEST_COMPARED
from wejourney.events.values import fits
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Text
from workbench.checks.branches import unreachable_parts
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Case, Send, Step, Stop, Tag
from workbench.proof.facts import FALSE, TRUE, Facts, Key, decide, in_common, met, text_is
from workbench.proof.prove import FIRST_WORK, MOST_WORK, prove

CURRENT = RULE_SETS["current"]
SEND = Send(Text({"any": "hi"}))
PATHS: tuple[tuple[Step, ...], ...] = ((Tag(("x",)),), (SEND,))
NAMES = "abcd"
KEYS: tuple[Key, ...] = tuple(("tag", name) for name in NAMES)

tags = st.frozensets(st.sampled_from(NAMES), max_size=2).map(lambda names: tuple(sorted(names)))
conditions = st.recursive(
    st.builds(Condition, tags=tags, without_tags=tags),
    lambda inner: st.builds(
        Condition,
        tags=tags,
        any=st.lists(inner, max_size=3).map(tuple),
        none=st.none() | inner,
    ),
    max_leaves=6,
)

type Person = frozenset[str]
PEOPLE = [
    frozenset(name for name, on in zip(NAMES, who, strict=True) if on) for who in product((0, 1), repeat=4)
]


def holds(condition: Condition, person: Person) -> bool:
    return (
        person.issuperset(condition.tags)
        and person.isdisjoint(condition.without_tags)
        and (not condition.any or any(holds(inner, person) for inner in condition.any))
        and (condition.none is None or not holds(condition.none, person))
    )


def are_like(facts: Facts, live: frozenset[Key]) -> set[frozenset[Key]]:
    """What people can be like, as far as it is live, if these are the facts about them."""
    return {
        frozenset(("tag", name) for name in person) & live
        for person in PEOPLE
        if all(met(known, TRUE if key[1] in person else FALSE) for key, known in facts.items())
    }


@settings(max_examples=150)
@given(conditions, st.frozensets(st.sampled_from(KEYS)))
def test_verdicts_and_what_is_known_then_are_those_of_all_people(
    condition: Condition, live: frozenset[Key]
) -> None:
    found = [
        (verdict, alike) for verdict, facts in decide(condition, {}, live) for alike in are_like(facts, live)
    ]
    right = {
        (holds(condition, person), frozenset(("tag", name) for name in person) & live) for person in PEOPLE
    }

    assert set(found) == right
    roughly = decide(condition, {}, live, few=lambda several: in_common(several, 1))
    assert right <= {(verdict, alike) for verdict, facts in roughly for alike in are_like(facts, live)}
    played = decide(condition, {}, live, few=lambda several: several[:1])
    assert right >= {(verdict, alike) for verdict, facts in played for alike in are_like(facts, live)}


def with_many_ways(count: int) -> Iterator[Condition]:
    """Conditions about so many pairs of tags."""
    pairs = [Condition(tags=(f"a{number}", f"b{number}")) for number in range(count)]
    opposites = [Condition(none=pair) for pair in pairs]
    yield Condition(any=tuple(pairs))
    yield Condition(any=tuple(opposites))
    yield Condition(none=Condition(any=tuple(pairs)))
    yield Condition(none=Condition(any=tuple(opposites)))
    yield Condition(any=tuple(Condition(any=(pair, Condition(without_tags=pair.tags))) for pair in pairs))


@pytest.mark.parametrize("count", [14, 40])
@pytest.mark.parametrize("place", ["trigger", "branch"])
def test_many_pairs_of_tags_take_little_work_where_no_later_step_looks_at_them(
    place: str, count: int
) -> None:
    for condition, then, messages in product(with_many_ways(count), PATHS, (0, 4, 5)):
        steps: tuple[Step, ...] = (*then, *[SEND] * messages)
        when = condition
        if place == "branch":
            steps, when = (Branch((Case(condition, then),)), *steps[1:]), Condition()
        trigger = Trigger("text", keywords=("hi",), when=when)
        found = prove(Journey("j", {"any": "J"}, trigger, steps), CURRENT, FIRST_WORK)

        assert (found == ()) is (messages + (SEND in then) <= 5), (condition, steps)
        assert all(violation.confirmed for violation in found)


def test_many_pairs_of_tags_that_a_later_step_looks_at_are_proved_less_exactly() -> None:
    for condition, sent in product(with_many_ways(14), (4, 5)):
        trigger = Trigger("text", keywords=("hi",), when=condition)
        steps: tuple[Step, ...] = (Branch((Case(condition, (SEND,)),)), *[SEND] * sent)
        found = prove(Journey("j", {"any": "J"}, trigger, steps), CURRENT, MOST_WORK // 5)

        assert (found == ()) is (sent == 4), (condition, sent)


LONG = "x" * LONGEST_COMPARED
TEXTS = ("x", "X!", LONG[1:], LONG, f" {LONG} ", f"{LONG}y", f"{LONG}z", f"{LONG}Y")


def test_long_texts_are_the_same_to_the_proof_exactly_if_they_are_to_a_run() -> None:
    for text, other in product(TEXTS, repeat=2):
        assert (text_is(text) == text_is(other)) is fits(text, other), (text[-3:], other[-3:])

        cases = tuple(
            Case(Condition(answers={"q": wanted}), (Tag((tag,)),))
            for wanted, tag in ((text, "a"), (other, "b"))
        )
        steps: tuple[Step, ...] = (Ask("q", 60, unanswered=(Stop("silent"),)), Branch(cases))
        parts = list(unreachable_parts(Journey("j", {"any": "J"}, Trigger("text", keywords=("hi",)), steps)))
        assert bool(parts) is fits(text, other)
