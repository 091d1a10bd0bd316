"""From the trace of a follower to an explanation."""

from collections.abc import Iterator, Mapping, Sequence

from wejourney.journeys.runs import OPENING_STEP
from wejourney.people.followers import Follower
from workbench.compiler.catalogue import version_of
from workbench.language.journey import Journey
from workbench.language.places import places_of
from workbench.language.step_types import Ask, Send
from workbench.operations.entering import attempts_at
from workbench.operations.findings import Explanation, Note, RunFinding
from workbench.trace.engine import StateEntered, engine_trace
from workbench.trace.order import by_time
from workbench.trace.trace_events import RunStarted, TraceEvent

type Histories = Mapping[str, Sequence[StateEntered]]
"""What the engine still has of runs, by run id."""


def explain(
    journey: Journey, now: Follower, trace: Sequence[TraceEvent], histories: Histories, last: int
) -> Explanation:
    """Explain a journey for a follower: the events that could have started it, and its runs.

    `now` is the follower as known today, and `last` how many events and runs are told.
    """
    attempts = attempts_at(journey, now, trace)
    started = [event for event in trace if isinstance(event, RunStarted) and event.journey == journey.name]
    runs = tuple(_run(journey, one, trace, histories) for one in started[-last:])
    earlier = max(len(attempts) - last, 0)
    return Explanation(journey.name, now.openid, attempts[-last:], runs, earlier)


def _run(
    journey: Journey, started: RunStarted, trace: Sequence[TraceEvent], histories: Histories
) -> RunFinding:
    mine = [event for event in trace if event.run == started.run]
    history = histories.get(started.run)
    notes = [] if history is not None else [Note.HISTORY_IS_GONE]
    if started.version != version_of(journey):
        notes.append(Note.OTHER_VERSION)
        return RunFinding(started, tuple(mine), (), tuple(notes))
    told = engine_trace(journey, history or (), trace)
    not_reached = tuple(_not_reached(journey, {event.step for event in mine}))
    return RunFinding(started, tuple(by_time([*mine, *told])), not_reached, tuple(notes))


def _not_reached(journey: Journey, reached: set[str]) -> Iterator[str]:
    """The messages of the file that the run has no record of."""
    if journey.opening is not None and OPENING_STEP not in reached:
        yield OPENING_STEP
    for place, step in places_of(journey).items():
        if isinstance(step, Send | Ask) and step.content is not None and place not in reached:
            yield place
