"""From a journey to its state machine: the Amazon States Language, in JSONata.

A maximal stretch of messages, tags and points is one task, a question is one task that waits for its
answer, a wait is a Wait and a branch a Choice; no state does nothing. The input and the output of every
state are the run's data; what ends at a stop has its reason in `stopped` besides.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from wejourney.domain.actions import AskAction, CloseAction, SendAction, action_to_dict
from wejourney.domain.journeys import Ask, Branch, Journey, Send, Step, Stop, Wait
from wejourney.domain.sending import BUSY_ATTEMPTS, QUOTA_ATTEMPTS
from wejourney.language.blocks import Block, cut
from wejourney.language.catalogue import version_of
from wejourney.language.durations import time_limit
from wejourney.language.jsonata import expression_of, template
from wejourney.language.naming import state_name, task_name, wait_name
from wejourney.language.walk import needs_answer, steps_of

type State = dict[str, Any]


class End(NamedTuple):
    """Where a path ends; `reason` is that of the stop, if it was one."""

    reason: str | None = None


type Target = str | End
"""What comes next: a state by its name, or nothing."""

INVOKE = "arn:${Partition}:states:::lambda:invoke"
TASK_SECONDS = 60
"""The time limit of a task that does not wait for the follower."""

_OUTCOMES = (
    "FollowerGoneError",
    "AnsweredError",
    "MessageNotSentError",
    "MalformedEventError",
    "PostingConflictError",
)
"""What a task fails with on purpose: trying again would not change it."""


_FAULTS = 8
"""How often a state is tried again after a fault of the machinery: about ten minutes."""


def compile_journey(journey: Journey, file: str) -> dict[str, Any]:
    """The definition of this journey's state machine. `file` is where the journey is written."""
    machine = _Machine(journey)
    start = machine.state_of(machine.path(journey.steps, "", End()))
    return {
        "Comment": f"generated from {file}, version {version_of(journey)}",
        "QueryLanguage": "JSONata",
        "StartAt": start,
        "TimeoutSeconds": time_limit(journey.steps),
        "States": machine.in_reading_order(),
    }


def definition_json(journey: Journey, file: str) -> str:
    """The definition as it is committed and deployed."""
    return json.dumps(compile_journey(journey, file), ensure_ascii=False, indent=2) + "\n"


class _Machine:
    """The states so far. A path is built from its end, because a state names what comes after it."""

    def __init__(self, journey: Journey) -> None:
        names = Counter(step.name for _, step in steps_of(journey) if isinstance(step, Ask))
        self._asked_once = {name for name, count in names.items() if count == 1}
        self._states: dict[str, State] = {}
        self._ends: dict[str, State] = {}

    def in_reading_order(self) -> dict[str, State]:
        """All states, as their steps stand in the file, and then the ends."""
        return {**dict(reversed(self._states.items())), **self._ends}

    def path(self, steps: Sequence[Step], prefix: str, then: Target, *, stale: bool = False) -> Target:
        """Build a path; returns its first state, or what comes after it when it needs none."""
        return self._blocks(cut(steps, prefix, stale=stale), then)

    def _blocks(self, blocks: Sequence[Block], then: Target, answered: str | None = None) -> Target:
        """Build blocks; the first of them is then the task that goes back to `answered`."""
        following = None
        for block in reversed(blocks):
            silent = self._skips(block.step, following, then)
            back = answered if block is blocks[0] else None
            then, following = self._block(block, then, silent, back), block
        return then

    def _skips(self, step: Step | None, following: Block | None, then: Target) -> Target:
        """What comes after a question without its answer: not a branch that only looks at this answer."""
        if not isinstance(step, Ask) or step.name not in self._asked_once or following is None:
            return then
        branch = following.step
        if not isinstance(branch, Branch) or not all(
            needs_answer(case.when, step.name) for case in branch.cases
        ):
            return then
        default: str = self._states[str(then)]["Default"]
        return default

    def _block(self, block: Block, then: Target, silent: Target, answered: str | None) -> Target:
        match block.step:
            case Stop():
                return End(block.step.reason)
            case Wait():
                state = {"Type": "Wait", "Seconds": block.step.seconds}
                return self._add(wait_name(block.path, block.step.seconds), state, then, "$states.input")
            case Branch():
                return self._choice(block.step, block.path, then)
            case _:
                return self._task(block, then, silent, answered)

    # --- branches ------------------------------------------------------------------------------

    def _choice(self, branch: Branch, path: str, then: Target) -> str:
        # A choice leads to a state even where the run ends.
        default = self.state_of(self.path(branch.otherwise, f"{path}.otherwise.", then))
        rules = []
        for number, case in reversed(list(enumerate(branch.cases, start=1))):
            first = self.path(case.steps, f"{path}.case{number}.", then)
            rules.append({"Condition": template(expression_of(case.when)), "Next": self.state_of(first)})
        name = state_name(path, "Branch")
        self._states[name] = {"Type": "Choice", "Choices": rules[::-1], "Default": default}
        return name

    # --- tasks ---------------------------------------------------------------------------------

    def _task(self, block: Block, then: Target, silent: Target, answered: str | None) -> str:
        name = task_name(block.path, block.actions)
        catchers = [_catch("FollowerGoneError", self._end("Follower is gone", None))]
        if answered is not None:
            catchers.append(_catch("AnsweredError", answered))
        asks = isinstance(block.step, Ask)
        if isinstance(block.step, Ask):
            catchers += self._ways_without_answer(block.step, block.step_path, name, silent)
        elif isinstance(block.step, Send) and block.step.not_sent is not None:
            way = self.path(block.step.not_sent, f"{block.step_path}.not_sent.", then, stale=True)
            catchers.append(_catch("MessageNotSentError", self.state_of(way)))
        state = {
            "Type": "Task",
            "Resource": f"{INVOKE}.waitForTaskToken" if asks else INVOKE,
            "Arguments": {"FunctionName": "${PerformActions}", "Payload": _payload(block)},
            "TimeoutSeconds": block.step.within if isinstance(block.step, Ask) else TASK_SECONDS,
            "Retry": _retries(block, asks=asks),
            "Catch": catchers,
        }
        result = "$states.result" if asks else "$states.result.Payload"
        return self._add(name, state, then, result, always=True)

    def _ways_without_answer(self, ask: Ask, path: str, name: str, then: Target) -> list[State]:
        """What catches the time limit, and a question that could not be put."""
        unsaid: Target | None = None
        if ask.not_sent is not None:
            unsaid = self.path(ask.not_sent, f"{path}.not_sent.", then, stale=True)
        silent = self._unanswered(ask, path, name, then)
        return [
            _catch("States.Timeout", silent),
            _catch("MessageNotSentError", silent if unsaid is None else self.state_of(unsaid)),
        ]

    def _unanswered(self, ask: Ask, path: str, name: str, then: Target) -> str:
        """The path without an answer: its first task closes the question, unless the answer won."""
        blocks = cut(ask.unanswered, f"{path}.unanswered.", stale=False)
        if not blocks or not blocks[0].is_task:
            blocks.insert(0, Block(f"{path}.unanswered"))
        blocks[0].actions.insert(0, CloseAction(path))
        return self.state_of(self._blocks(blocks, then, answered=name))

    # --- what comes next -----------------------------------------------------------------------

    def _add(self, name: str, state: State, then: Target, output: str, *, always: bool = False) -> str:
        """Add a state that leads on by itself; `always` writes its output even when it is its input."""
        if isinstance(then, End) and then.reason is not None:
            state["Output"] = template(_stopped(output, then.reason))
        elif always:
            state["Output"] = template(output)
        state |= {"End": True} if isinstance(then, End) else {"Next": then}
        self._states[name] = state
        return name

    def state_of(self, target: Target) -> str:
        """The state to go to: where a run can end without a state of its own, one that ends it."""
        if isinstance(target, str):
            return target
        return self._end("Done" if target.reason is None else f"Stop: {target.reason}", target.reason)

    def _end(self, what: str, reason: str | None) -> str:
        state: State = {"Type": "Succeed"}
        if reason is not None:
            state["Output"] = template(_stopped("$states.input", reason))
        name = state_name("", what)
        number = 2
        while self._ends.setdefault(name, state) != state:
            name, number = state_name(str(number), what), number + 1
        return name


def _payload(block: Block) -> State:
    payload: State = {
        "run": template("$states.input"),
        "actions": [action_to_dict(action) for action in block.actions],
        "state": template("$states.context.State.Name"),
    }
    if isinstance(block.step, Ask):
        payload["token"] = template("$states.context.Task.Token")
    return payload


def _retries(block: Block, *, asks: bool) -> list[State]:
    """What is tried again: every message as often as it is worth, all else while it may pass by itself.

    A task's messages share its retriers; one more is for an opening that the callback could not say.
    """
    says = sum(isinstance(action, SendAction | AskAction) for action in block.actions) + 1
    busy = {"IntervalSeconds": 10, "BackoffRate": 2.0, "MaxDelaySeconds": 120, "JitterStrategy": "FULL"}
    quota = {"IntervalSeconds": 3600, "BackoffRate": 1.0}
    fault = {"IntervalSeconds": 2, "BackoffRate": 2.0, "MaxDelaySeconds": 300, "JitterStrategy": "FULL"}
    return [
        {"ErrorEquals": list(_OUTCOMES), "MaxAttempts": 0},
        {"ErrorEquals": ["WeChatBusyError"], "MaxAttempts": (BUSY_ATTEMPTS - 1) * says, **busy},
        {"ErrorEquals": ["DailyQuotaSpentError"], "MaxAttempts": (QUOTA_ATTEMPTS - 1) * says, **quota},
        # A question's time limit is its author's and has a path of its own; any other is a fault.
        *([] if asks else [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": _FAULTS, **fault}]),
        {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": _FAULTS, **fault},
    ]


def _catch(error: str, target: str) -> State:
    return {"ErrorEquals": [error], "Next": target, "Output": template("$states.input")}


def _stopped(data: str, reason: str) -> str:
    return f'$merge([{data}, {{"stopped": {json.dumps(reason, ensure_ascii=False)}}}])'
