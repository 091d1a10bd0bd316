"""What happens when many events start a journey at once: who waits for Step Functions, and how long.

The quotas are taken as full buckets that serve nothing else, and the functions as fast as they must be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wejourney.events.event_types import EVENT_TYPES
from wejourney.journeys.action_types import AskAction, SendAction
from wejourney.messaging.allowance_windows import SENDING_MARGIN
from wejourney.messaging.wechat_rules import RuleSet
from workbench.compiler.task_states import actions_of
from workbench.compiler.transitions import fold_paths
from workbench.estimate.prices import Quotas
from workbench.estimate.usage import waits_of


@dataclass(frozen=True)
class FirstMessage:
    """The path from the start of a run to its first message.

    `transitions` with the start and the state that sends; `pauses` are the seconds of the waits on it.
    """

    transitions: int
    pauses: int


@dataclass(frozen=True)
class Burst:
    """So many events at once. Times are seconds after them, on the path that takes the longest.

    `first_message` is when the last run comes to its first message; None when each run waits for something
    of its own first, such as an answer, which opens an allowance of its own. `in_time` is how many first
    messages leave while the allowance that the event opened lasts (`allowance` seconds); None when nothing
    depends on it.
    """

    events: int
    last_start: float
    last_answer: float
    first_message: float | None
    allowance: float | None
    in_time: int | None

    @property
    def share_in_time(self) -> float | None:
        """Of 1."""
        return None if self.in_time is None else self.in_time / self.events


def burst_of(
    events: int, definition: Mapping[str, Any], trigger: str, rules: RuleSet, quotas: Quotas
) -> Burst:
    """What a burst of the events that start a journey meets."""
    act = EVENT_TYPES[trigger].opens
    opened = rules.opens.get(act) if act else None
    allowance = opened.lasts.total_seconds() if opened else None
    last_start, first, in_time = quotas.start_execution.seconds_until(events), None, None
    longest = first_message(definition)
    if longest is not None:
        moved = quotas.state_transition.seconds_until(events * longest.transitions)
        first = max(last_start, moved) + longest.pauses
    if longest is not None and allowance is not None:
        in_time = min(events, _sent_within(allowance, longest, quotas))
    return Burst(
        events, last_start, quotas.send_task_success.seconds_until(events), first, allowance, in_time
    )


def _sent_within(allowance: float, first: FirstMessage, quotas: Quotas) -> int:
    seconds = allowance - SENDING_MARGIN.total_seconds() - first.pauses
    if seconds < 0:
        return 0
    started = quotas.start_execution.taken_within(seconds)
    return min(started, quotas.state_transition.taken_within(seconds) // first.transitions)


def first_message(definition: Mapping[str, Any]) -> FirstMessage | None:
    """The longest path to a first message; None when each run waits for something of its own before it.

    That is an answer, an event, or a time that differs from run to run.
    """

    def from_state(
        state: Mapping[str, Any], following: Mapping[str, FirstMessage | None]
    ) -> FirstMessage | None:
        if _sends(state):
            return FirstMessage(1, 0)
        pause = state.get("Seconds", 0)
        found = [first for first in following.values() if first is not None]
        if waits_of(state) or not isinstance(pause, int) or "Timestamp" in state or not found:
            return None
        return FirstMessage(
            1 + max(first.transitions for first in found), pause + max(first.pauses for first in found)
        )

    first = fold_paths(definition, from_state)
    return None if first is None else replace(first, transitions=1 + first.transitions)


def _sends(state: Mapping[str, Any]) -> bool:
    return any(
        isinstance(action, SendAction | AskAction) and action.content is not None
        for action in actions_of(state)
    )
