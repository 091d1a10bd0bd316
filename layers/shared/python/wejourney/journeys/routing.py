"""Where an event goes: to the question that waits for it, or to the journey that it starts.

The callback and the inbox ask the same function, so the reply that a follower sees at once and the run
that follows it belong to the same journey.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import assert_never

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EndCalled, JourneyCalled, Source
from wejourney.events.matching import EVERYTHING, About, matches
from wejourney.events.positions import Position
from wejourney.journeys.answers import is_answer
from wejourney.journeys.chance import is_held_out
from wejourney.journeys.conditions import History, holds, looks_at_events, parts_of, termination
from wejourney.journeys.definition import GOAL_WITHIN, Again, Condition, Exit, Trigger
from wejourney.journeys.runs import Ended, FollowerState, LiveRun, OpenWait
from wejourney.messaging.contents import Content
from wejourney.messaging.merge_fields import OTHER
from wejourney.people.followers import Follower, lots_of, spoken_to_in
from wejourney.plain_data import changed
from wejourney.reasons import (
    AlreadyInJourney,
    AnsweredQuestion,
    CannotSpeakThere,
    DoneElsewhere,
    EndedByJourney,
    EndedByOperator,
    Exited,
    GoalAlreadyReached,
    GoalReached,
    HeldOut,
    NoContactIn,
    NoKey,
    NotReachableIn,
    NotStarted,
    StartedOther,
    TakenOnce,
    TakenOncePer,
    TooEarly,
    WouldExit,
    blamed,
)


@dataclass(frozen=True)
class JourneyEntry:
    """What must be known of a journey to start it, and to end its runs.

    `longest` is the time limit of its machine in seconds; the engine's own is a year. `goal_within` is how
    many seconds the goal counts after an entry. `splits` are the names of its splits, `holdout` the percent
    of people that it keeps out. `subscribed_kinds` are the kinds of events of our own that it or one of its
    runs may react to. `speaks_to` names the account that it speaks to, if its author has named one.
    """

    name: str
    version: str
    trigger: Trigger
    opening: Content | None = None
    longest: int = 365 * 86_400
    again: Again = field(default_factory=Again)
    goal: Condition | None = None
    goal_within: int = GOAL_WITHIN
    exits: tuple[Exit, ...] = ()
    holdout: int = 0
    splits: tuple[str, ...] = ()
    subscribed_kinds: tuple[str, ...] = ()
    speaks_to: str = ""


def all_subscribed_kinds(entries: Iterable[JourneyEntry]) -> frozenset[str]:
    """The kinds of events of our own that one of these journeys may react to: a run tells of no others."""
    return frozenset(kind for entry in entries for kind in entry.subscribed_kinds)


type AccountNames = Mapping[str, str]
"""What the deployment calls its accounts, by app id; an account without a name has none here."""

NO_NAMES: AccountNames = MappingProxyType({})


@dataclass(frozen=True)
class Route:
    """What an event leads to: an answered question, a journey to start, or neither.

    `again` says that the run of `starts` exists already, because this delivery repeats an earlier one.
    `refused` says why each other journey that the event could have started was not. `ended` are the runs that
    the event ends; the others, with their waits, are `left`. `is_opt_out`: a goal or an exit of an ended run
    was waiting for just this event, so that no open question takes it for an answer.
    """

    answers: OpenWait | None = None
    answer: str = ""
    starts: JourneyEntry | None = None
    again: bool = False
    refused: Mapping[str, NotStarted] = field(default_factory=dict)
    ended: tuple[Ended, ...] = ()
    left: FollowerState = field(default_factory=FollowerState)
    is_opt_out: bool = False


def may_open(event: InboundEvent, entries: Iterable[JourneyEntry], names: AccountNames = NO_NAMES) -> bool:
    """Whether some journey may answer this event with a passive opening, for some follower."""
    openings = (entry for entry in entries if entry.opening is not None and is_triggered(entry, event))
    return any(not _is_done_elsewhere(entry, event, names) for entry in openings)


def opens(
    event: InboundEvent,
    state: FollowerState,
    follower: Follower,
    entries: Iterable[JourneyEntry],
    names: AccountNames = NO_NAMES,
) -> JourneyEntry | None:
    """The journey whose opening answers the event at once; `follower` stands in for somebody unknown.

    A journey may want to know first who a stranger is: then the run that starts says its opening.
    """
    entry = route(event, changed(state, follower=follower), entries, names).starts
    if entry is None or (entry.trigger.recognise_first and state.follower is None):
        return None
    return entry if entry.opening is not None else None


def route(
    event: InboundEvent,
    state: FollowerState,
    entries: Iterable[JourneyEntry],
    names: AccountNames = NO_NAMES,
) -> Route:
    """Decide what an event leads to.

    First the runs end whose goal or exit it reaches. A message then goes to the latest open question that was
    asked before it, unless that question lists its choices, the message is none of them, and it is a keyword
    of a journey; or unless it has ended a run by its words and the question does not name it. A journey with
    a live run of this follower is not started again. `names` are those of the accounts that they have
    contacts in.
    """
    entries = tuple(entries)
    ended = tuple(_ended(event, state))
    left = _without(state, ended)
    is_opt_out = any(_waited_for(one.run, event, state.speaking_with(one.run.run_id)) for one in ended)
    settled = Route(ended=ended, left=left, is_opt_out=is_opt_out)
    started = next((run for run in left.live_runs if run.event_id == event.id), None)
    if started is not None:
        entry = next((entry for entry in entries if entry.name == started.journey), None)
        return changed(settled, starts=entry, again=True)
    starts, refused = _first(entries, event, left, names)
    questions = (
        one
        for one in left.waits
        if one.question is not None and event.position > one.begin and left.asks(one)
    )
    wait = max(questions, key=_asked, default=None)
    if wait is not None and wait.question is not None and is_answer(event):
        answer = wait.read(event, state.follower) or OTHER
        if wait.question.names(event) if is_opt_out else answer != OTHER or starts is None:
            lost = _lost_to(wait, entries, event)
            if answer == OTHER and not is_opt_out:
                # Without the holdout it would have been no answer: the journey would have started.
                lost |= {name: reason for name, reason in refused.items() if isinstance(reason, HeldOut)}
            return changed(settled, answers=wait, answer=answer, refused=lost)
    return changed(settled, starts=starts, refused=refused)


def _asked(wait: OpenWait) -> tuple[datetime, Position, str]:
    """When a question was asked; within a second, what came last before it decides."""
    return wait.asked_at.replace(microsecond=0), wait.begin, wait.run_id


def _ended(event: InboundEvent, state: FollowerState) -> Iterator[Ended]:
    """The live runs whose goal or exit this event reaches, or that another journey ends."""
    for run in state.live_runs:
        if run.is_over(event.at) or run.event_id == event.id:
            continue
        if isinstance(event.body, EndCalled) and event.body.journey == run.journey:
            if run.about.hears(event):
                by = event.body.by
                yield Ended(run, EndedByJourney(by) if by else EndedByOperator())
            continue
        follower = state.follower.as_contact(run.contact_id) if state.follower is not None else None
        end = termination(run.goal, run.exits, follower, what_happens(event, run.about))
        if end is not None:
            yield Ended(run, end)


def what_happens(event: InboundEvent, about: About) -> History:
    """What the goal and the exits of a run look at: what happens now."""
    return History(events=(event,), now=event.at, about=about)


def _waited_for(run: LiveRun, event: InboundEvent, follower: Follower | None) -> bool:
    """Whether a goal or an exit of the run holds because of the event, and not for what was known before."""
    conditions = (*(() if run.goal is None else (run.goal,)), *(rule.when for rule in run.exits))
    return any(
        looks_at_events(condition)
        and holds(condition, follower, {}, what_happens(event, run.about))
        and not holds(condition, follower, {}, History(now=event.at))
        for condition in conditions
    )


def _without(state: FollowerState, ended: tuple[Ended, ...]) -> FollowerState:
    """The state with these runs ended: their waits are closed."""
    gone = {one.run.run_id for one in ended}
    runs = tuple(changed(run, ended=True) if run.run_id in gone else run for run in state.live_runs)
    waits = tuple(wait for wait in state.waits if wait.run_id not in gone)
    live = tuple(run for run in runs if not run.ended or run.retain_after_end)
    return changed(state, live_runs=live, waits=waits)


def _lost_to(wait: OpenWait, entries: Iterable[JourneyEntry], event: InboundEvent) -> dict[str, NotStarted]:
    """The journeys that did not start because the message was an answer."""
    return {entry.name: AnsweredQuestion(wait.name) for entry in entries if is_triggered(entry, event)}


def _first(
    entries: Iterable[JourneyEntry], event: InboundEvent, state: FollowerState, names: AccountNames
) -> tuple[JourneyEntry | None, dict[str, NotStarted]]:
    """The first journey that the event starts, and why not the others that it is meant for."""
    first: JourneyEntry | None = None
    refused: dict[str, NotStarted] = {}
    for entry in entries:
        if not is_triggered(entry, event):
            continue
        reason = StartedOther(first.name) if first else why_not(entry, event, state, names)
        if reason is None:
            first = entry
        else:
            refused[entry.name] = reason
    return first, refused


def is_triggered(entry: JourneyEntry, event: InboundEvent) -> bool:
    """Whether this is the event that the journey begins with, whoever it comes from."""
    if event.history or not matches(entry.trigger, event):
        return False
    return not isinstance(event.body, JourneyCalled) or event.body.journey == entry.name


def why_not(
    entry: JourneyEntry, event: InboundEvent, state: FollowerState, names: AccountNames = NO_NAMES
) -> NotStarted | None:
    """Why this follower may not enter the journey with this event; None when they may."""
    if (silent := _why_silent(entry, event, state.follower, names)) is not None:
        return silent
    key = entry_key(entry, event)
    if entry.again.mode == "per" and not key:
        return NoKey(entry.again.key)
    runs = [run for run in state.live_runs if run.journey == entry.name]
    reason = _in_the_way(entry, [run for run in runs if run.key == key], event)
    if reason is not None:
        return reason
    before = before_start(entry, event)
    parts = parts_of(entry.trigger.when, state.follower, {}, before)
    if not all(part.holds for part in parts):
        return blamed(parts)
    end = termination(entry.goal, entry.exits, state.follower, before)
    match end:
        case GoalReached():
            return GoalAlreadyReached()
        case Exited():
            return WouldExit(end.reason, end.texts)
        case None:
            who = drawn_by(event, state.follower)
            return HeldOut() if is_held_out(who, entry.name, entry.holdout) else None
        case _:
            assert_never(end)


def before_start(entry: JourneyEntry, event: InboundEvent) -> History:
    """What the conditions of a journey look at that the event would start."""
    key = entry_key(entry, event)
    return History(now=event.at, about=About(entry.again.key, key) if key else EVERYTHING)


def apps_spoken_to(entry: JourneyEntry, names: AccountNames) -> frozenset[str]:
    """The apps of the account that the journey names."""
    return frozenset(app for app, name in names.items() if name == entry.speaks_to)


def _is_done_elsewhere(entry: JourneyEntry, event: InboundEvent, names: AccountNames) -> bool:
    """Whether the event is an act in the chat of another account than the journey names.

    An act is answered in the chat in which it was done. All else may start a journey of any account.
    """
    is_named = bool(entry.speaks_to) and event.source is Source.ACT
    return is_named and event.subject.app_id not in apps_spoken_to(entry, names)


def _why_silent(
    entry: JourneyEntry, event: InboundEvent, follower: Follower | None, names: AccountNames
) -> CannotSpeakThere | None:
    """Why the journey cannot speak to this person where it says; None if it can, or says nothing of that."""
    if _is_done_elsewhere(entry, event, names):
        return DoneElsewhere(entry.speaks_to)
    if not entry.speaks_to or event.source is Source.ACT:
        return None
    apps = apps_spoken_to(entry, names)
    if follower is None or not any(contact.app_id in apps for contact in follower.contacts):
        return NoContactIn(entry.speaks_to)
    return None if spoken_to_in(apps, follower, event.at) else NotReachableIn(entry.speaks_to)


def drawn_by(event: InboundEvent, follower: Follower | None) -> str:
    """What holdouts are drawn by, also of a stranger: who they are to be is not known yet."""
    return follower.drawn_by if follower is not None else lots_of(event.subject)


def entry_key(entry: JourneyEntry, event: InboundEvent) -> str:
    """What a run that this event starts is about, where the journey is taken once per order, say."""
    return event.body.key_fields.get(entry.again.key, "") if entry.again.mode == "per" else ""


def _in_the_way(entry: JourneyEntry, runs: list[LiveRun], event: InboundEvent) -> NotStarted | None:
    """The run, live or remembered, that keeps the journey from starting."""
    if any(not run.is_over(event.at) for run in runs):
        return AlreadyInJourney()
    reasons = (not_again(entry.again, run.key, run.started_at, event.at) for run in runs)
    return next((reason for reason in reasons if reason is not None), None)


def not_again(again: Again, key: str, started_at: datetime | None, at: datetime) -> NotStarted | None:
    """Why a journey that was entered once, with this key, is not entered again; None if it may be."""
    match again.mode:
        case "never":
            return TakenOnce(started_at)
        case "per":
            return TakenOncePer(again.key, key, started_at)
        case "after":
            is_early = started_at is not None and at < started_at + timedelta(seconds=again.seconds)
            return TooEarly(started_at) if is_early else None
        case "always":
            return None
        case _:
            assert_never(again.mode)
