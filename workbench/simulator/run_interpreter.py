"""One run on its way through the steps of its journey; it is suspended wherever it has to wait."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, assert_never

from wejourney.errors import FollowerGoneError
from wejourney.events import event_types
from wejourney.events.event import InboundEvent
from wejourney.events.matching import About, EventPattern
from wejourney.events.positions import Position, StepPositions
from wejourney.journeys.action_types import (
    GIVEN,
    HAND_OVER_REQUESTED,
    STAFF_NOTIFIED,
    AwardAction,
    BusEvent,
)
from wejourney.journeys.answers import Question, with_answer
from wejourney.journeys.awards import award
from wejourney.journeys.calendar import EarlierLook, answers_at_once, end_of_wait
from wejourney.journeys.chance import buckets_of, draw, split_name
from wejourney.journeys.conditions import History, holds, looks_at_record, offers_in
from wejourney.journeys.definition import Condition, QuietHours
from wejourney.journeys.receiving import acted_at
from wejourney.journeys.runs import (
    OPENING_STEP,
    DateWait,
    MomentWait,
    OpenWait,
    Run,
    RunStart,
    UntilWait,
    WaitEnd,
    step_position,
)
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.benefits.secret_codes import shown
from wejourney.loyalty.books import earn
from wejourney.messaging.account_settings import zone_of
from wejourney.messaging.contents import LocalizedText
from wejourney.messaging.merge_fields import OTHER, Merge, noted, published
from wejourney.messaging.sending import Message, only_reading
from wejourney.people.bookings import BOOKING_TIME
from wejourney.people.consents import ConsentRecord, consent_event, said_in_chat
from wejourney.people.followers import (
    Follower,
    StepChange,
    moves_waits,
    news_of,
    profile_changes,
    tags_with_room,
)
from wejourney.plain_data import changed
from wejourney.reasons import Finished, GoalReached, RunEnd, Stopped
from workbench.language import step_types
from workbench.language.source import RETRY
from workbench.language.traversal import otherwise_of
from workbench.simulator.deployment import simulated_code
from workbench.simulator.sending import say
from workbench.trace import trace_events

if TYPE_CHECKING:
    from workbench.simulator.simulator import Simulator

type StepRoutine = Generator["Suspension", bool]
"""A part of a run's way. It yields where it waits, and is sent whether something woke it before the time."""


@dataclass(frozen=True)
class Suspension:
    """A run waits until then, or until what its `wait` is for."""

    until: datetime
    wait: OpenWait | None = None


class _StoppedError(Exception):
    def __init__(self, end: GoalReached | Stopped) -> None:
        self.end = end


class RunInterpreter:
    """A run on its way. `timer` tells its present wait from earlier ones, `wait_end` is that of a moment.

    `end` is how it ended by itself, `stop` the step that ended it.
    """

    def __init__(self, simulator: "Simulator", start: RunStart) -> None:
        self.simulator, self.deployment = simulator, simulator.deployment
        self.journey = self.deployment.journeys[start.run.journey]
        self._began, self.live = start.run, start.live
        self.id = start.run.id
        self._note = simulator.note
        self.last_position, self.answers = start.run.last_position, start.run.answers
        self.coupons: Mapping[str, str] = {}
        self.step_positions = start.run.step_positions
        self.start_position = start.run.start_position
        self.resumed_at = start.run.resumed_at
        self.acted_at = start.run.acted_at
        self.wait_end = WaitEnd(None)
        self.timer = 0
        self.end: RunEnd = Finished()
        self.stop = ""
        self._routine = self._whole()

    # --- from wait to wait -----------------------------------------------------------------------------

    def begin(self, start: RunStart) -> None:
        """Record that the run begins, and what the callback has said."""
        where = self.where(at=start.live.started_at)
        self._note(trace_events.RunStarted(where, start.run.key, start.run.version, self.journey.speaks_to))
        if start.opening is not None:
            self.sent(start.opening)

    def go_on(self, *, woken: bool | None) -> Suspension | None:
        """Go on to the next wait; None when the run has ended. `woken` is None at the very beginning."""
        try:
            return next(self._routine) if woken is None else self._routine.send(woken)
        except StopIteration:
            return None

    def close(self) -> None:
        """Go no further."""
        self._routine.close()

    def _whole(self) -> StepRoutine:
        try:
            yield from self.keep_quiet()
            if self._began.unsaid is not None:
                yield from say(self, OPENING_STEP, (self._began.unsaid,))
            yield from self._steps(self.journey.steps, "")
        except _StoppedError as stop:
            self.end = stop.end

    def _steps(self, steps: Sequence[step_types.Step], prefix: str) -> StepRoutine:
        for number, step in enumerate(step_types.taken(tuple(steps)), start=1):
            yield from self._step(step, f"{prefix}{number}")

    def _step(self, step: step_types.RunStep, path: str) -> StepRoutine:
        match step:
            case step_types.Send():
                yield from self._send(step, path)
            case step_types.Ask():
                yield from self._ask(step, path)
            case step_types.Notify():
                self._publish(STAFF_NOTIFIED, {"staff": step.staff, "text": step.text}, path)
            case step_types.HandOver():
                self._publish(HAND_OVER_REQUESTED, {"staff": step.staff}, path)
                self.has_said()
                closed = step_types.WaitEvent(step_types.CHAT_IS_CLOSED, step.within)
                yield from self._wait_event(closed, path)
            case step_types.Wait():
                yield from self._pause(self.now + timedelta(seconds=step.seconds), path)
            case step_types.WaitUntil():
                yield from self._until(step, path)
            case step_types.WaitDate():
                yield from self._wait_date(step, path)
            case step_types.WaitEvent():
                yield from self._wait_event(step, path)
            case step_types.Branch():
                yield from self._branch(step, path)
            case step_types.Split():
                yield from self._split(step, path)
            case step_types.Tag():
                self._tag(path, add=step.tags)
            case step_types.Untag():
                self._tag(path, remove=step.tags)
            case step_types.Set():
                self._set(step, path)
            case step_types.Agree() | step_types.Withdraw():
                self._consent(step, path)
            case step_types.Award():
                self._award(step, path)
            case step_types.Give():
                self._give(step, path)
            case step_types.StartJourney():
                self._call("journey", event_types.JourneyCalled, step.journey, path)
            case step_types.EndJourney():
                self._call("end", event_types.EndCalled, step.journey, path)
            case step_types.Stop():
                self.stop = path
                raise _StoppedError(GoalReached() if step.goal else Stopped(step.reason, step.texts))
            case _:
                assert_never(step)

    # --- talking -----------------------------------------------------------------------------------------

    def _send(self, step: step_types.Send, path: str) -> StepRoutine:
        sent = yield from say(self, path, (step.content, *step.instead), step.purpose, step.consent)
        if sent or step.not_sent is None:
            self.step_positions = self._positions(step.name)
        else:
            yield from self._steps(step.not_sent, f"{path}.not_sent.")

    def _ask(self, step: step_types.Ask, path: str) -> StepRoutine:
        positions = self._positions(step.name)
        if step.content is None or (yield from say(self, path, (step.content,), consent=step.consent)):
            # A refused question has no position: nobody can have done something since.
            self.step_positions = positions
            question = self.deployment.question(step, self.journey)
            if question.parse == "date":
                question = replace(question, time_zone=zone_of(self.follower, self.deployment.account).key)
            wait = self._wait(path, name=step.name, question=question)
            if step.content is None and self._answered_before(wait):
                yield from self._retry(step, path)
                return
            until, awaited = self.now + timedelta(seconds=step.within), trace_events.AwaitedAnswer(step.name)
            self._note(trace_events.WaitStarted(self.where(path), until, awaited))
            if (yield Suspension(until, wait)):
                yield from self._retry(step, path)
                return
            self._note(trace_events.TimedOut(self.where(path), awaited))
        elif step.not_sent is not None:
            yield from self._steps(step.not_sent, f"{path}.not_sent.")
            return
        yield from self._given_up()
        yield from self._steps(step.unanswered, f"{path}.unanswered.")

    def _retry(self, step: step_types.Ask, path: str) -> StepRoutine:
        if step.retries and self.answers[step.name] == OTHER:
            yield from self._steps((step.asked_again,), f"{path}.{RETRY[0]}.")

    def _answered_before(self, wait: OpenWait) -> bool:
        event = self.simulator.came_before(wait, self)
        if event is None:
            return False
        answer = wait.read(event, self.follower) or OTHER
        self._heard(event)
        self.answers = with_answer(self.answers, wait.name, answer)
        self._note(trace_events.Answered(self.where(wait.step), wait.name, answer))
        return True

    def _positions(self, name: str | None) -> StepPositions:
        """The positions with a step of this name taken now."""
        positions = self.step_positions
        return positions if name is None else {**positions, name: step_position(self.last_position, self.now)}

    # --- waiting -----------------------------------------------------------------------------------------

    def _pause(self, at: datetime, path: str) -> StepRoutine:
        self._note(trace_events.WaitStarted(self.where(path), at))
        yield Suspension(at)
        yield from self._go_on_alone()

    def _until(self, step: step_types.WaitUntil, path: str) -> StepRoutine:
        wait = UntilWait(step.time, step.weekday, Position.at(self.now).second)
        yield from self._wait_for(wait, path, lambda until: trace_events.WaitStarted(self.where(path), until))
        yield from self._go_on_alone()

    def _wait_for(
        self, wait: MomentWait, path: str, told: Callable[[datetime], trace_events.TraceEvent]
    ) -> Generator[Suspension, bool, WaitEnd]:
        """Wait for a moment, however often it moves."""
        end = self._end_of(wait)
        while end.until is not None:
            self.wait_end = end
            self._note(told(end.until))
            moved = yield Suspension(end.until, self._wait(path, moment=wait))
            self.resumed_at = self.now
            if moved and isinstance(wait, DateWait):
                end = self.wait_end
            else:
                # A message may have been tried for longer than until the event came: what counts is now.
                end = self._end_of(wait, EarlierLook(end, self.follower))
        return end

    def _go_on_alone(self) -> StepRoutine:
        """Go on now without an act of the follower."""
        self.resumed_at, self.acted_at = self.now, None
        yield from self.keep_quiet()

    def keep_quiet(self) -> StepRoutine:
        """Go on when the run may speak: after quiet hours, or at once if it answers the follower."""
        if self.journey.quiet is not None and not answers_at_once(self.acted_at, self.now):
            pause = trace_events.QuietPause
            yield from self._wait_for(self.journey.quiet, "quiet", lambda until: pause(self.where(), until))

    def has_said(self) -> None:
        """The run has said something, or waited, until now."""
        self.last_position = max(self.last_position, Position.at(self.now))

    def _heard(self, event: InboundEvent) -> None:
        """Something had come before it was waited for."""
        self.last_position = max(self.last_position, event.position)
        at = acted_at(event, event.at)
        self.acted_at = at if at is None or self.acted_at is None else max(at, self.acted_at)

    def _given_up(self) -> StepRoutine:
        """A time limit is over: what came while it ran counts for nothing later; quiet hours are kept."""
        self.has_said()
        self.acted_at = None
        yield from self.keep_quiet()

    def _wait_event(self, step: step_types.WaitEvent, path: str) -> StepRoutine:
        wait = self._wait(path, pattern=step.pattern, since_run_start=step.since == "entry")
        event = self.simulator.came_before(wait, self)
        awaited = trace_events.AwaitedEvent(step.pattern)
        if event is not None:
            self._heard(event)
            self._note(trace_events.WaitEnded(self.where(path), awaited))
        else:
            until = self.now + timedelta(seconds=step.within)
            self._note(trace_events.WaitStarted(self.where(path), until, awaited))
            if not (yield Suspension(until, wait)):
                self._note(trace_events.TimedOut(self.where(path), awaited))
                yield from self._given_up()
                yield from self._steps(step.otherwise, f"{path}.otherwise.")
        if not step.pattern.is_act:
            yield from self.keep_quiet()

    def _wait_date(self, step: step_types.WaitDate, path: str) -> StepRoutine:
        limit = self.now + timedelta(seconds=step.within)
        since = Position.at(self.now).second
        booking = self.about.booking if step.date == BOOKING_TIME else ""
        quiet, yearly = self.journey.quiet, step.yearly
        date = DateWait(step.date, step.offset, step.time, quiet, limit, yearly, since, booking)
        awaited = trace_events.AwaitedDate(step.date)
        end = yield from self._wait_for(
            date, path, lambda until: trace_events.WaitStarted(self.where(path), until, awaited)
        )
        self.resumed_at, self.acted_at = self.now, None
        where = self.where(path)
        self._note(trace_events.date_wait_ended(where, step.date, reached=end.reached, passed=end.passed))
        if end.passed and step.passed is not None:
            yield from self._steps(step.passed, f"{path}.passed.")
        elif end.passed or not end.reached:
            yield from self._steps(step.otherwise, f"{path}.otherwise.")

    def _end_of(self, wait: MomentWait, earlier: EarlierLook | None = None) -> WaitEnd:
        return end_of_wait(wait, self.follower, self.deployment.account, self.now, earlier)

    def _wait(
        self,
        path: str,
        *,
        name: str = "",
        question: Question | None = None,
        pattern: EventPattern | None = None,
        moment: MomentWait | None = None,
        since_run_start: bool = False,
    ) -> OpenWait:
        return OpenWait(
            self.id,
            path,
            self.now,
            path,
            self.data.to_wait(),
            name,
            question,
            pattern,
            moment if isinstance(moment, DateWait) else None,
            since_run_start,
            moment if isinstance(moment, UntilWait) else None,
            moment if isinstance(moment, QuietHours) else None,
        )

    # --- choosing ----------------------------------------------------------------------------------------

    def _branch(self, step: step_types.Branch, path: str) -> StepRoutine:
        for number, case in enumerate(step.cases, start=1):
            if self._holds(case.when):
                way: Literal["case", "until"] = "until" if isinstance(step, step_types.Round) else "case"
                self._note(trace_events.BranchTaken(self.where(path), way, number, when=case.when))
                yield from self._steps(case.steps, f"{path}.case{number}.")
                return
        if isinstance(step, step_types.Round):
            self._note(trace_events.BranchTaken(self.where(path), "round", step.round))
        else:
            self._note(trace_events.BranchTaken(self.where(path), "otherwise"))
        yield from self._steps(step.otherwise, f"{otherwise_of(step, path)}.")

    def _holds(self, condition: Condition) -> bool:
        needs_record = looks_at_record(condition)
        history = self.simulator.history(self) if needs_record else History(about=self.about)
        if needs_record and (names := set(offers_in(condition))):
            history = replace(history, offers=self.simulator.programme.offered(names))
        return holds(condition, self.follower, self.answers, history)

    def _split(self, step: step_types.Split, path: str) -> StepRoutine:
        lot = draw(self.follower.drawn_by, split_name(self.journey.name, step.name))
        lots_of_shares = buckets_of(share.percent for share in step.shares)
        for number, (share, lots) in enumerate(zip(step.shares, lots_of_shares, strict=True), start=1):
            if lot in lots:
                self._note(trace_events.BranchTaken(self.where(path), "share", number, percent=share.percent))
                yield from self._steps(share.steps, f"{path}.share{number}.")
                return

    # --- changing ----------------------------------------------------------------------------------------

    def _tag(self, path: str, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
        before = self.follower.tags
        new, rejected = tags_with_room(self.follower, add)
        self.follower = self.follower.tagged(new, remove)
        added, removed = (tag for tag in add if tag in new), (tag for tag in remove if tag in before)
        self._note(trace_events.TagsChanged(self.where(path), tuple(added), tuple(removed)))
        if rejected:
            self._note(trace_events.ProfileChanged(self.where(path), {}, {"tag": ", ".join(rejected)}))
        for tag in sorted(self.follower.tags - before):
            self._tell(event_types.TagAdded(tag, self.journey.name), f"{path}#{tag}")
        if before - self.follower.tags:
            self._tell(event_types.ProfileChanged({}, self.journey.name), path)

    def _set(self, step: step_types.Set, path: str) -> None:
        values, rejected = noted(
            step.values,
            Merge(self.follower, self.answers, booking=self.about.booking),
            self.simulator.deployment.people.profile.expected,
        )
        values = news_of(self.follower, values)
        changed = self.follower.changed(**profile_changes(self.follower, values, self.simulator.now))
        self._note(trace_events.ProfileChanged(self.where(path), values, rejected))
        if not values:
            return
        self.follower = changed
        self._tell(event_types.ProfileChanged(values, self.journey.name), path, always=moves_waits(values))

    def _consent(self, step: step_types.Agree | step_types.Withdraw, path: str) -> None:
        consent = said_in_chat(
            self.follower.subject,
            given=isinstance(step, step_types.Agree),
            version=step.version if isinstance(step, step_types.Agree) else "",
            heard_at=self.last_position.second,
            now=self.now,
        )
        cause = f"{self.id}#{path}"
        event = consent_event(
            step.purpose, consent, self.journey.name, cause, self.follower.subject, self.now
        )
        change = StepChange(path, self.now, consent_record=ConsentRecord(step.purpose, consent, event.id))
        self.follower = self.deployment.people.profile.lawful(self.follower.after(change))
        self._note(trace_events.ConsentChanged(self.where(path), step.purpose, given=consent.given))
        self._tell(event.body, path, always=step.purpose == self.deployment.people.profile.membership)

    def _give(self, step: step_types.Give, path: str) -> None:
        """One life never comes to the end of the stock of a coupon."""
        if step.terms is None:
            self._publish(GIVEN[step.what], {step.what: step.name}, path)
            return
        self.coupons = {**self.coupons, step.name: shown(simulated_code(f"{self.id}#{path}"))}
        self.follower = self.follower.changed()
        self._note(trace_events.CouponIssued(self.where(path), step.name))

    def _award(self, step: step_types.Award, path: str) -> None:
        rules, at = self.deployment.people, self.now
        day, may_spend = rules.programme.day_of(at), rules.profile.may_spend(self.follower)
        lot = rules.programme.lot_for(POINTS, day, may_spend=may_spend)
        asked = award(AwardAction(path, step.points, step.reason), self._began, at, rules.programme)
        bookkeeping = self.simulator.programme.bookkeeping
        posted = bookkeeping.post(
            self.follower.person_id, asked, lambda books: earn(books, step.points, lot), is_told=True
        )
        if posted is not None and posted.balance != posted.balance_before:
            changed = event_types.PointsChanged(posted.balance, posted.balance_before, self.journey.name)
            self._tell(changed, path)

    def _call(
        self,
        operation: Literal["journey", "end"],
        body: type[event_types.JourneyCalled | event_types.EndCalled],
        journey: str,
        path: str,
    ) -> None:
        self._note(trace_events.JourneyCalled(self.where(path), operation, journey))
        self._tell(body(journey, self.journey.name, **self.live.about.fields), path, always=True)

    def _tell(self, body: event_types.EventBody, cause: str, *, always: bool = False) -> None:
        """Tell the inbox what somebody listens to; `always` also where nobody does."""
        if always or body.kind in self.deployment.subscribed_kinds:
            self.simulator.tell(body, f"{self.id}#{cause}", self.follower.subject)

    # --- the run, and the record of it -------------------------------------------------------------------

    @property
    def data(self) -> Run:
        """The data that travels with the run, as it is now."""
        return changed(
            self._began,
            last_position=self.last_position,
            follower=self.follower,
            answers=self.answers,
            coupons=self.coupons,
            unsaid=None,
            step_positions=self.step_positions,
            acted_at=self.acted_at,
            resumed_at=self.resumed_at,
            **vars(self.wait_end),
        )

    @property
    def about(self) -> About:
        """What the run is about, and the chat that it hears."""
        return self._began.about

    @property
    def now(self) -> datetime:
        """The virtual time."""
        return self.simulator.now

    @property
    def follower(self) -> Follower:
        """The follower as they are now. Raises FollowerGoneError: who unfollows has no runs."""
        if self.simulator.follower is None:
            raise FollowerGoneError
        return self.simulator.follower.as_contact(self.live.contact_id)

    @follower.setter
    def follower(self, follower: Follower) -> None:
        self.simulator.follower = follower

    def sent(self, message: Message, *, more: bool = False) -> None:
        """Record a message, sent or not; with `more` another one is tried in its place."""
        where, said = self.where(message.step), (message.channel, message.content)
        if message.reason:
            self._note(trace_events.MessageNotSent(where, *said, message.reason, retried=more))
        else:
            act, until, left, reading = message.act, message.until, message.left, only_reading(message.taken)
            self._note(trace_events.MessageSent(where, *said, act, until, left, reading))

    def _publish(self, event: BusEvent, texts: Mapping[str, str | LocalizedText], path: str) -> None:
        account, booking = self.deployment.account, self.about.booking
        told = published(texts, self.follower, account, self.answers, booking)
        self._note(trace_events.Published(self.where(path), event, told))

    def where(self, step: str = "", at: datetime | None = None) -> trace_events.Where:
        """Now, or at the moment of an event, at a step of this run."""
        return trace_events.Where(at or self.simulator.now, self.journey.name, self.id, step)
