"""What a picture shows of a journey."""

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from tests.unit.drawing.everything import BY_METAL, DAY, EVERYTHING, METAL
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Text
from workbench.drawing.cards import Node
from workbench.drawing.picture import picture_of
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Ask,
    Award,
    Branch,
    Case,
    Repeat,
    RunStep,
    Send,
    Step,
    Stop,
    Tag,
    WaitEvent,
)
from workbench.language.traversal import steps_of
from workbench.wording.picture_phrases import LANGUAGES, Language

HI = Send(Text({"any": "hi"}))
BYE = Send(Text({"any": "bye"}))


def path(*steps: Step, language: Language = "en") -> tuple[Node, ...]:
    """The cards of these steps, without the trigger and the end."""
    return picture_of(Journey("j", {"any": "J"}, Trigger("follow"), steps), language).path[1:]


def nodes_of(path: tuple[Node, ...]) -> Iterator[Node]:
    for node in path:
        yield node
        for way in node.ways:
            yield from nodes_of(way.path)


def labels(node: Node) -> list[str]:
    return [way.label for way in node.ways]


def test_the_journey_of_these_tests_has_every_kind_of_step() -> None:
    assert {type(step) for _, step in steps_of(EVERYTHING)} == {*get_args(RunStep.__value__), Repeat}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_is_shown(language: Language) -> None:
    cards = [node.card for node in nodes_of(picture_of(EVERYTHING, language).path)]
    shown = str(cards)
    for word in ("MEDIA_ID", "A title", "Book now", "teaser", "SPRING", "gift-today", "other-journey"):
        assert word in shown
    for word in ("older-journey", "unreachable", "manager", "stylist", "booking", "bought a ring", "+50"):
        assert word in shown
    assert {card.look for card in cards} == {
        *("trigger", "message", "question", "wait", "choice", "staff", "chips", "ending", "goal")
    }


def test_a_picture_shows_the_rules_of_the_whole_journey() -> None:
    assert picture_of(EVERYTHING, "en").rules == (
        "Once for each order",
        "Sends nothing by itself from 22:00 to 08:00",
        "10% are left out, for comparison",
        "Goal, which ends the journey: a payment is made; counts for 7 days after the entry",
        "Ends at once: tagged employee (works here)",
    )


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Speaks to followers of shop"), ("zh", "在 shop 中与粉丝对话")]
)
def test_a_picture_says_which_account_the_journey_speaks_to(language: Language, words: str) -> None:
    assert picture_of(replace(EVERYTHING, speaks_to="shop"), language).rules[0] == words


def test_each_answer_labels_the_path_that_it_leads_to() -> None:
    question, end = path(METAL, BY_METAL)
    assert labels(question) == [
        "Yellow gold",
        "Rose gold",
        "any other answer",
        "no answer within 6 hours",
        "cannot be sent",
    ]
    assert end.card.look == "ending"
    assert labels(path(METAL, BY_METAL, language="zh")[0])[:3] == ["黄金", "玫瑰金", "其他回答"]


def test_an_answer_without_a_menu_is_named_in_chinese_by_a_chinese_word() -> None:
    ask = Ask("wish", DAY, choices={"care": ("1", "care", "保养"), "new": ("2",)})
    branch = Branch(
        (Case(Condition(answers={"wish": "care"}), (HI,)), Case(Condition(answers={"wish": "new"}), ()))
    )
    assert labels(path(ask, branch, language="zh")[0])[:2] == ["保养", "new"]
    assert labels(path(ask, branch)[0])[:2] == ["care", "new"]


def test_a_label_names_conditions_beside_the_answer() -> None:
    member = Case(Condition(member=True, answers={"metal": "gold"}), (HI,))
    either = Case(
        Condition(any=(Condition(answers={"metal": "gold"}), Condition(answers={"metal": "rose"}))), (BYE,)
    )
    found = labels(path(METAL, Branch((member, either)))[0])
    assert found[:3] == ["Yellow gold and is a member", "Yellow gold or Rose gold", "otherwise"]


def test_a_branch_on_something_else_is_a_card_of_its_own() -> None:
    question, branch, *_ = path(METAL, Branch((Case(Condition(member=True), (HI,)),)))
    assert labels(question)[0] == "an answer"
    assert labels(branch) == ["is a member", "otherwise"]


def test_a_question_stays_apart_from_a_branch_whose_otherwise_unanswered_runs_take() -> None:
    with_rest = replace(BY_METAL, otherwise=(BYE,))
    assert len(path(METAL, with_rest)) == 3
    stops = replace(METAL, unanswered=(Stop("silent"),))
    assert len(path(stops, with_rest)) == 2


def test_changes_in_a_row_are_one_line_of_chips() -> None:
    first, message, second, _ = path(Tag(("a", "b")), Award(5, "x"), HI, Tag(("c",)))
    assert [chip.text for chip in first.card.chips] == ["a", "b", "+5 points"]
    assert message.card.text == "hi"
    assert [chip.text for chip in second.card.chips] == ["c"]


def test_a_time_limit_without_steps_is_a_note_not_a_path() -> None:
    waits, question, _ = path(WaitEvent(EventPattern("payment"), DAY), Ask("wish", DAY))
    assert waits.ways == question.ways == ()
    assert waits.card.note == question.card.note == "at most 1 day"


def test_the_paths_of_a_message_sent_and_not_sent_meet_again() -> None:
    message, _ = path(replace(HI, not_sent=(Tag(("x",)),)))
    assert labels(message) == ["sent", "cannot be sent"]
    assert (message.main, message.ends) == (0, False)


def test_a_journey_that_stops_on_every_path_has_no_other_end() -> None:
    stops = Branch((Case(Condition(member=True), (Stop("yes"),)),), (Stop("no", goal=True),))
    (branch,) = path(stops)
    assert branch.ends
    assert [way.path[-1].card.look for way in branch.ways] == ["ending", "goal"]
