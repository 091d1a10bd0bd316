"""How long a run of a compiled journey may take: its waits, its tries of messages, its quiet hours."""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from wejourney.journeys.action_types import Action, AwaitAction, QuietAction
from wejourney.journeys.definition import QuietHours
from workbench.compiler.task_states import TASK_SECONDS, actions_of, parks_token
from workbench.compiler.transitions import fold_paths
from workbench.language.durations import CLOCK_CHANGE
from workbench.language.quiet_spans import DAY, WEEK, longest_quiet, shortest_awake

LONGEST_EXECUTION = 365 * DAY
"""Seconds, after which Step Functions ends an execution.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

MOST_APART = 26 * 3600
"""Seconds between the time zones that are furthest apart: a pause may last so much longer after a move."""


def time_limit(definition: Mapping[str, Any]) -> int:
    """The seconds that a run may take at most, all that its states retry included."""

    def from_state(state: Mapping[str, Any], following: Mapping[str, int]) -> int:
        return _longest(state) + max(following.values(), default=0)

    return fold_paths(definition, from_state)


def _longest(state: Mapping[str, Any]) -> int:
    """The seconds that a run may spend in a state, and in the one that waits while it is quiet."""
    if state["Type"] == "Wait":
        return int(state["Seconds"])
    if state["Type"] != "Task":
        return 0
    actions, delays = actions_of(state), [_delay(retrier) for retrier in state["Retry"]]
    attempts: int = 1 + sum(retrier["MaxAttempts"] for retrier in state["Retry"])
    tried = sum(delays) + attempts * TASK_SECONDS
    if parks_token(actions):
        tried += _longest_wait(actions[-1], state)
    quiet = next((action.quiet for action in actions if isinstance(action, QuietAction)), None)
    if quiet is None:
        return tried
    # After each night in which it is tried, a day follows. What is not a message is tried anew each time.
    nights = min(attempts, 1 + math.ceil(tried / shortest_awake(quiet)))
    faults: int = delays[-1] + (state["Retry"][-1]["MaxAttempts"] + 1) * TASK_SECONDS
    return tried + nights * (_pause(quiet) + 2 * faults)


def _delay(retrier: Mapping[str, Any]) -> int:
    """The seconds between all attempts of a retrier."""
    rate, most = retrier.get("BackoffRate", 1.0), retrier.get("MaxDelaySeconds", math.inf)
    return _sum_of_delays(retrier["MaxAttempts"], retrier.get("IntervalSeconds", 0), rate, most)


@cache
def _sum_of_delays(attempts: int, delay: float, rate: float, most: float) -> int:
    total = 0.0
    for _ in range(attempts):
        total += min(delay, most)
        delay = min(delay * rate, most)
    return math.ceil(total)


def _longest_wait(action: Action, state: Mapping[str, Any]) -> int:
    """The seconds that a task waits for what it has parked its token for."""
    if isinstance(action, AwaitAction) and action.date is not None:
        return action.date.within + _pause(action.date.quiet)
    if isinstance(action, AwaitAction) and action.until is not None:
        return (DAY if action.until.weekday is None else WEEK) + CLOCK_CHANGE
    if isinstance(action, AwaitAction) and action.quiet is not None:
        return _pause(action.quiet)
    return int(state["TimeoutSeconds"])


def _pause(quiet: QuietHours | None) -> int:
    return 0 if quiet is None else longest_quiet(quiet) + CLOCK_CHANGE + MOST_APART
