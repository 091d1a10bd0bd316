"""Journeys whose choices and messages that may fail multiply: proved, or rejected by a played path."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples.brute_force import Game
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Menu, MenuItem, Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Case, Send, Step, Stop, Tag, Wait
from workbench.proof.facts import Among, Known, NotAmong, as_told_apart, follow, met
from workbench.proof.prove import MOST_WORK, prove

CURRENT = RULE_SETS["current"]
HOUR, DAY = 3600, 24 * 3600
HI, SILENT = Text({"any": "hi"}), (Stop("silent"),)
SEND, TAGGED = Send(HI), (Tag(("missed",)),)
CHOICES = "abc"

type NotSent = tuple[Step, ...] | None


def journey(*steps: Step) -> Journey:
    return Journey("j", {"any": "J"}, Trigger("text", keywords=("hi",)), steps)


def tags(count: int, looked_at: int, not_sent: NotSent) -> tuple[Step, ...]:
    """So many tags, each looked at so often, each with a message."""
    return tuple(
        Branch((Case(Condition(tags=(f"t{number}",)), (Send(HI, not_sent=not_sent),)),))
        for _ in range(looked_at)
        for number in range(count)
    )


def quiz(questions: int, not_sent: NotSent, *, menu: bool, asked_again: bool) -> tuple[Step, ...]:
    """Questions with choices, each followed by a branch with a message; with a look at all answers after."""
    steps: list[Step] = []
    ids = [[f"{number}{choice}" for choice in CHOICES] for number in range(questions)]
    for number, choices in enumerate(ids):
        content = Menu({"any": "?"}, tuple(MenuItem(id_, {"any": id_}) for id_ in choices)) if menu else HI
        answers = {id_: (id_,) for id_ in choices}
        steps.append(Ask(f"q{number}", DAY, content, answers, SILENT, not_sent))
        cases = (
            Case(Condition(answers={f"q{number}": id_}), (Send(HI, not_sent=not_sent),)) for id_ in choices
        )
        steps.append(Branch(tuple(cases)))
    if asked_again:
        for number, (first, *_) in enumerate(ids):
            perhaps = (Send(HI, not_sent=()),)
            steps.append(Branch((Case(Condition(answers={f"q{number}": first}), perhaps),)))
    return tuple(steps)


LAST: dict[str, tuple[Step, ...]] = {
    "no message": (),
    "a message": (SEND,),
    "a message after a wait": (Wait(HOUR), SEND),
    "a message after an answer": (Ask("last", HOUR, HI, unanswered=SILENT, not_sent=SILENT), SEND),
}
NOT_SENT: tuple[NotSent, ...] = ((), TAGGED)


def tag_journeys(counts: tuple[int, ...], looks: tuple[int, ...]) -> Iterator[tuple[str, Journey]]:
    for count, looked_at, not_sent, (last, then) in product(counts, looks, NOT_SENT, LAST.items()):
        yield last, journey(*tags(count, looked_at, not_sent), *then)


def quizzes(questions: tuple[int, ...]) -> Iterator[Journey]:
    for count, not_sent, menu, again, then in product(
        questions, (None, *NOT_SENT), (False, True), (False, True), LAST.values()
    ):
        yield journey(*quiz(count, not_sent, menu=menu, asked_again=again), *then)


@pytest.mark.parametrize(("count", "looks"), [(5, (1, 2, 3)), (10, (3,))], ids=["5 tags", "10 tags"])
def test_tags_that_are_looked_at_again_and_again_with_messages_that_may_fail_are_proved(
    count: int, looks: tuple[int, ...]
) -> None:
    for last, made in tag_journeys((count,), looks):
        found = prove(made, CURRENT)
        assert all(violation.confirmed for violation in found), (last, made)
        assert (found == ()) is (last in ("no message", "a message after an answer"))


@pytest.mark.parametrize("questions", [4, 12])
def test_a_quiz_with_choices_branches_and_messages_is_proved_by_a_tenth_of_the_work(questions: int) -> None:
    accepted = 0
    for made in quizzes((questions,)):
        found = prove(made, CURRENT, MOST_WORK // 10)
        accepted += not found
        assert all(violation.confirmed for violation in found), made

    assert accepted >= 12


def test_small_ones_are_accepted_exactly_if_nothing_can_go_wrong() -> None:
    small = [*(made for _, made in tag_journeys((1, 2, 3), (1, 2))), *quizzes((1,))]
    for made in small:
        fits = next(Game(made, CURRENT, grid=99 * DAY, extras=0, words=("yes",)).violations(), None) is None
        assert (prove(made, CURRENT) == ()) is fits, made

    assert len(small) == 96


values = st.frozensets(st.sampled_from("abcd"))
knowns = st.builds(Among, values.filter(bool)) | st.builds(NotAmong, values)


def may_be(known: Known | None, value: str) -> bool:
    return known is None or met(known, Among(frozenset({value}))) is not None


@given(knowns, values)
def test_what_is_known_of_an_answer_is_kept_as_exactly_as_later_steps_look_at_it(
    known: Known, looked_for: frozenset[str]
) -> None:
    coarse = as_told_apart({("answer", "q"): known}, {("answer", "q"): looked_for}).get(("answer", "q"))

    assert all(may_be(coarse, value) == may_be(known, value) for value in looked_for)
    others = [value for value in "abcde" if value not in looked_for]
    assert all(may_be(coarse, value) for value in others) or not any(may_be(known, value) for value in others)


@given(knowns, knowns)
def test_one_fact_follows_from_another_if_all_that_the_other_allows_is_allowed(
    known: Known, other: Known
) -> None:
    if follow({("answer", "q"): known}, {("answer", "q"): other}):
        assert all(may_be(other, value) for value in "abcde" if may_be(known, value))
    assert follow({("answer", "q"): known}, {})
