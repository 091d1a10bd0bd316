"""The proof under every reading of WeChat's rules, and messages that may be sent twice."""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.support.examples.brute_force import Game
from wejourney.allowances.wechat_rules import RULE_SETS, Reading
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Menu, MenuItem, Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Case, Send, Step, Stop, Wait, WaitEvent
from workbench.proof.prove import prove

CURRENT = RULE_SETS["current"]
HOUR, DAY = 3600, 24 * 3600
SEND, SILENT = Send(Text({"any": "hi"})), (Stop("silent"),)
TWICE = Send(Text({"any": "hi"}), if_unsure="resend")
MENU = Menu({"any": "?"}, (MenuItem("yes", {"any": "Yes"}), MenuItem("no", {"any": "No"})))


def journey(trigger: str, *steps: Step) -> Journey:
    return Journey("j", {"any": "J"}, Trigger(trigger, keywords=("hi",), key="K"), steps)


def act(kind: str, within: int) -> Step:
    """A step that goes on when the follower has done this."""
    match kind:
        case "text":
            return Ask("typed", within, unanswered=SILENT)
        case "tap":
            return Ask("tapped", within, MENU, {"yes": ()}, unanswered=SILENT)
        case _:
            return WaitEvent(EventPattern(kind), within, otherwise=SILENT)


def test_what_one_reading_refuses_is_rejected() -> None:
    tap, later = act("tap", HOUR), (Wait(2 * HOUR), SEND, SEND)
    for refused in (
        journey("text", act("scan", HOUR), *[SEND] * 8),
        journey("scan", act("click", 30), *[SEND] * 6),
        journey("text", tap, *[SEND] * 3, *later),
    ):
        assert prove(refused, CURRENT.read_as(Reading.APART)) == ()
        (violation,) = prove(refused, CURRENT)
        assert (violation.confirmed, violation.reading) == (True, Reading.POOLED)
    for accepted in (
        journey("text", act("scan", HOUR), *[SEND] * 5),
        journey("scan", act("click", 30), *[SEND] * 3),
        journey("text", tap, *[SEND] * 3, *later[:2]),
    ):
        assert prove(accepted, CURRENT) == ()


def two_acts() -> Iterator[tuple[str, Journey]]:
    """Two acts, so many messages at once after the second, and so many more after a wait."""
    kinds = ("text", "tap", "click", "scan")
    for first, second, within, at_once, later in product(
        ("follow", *kinds), kinds, (30, 2 * HOUR), (0, 2, 3, 4, 5, 6, 8), (0, 1, 3)
    ):
        before = (act(first, HOUR),) if first == "tap" else ()
        trigger = "text" if first == "tap" else first
        steps = (*before, act(second, within), *[SEND] * at_once, Wait(2 * HOUR), *[SEND] * later)
        yield first, journey(trigger, *steps)


@pytest.mark.parametrize("first", ["follow", "text", "tap", "click", "scan"])
def test_exactly_what_fits_every_reading_is_accepted(first: str) -> None:
    accepted = 0
    made = [example for kind, example in two_acts() if kind == first]
    for example in made:
        fits = next(Game(example, CURRENT, grid=HOUR, words=("yes",)).violations(), None) is None
        assert (prove(example, CURRENT) == ()) is fits, example
        accepted += fits

    assert len(made) == 168
    assert accepted > 20


@pytest.mark.parametrize(("trigger", "allowed"), [("text", 5), ("follow", 3), ("scan", 3), ("click", 3)])
@pytest.mark.parametrize("place", ["at the top", "in a branch", "where another was not sent"])
def test_a_message_that_may_be_sent_again_counts_twice_wherever_it_stands(
    trigger: str, allowed: int, place: str
) -> None:
    for before, twice, after in product(range(6), range(4), range(4)):
        path: tuple[Step, ...] = (*[SEND] * before, *[TWICE] * twice, *[SEND] * after)
        if place == "in a branch":
            path = (Branch((Case(Condition(tags=("a",)), path),), ()),)
        elif place == "where another was not sent":
            path = (Send(Text({"any": "hi"}), not_sent=path),)
        # Where it is not sent, it has used no allowance.
        fits = before + 2 * twice + after <= allowed
        assert (prove(journey(trigger, *path), CURRENT) == ()) is fits, (before, twice, after)


@pytest.mark.parametrize("before", range(6))
def test_a_message_that_may_be_sent_again_and_need_not_leave_may_use_two(before: int) -> None:
    perhaps = Send(Text({"any": "hi"}), if_unsure="resend", not_sent=())

    assert prove(journey("text", *[SEND] * before, perhaps), CURRENT) == () or before > 5
    assert (prove(journey("text", *[SEND] * before, perhaps, SEND), CURRENT) == ()) is (before <= 2)
