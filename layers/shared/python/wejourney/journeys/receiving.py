"""What an event changes: the follower, the runs that it ends and wakes, the run that it starts."""

from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import assert_never

from wejourney.bounds import LONGEST_NAME
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import OF_THE_CALENDAR, EventBody, Followed, Paid, Source
from wejourney.events.matching import matches
from wejourney.events.positions import Position
from wejourney.journeys.answers import is_answer, with_answer
from wejourney.journeys.calendar import EarlierLook, end_of_wait, next_look, of_the_calendar, starts_at
from wejourney.journeys.conditions import TALLIED_AFTER, termination
from wejourney.journeys.definition import Again, Condition
from wejourney.journeys.routing import (
    AccountNames,
    JourneyEntry,
    Route,
    apps_spoken_to,
    entry_key,
    is_triggered,
    not_again,
    route,
    what_happens,
)
from wejourney.journeys.runs import (
    OPENING_STEP,
    Ended,
    FollowerState,
    GoalWindow,
    LiveRun,
    OpenWait,
    Run,
    RunStart,
    Wake,
    Woken,
    cohort_name,
    lots_in,
    run_id,
    unclear_fact,
)
from wejourney.journeys.segments import NO_RULES, PeopleRules, found, next_change, recognised
from wejourney.loyalty.earning import Earner, Earning, Nothing, earnings
from wejourney.loyalty.membership import with_number
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import Content
from wejourney.messaging.merge_fields import OTHER, render
from wejourney.messaging.sending import PASSIVE, Message, MessageStatus
from wejourney.people.bookings import MOST_BOOKINGS, forgotten
from wejourney.people.consents import consent_told
from wejourney.people.counters import Amounts, amounts_of
from wejourney.people.erasure import makes_known
from wejourney.people.followers import (
    Follower,
    WeChatUserInfo,
    after,
    is_told_again,
    known_scene,
    spoken_to,
    spoken_to_in,
)
from wejourney.people.identities import Identity
from wejourney.people.profile_model import ProfileModel
from wejourney.plain_data import changed
from wejourney.reasons import HeldOut, NotStarted, StartedOther


@dataclass(frozen=True)
class Received:
    """The whole effect of one event, to be written in one transaction.

    `before` is None for a stranger, `follower` for an event that makes nobody known.
    `refused` says why each other journey did not start; `is_opt_out`: see `Route`. In `opened_windows` goals
    count from now on, the goals of `reached_windows` are reached by this event. `joins`: the person is known,
    the contact that they are seen through is not. `remembered` are runs of an earlier life that decide on the
    next ones. `claimed` are the identities that are theirs from now on.
    """

    event: InboundEvent
    before: Follower | None
    follower: Follower | None
    start: RunStart | None = None
    woken: tuple[Woken, ...] = ()
    ended: tuple[Ended, ...] = ()
    refused: Mapping[str, NotStarted] = field(default_factory=dict)
    opened_windows: tuple[GoalWindow, ...] = ()
    reached_windows: tuple[GoalWindow, ...] = ()
    note: str | None = None
    is_opt_out: bool = False
    joins: bool = False
    remembered: tuple[LiveRun, ...] = ()
    claimed: frozenset[Identity] = frozenset()
    found: tuple[EventBody, ...] = ()
    """What the event has shown of the person, as events of our own that tell it."""

    bookings_left_out: int = 0
    """How many bookings to come are not known any more, for want of room."""

    is_late: bool = False
    """Whether a tally may be counting what happened when the event did."""

    amounts: Amounts = field(default_factory=dict)
    """How much the counters of the person have counted the event."""

    earnings: tuple[Earning | Nothing, ...] = ()
    """What the rules of the programme about the event give, as far as the books allow, or why not."""

    at: datetime | None = None
    """When it is decided."""

    @property
    def wakes(self) -> tuple[Wake, ...]:
        return tuple(Wake(woken.wait.token, woken.run) for woken in self.woken)

    @property
    def is_quiet(self) -> bool:
        """Whether the event changes nothing: it is only kept.

        An order that was paid is more: whose it was is written, and what is only kept is looked at twice.
        """
        causes = self.start or self.woken or self.ended or self.held_out or self.reached_windows
        if self.before is None or self.follower is None:
            return not causes and self.follower is None
        if isinstance(self.event.body, Paid) and self.event.body.may_be_refunded:
            return False
        if consent_told(self.event) is not None:
            return False  # It has a record of its own.
        return (
            not (causes or self.is_late or self.joins)
            and changed(self.follower, rev=self.before.rev) == self.before
        )

    @property
    def held_out(self) -> tuple[str, ...]:
        """The journeys that keep this follower out, so that their effect can be measured."""
        return tuple(journey for journey, reason in self.refused.items() if isinstance(reason, HeldOut))


def receive(  # noqa: PLR0913 - a decision rests on all of these, each from another place
    event: InboundEvent,
    state: FollowerState,
    entries: tuple[JourneyEntry, ...],
    account: AccountSettings,
    *,
    stranger: Follower,
    now: datetime,
    known: WeChatUserInfo | None = None,
    others: Mapping[str, AccountSettings] = MappingProxyType({}),
    opened_journey: str | None = None,
    people_rules: PeopleRules = NO_RULES,
) -> Received:
    """Decide what an event changes: runs end, then those that wait are woken, then a journey starts.

    A fact that is known already changes nothing: the event is marked as `told_again`.

    `stranger` is used for a follower who was never seen; `known` is what WeChat reports about a new follower.
    `others` are the other accounts that the person has contacts in, by app id.
    `opened_journey` is the journey whose opening the callback has sent: it wins, whatever has changed since.
    """
    if state.follower is None and not makes_known(event):
        return Received(event, None, None)
    if state.follower is not None and is_told_again(state.follower, event):
        event = replace(event, told_again=True)
    follower = after(state.follower or stranger, event, account.rules, known)
    identities = follower.identities | state.claimed
    if (follower.account_language, follower.identities) != (account.language, identities):
        follower = changed(follower, account_language=account.language, identities=identities)
    follower = recognised(people_rules.profile.lawful(follower), event, people_rules, now)
    accounts = {**others, account.app_id: account}
    look_at = _look_at(event, state.follower, follower, entries, accounts, now)
    left_out = forgotten(state.follower.bookings, follower.bookings) if state.follower is not None else 0
    change = next_change(follower, people_rules, now)
    if change is not None and look_at is not None:
        look_at = min(look_at, change)
    if follower.look_at != look_at:
        follower = changed(follower, look_at=look_at)
    if event.kind in OF_THE_CALENDAR:
        entries = tuple(
            entry
            for entry in entries
            if entry.trigger.event == event.kind and starts_at(entry.trigger, follower, account, event.at)
        )
    names = {app_id: settings.name for app_id, settings in accounts.items() if settings.name}
    way = _way(event, replace(state, follower=follower), entries, opened_journey, names)
    woken = tuple(_woken(event, way, state.follower or stranger, follower, account, accounts, now))
    start = None
    if way.starts and not way.again:
        # The entry itself: what greeted has had its conditions taken off.
        entry = next(entry for entry in entries if entry.name == way.starts.name)
        spoken = _spoken_to(entry, event, follower, names, now)
        start = _started(entry, event, spoken, account, opened_journey, now)
    return Received(
        event=event,
        before=state.follower,
        follower=follower,
        joins=state.joins,
        remembered=_remembered(state, start),
        claimed=state.claimed,
        start=start,
        woken=woken,
        ended=way.ended,
        refused=way.refused,
        opened_windows=tuple(_opened_windows(event, entries, state, start, way.refused)),
        reached_windows=tuple(_reached_windows(event, state.goal_windows, follower)),
        is_opt_out=way.is_opt_out,
        found=tuple(found(state.follower, follower, event, people_rules)),
        note=_note(event, known, left_out),
        bookings_left_out=left_out,
        amounts=amounts_of(event, people_rules.profile.counters),
        earnings=earnings(
            people_rules.programme, event, follower.person_id, Earner.of(follower, people_rules.profile)
        ),
        at=now,
        is_late=event.at <= now - TALLIED_AFTER / 2,  # Clocks differ, and an event is kept later than this.
    )


def with_seal_key(received: Received, key: bytes) -> Received:
    """The same; the run that starts has this key."""
    if received.start is None:
        return received
    start, seal_key = received.start, b64encode(key).decode()
    run, live = changed(start.run, seal_key=seal_key), changed(start.live, seal_key=seal_key)
    return replace(received, start=replace(start, run=run, live=live))


def with_member_number(received: Received, profile: ProfileModel, drawn: int) -> Received:
    """The same; whoever has become a member has a number from now on: this one, unless they have one."""
    follower = received.follower
    if follower is None or follower.member_number or not profile.is_member(follower):
        return received
    follower, identities = with_number(follower, drawn)
    return replace(received, follower=follower, claimed=received.claimed | identities)


def with_data_keys(
    received: Received, data_keys: Mapping[str, str] | None, dropped: Collection[str]
) -> Received:
    """The same; the person has these keys (None: as before), and `dropped` values are noted as not kept."""
    follower, note = received.follower, received.note
    if follower is not None and data_keys is not None and data_keys != follower.data_keys:
        follower = changed(follower, data_keys=data_keys)
    if dropped:
        told = f"not kept, for want of a consent: {', '.join(sorted(dropped))}"
        note = f"{note}; {told}" if note else told
    return replace(received, follower=follower, note=note)


def _remembered(state: FollowerState, start: RunStart | None) -> tuple[LiveRun, ...]:
    """The runs of an earlier life, without the one whose place is taken now."""
    place = (start.live.journey, start.live.key) if start is not None else None
    return tuple(run for run in state.remembered if (run.journey, run.key) != place)


LATEST_NEWS = timedelta(hours=1)
"""How late an event may be applied for a date to come that has passed since the event."""


def _look_at(
    event: InboundEvent,
    before: Follower | None,
    follower: Follower,
    entries: Iterable[JourneyEntry],
    accounts: Mapping[str, AccountSettings],
    now: datetime,
) -> datetime | None:
    """When the calendar looks at a follower next, after an event.

    What the calendar is about to look at stays: it goes on from there (`LookAtCalendars`).
    """
    planned = before.look_at if before is not None else None
    if planned is not None and (planned <= now or event.kind in OF_THE_CALENDAR):
        return planned
    triggers = of_the_calendar(entry.trigger for entry in entries)
    return next_look(triggers, follower, accounts, max(min(event.at, now), now - LATEST_NEWS))


def _note(event: InboundEvent, known: WeChatUserInfo | None, left_out: int) -> str | None:
    """What of the event could not be kept, and why."""
    notes = [told for told in (known.error, known.note) if told] if known else []
    if isinstance(event.body, Followed) and event.body.scene and known_scene(event.body) is None:
        notes.append(f"scene: {len(event.body.scene)} characters, of which a profile holds {LONGEST_NAME}")
    if left_out:
        notes.append(f"bookings: more than {MOST_BOOKINGS}, so {left_out} to come not kept")
    return "; ".join(notes) or None


# --- goals that count -----------------------------------------------------------------------------


def _opened_windows(
    event: InboundEvent,
    entries: Iterable[JourneyEntry],
    state: FollowerState,
    start: RunStart | None,
    refused: Mapping[str, NotStarted],
) -> Iterable[GoalWindow]:
    """The windows of the run that starts and of the journeys that hold the follower out."""
    open_now = {(one.journey, one.key) for one in state.goal_windows if one.is_open(event.at)}
    for entry in entries:
        key, held_out = entry_key(entry, event), isinstance(refused.get(entry.name), HeldOut)
        starts = start is not None and start.run.journey == entry.name
        if entry.goal is None or not (held_out or starts) or (entry.name, key) in open_now:
            continue
        before = (one for one in state.goal_windows if one.held_out and one.is_of(entry.name, key))
        if held_out and any(not_again(entry.again, key, one.at, event.at) for one in before):
            continue  # Whoever had entered then would not enter now.
        until = event.at + timedelta(seconds=entry.goal_within)
        yield GoalWindow(
            journey=entry.name,
            run_id=run_id(entry.name, event),
            at=event.at,
            until=until,
            cohort=cohort_name(event.at.astimezone(UTC).isoformat(), "" if held_out else entry.version),
            goal=entry.goal,
            key=key,
            held_out=held_out,
            key_field=entry.again.key if key else "",
            kept_until=_kept_until(entry.again, event.at, until) if held_out else until,
        )


def _kept_until(again: Again, at: datetime, until: datetime) -> datetime | None:
    """How long somebody who is held out since `at` has to be remembered; None: as long as they follow."""
    match again.mode:
        case "never" | "per":
            return None
        case "after":
            return max(until, at + timedelta(seconds=again.seconds))
        case "always":
            return until
        case _:
            assert_never(again.mode)


def _reached_windows(
    event: InboundEvent, windows: Iterable[GoalWindow], follower: Follower
) -> Iterable[GoalWindow]:
    """The windows whose goal is reached now for the first time, looked at as those of live runs are."""
    for window in windows:
        if window.reached_at is None and window.is_open(event.at):
            end = termination(window.goal, (), follower, what_happens(event, window.about))
            if end is not None:
                yield replace(window, reached_at=event.at)


# --- runs that wake ------------------------------------------------------------------------------


def _woken(
    event: InboundEvent,
    way: Route,
    before: Follower,
    follower: Follower,
    account: AccountSettings,
    accounts: Mapping[str, AccountSettings],
    now: datetime,
) -> Iterable[Woken]:
    """The waits that the event ends; `before`: the follower as they were before it."""
    at, answered = acted_at(event, now), way.answers
    if answered is not None:
        yield Woken(answered, resume(answered, follower, event.position, way.answer, at), way.answer)
    for wait in way.left.waits:
        if answered is not None and wait.run_id == answered.run_id:
            continue
        if follower.others:
            contact_id = way.left.contact_of(wait.run_id)
            follower, before = follower.as_contact(contact_id), before.as_contact(contact_id)
        if wait.pattern is not None and came_before(wait, (event,)):
            yield Woken(wait, resume(wait, follower, event.position, acted_at=at))
        elif wait.moment is not None:
            run = resume(wait, follower)
            earlier = EarlierLook(run.wait_end, before)
            end = end_of_wait(wait.moment, follower, accounts.get(follower.app_id, account), now, earlier)
            if end != run.wait_end:
                # The end has moved, closer or away: the run comes back to wait for the other moment.
                yield Woken(wait, run.awaiting(end, now), again=True)


def resume(
    wait: OpenWait,
    follower: Follower,
    last_position: Position | None = None,
    answer: str | None = None,
    acted_at: datetime | None = None,
) -> Run:
    """The run of a wait, as it goes on, after what has come at this position: the answer, if it asked.

    What came before the last thing said or heard changes nothing of that.
    """
    run = changed(Run.from_dict({**wait.run, "id": wait.run_id}, follower), acted_at=acted_at)
    if last_position is not None:
        run = changed(run, last_position=max(run.last_position, last_position))
    if answer is None:
        return run
    unclear = {unclear_fact(wait.step): True} if answer == OTHER else {}
    facts = {name: holds for name, holds in run.facts.items() if name != unclear_fact(wait.step)} | unclear
    return changed(run, answers=with_answer(run.answers, wait.name, answer), facts=facts)


LATEST_ANSWER = timedelta(hours=1)
"""How late an act may reach the account and still be answered at once in quiet hours."""


def acted_at(event: InboundEvent, now: datetime) -> datetime | None:
    """When the follower did this; None for what they did not do.

    An act that the queue has kept counts as done `now`, unless it is too old to be answered at night.
    """
    if event.source is not Source.ACT:
        return None
    return max(event.at, now) if now <= event.at + LATEST_ANSWER else event.at


# --- the run that starts -------------------------------------------------------------------------


def _way(
    event: InboundEvent,
    state: FollowerState,
    entries: tuple[JourneyEntry, ...],
    opened_journey: str | None,
    names: AccountNames,
) -> Route:
    """The journey already opened wins; refusal reasons of the others are still recorded."""
    way = route(event, state, entries, names)
    if way.starts is not None and way.starts.name == opened_journey and not way.again:
        return way
    greeted = _greeted(entries, opened_journey)
    if not greeted:
        return way
    others = {
        entry.name: way.refused.get(entry.name, StartedOther(opened_journey or ""))
        for entry in entries
        if entry.name != opened_journey and is_triggered(entry, event)
    }
    sure = route(event, state, greeted)
    return replace(sure, refused={**others, **sure.refused})


def _greeted(entries: Iterable[JourneyEntry], opened_journey: str | None) -> tuple[JourneyEntry, ...]:
    return tuple(
        replace(
            entry,
            trigger=replace(entry.trigger, when=Condition()),
            again=_no_rule(entry),
            goal=None,
            exits=(),
            holdout=0,
            speaks_to="",
        )
        for entry in entries
        if entry.name == opened_journey
    )


def _no_rule(entry: JourneyEntry) -> Again:
    """Its rule of re-entry without what the callback has found to hold; the key stays."""
    return entry.again if entry.again.mode == "per" else Again()


def _spoken_to(
    entry: JourneyEntry, event: InboundEvent, follower: Follower, names: AccountNames, now: datetime
) -> Follower:
    """The person, seen through the contact that the run speaks with.

    A journey that names its account starts by an act only if that was done in a chat of the account.
    """
    if not entry.speaks_to:
        return spoken_to(follower, now)
    if event.source is Source.ACT:
        return follower
    return spoken_to_in(apps_spoken_to(entry, names), follower, event.at) or follower


def _started(
    entry: JourneyEntry,
    event: InboundEvent,
    follower: Follower,
    account: AccountSettings,
    opened_journey: str | None,
    now: datetime,
) -> RunStart:
    key = entry_key(entry, event)
    run = Run(
        id=run_id(entry.name, event),
        journey=entry.name,
        version=entry.version,
        last_position=event.position,
        follower=follower,
        acted_at=acted_at(event, now),
        start_position=event.position,
        key=key,
        key_field=entry.again.key if key else "",
        draws=lots_in(entry.splits, entry.name, follower),
        subscribed_kinds=entry.subscribed_kinds,
        unopened=opened_journey != entry.name,
        chat=follower.subject if entry.speaks_to else None,
    )
    live = LiveRun(
        journey=entry.name,
        run_id=run.id,
        event_id=event.id,
        expires_at=now + timedelta(seconds=entry.longest),
        key=key,
        key_field=run.key_field,
        contact_id=follower.contact_id,
        started_at=event.at,
        goal=entry.goal,
        exits=entry.exits,
        retain_after_end=entry.again.mode != "always",
    )
    if entry.opening is None:
        return RunStart(run, live)
    if opened_journey != entry.name:
        return RunStart(replace(run, unsaid=entry.opening), live)
    return RunStart(run, live, _opening(run, entry.opening, event, account))


def _opening(run: Run, opening: Content, event: InboundEvent, account: AccountSettings) -> Message:
    return Message(
        run_id=run.id,
        journey=run.journey,
        step=OPENING_STEP,
        channel=PASSIVE,
        status=MessageStatus.SENT,
        content=render(opening, run.follower, account, booking=run.about.booking),
        at=event.at,
        cohort=run.cohort,
    )


# --- what came before a wait was registered ------------------------------------------------------


def came_before(wait: OpenWait, events: Iterable[InboundEvent]) -> InboundEvent | None:
    """The first of these events that a wait was to wait for, and that it may end by."""
    begin = wait.begin
    return next((event for event in events if event.position > begin and fits(wait, event)), None)


def fits(wait: OpenWait, event: InboundEvent) -> bool:
    """Whether this is what a wait waits for."""
    if not wait.about.hears(event):
        return False
    if wait.question is not None:
        return is_answer(event)
    return wait.pattern is not None and matches(wait.pattern, event)
