"""Everything within the second of the trigger: acts, answers and messages share what it allows."""

from itertools import product

import pytest

from tests.support.examples.brute_force import Game
from wejourney.allowances.wechat_rules import RULE_SETS, Reading
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Trigger
from wejourney.messaging.contents import Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Send, Step, Stop, WaitEvent
from workbench.proof.prove import prove

CURRENT = RULE_SETS["current"]
HOUR = 3600
SEND, SILENT = Send(Text({"any": "hi"})), (Stop("silent"),)
ASKED = (Text({"any": "?"}), None)


def conversation(trigger: str, before: int, content: Text | None, between: int, after: int) -> Journey:
    """Messages, a question, messages, a wait for a scan, messages."""
    scanned = WaitEvent(EventPattern("scan"), HOUR, otherwise=SILENT)
    question = Ask("q", HOUR, content, unanswered=SILENT)
    steps: tuple[Step, ...] = (*[SEND] * before, question, *[SEND] * between, scanned, *[SEND] * after)
    return Journey("j", {"any": "J"}, Trigger(trigger, keywords=("hi",)), steps)


def test_an_answer_and_a_scan_in_the_second_of_the_trigger_are_tried() -> None:
    found = prove(conversation("text", 0, ASKED[0], 4, 4), CURRENT.read_as(Reading.APART))

    assert [violation.confirmed for violation in found] == [True]
    assert found[0].behaviour[-1].at == 0


@pytest.mark.parametrize("trigger", ["text", "scan"])
def test_what_is_accepted_fits_when_everything_happens_in_one_second(trigger: str) -> None:
    accepted = 0
    for before, content, between, after in product((0, 1), ASKED, (1, 2, 4), (1, 3, 4)):
        journey = conversation(trigger, before, content, between, after)
        if prove(journey, CURRENT) == ():
            accepted += 1
            game = Game(journey, CURRENT, grid=99 * HOUR, extras=1, words=("yes",))
            assert next(game.violations(), None) is None, journey

    assert accepted > 3
