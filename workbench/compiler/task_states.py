"""The states of tasks: what a task is told, how long it may take, what is retried."""

from collections.abc import Mapping, Sequence
from typing import Any

from wejourney.journeys.action_types import Action, AskAction, SendAction, action_from_dict
from wejourney.messaging.sending import BUSY_ATTEMPTS, PAUSED_ATTEMPTS, QUOTA_ATTEMPTS
from wejourney.plain_data import to_plain
from workbench.compiler.blocks import Block, Waiting
from workbench.compiler.branches import branch_of, paths_through
from workbench.compiler.jsonata import SECONDS_UNTIL, template
from workbench.compiler.naming import branch_comment
from workbench.language.step_types import WaitDate

type AslState = dict[str, Any]

INVOKE = "arn:${Partition}:states:::lambda:invoke"

TASK_SECONDS = 60
"""The time limit of a task that does not wait for the follower."""

_OUTCOMES = (
    "FollowerGoneError",
    "RunEndedError",
    "AnsweredError",
    "MessageNotSentError",
    "PostingConflictError",
)
"""What a task fails with on purpose: a retry would not change it."""

_OUTDATED = ("NewerDataError", "MalformedEventError")
"""A function that does not know what this definition tells it: it is updated, or put back, at this moment.

The second is how a function says so that was deployed before the first.
"""

_OUTDATED_ATTEMPTS = 60
"""How often a state waits a minute for its function."""

_FAULTS = 8
"""How often a state is retried after a fault of the infrastructure: for about ten minutes."""


def task_state(block: Block, catchers: Sequence[AslState]) -> AslState:
    """The state of a block's task, without what comes next."""
    waits = isinstance(block.step, Waiting)
    payload: AslState = {
        "run": template("$states.input"),
        "actions": [to_plain(action) for action in block.actions],
        "state": template("$states.context.State.Name"),
    }
    if waits:
        payload["token"] = template("$states.context.Task.Token")
    limit: int | str = TASK_SECONDS
    if isinstance(block.step, Waiting):
        limit = SECONDS_UNTIL if isinstance(block.step, WaitDate) else block.step.within
    branch = branch_of(block.actions)
    return {
        "Type": "Task",
        **({"Comment": branch_comment(branch)} if branch is not None else {}),
        "Resource": f"{INVOKE}.waitForTaskToken" if waits else INVOKE,
        "Arguments": {"FunctionName": "${PerformActions}", "Payload": payload},
        "TimeoutSeconds": limit,
        "Retry": _retries(block.actions, waits=waits),
        "Catch": list(catchers),
    }


def actions_of(state: Mapping[str, Any]) -> tuple[Action, ...]:
    """What a task is told to do."""
    payload = state.get("Arguments", {}).get("Payload", {})
    return tuple(action_from_dict(action) for action in payload.get("actions", ()))


def catch(error: str, target: str, output: str = "$states.input") -> AslState:
    """Where a task's error leads, by default with the data that the task was given."""
    return {"ErrorEquals": [error], "Next": target, "Output": template(output)}


def _retries(actions: Sequence[Action], *, waits: bool) -> list[AslState]:
    """A task's messages share its retriers; one more is for an opening that the callback could not send."""
    paths = paths_through(actions)
    messages = max(sum(isinstance(action, SendAction | AskAction) for action in path) for path in paths) + 1
    busy = {"IntervalSeconds": 10, "BackoffRate": 2.0, "MaxDelaySeconds": 120, "JitterStrategy": "FULL"}
    quota = {"IntervalSeconds": 3600, "BackoffRate": 1.0}
    paused = {"IntervalSeconds": 300, "BackoffRate": 1.0}
    outdated = {"IntervalSeconds": 60, "BackoffRate": 1.0}
    fault = {"IntervalSeconds": 2, "BackoffRate": 2.0, "MaxDelaySeconds": 300, "JitterStrategy": "FULL"}
    return [
        {"ErrorEquals": list(_OUTCOMES), "MaxAttempts": 0},
        {"ErrorEquals": ["WeChatBusyError"], "MaxAttempts": (BUSY_ATTEMPTS - 1) * messages, **busy},
        {"ErrorEquals": ["DailyQuotaSpentError"], "MaxAttempts": (QUOTA_ATTEMPTS - 1) * messages, **quota},
        {"ErrorEquals": ["AccountPausedError"], "MaxAttempts": (PAUSED_ATTEMPTS - 1) * messages, **paused},
        {"ErrorEquals": list(_OUTDATED), "MaxAttempts": _OUTDATED_ATTEMPTS, **outdated},
        # The time limit of a wait is its author's and has a path of its own; any other is a fault.
        *([] if waits else [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": _FAULTS, **fault}]),
        {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": _FAULTS, **fault},
    ]
