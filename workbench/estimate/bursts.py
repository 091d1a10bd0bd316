"""What happens when many events start a journey at once: who waits for Step Functions, and how long.

The quotas are taken as full buckets that serve nothing else, and the functions as fast as they must be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from wejourney.events.event_types import EVENT_TYPES
from wejourney.journeys.action_types import AskAction, SendAction
from wejourney.messaging.allowance_windows import SENDING_MARGIN
from wejourney.messaging.wechat_rules import RuleSet
from workbench.compiler.task_states import actions_of
from workbench.estimate.costs import AslState, waits_of, ways_of
from workbench.estimate.prices import Quotas


@dataclass(frozen=True)
class FirstMessage:
    """The way from the start of a run to its first message.

    `transitions` with the start and the state that sends; `pauses` are the seconds of the waits on the way.
    """

    transitions: int
    pauses: int


@dataclass(frozen=True)
class Burst:
    """So many events at once. Times are seconds after them, on the way that takes the longest.

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
    first = first_message(definition)
    act = EVENT_TYPES[trigger].opens
    opened = rules.opens.get(act) if act else None
    lasts = opened.lasts.total_seconds() if opened else None
    return Burst(
        events=events,
        last_start=quotas.start_execution.seconds_until(events),
        last_answer=quotas.send_task_success.seconds_until(events),
        first_message=None if first is None else _seconds(events, first, quotas),
        allowance=lasts,
        in_time=None if first is None or lasts is None else _in_time(events, first, lasts, quotas),
    )


def _seconds(events: int, first: FirstMessage, quotas: Quotas) -> float:
    starting = quotas.start_execution.seconds_until(events)
    moving = quotas.state_transition.seconds_until(events * first.transitions)
    return max(starting, moving) + first.pauses


def _in_time(events: int, first: FirstMessage, lasts: float, quotas: Quotas) -> int:
    seconds = lasts - SENDING_MARGIN.total_seconds() - first.pauses
    if seconds < 0:
        return 0
    started = quotas.start_execution.taken_within(seconds)
    moved = quotas.state_transition.taken_within(seconds) // first.transitions
    return min(events, started, moved)


def first_message(definition: Mapping[str, Any]) -> FirstMessage | None:
    """The longest way to a first message; None when each run waits for something of its own before it.

    That is an answer, an event, or a time that differs from run to run.
    """
    states: Mapping[str, AslState] = definition["States"]
    entered: set[str] = set()

    @cache
    def onward(name: str) -> FirstMessage | None:
        state = states[name]
        if _says(state):
            return FirstMessage(1, 0)
        if waits_of(state) or not isinstance(state.get("Seconds", 0), int) or "Timestamp" in state:
            return None
        entered.add(name)
        found = [way for one in ways_of(state) if one not in entered and (way := onward(one)) is not None]
        entered.remove(name)
        if not found:
            return None
        return FirstMessage(
            1 + max(way.transitions for way in found),
            state.get("Seconds", 0) + max(way.pauses for way in found),
        )

    way = onward(definition["StartAt"])
    return None if way is None else FirstMessage(1 + way.transitions, way.pauses)


def _says(state: AslState) -> bool:
    """Whether a task sends something."""
    return any(
        isinstance(action, SendAction | AskAction) and action.content is not None
        for action in actions_of(state)
    )
