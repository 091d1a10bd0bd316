"""Which actions of a state belong together, and which of a branch a run takes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from wejourney.events.positions import Position
from wejourney.journeys.action_types import (
    Action,
    AskAction,
    AwaitAction,
    AwardAction,
    BranchAction,
    BranchCase,
    CallAction,
    CheckAction,
    CloseAction,
    PauseAction,
    SendAction,
    SetAction,
    TagAction,
    TellAction,
    changes_written_with_message,
    decided,
)
from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Condition
from wejourney.journeys.runs import Run
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower

TEXT = Text({"any": "hello"})
TAG, SET, AWARD = TagAction("1", ("vip",)), SetAction("2", {"size": "52"}), AwardAction("3", 50, "thanks")
SEND = SendAction("4", TEXT)
ASK, LISTEN = AskAction("5", "size", TEXT, Question({})), AskAction("5", "size", None, Question({}))


@pytest.mark.parametrize(
    ("actions", "together"),
    [
        ((TAG, SET, AWARD, SEND), (TAG, SET, AWARD)),
        ((TAG, ASK), (TAG,)),
        ((TAG, LISTEN), ()),
        ((TAG,), ()),
        ((SEND, TAG), ()),
        ((TAG, SEND, SET, SEND, AWARD), (TAG, SET)),
        ((TAG, BranchAction("6"), SEND), (TAG,)),
    ],
)
def test_changes_are_written_with_the_message_that_follows_them(
    actions: tuple[Action, ...], together: tuple[Action, ...]
) -> None:
    assert changes_written_with_message(actions) == together


@pytest.mark.parametrize(
    "between",
    [
        AwaitAction("7"),
        CloseAction("7"),
        PauseAction("7", seconds=60),
        CheckAction("7", {}),
        TellAction("7", "CouponGiven", {}),
        CallAction("7", "journey", "help"),
    ],
    ids=lambda action: action.do,
)
def test_a_change_before_what_reads_waits_or_tells_is_written_before_it(between: Action) -> None:
    assert changes_written_with_message((TAG, between, SEND)) == ()


def test_a_run_takes_the_first_case_that_holds_or_else_otherwise() -> None:
    inner = BranchAction("1.case1.1", (BranchCase(Condition(tags=("vip",)), (SET,)),), (AWARD,))
    branch = BranchAction("1", (BranchCase(Condition(member=True), (inner,)),), (TAG,))
    stranger = Run(
        "run", "care", "v1", Position.at(datetime(2026, 11, 25, tzinfo=UTC)), Follower("a", "o", "p")
    )
    member = replace(stranger, follower=replace(stranger.follower, member=True))
    vip = replace(member, follower=replace(member.follower, tags=frozenset({"vip"})))

    assert list(decided((branch, SEND), stranger)) == [branch, TAG, SEND]
    assert list(decided((branch, SEND), member)) == [branch, inner, AWARD, SEND]
    assert list(decided((branch, SEND), vip)) == [branch, inner, SET, SEND]
    assert branch.paths == ((inner,), (TAG,))
