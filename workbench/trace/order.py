"""The order of a trace whose events come from several sources."""

from collections.abc import Iterable
from typing import assert_never

from wejourney.journeys.runs import OPENING_STEP
from workbench.trace.events import (
    Answered,
    BranchTaken,
    DateMoved,
    EventReceived,
    JourneyCalled,
    JourneyRefused,
    MessageNotSent,
    MessagePending,
    MessageSent,
    MessageUnknown,
    PointsChanged,
    ProfileChanged,
    Published,
    RunEnded,
    RunStarted,
    TagsChanged,
    TimedOut,
    TraceEvent,
    WaitEnded,
    WaitStarted,
)

type _Place = list[tuple[int, str]]


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
    match event:
        case RunStarted():
            return 0, [], 0
        case RunEnded():
            return 2, [], 0
        case MessageSent() | MessageNotSent() | MessageUnknown() | MessagePending():
            within = 0
        case WaitStarted():
            within = 1
        case Answered() | WaitEnded() | DateMoved() | TimedOut():
            within = 2
        case (
            EventReceived() | JourneyRefused() | BranchTaken() | TagsChanged() | ProfileChanged()
            | PointsChanged() | Published() | JourneyCalled()
        ):  # fmt: skip
            within = 3
        case _:
            assert_never(event)
    return 1, place_order(event.step), within


def place_order(place: str) -> _Place:
    """The opening first, then steps as they stand in the file."""
    if place == OPENING_STEP:
        return [(-1, "")]
    return [(int(part) if part.isdecimal() else 0, part) for part in place.split(".")]
