"""Definitions of state machines that are small enough to be computed by hand."""

from typing import Any

from wejourney.journeys.action_types import Action, AskAction, SendAction
from wejourney.journeys.answers import Question
from wejourney.messaging.contents import Text
from wejourney.plain_data import to_plain

HI = SendAction("1", Text({"zh": "你好"}))
ASK = AskAction("1", "style", question=Question({"bridal": ("1",)}))
ASK_ALOUD = AskAction("2", "metal", Text({"zh": "您更喜欢哪一种？"}))


def task(*actions: Action, catch: tuple[tuple[str, str], ...] = (), **way: Any) -> dict[str, Any]:
    """A task that performs these actions; `catch` leads from errors to states."""
    return {
        "Type": "Task",
        "Arguments": {"Payload": {"actions": [to_plain(action) for action in actions]}},
        "Catch": [{"ErrorEquals": [error], "Next": following} for error, following in catch],
        **(way or {"End": True}),
    }


def definition(**states: dict[str, Any]) -> dict[str, Any]:
    """A machine that begins with the first of these states."""
    return {"StartAt": next(iter(states)), "States": states}
