"""The order of a trace whose events come from several sources."""

from collections.abc import Iterable

from wejourney.journeys.runs import OPENING_STEP
from workbench.trace.events import (
    Answered,
    DateMoved,
    EventReceived,
    JourneyRefused,
    MessageNotSent,
    MessagePending,
    MessageSent,
    MessageUnknown,
    RunEnded,
    RunStarted,
    TimedOut,
    TraceEvent,
    WaitEnded,
    WaitStarted,
)

type _Place = list[tuple[int, str]]

_MESSAGES = (MessageSent, MessageNotSent, MessageUnknown, MessagePending)
_WAIT_ENDS = (Answered, WaitEnded, DateMoved, TimedOut)


def by_time(events: Iterable[TraceEvent]) -> list[TraceEvent]:
    """By time; at the same moment what causes before what follows, and steps as the file has them."""
    return sorted(events, key=lambda event: (event.at, _rank(event), event.run, _in_run(event)))


def _rank(event: TraceEvent) -> int:
    """What somebody does first, then what runs do, then what they have told the inbox."""
    match event:
        case EventReceived():
            return 3 if event.by_run else 0
        case JourneyRefused():
            return 1
        case _:  # what runs do
            return 2


def _in_run(event: TraceEvent) -> tuple[int, _Place, int]:
    if isinstance(event, RunStarted | RunEnded):
        return (0 if isinstance(event, RunStarted) else 2), [], 0
    if isinstance(event, _MESSAGES):
        within = 0
    elif isinstance(event, WaitStarted):
        within = 1
    else:
        within = 2 if isinstance(event, _WAIT_ENDS) else 3
    return 1, place_order(event.step), within


def place_order(place: str) -> _Place:
    """The opening first, then steps as they stand in the file."""
    if place == OPENING_STEP:
        return [(-1, "")]
    return [(int(part) if part.isdecimal() else 0, part) for part in place.split(".")]
