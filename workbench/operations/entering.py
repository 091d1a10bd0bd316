"""Why each event that could have started the journey did, or did not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import JourneyCalled
from wejourney.journeys.chance import holdout_bucket, holdout_buckets
from wejourney.journeys.conditions import holds
from wejourney.journeys.definition import Condition
from wejourney.journeys.routing import JourneyEntry, entry_key, is_triggered, why_not
from wejourney.journeys.runs import run_id
from wejourney.journeys.verdicts import parts_of
from wejourney.people.followers import Follower, FollowerState, LiveRun
from wejourney.reasons import NotStarted
from workbench.compiler.catalogue import entry_of
from workbench.language.journey import Journey
from workbench.operations.findings import AgainRule, Attempt, EndRule, EventRule, HoldoutRule, Rule, Verdict
from workbench.operations.profiles import profiles_then
from workbench.trace.trace_events import EventReceived, JourneyRefused, RunEnded, TraceEvent


def attempts_at(journey: Journey, now: Follower, trace: Sequence[TraceEvent]) -> tuple[Attempt, ...]:
    """Every event of the kind that starts the journey, by time. `now` is the follower as known today."""
    entry = entry_of(journey)
    profiles = profiles_then(now, trace)
    mine = [one for one in trace if one.journey == journey.name]
    refused = {one.event: one.reason for one in mine if isinstance(one, JourneyRefused)}
    ended = {one.run: one.at for one in mine if isinstance(one, RunEnded)}
    runs = {one.run for one in mine}
    earlier: list[InboundEvent] = []
    attempts = []
    for event in _candidates(entry, trace):
        state = FollowerState(profiles[event.id], tuple(_runs_then(entry, event, earlier, ended)))
        run, reason = run_id(journey.name, event), refused.get(event.id)
        attempts.append(
            Attempt(
                at=event.at.isoformat(),
                event=event.kind,
                rules=tuple(_rules(entry, event, state)),
                verdict=_verdict(entry, event, reason, started=run in runs),
                run_id=run if run in runs else None,
                reason=reason,
            )
        )
        if run in runs:
            earlier.insert(0, event)
    return tuple(attempts)


def _candidates(entry: JourneyEntry, trace: Sequence[TraceEvent]) -> Iterator[InboundEvent]:
    """The events of the trigger's kind."""
    for event in (one.event for one in trace if isinstance(one, EventReceived)):
        elsewhere = isinstance(event.body, JourneyCalled) and event.body.journey != entry.name
        if event.kind == entry.trigger.event and not elsewhere:
            yield event


def _verdict(
    entry: JourneyEntry, event: InboundEvent, reason: NotStarted | None, *, started: bool
) -> Verdict:
    if started:
        return Verdict.STARTED
    if reason is not None:
        return Verdict.REFUSED
    return Verdict.NOT_LISTENING if is_triggered(entry, event) else Verdict.OTHER_EVENT


def _rules(entry: JourneyEntry, event: InboundEvent, state: FollowerState) -> Iterator[Rule]:
    yield EventRule(entry.trigger, event.body, is_triggered(entry, event))
    yield _again(entry, event, state)
    yield from parts_of(entry.trigger.when, state.follower, {})
    yield from _ends(entry, state.follower)
    if entry.holdout:
        lot = holdout_bucket(event.subject.openid, entry.name)
        yield HoldoutRule(lot, least=holdout_buckets(entry.holdout).stop)


def _ends(entry: JourneyEntry, follower: Follower | None) -> Iterator[EndRule]:
    """The goal and the exits: who fits one already does not enter."""
    if entry.goal is not None:
        yield EndRule(None, not holds(entry.goal, follower, {}))
    for exit_rule in entry.exits:
        yield EndRule(exit_rule.reason, not holds(exit_rule.when, follower, {}))


def _again(entry: JourneyEntry, event: InboundEvent, state: FollowerState) -> AgainRule:
    """The rule of re-entry alone, as the router finds it."""
    always = replace(entry.trigger, when=Condition())
    alone = replace(entry, trigger=always, goal=None, exits=(), holdout=0)
    return AgainRule(entry.again, why_not(alone, event, state))


def _runs_then(
    entry: JourneyEntry,
    event: InboundEvent,
    earlier: Sequence[InboundEvent],
    ended: Mapping[str, datetime],
) -> Iterator[LiveRun]:
    """The journey's runs, which `earlier` events started, as they were when the event came."""
    for cause in earlier:
        run = run_id(entry.name, cause)
        yield LiveRun(
            journey=entry.name,
            run_id=run,
            event_id=cause.id,
            key=entry_key(entry, cause),
            started_at=cause.at,
            ended=run in ended and ended[run] <= event.at,
        )
