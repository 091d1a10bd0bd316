"""One follower's world on a virtual clock: what they do and what their runs do, in order.

Whatever is decided, the domain decides it, with the functions that the deployed journeys use. Time is a heap
of moments. Within a second, the unit of WeChat's clock, pauses end first, then the person acts, then limits
are over: an answer in the second of its question comes after it, and an answer at the limit counts.
"""

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from wejourney.errors import WeChatError, WejourneyError
from wejourney.events.event import InboundEvent, Subject, arrival_of, own_event
from wejourney.events.event_types import (
    UNFOLLOW,
    DateCame,
    EventBody,
    Followed,
    ScheduleCame,
    Source,
    TextReceived,
)
from wejourney.events.positions import Position
from wejourney.journeys.calendar import next_start
from wejourney.journeys.conditions import History
from wejourney.journeys.receiving import Received, came_before, receive, with_member_number
from wejourney.journeys.routing import JourneyEntry, may_open, opens
from wejourney.journeys.runs import FollowerState, GoalWindow, LiveRun, OpenWait, PastEvent, Woken
from wejourney.journeys.segments import look_again, next_change, segments_of, told_of
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.membership import reviewed
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.contacts import Contact
from wejourney.people.followers import Follower, is_told_again, where_following
from wejourney.plain_data import changed
from wejourney.reasons import GoalReached, RunEnd, Unfollowed
from wejourney.services.loyalty.ports import Entry
from workbench.simulator.deployment import Person, ScriptedEvent, SimulatedDeployment
from workbench.simulator.loyalty import SimulatedProgramme, as_life_begins
from workbench.simulator.run_interpreter import RunInterpreter
from workbench.trace import trace_events
from workbench.trace.statement_lines import StatementLine

_PAUSE, _EVENT, _LIMIT = range(3)

MOST_EVENTS = 3_000
"""In one life: journeys that begin by each other for ever would never let it end."""


class EndlessLifeError(WejourneyError):
    """A life goes on for ever: journeys begin by each other. `at` is how far it was played, UTC."""

    def __init__(self, journey: str, at: datetime) -> None:
        super().__init__(
            f"this life has no end: by {at:%Y-%m-%d} {MOST_EVENTS} things have happened in it, the last "
            f"in {journey or 'no journey'}; do its journeys begin by each other?"
        )
        self.journey, self.at = journey, at

    def __reduce__(self) -> tuple[type, tuple[str, datetime]]:
        """How it comes home from a process that plays a part of a population."""
        return type(self), (self.journey, self.at)


type _Due = InboundEvent | JourneyEntry | tuple[str, int]


class Simulator:
    """Plays one person's life in a deployment. `trace` is what has happened so far.

    `events` come to them besides what the person does. `errors` are WeChat's answers to the calls that send,
    None for a call that goes well.
    """

    def __init__(
        self,
        deployment: SimulatedDeployment,
        person: Person,
        events: Iterable[InboundEvent] = (),
        errors: Iterable[WeChatError | None] = (),
    ) -> None:
        self.deployment = deployment
        self.person = person
        self.now = min((person.start, *(person.start + act.after for act in person.acts)))
        language = deployment.account.language
        before = as_life_begins(person.before, deployment.people, self.now)
        self.follower: Follower | None = changed(before, account_language=language)
        self.programme = SimulatedProgramme(self, deployment.people, deployment.subscribed_kinds)
        self.grants = Counter(person.grants)
        self.mass_sends: Counter[str] = Counter()
        self.errors = iter(errors)
        self.trace: list[trace_events.TraceEvent] = []
        self.runs: dict[str, RunInterpreter] = {}
        self._live: dict[tuple[str, str], LiveRun] = {}
        self._waits: dict[str, OpenWait] = {}
        self._goal_windows: dict[str, GoalWindow] = {}
        self._reached: dict[str, datetime] = {}
        self._past: list[PastEvent] = []
        self._received: set[str] = set()
        self._told: deque[InboundEvent] = deque()
        self._lives = count(2)
        self._numbers = count(1)
        self._arrivals = count(1)
        self._due: list[tuple[datetime, int, datetime, int, _Due]] = []
        acts = (*(self._event(act, person.start) for act in person.acts), *events)
        for event in acts:
            self._plan(event)
        # Contacts need ids only where there are several.
        self._is_elsewhere = any(event.subject != person.before.subject for event in acts)
        if self._is_elsewhere:
            self.follower = changed(self.follower, contact_id=person.before.app_id)
        self._last_act = max((event.at for event in acts), default=self.now)
        self._days: dict[str, datetime | None] = {}
        self._scheduled: set[str] = set()
        self._look_at_calendar()

    # --- time ----------------------------------------------------------------------------------------

    def play(self, until: datetime | None = None) -> list[trace_events.TraceEvent]:
        """Let time pass until nothing is left to happen, or until then; returns what has happened."""
        while self.step(until):
            pass
        return self.trace

    def step(self, until: datetime | None = None) -> bool:
        """Let the next thing happen; False when nothing is left, or only what comes after `until`."""
        planned = self._due[0][2] if self._due else None
        day = self._next_beginning(planned)
        at = planned if day is None else day
        if at is None or (until is not None and at > until):
            return False
        if day is None:
            self._pop()
        else:
            self._begin_day(day)
        self._work_off()
        self._look_at_calendar()
        return True

    def _work_off(self) -> None:
        """Work on what was put into the inbox meanwhile."""
        while self._told:
            self._receive_once(self._told.popleft())

    def _receive_once(self, event: InboundEvent) -> None:
        if event.id not in self._received:
            self._received.add(event.id)
            self._receive(event)

    def _pop(self) -> None:
        _, _, at, _, due = heapq.heappop(self._due)
        # An event of this second, or a message that was tried for longer than until the next thing was due.
        self.now = max(self.now, at)
        if isinstance(due, InboundEvent):
            self._receive_once(due)
        elif isinstance(due, JourneyEntry):
            if self._days.get(due.name) == at:
                self._come(due, at)
        else:
            run_id, timer = due
            run = self.runs.get(run_id)
            if run is not None and run.timer == timer:
                self._waits.pop(run_id, None)
                self._go_on(run, woken=False)

    def _plan(self, event: InboundEvent) -> None:
        self._push(event.at, _EVENT, next(self._numbers), event)

    def _push(self, at: datetime, rank: int, number: int, due: _Due) -> None:
        heapq.heappush(self._due, (at.replace(microsecond=0), rank, at, number, due))

    def _event(self, act: ScriptedEvent, since: datetime, where: Subject | None = None) -> InboundEvent:
        """What an act is to its account, if it is done `act.after` since then, by the contact `where`."""
        if where is None:
            where = Subject(self.deployment.account_named(act.account).app_id, self.person.before.openid)
        at, number = since + act.after, f"{next(self._numbers):08}"
        if not act.body.type.is_numbered:
            number = f"{Position.at(at)} {act.body}"
        return own_event(act.body, number, where, at)

    # --- what days bring ---------------------------------------------------------------------------------

    def _next_beginning(self, planned: datetime | None) -> datetime | None:
        """The day that begins next and brings something; None: whatever is `planned` comes first.

        After all that is planned, a day counts only if something becomes the person's then, not for what they
        lose.
        """
        ahead, people = self.programme.ahead, self.deployment.people
        if self.follower is None or not (ahead.next or self.deployment.is_reviewed):
            return None
        programme, gains = people.programme, ahead.gains
        days = [ahead.next] if ahead.next is not None else []
        if self.deployment.is_reviewed:
            change = next_change(self.follower, people, self.now)
            days += [change] if change is not None else []
            if reviewed(self.follower, programme, self.now) is not self.follower:
                days.append(programme.start_of(programme.day_of(self.now) + timedelta(days=1)))
                gains = True
        if not days or (planned is None and not gains):
            return None
        day = max(self.now, min(days))
        return day if planned is None or day <= planned else None

    def _begin_day(self, day: datetime) -> None:
        """A day begins: the books are kept, then tier and segments are looked at."""
        self.now, people = day, self.deployment.people
        self._told.extend(self.programme.keep())
        self._work_off()
        person = self.follower
        if person is not None and self.deployment.is_reviewed:
            is_other = reviewed(person, people.programme, day) is not person
            if is_other or segments_of(person, people, day) != person.segments:
                self._told.append(look_again(where_following(person) or person, day))

    def posted(self, entry: Entry) -> None:
        """Record what is posted in the books of the person."""
        moved = entry.transaction
        if moved.asset == POINTS:
            run_id, _, step = moved.id.partition("#")
            run = self.runs.get(run_id)
            where = run.where(step) if run is not None else trace_events.Where(moved.effective_at)
            told = StatementLine(moved, entry.after.available).told(where)
            if told is not None:
                self.note(told)

    # --- the calendar ------------------------------------------------------------------------------------

    def _look_at_calendar(self) -> None:
        """Plan the next day of each journey that the calendar sets off: a date may have moved."""
        for entry in self.deployment.by_calendar:
            planned = self._days.get(entry.name)
            if planned is not None and planned <= self.now:
                continue
            at = self._next_day(entry)
            if at != planned:
                self._days[entry.name] = at
                if at is not None:
                    self._push(at, _LIMIT, next(self._numbers), entry)

    def _next_day(self, entry: JourneyEntry) -> datetime | None:
        """The next moment after now that its trigger means; None: the date is over or not known.

        A schedule and a yearly date have no end: after the first time they come only as long as the person
        acts.
        """
        if self.follower is None:
            return None
        follower = where_following(self.follower) or self.follower
        at = next_start(entry.trigger, follower, self.deployment.account, self.now)
        if at is None:
            return None
        enough = at > self._last_act and entry.name in self._scheduled
        return None if enough else at

    def _come(self, first: JourneyEntry, at: datetime) -> None:
        """A day comes, for all the journeys that mean it."""
        kind, name = first.trigger.event, first.trigger.name
        meant = tuple(
            entry
            for entry in self.deployment.by_calendar
            if (entry.trigger.event, entry.trigger.name) == (kind, name) and self._days.get(entry.name) == at
        )
        for entry in meant:
            self._days[entry.name] = None
            if kind == ScheduleCame.kind or entry.trigger.yearly:
                self._scheduled.add(entry.name)
        body = DateCame(name or "") if kind == DateCame.kind else ScheduleCame()
        person = self.follower or self.person.before
        subject = (where_following(person) or person).subject
        self._receive(own_event(body, f"{name}@{at.isoformat()}", subject, at), meant)

    # --- events ------------------------------------------------------------------------------------------

    def tell(self, body: EventBody, cause: str, where: Subject) -> None:
        """Put an event of our own into the inbox; it is worked on when the run next waits or ends."""
        self._told.append(own_event(body, cause, where, self.now))

    def note(self, event: trace_events.TraceEvent) -> None:
        """Record what happens. Raises EndlessLifeError."""
        if len(self.trace) >= MOST_EVENTS:
            raise EndlessLifeError(event.journey, self.now)
        self.trace.append(event)

    def history(self, run: RunInterpreter) -> History:
        """What conditions on events look at."""
        events = tuple(past.event for past in self._past)
        return History(events, self.now, run.start_position, run.step_positions, about=run.about)

    def came_before(self, wait: OpenWait, run: RunInterpreter) -> InboundEvent | None:
        """What came before a wait was registered, as a deployment finds it.

        A question takes what led to nothing else, any other wait what meant nothing to this run.
        """
        free = [
            number for number, past in enumerate(self._past) if past.is_free_for(wait, run.follower.subject)
        ]
        free.sort(key=lambda number: self._past[number].event.position)
        event = came_before(wait, (self._past[number].event for number in free))
        for number in free:
            past = self._past[number]
            if past.event is event:
                self._past[number] = replace(past, runs=past.runs | {run.id})
        return event

    def _receive(self, event: InboundEvent, entries: tuple[JourneyEntry, ...] | None = None) -> None:
        """Work on an event, which is meant for all journeys, or for those of `entries` only."""
        event = self._as_shown(event)
        event = replace(event, arrival=arrival_of(next(self._arrivals)))
        if self.follower is not None and is_told_again(self.follower, event):
            event = replace(event, told_again=True)
        account = self.deployment.account_of(event.subject.app_id)
        elsewhere = "" if account is self.deployment.account else account.name
        place, noted = len(self.trace), trace_events.EventReceived(trace_events.Where(event.at), event)
        noted = replace(noted, account=elsewhere)
        self.note(noted)
        if event.kind == UNFOLLOW:
            self.programme.unfollows(event.at)
            self._forget(event.subject)
            return
        before = self.person.before
        contact_id = account.app_id if self._is_elsewhere else ""
        contact = Contact(
            account.app_id, before.openid, contact_id=contact_id, account_language=account.language
        )
        stranger = Follower(**vars(contact), person_id=before.person_id, lots=before.lots)
        received = receive(
            event,
            self._state(contact),
            self.deployment.entries if entries is None else entries,
            account,
            stranger=stranger,
            others=self._other_accounts(),
            now=self.now,
            known=self.person.known if isinstance(event.body, Followed) else None,
            opened_journey=self._greeted(event),
            people_rules=self.deployment.people,
        )
        received = with_member_number(received, self.deployment.people.profile, drawn=0)
        if received.follower is not None:
            self.follower = received.follower
            started = {received.start.run.id} if received.start else set[str]()
            awaited = {woken.wait.run_id for woken in received.woken if not woken.again}
            self._past.append(PastEvent(event, frozenset(started | awaited), received.is_opt_out))
        self._told.extend(self.programme.earn(event))
        if nothing := self.programme.why_nothing(received):
            self.trace[place] = replace(noted, nothing=nothing)
        told = told_of(received.found, event)
        self._told.extend(one for one in told if one.kind in self.deployment.subscribed_kinds)
        self._apply(received)

    def _as_shown(self, event: InboundEvent) -> InboundEvent:
        """A tap says what the follower reads on the line: that of the newest menu message which has it."""
        if not isinstance(event.body, TextReceived) or event.body.menu_item is None:
            return event
        sent = (had.content for had in reversed(self.trace) if isinstance(had, trace_events.MessageSent))
        lines = (line for content in sent for line in content.get("items", ()))
        key = event.body.menu_item
        label = next((line["text"] for line in lines if line["id"] == key), event.body.text)
        return replace(event, body=replace(event.body, text=label))

    def _apply(self, received: Received) -> None:
        event = received.event
        for name, reason in received.refused.items():
            self.note(trace_events.JourneyRefused(trace_events.Where(event.at, name), reason, event.id))
        for ended in received.ended:
            self._end(self.runs[ended.run.run_id], ended.end, event.at)
        self._count_goals(received)
        # All waits are over before the first run goes on: both are effects of one event.
        for woken in received.woken:
            self._waits.pop(woken.wait.run_id, None)
        for woken in received.woken:
            self._wake(woken, event.at)
        if received.start is not None:
            run = RunInterpreter(self, received.start)
            self.runs[run.id] = run
            self._live[run.live.journey, run.live.key] = run.live
            run.begin(received.start)
            self._go_on(run)

    def _count_goals(self, received: Received) -> None:
        for window in (*received.reached_windows, *received.opened_windows):
            self._goal_windows[window.run_id] = window
            where = trace_events.Where(received.event.at, window.journey, window.run_id)
            if window.reached_at is None:
                self.note(trace_events.GoalWindowOpened(where, window.until, window.held_out))
            else:
                afterwards = self._reached.get(window.run_id) != received.event.at
                self.note(trace_events.GoalCounted(where, window.held_out, afterwards))

    def _wake(self, woken: Woken, at: datetime) -> None:
        run = self.runs.get(woken.wait.run_id)
        if run is None:
            return
        run.last_position, run.answers = woken.run.last_position, woken.run.answers
        run.acted_at, run.wait_end = woken.run.acted_at, woken.run.wait_end
        wait, where = woken.wait, run.where(woken.wait.step, max(at, woken.wait.asked_at))
        if woken.answer is not None:
            self.note(trace_events.Answered(where, wait.name, woken.answer))
        elif wait.date is not None and woken.again:
            self.note(trace_events.DateMoved(where, wait.date.date))
        elif wait.pattern is not None:
            self.note(trace_events.WaitEnded(where, trace_events.AwaitedEvent(wait.pattern)))
        self._go_on(run, woken=True)

    def _greeted(self, event: InboundEvent) -> str | None:
        """The journey that the callback would answer with at once, before anything is on record."""
        account = self.deployment.account_of(event.subject.app_id)
        names = {account.app_id: account.name}
        if event.source is Source.OWN or not may_open(event, self.deployment.entries, names):
            return None
        state, before = self._state(), self.person.before
        seen = state.follower.seen_through(event.subject) if state.follower is not None else None
        bare = Follower(before.app_id, before.openid, before.person_id, lots=before.lots)
        # WeChat tells the language with the union id.
        is_known = bool(self._past) or changed(before, language=None) != bare
        known = replace(state, follower=seen if is_known else None)
        stranger = Follower(event.subject.app_id, event.subject.openid, person_id="", lots=before.lots)
        entry = opens(event, known, seen or stranger, self.deployment.entries, names)
        return entry.name if entry is not None else None

    def _other_accounts(self) -> Mapping[str, AccountSettings]:
        """The accounts of all contacts of the person, by app id."""
        contacts = self.follower.contacts if self.follower is not None else ()
        return {contact.app_id: self.deployment.account_of(contact.app_id) for contact in contacts}

    def _state(self, contact: Contact | None = None) -> FollowerState:
        """What is on record of the person, seen through a contact, which joins them if it is new."""
        follower = self.follower
        if follower is not None and contact is not None:
            follower = follower.seen_through(contact.subject) or follower.joined_by(contact)
        return FollowerState(
            follower,
            tuple(self._live.values()),
            tuple(self._waits.values()),
            tuple(self._goal_windows.values()),
        )

    def _forget(self, where: Subject) -> None:
        """Who unfollows is deleted; if they come back, they are another person to us.

        Of somebody with several contacts, one is deleted with the runs that speak with it.
        """
        for run in list(self.runs.values()):
            if self.follower is None or not self.follower.others or run.follower.subject == where:
                self._end(run, Unfollowed())
        left = [one for one in self.follower.contacts if one.subject != where] if self.follower else []
        if self.follower is not None and left:
            first, *others = left
            self.follower = self.follower.changed(**vars(first), others=tuple(others))
            return
        self.follower = None
        for rows in (self._live, self._waits, self._goal_windows, self._past, self._told, self._scheduled):
            rows.clear()
        stranger = replace(self.person.before, person_id=f"{self.person.name}-{next(self._lives)}")
        self.person = replace(self.person, before=stranger)

    # --- runs ------------------------------------------------------------------------------------------

    def _go_on(self, run: RunInterpreter, *, woken: bool | None = None) -> None:
        suspension = run.go_on(woken=woken)
        if suspension is None:
            self._end(run, run.end)
            return
        run.timer = next(self._numbers)
        wait = suspension.wait
        if wait is not None:
            self._waits[run.id] = wait
            answer = self.person.answers.get(wait.name) if wait.question is not None else None
            if answer is not None:
                self._plan(self._event(answer, self.now, run.follower.subject))
        self._push(suspension.until, _PAUSE if wait is None else _LIMIT, run.timer, (run.id, run.timer))

    def _end(self, run: RunInterpreter, end: RunEnd, at: datetime | None = None) -> None:
        run.close()
        del self.runs[run.id]
        self._waits.pop(run.id, None)
        live = run.live
        if live.retain_after_end:
            self._live[live.journey, live.key] = replace(live, ended=True)
        else:
            del self._live[live.journey, live.key]
        where = run.where(run.stop, at)
        if isinstance(end, GoalReached):
            self._reached[run.id] = where.at
        self.note(trace_events.RunEnded(where, end, live.key))
