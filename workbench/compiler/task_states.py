"""The states of tasks: what a task is told, how long it may take, what is retried."""

from collections.abc import Mapping, Sequence
from typing import Any

from wejourney.errors import WeChatBusyError
from wejourney.journeys.action_types import Action, AskAction, AwaitAction, SendAction, action_from_dict
from wejourney.messaging.wechat_errors import ATTEMPTS, TRIED_AGAIN_AFTER
from wejourney.plain_data import to_plain
from workbench.compiler.blocks import Block
from workbench.compiler.branches import branch_of, paths_through
from workbench.compiler.jsonata import POSTPONED, SECONDS_UNTIL, template
from workbench.compiler.naming import branch_comment
from workbench.language.step_types import Ask, HandOver, WaitEvent

type AslState = dict[str, Any]

INVOKE = "arn:${Partition}:states:::lambda:invoke"

TASK_SECONDS = 60
"""The time limit of a task that does not wait for the follower."""

_OUTCOMES = (
    "FollowerGoneError",
    "RunEndedError",
    "AnsweredError",
    "MessageNotSentError",
    "NotYetError",
    "PostingConflictError",
    "QuietHoursError",
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
    waits = parks_token(block.actions)
    payload: AslState = {
        "run": template("$states.input"),
        "actions": [to_plain(action) for action in block.actions],
        "state": template("$states.context.State.Name"),
    }
    if waits:
        payload["token"] = template("$states.context.Task.Token")
    limit: int | str = SECONDS_UNTIL if waits else TASK_SECONDS
    if isinstance(block.step, Ask | HandOver | WaitEvent):
        limit = block.step.within
    branch = branch_of(block.actions)
    return {
        "Type": "Task",
        **({"Comment": branch_comment(branch)} if branch is not None else {}),
        "Resource": f"{INVOKE}.waitForTaskToken" if waits else INVOKE,
        "Arguments": {"FunctionName": "${PerformActions}", "Payload": payload},
        "TimeoutSeconds": limit,
        "Retry": retries(block.actions),
        "Catch": list(catchers),
    }


def actions_of(state: Mapping[str, Any]) -> tuple[Action, ...]:
    """What a task is told to do."""
    payload = state.get("Arguments", {}).get("Payload", {})
    return tuple(action_from_dict(action) for action in payload.get("actions", ()))


def parks_token(actions: Sequence[Action]) -> bool:
    """Whether a task waits for something: its last action parks its token."""
    return isinstance(actions[-1] if actions else None, AskAction | AwaitAction)


def waits_while_quiet(actions: Sequence[Action]) -> bool:
    """Whether a task waits for the end of quiet hours."""
    return any(isinstance(action, AwaitAction) and action.quiet is not None for action in actions)


def catch_postponed(error: str, target: str) -> AslState:
    """Where a task's PostponedError leads, with the moment until which the run waits."""
    return {"ErrorEquals": [error], "Next": target, "Output": POSTPONED}


def catch(error: str, target: str, output: str = "$states.input") -> AslState:
    """Where a task's error leads, by default with the data that the task was given."""
    return {"ErrorEquals": [error], "Next": target, "Output": template(output)}


def retries(actions: Sequence[Action], *, opens: bool = False) -> list[AslState]:
    """A task's messages share its retriers; `opens`: so does an opening that the callback could not send."""
    paths = paths_through(actions)
    messages = (
        max(sum(isinstance(action, SendAction | AskAction) for action in path) for path in paths) + opens
    )
    busy = {"BackoffRate": 2.0, "MaxDelaySeconds": 120, "JitterStrategy": "FULL"}
    retries: list[AslState] = [
        {
            "ErrorEquals": [error.__name__],
            "MaxAttempts": (attempts - 1) * messages,
            "IntervalSeconds": TRIED_AGAIN_AFTER[error],
            **(busy if error is WeChatBusyError else {"BackoffRate": 1.0}),
        }
        for error, attempts in ATTEMPTS.items()
    ]
    outdated = {"IntervalSeconds": 60, "BackoffRate": 1.0}
    fault = {"IntervalSeconds": 2, "BackoffRate": 2.0, "MaxDelaySeconds": 300, "JitterStrategy": "FULL"}
    return [
        {"ErrorEquals": list(_OUTCOMES), "MaxAttempts": 0},
        *retries,
        {"ErrorEquals": list(_OUTDATED), "MaxAttempts": _OUTDATED_ATTEMPTS, **outdated},
        # The time limit of a wait is its author's and has a path of its own; any other is a fault.
        *(
            []
            if parks_token(actions)
            else [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": _FAULTS, **fault}]
        ),
        {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": _FAULTS, **fault},
    ]
