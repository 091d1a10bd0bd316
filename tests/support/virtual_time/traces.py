"""Traces of one life from several sources, brought into a form in which they can be compared."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tests.support.virtual_time.asl import APP_ID, OPENID, World
from workbench.language.journey import Journey
from workbench.trace.recorded import recorded_trace
from workbench.trace.statement_lines import StatementLine
from workbench.trace.trace_events import (
    Answered,
    AwaitedDate,
    BranchTaken,
    DateMoved,
    DatePassed,
    EventReceived,
    JourneyCalled,
    ProfileChanged,
    Published,
    QuietPause,
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
    engine_tells = (WaitStarted, QuietPause, DateMoved, DatePassed, BranchTaken, Published, JourneyCalled)
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
                if event.values or event.rejected:
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


def recorded(world: World, *journeys: Journey) -> list[TraceEvent]:
    """The trace that the rows of the world's follower tell."""
    person = world.records.follower.person_id if world.records.follower else ""
    moved, balance = sorted(world.ledger.newest(person), key=lambda one: (one.effective_at, one.id)), 0
    lines = list[StatementLine]()
    for one in moved:
        balance += one.amount
        lines.append(StatementLine(one, balance))
    return recorded_trace(world.records.timeline(APP_ID, OPENID), lines, journeys)


def since_erasure(trace: list[TraceEvent]) -> list[TraceEvent]:
    """What is on record after the last time that the person unfollowed."""
    for i in reversed(range(len(trace))):
        event = trace[i]
        if isinstance(event, EventReceived) and event.event.kind == "unfollow":
            return [later for later in trace[i + 1 :] if not isinstance(later, RunEnded)]
    return trace
