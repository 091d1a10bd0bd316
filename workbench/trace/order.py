"""The order of a trace whose events come from several sources."""

from collections.abc import Iterable
from typing import assert_never

from wejourney.journeys.runs import OPENING_STEP
from workbench.trace import trace_events

type _Place = list[tuple[int, str]]


def by_time(events: Iterable[trace_events.TraceEvent]) -> list[trace_events.TraceEvent]:
    """By time; at the same moment what causes before what follows, and steps as the file has them."""
    return sorted(events, key=lambda event: (event.at, _rank(event), event.run, _in_run(event)))


def _rank(event: trace_events.TraceEvent) -> int:
    """What somebody does first, then what runs do, then what they have told the inbox."""
    match event:
        case trace_events.EventReceived():
            return 3 if event.by_run else 0
        case trace_events.JourneyRefused():
            return 1
        case _:  # what runs do
            return 2


def _in_run(event: trace_events.TraceEvent) -> tuple[int, _Place, int]:
    match event:
        case trace_events.RunStarted():
            return 0, [], 0
        case trace_events.RunEnded():
            return 2, [], 0
        case (
            trace_events.MessageSent()
            | trace_events.MessageNotSent()
            | trace_events.MessageUnknown()
            | trace_events.MessagePending()
        ):
            within = 0
        case trace_events.WaitStarted():
            within = 1
        case (
            trace_events.Answered()
            | trace_events.WaitEnded()
            | trace_events.DateMoved()
            | trace_events.TimedOut()
        ):
            within = 2
        case (
            trace_events.EventReceived() | trace_events.JourneyRefused() | trace_events.BranchTaken()
            | trace_events.TagsChanged() | trace_events.ProfileChanged() | trace_events.PointsChanged()
            | trace_events.Published() | trace_events.JourneyCalled()
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
