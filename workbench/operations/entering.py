"""Why each event that could have started the journey did, or did not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from wejourney.events.events import InboundEvent
from wejourney.events.registry import JourneyCalled
from wejourney.journeys.chance import OF, holdout_lot, holdout_lots, is_held_out
from wejourney.journeys.conditions import holds
from wejourney.journeys.definition import Condition
from wejourney.journeys.routing import JourneyEntry, entry_key, is_triggered, why_not
from wejourney.journeys.runs import run_id
from wejourney.journeys.verdicts import parts_of
from wejourney.people.followers import Follower, FollowerState, LiveRun
from wejourney.reasons import NotStarted, Part, to_dict
from workbench.compiler.catalogue import entry_of
from workbench.language.durations import format_duration
from workbench.language.journey import Journey
from workbench.operations.findings import Attempt, Rule
from workbench.operations.profiles import profiles_then
from workbench.trace.events import EventReceived, JourneyRefused, RunEnded, TraceEvent
from workbench.wording.journey_parts import Wording
from workbench.wording.reason_words import ReasonWords

NOBODY_LISTENED = "not started: the journey did not exist or did not listen then"


def attempts_at(journey: Journey, now: Follower, trace: Sequence[TraceEvent]) -> tuple[Attempt, ...]:
    """Every event of the kind that starts the journey, by time. `now` is the follower as known today."""
    entry = entry_of(journey, version="", longest=0)
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
                reason=to_dict(reason) if reason is not None else None,
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


def _verdict(entry: JourneyEntry, event: InboundEvent, reason: NotStarted | None, *, started: bool) -> str:
    if started:
        return "started"
    if reason is not None:
        return f"refused: {ReasonWords()(reason)}"
    return NOBODY_LISTENED if is_triggered(entry, event) else "not started: its trigger means another event"


def _rules(entry: JourneyEntry, event: InboundEvent, state: FollowerState) -> Iterator[Rule | Part]:
    wording = Wording("en")
    happened = ": ".join(filter(None, (wording.say(f"event {event.kind}"), event.body.detail)))
    yield Rule("event", wording.awaited(entry.trigger), happened, is_triggered(entry, event))
    yield _again(entry, event, state)
    yield from parts_of(entry.trigger.when, state.follower, {})
    yield from _ends(entry, state.follower)
    if entry.holdout:
        lot = holdout_lot(event.subject.openid, entry.name)
        wanted = f"a lot of at least {holdout_lots(entry.holdout).stop} of {OF}"
        free = not is_held_out(event.subject.openid, entry.name, entry.holdout)
        yield Rule("holdout", wanted, str(lot), free)


def _ends(entry: JourneyEntry, follower: Follower | None) -> Iterator[Rule]:
    """The goal and the exits: who fits one already does not enter."""
    named = [("goal", entry.goal)] if entry.goal is not None else []
    for words, condition in [
        *named,
        *((f"exit `{exit_rule.reason}`", exit_rule.when) for exit_rule in entry.exits),
    ]:
        found = holds(condition, follower, {})
        yield Rule(words, "not yet", "holds already" if found else "not yet", not found)


def _again(entry: JourneyEntry, event: InboundEvent, state: FollowerState) -> Rule:
    """The rule of re-entry alone, as the router finds it."""
    always = replace(entry.trigger, when=Condition())
    alone = replace(entry, trigger=always, goal=None, exits=(), holdout=0)
    reason = why_not(alone, event, state)
    rule = entry.again
    wanted = {
        "never": "none at all",
        "after": f"none that began in the last {format_duration(rule.seconds)}",
        "per": f"none of the same {rule.key}",
    }.get(rule.mode, "none that is going on")
    return Rule(
        "earlier runs", wanted, ReasonWords()(reason) if reason else "none in the way", reason is None
    )


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
