"""Traces of one life from several sources, brought into a form in which they can be compared."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from workbench.trace.trace_events import (
    Answered,
    AwaitedDate,
    BranchTaken,
    DateMoved,
    JourneyCalled,
    ProfileChanged,
    Published,
    RunEnded,
    TagsChanged,
    TimedOut,
    TraceEvent,
    WaitEnded,
    WaitStarted,
    trace_to_dict,
)


def comparable(trace: Iterable[TraceEvent]) -> list[dict[str, Any]]:
    """The trace by time, without what only the simulator tells: steps that change nothing, ends by a step."""
    told = map(trace_to_dict, _told(list(trace)))
    return sorted(told, key=lambda one: (one["at"], repr(one)))


def on_record(trace: Iterable[TraceEvent]) -> list[TraceEvent]:
    """What rows hold; the engine's history tells of the rest."""
    engine_tells = (WaitStarted, DateMoved, BranchTaken, Published, JourneyCalled)
    return [
        one
        for one in trace
        if not isinstance(one, engine_tells)
        and not (isinstance(one, WaitEnded | TimedOut) and isinstance(one.awaited, AwaitedDate))
    ]


def _told(trace: list[TraceEvent]) -> Iterator[TraceEvent]:
    over = {one.where for one in trace if isinstance(one, Answered | WaitEnded)}
    for event in trace:
        match event:
            case TagsChanged():
                if event.added or event.removed:
                    yield TagsChanged(event.where, tuple(sorted(event.added)), tuple(sorted(event.removed)))
            case ProfileChanged():
                if event.values:
                    yield event
            case RunEnded():
                yield replace(event, where=replace(event.where, step=""))
            case BranchTaken():
                yield replace(event, verdicts=(), lot=None)
            case WaitStarted():
                # A wait for what has come already is told by the engine alone.
                if event.where not in over:
                    yield event
            case _:  # told alike
                yield event
