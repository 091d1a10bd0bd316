"""The parts of a task's state: what it is told, how long it may take, what is tried again."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from wejourney.journeys.action_types import Action, AskAction, SendAction, action_from_dict
from wejourney.messaging.sending import BUSY_ATTEMPTS, PAUSED_ATTEMPTS, QUOTA_ATTEMPTS
from wejourney.plain_data import to_plain
from workbench.compiler.blocks import Block, Waiting
from workbench.compiler.jsonata import SECONDS_UNTIL, template
from workbench.language import step_types

type AslState = dict[str, Any]

INVOKE = "arn:${Partition}:states:::lambda:invoke"

TASK_SECONDS = 60
"""The time limit of a task that does not wait for the follower."""

_OUTCOMES = (
    "FollowerGoneError",
    "RunEndedError",
    "AnsweredError",
    "MessageNotSentError",
    "MalformedEventError",
    "PostingConflictError",
)
"""What a task fails with on purpose: trying again would not change it."""

_FAULTS = 8
"""How often a state is tried again after a fault of the machinery: about ten minutes."""


def task_state(block: Block, catchers: Sequence[AslState]) -> AslState:
    """The state of a block's task, without what comes next."""
    waits = isinstance(block.step, Waiting)
    return {
        "Type": "Task",
        "Resource": f"{INVOKE}.waitForTaskToken" if waits else INVOKE,
        "Arguments": {"FunctionName": "${PerformActions}", "Payload": _payload(block, waits=waits)},
        "TimeoutSeconds": _limit(block),
        "Retry": _retries(block, waits=waits),
        "Catch": list(catchers),
    }


def actions_of(state: Mapping[str, Any]) -> tuple[Action, ...]:
    """What a task is told to do."""
    payload = state.get("Arguments", {}).get("Payload", {})
    return tuple(action_from_dict(action) for action in payload.get("actions", ()))


def result_of(state: AslState) -> str:
    """The expression of the run that a task hands on."""
    return "$states.result" if state["Resource"] != INVOKE else "$states.result.Payload"


def catch(error: str, target: str) -> AslState:
    """Where a task's error leads, with the data that the task was given."""
    return {"ErrorEquals": [error], "Next": target, "Output": template("$states.input")}


def _limit(block: Block) -> int | str:
    match block.step:
        case step_types.Ask() | step_types.WaitEvent() | step_types.HandOver():
            return block.step.within
        case step_types.WaitDate():
            return SECONDS_UNTIL
        case (
            step_types.Send()
            | step_types.Wait()
            | step_types.WaitUntil()
            | step_types.Branch()
            | step_types.Split()
            | step_types.Stop()
            | None
        ):
            return TASK_SECONDS
        case _:
            assert_never(block.step)


def _payload(block: Block, *, waits: bool) -> AslState:
    payload: AslState = {
        "run": template("$states.input"),
        "actions": [to_plain(action) for action in block.actions],
        "state": template("$states.context.State.Name"),
    }
    if waits:
        payload["token"] = template("$states.context.Task.Token")
    return payload


def _retries(block: Block, *, waits: bool) -> list[AslState]:
    """What is tried again: every message as often as it is worth, all else while it may pass by itself.

    A task's messages share its retriers; one more is for an opening that the callback could not say.
    """
    says = sum(isinstance(action, SendAction | AskAction) for action in block.actions) + 1
    busy = {"IntervalSeconds": 10, "BackoffRate": 2.0, "MaxDelaySeconds": 120, "JitterStrategy": "FULL"}
    quota = {"IntervalSeconds": 3600, "BackoffRate": 1.0}
    paused = {"IntervalSeconds": 300, "BackoffRate": 1.0}
    fault = {"IntervalSeconds": 2, "BackoffRate": 2.0, "MaxDelaySeconds": 300, "JitterStrategy": "FULL"}
    return [
        {"ErrorEquals": list(_OUTCOMES), "MaxAttempts": 0},
        {"ErrorEquals": ["WeChatBusyError"], "MaxAttempts": (BUSY_ATTEMPTS - 1) * says, **busy},
        {"ErrorEquals": ["DailyQuotaSpentError"], "MaxAttempts": (QUOTA_ATTEMPTS - 1) * says, **quota},
        {"ErrorEquals": ["AccountPausedError"], "MaxAttempts": (PAUSED_ATTEMPTS - 1) * says, **paused},
        # The time limit of a wait is its author's and has a path of its own; any other is a fault.
        *([] if waits else [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": _FAULTS, **fault}]),
        {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": _FAULTS, **fault},
    ]
