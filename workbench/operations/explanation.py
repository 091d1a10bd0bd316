"""Why each event that could have started a journey did or did not, and what became of the runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EventBody, JourneyCalled
from wejourney.events.matching import EventPattern
from wejourney.journeys.chance import holdout_bucket, holdout_buckets
from wejourney.journeys.conditions import holds, parts_of
from wejourney.journeys.definition import Again, Condition
from wejourney.journeys.routing import (
    JourneyEntry,
    before_start,
    drawn_by,
    entry_key,
    is_triggered,
    why_not,
)
from wejourney.journeys.runs import OPENING_STEP, FollowerState, LiveRun, run_id
from wejourney.messaging.contents import LocalizedText
from wejourney.people.followers import Follower
from wejourney.plain_data import Tagged
from wejourney.reasons import CannotSpeakThere, DoneElsewhere, NoContactIn, NotReachableIn, NotStarted, Part
from workbench.compiler.catalogue import entry_of
from workbench.compiler.versions import version_of
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Send
from workbench.language.traversal import places_of
from workbench.operations.profiles import profiles_then
from workbench.trace.engine import Compiled, StateEntered, engine_trace
from workbench.trace.trace_events import (
    EventReceived,
    JourneyRefused,
    RunEnded,
    RunStarted,
    TraceEvent,
    by_time,
)

# --- rules of entry ------------------------------------------------------------------------------


class _Rule(Tagged):
    tag = "rule"


@dataclass(frozen=True)
class EventRule(_Rule):
    """The event must fit the trigger's pattern."""

    rule = "event"
    wanted: EventPattern
    found: EventBody
    holds: bool


@dataclass(frozen=True)
class AccountRule(_Rule):
    """The journey must be able to speak to the account that it names; `found` is why it could not."""

    rule = "account"
    wanted: str
    found: CannotSpeakThere | None
    holds: bool


@dataclass(frozen=True)
class AgainRule(_Rule):
    """An earlier run may forbid another one; `found` is why."""

    rule = "earlier_runs"
    wanted: Again
    found: NotStarted | None
    holds: bool


@dataclass(frozen=True)
class EndRule(_Rule):
    """The goal (`reason` is None) or an exit must not be reached before the start."""

    rule = "goal_or_exit"
    reason: str | None
    holds: bool
    texts: LocalizedText = field(default_factory=dict)


@dataclass(frozen=True)
class HoldoutRule(_Rule):
    """Followers with a bucket below `wanted` are held out."""

    rule = "holdout"
    wanted: int
    found: int
    holds: bool


type Rule = Part | EventRule | AccountRule | AgainRule | EndRule | HoldoutRule
"""A rule of entry, or a part of the trigger's condition, with what was found."""

# --- what an explanation consists of -------------------------------------------------------------

type Verdict = Literal["started", "refused", "told_again", "imported", "other_event", "not_listening"]
"""What is on record of an event that could have started a journey."""

type Note = Literal["history_is_gone", "other_version"]
"""Why a run cannot be told in full."""


@dataclass(frozen=True)
class Attempt:
    """An event of the type that triggers the journey. `rules` are all rules of entry, with values.

    `run_id` is the run that it started. `verdict` is what is on record, not what the rules would say today;
    `reason` is why it was refused. `nothing` is why rules of the programme gave nothing for the event.
    """

    at: datetime
    event: str
    rules: tuple[Rule, ...]
    verdict: Verdict
    run_id: str | None
    reason: NotStarted | None
    nothing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunFinding:
    """One run as its trace tells it, and the messages that it has not reached."""

    run_id: str
    started_at: datetime
    version: str
    trace: tuple[TraceEvent, ...]
    not_reached: tuple[str, ...]
    notes: tuple[Note, ...]

    @property
    def ended(self) -> bool:
        return any(isinstance(event, RunEnded) for event in self.trace)


@dataclass(frozen=True)
class Explanation:
    """What is on record of one follower and one journey; `earlier` attempts are left out."""

    journey: str
    openid: str
    attempts: tuple[Attempt, ...]
    runs: tuple[RunFinding, ...]
    earlier: int


# --- finding it ----------------------------------------------------------------------------------

type Histories = Mapping[str, Sequence[StateEntered]]
"""What the engine still has of runs, by run id."""


def explain(
    journey: Journey, now: Follower, trace: Sequence[TraceEvent], histories: Histories, last: int
) -> Explanation:
    """Explain a journey for a follower: the events that could have started it, and its runs.

    `now` is the follower as known today, `last` the number of events and of runs to explain.
    """
    attempts, earlier = attempts_at(journey, now, trace, last)
    started = [event for event in trace if isinstance(event, RunStarted) and event.journey == journey.name]
    compiled = Compiled.of(journey)
    runs = tuple(_run(journey, compiled, event, trace, histories) for event in started[-last:])
    return Explanation(journey.name, now.openid, attempts, runs, earlier)


def attempts_at(
    journey: Journey, now: Follower, trace: Sequence[TraceEvent], last: int
) -> tuple[tuple[Attempt, ...], int]:
    """The last events of the type that triggers the journey, by time, and how many earlier ones there are.

    `now` is the follower as known today. Only the last are judged: earlier ones cost a look each.
    """
    entry = entry_of(journey)
    of_journey = [event for event in trace if event.journey == journey.name]
    refused = {event.event: event.reason for event in of_journey if isinstance(event, JourneyRefused)}
    ended = {event.run: event.at for event in of_journey if isinstance(event, RunEnded)}
    runs = {event.run for event in of_journey}
    on_record = {event.event.id: event for event in trace if isinstance(event, EventReceived)}
    received = (event.event for event in on_record.values())
    candidates = [event for event in received if _could_start(entry, event)]
    judged = candidates[-last:]
    profiles = profiles_then(now, trace, {event.id for event in judged})
    earlier = [event for event in candidates[:-last] if run_id(journey.name, event) in runs]
    attempts = []
    for event in judged:
        run, reason = run_id(journey.name, event), refused.get(event.id)
        verdict: Verdict = "not_listening" if is_triggered(entry, event) else "other_event"
        if event.told_again:
            verdict = "told_again"
        elif event.history:
            verdict = "imported"
        if run in runs:
            verdict = "started"
        elif reason is not None:
            verdict = "refused"
        live_runs = tuple(_runs_then(entry, event, reversed(earlier), ended))
        rules = tuple(_rules(entry, event, FollowerState(profiles[event.id], live_runs), reason))
        began, nothing = run if run in runs else None, on_record[event.id].nothing
        attempts.append(Attempt(event.at, event.kind, rules, verdict, began, reason, nothing))
        if run in runs:
            earlier.append(event)
    return tuple(attempts), len(candidates) - len(judged)


def _could_start(entry: JourneyEntry, event: InboundEvent) -> bool:
    called_other = isinstance(event.body, JourneyCalled) and event.body.journey != entry.name
    return event.kind == entry.trigger.event and not called_other


def _rules(
    entry: JourneyEntry, event: InboundEvent, state: FollowerState, reason: NotStarted | None
) -> Iterator[Rule]:
    yield EventRule(entry.trigger, event.body, is_triggered(entry, event))
    if entry.speaks_to:
        # Which accounts the person could be reached in then is not on record, but why not is.
        silent = reason if isinstance(reason, DoneElsewhere | NoContactIn | NotReachableIn) else None
        yield AccountRule(entry.speaks_to, silent, silent is None)
    # The rule of re-entry alone, as the router evaluates it.
    always = replace(entry.trigger, when=Condition())
    alone = replace(entry, trigger=always, goal=None, exits=(), holdout=0, speaks_to="")
    against = why_not(alone, event, state)
    yield AgainRule(entry.again, against, against is None)
    before = before_start(entry, event)
    yield from parts_of(entry.trigger.when, state.follower, {}, before)
    if entry.goal is not None:
        yield EndRule(None, not holds(entry.goal, state.follower, {}, before))
    for exit_rule in entry.exits:
        is_free = not holds(exit_rule.when, state.follower, {}, before)
        yield EndRule(exit_rule.reason, is_free, exit_rule.texts)
    if entry.holdout:
        least = holdout_buckets(entry.holdout).stop
        bucket = holdout_bucket(drawn_by(event, state.follower), entry.name)
        yield HoldoutRule(least, bucket, bucket >= least)


def _runs_then(
    entry: JourneyEntry, event: InboundEvent, earlier: Iterable[InboundEvent], ended: Mapping[str, datetime]
) -> Iterator[LiveRun]:
    """The journey's runs, which `earlier` events started, as they were when the event came."""
    for cause in earlier:
        run, key = run_id(entry.name, cause), entry_key(entry, cause)
        over = run in ended and ended[run] <= event.at
        yield LiveRun(entry.name, run, cause.id, key=key, started_at=cause.at, ended=over)


# --- runs ----------------------------------------------------------------------------------------


def _run(
    journey: Journey,
    compiled: Compiled,
    started: RunStarted,
    trace: Sequence[TraceEvent],
    histories: Histories,
) -> RunFinding:
    found = [event for event in trace if event.run == started.run]
    history = histories.get(started.run)
    notes: list[Note] = [] if history is not None else ["history_is_gone"]
    not_reached: tuple[str, ...] = ()
    if started.version == version_of(journey):
        not_reached = tuple(_not_reached(journey, {event.step for event in found}))
        found = by_time([*found, *engine_trace(compiled, [history or ()], trace)])
    else:
        notes.append("other_version")
    return RunFinding(started.run, started.at, started.version, tuple(found), not_reached, tuple(notes))


def _not_reached(journey: Journey, reached: set[str]) -> Iterator[str]:
    """The messages of the file that the run has no record of."""
    if journey.opening is not None and OPENING_STEP not in reached:
        yield OPENING_STEP
    for place, step in places_of(journey).items():
        if isinstance(step, Send | Ask) and step.content is not None and place not in reached:
            yield place
