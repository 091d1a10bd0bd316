"""A branch that counts what the follower does in a run: who has done it has opened an allowance."""

from itertools import product

import pytest

from wejourney.allowances.allowance_windows import SENDING_MARGIN, Windows, open_window, spend
from wejourney.allowances.wechat_rules import RULE_SETS, Reading
from wejourney.errors import NoAllowanceError
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Menu, MenuItem, Text
from workbench.language.journey import Journey
from workbench.language.step_types import Branch, Case, Send, Step, Stop, Wait
from workbench.proof.program import act_of
from workbench.proof.prove import prove
from workbench.proof.state import moment

CURRENT = RULE_SETS["current"]
HOUR = 3600
SEND = Send(Text({"any": "hi"}))
MENU = Send(Menu({"any": "?"}, (MenuItem("yes", {"any": "yes"}),)))
ANY = ("*",)
TAGGED = Condition(tags=("a",))


def counts(kind: str, at_least: int = 1, scope: str = "run", keywords: tuple[str, ...] = ANY) -> Condition:
    pattern = EventPattern(kind, keywords=keywords if kind == "text" else ())
    return Condition(events=(EventCount(pattern, at_least=at_least, scope=scope),))


def journey(trigger: str, *steps: Step) -> Journey:
    return Journey("j", {"any": "J"}, Trigger(trigger, keywords=("hi",), key="K"), steps)


def fits(trigger: str, *steps: Step) -> bool:
    return prove(journey(trigger, *steps), CURRENT) == ()


def is_sent(trigger: str, before: int, pause: int, kind: str, after: int) -> bool:
    """Whether all messages leave whenever the act comes: before the first, after these, after the pause."""
    for reading, (place, when) in product(Reading, ((0, 0), (before, 0), (before, pause))):
        rules = CURRENT.read_as(reading)
        times = [*(("send", 0) for _ in range(before)), *(("send", pause) for _ in range(after))]
        times.insert(place, (kind, when))
        windows: Windows = ()
        for what, at in ((trigger, 0), *times):
            act = None if what == "send" else act_of(what)
            try:
                if act is None:
                    _, windows = spend(windows, moment(at), SENDING_MARGIN)
                else:
                    windows = open_window(windows, act, moment(at), rules)
            except NoAllowanceError:
                return False
    return True


@pytest.mark.parametrize("trigger", ["follow", "scan", "click"])
def test_what_follows_a_counted_act_may_use_what_it_has_opened_at_worst_at_the_start(trigger: str) -> None:
    accepted = 0
    for before, pause, kind, after in product(
        (0, 2, 3), (0, 30, HOUR, 48 * HOUR - 11, 48 * HOUR - 10), ("text", "image", "scan"), (1, 3, 5, 6)
    ):
        if kind == trigger:
            continue
        pauses = [Wait(pause)] if pause else []
        steps: list[Step] = [*[SEND] * before, *pauses, Branch((Case(counts(kind), (SEND,) * after),))]
        right = is_sent(trigger, before, pause, kind, after)
        accepted += right
        assert fits(trigger, *steps) is right, (before, pause, kind, after)

    assert accepted > 20


HELD: dict[str, tuple[Condition, bool]] = {
    "several times": (counts("text", 3), True),
    "a keyword": (counts("text", keywords=("yes",)), True),
    "one of two acts": (Condition(any=(counts("text"), counts("image"))), True),
    "an act or not": (Condition(any=(counts("text"), TAGGED)), False),
    "not the act": (Condition(none=counts("text")), False),
    "not without the act": (Condition(none=Condition(none=counts("text"))), True),
    "before the run": (counts("text", scope="ever"), False),
    "no act of the follower": (counts("tag"), False),
    "an act that opens nothing": (counts("view"), False),
    "an act that opens too little": (counts("click"), False),
}


@pytest.mark.parametrize("case", HELD)
def test_only_what_is_certain_to_have_opened_an_allowance_counts(case: str) -> None:
    condition, right = HELD[case]
    branch = Branch((Case(condition, (SEND,)),))

    assert fits("follow", Wait(HOUR), branch) is right
    another = Condition(tags=("b",))
    assert fits("follow", Wait(HOUR), Branch((Case(another, (Stop("b"),)),)), branch) is right
    assert fits("follow", Wait(HOUR), Branch((Case(another, (branch, Stop("b"))),))) is right
    if right:
        # Who has not done it by then may do it later.
        assert fits("follow", Wait(HOUR), Branch((Case(condition, (Stop("x"),)),)), Wait(HOUR), branch)


def test_a_tap_on_a_menu_message_is_counted_as_a_text_and_allows_one_minute() -> None:
    branch = Branch((Case(counts("text", keywords=("yes",)), (SEND,)),))

    assert fits("follow", SEND, Wait(HOUR), branch)
    assert not fits("follow", MENU, Wait(HOUR), branch)
    assert fits("follow", MENU, Wait(30), branch)


def test_the_trigger_counts_where_it_is_such_an_event() -> None:
    assert fits("text", Branch((Case(counts("text"), (SEND,) * 5),)))
    assert not fits("text", Branch((Case(counts("text"), (SEND,) * 6),)))
    assert not fits("click", Wait(HOUR), Branch((Case(counts("click"), (SEND,)),)))
