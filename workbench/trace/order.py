"""The order of a trace whose events come from several sources."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from wejourney.journeys.runs import OPENING_STEP
from workbench.trace import trace_events

type _PlaceOrder = list[tuple[int, str]]


def by_time(events: Iterable[trace_events.TraceEvent]) -> list[trace_events.TraceEvent]:
    """By time; at the same moment causes before effects, and steps as the file has them."""
    return sorted(events, key=_order)


def _order(event: trace_events.TraceEvent) -> tuple[datetime, int, str, int, _PlaceOrder, int]:
    source, part_of_run, part_of_step = 2, 1, 3
    match event:
        case trace_events.EventReceived():
            source = 3 if event.by_run else 0
        case trace_events.JourneyRefused():
            source = 1
        case trace_events.RunStarted():
            part_of_run = 0
        case trace_events.RunEnded():
            part_of_run = 2
        case (
            trace_events.MessageSent() | trace_events.MessageNotSent() | trace_events.MessageUnknown()
            | trace_events.MessagePending()
        ):  # fmt: skip
            part_of_step = 0
        case trace_events.WaitStarted():
            part_of_step = 1
        case (
            trace_events.Answered() | trace_events.WaitEnded() | trace_events.DateMoved()
            | trace_events.TimedOut()
        ):  # fmt: skip
            part_of_step = 2
        case (
            trace_events.BranchTaken() | trace_events.TagsChanged() | trace_events.ProfileChanged()
            | trace_events.PointsChanged() | trace_events.Published() | trace_events.JourneyCalled()
        ):  # fmt: skip
            pass
        case _:
            assert_never(event)
    place = place_order(event.step) if part_of_run == 1 else []
    return event.at, source, event.run, part_of_run, place, part_of_step


def place_order(place: str) -> _PlaceOrder:
    """The opening first, then steps as they stand in the file."""
    if place == OPENING_STEP:
        return [(-1, "")]
    return [(int(part) if part.isdecimal() else 0, part) for part in place.split(".")]
