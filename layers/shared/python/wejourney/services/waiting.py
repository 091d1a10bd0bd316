"""Waiting: for an answer, an event, a date or a time. The run's token is parked; what comes first wins, once.

The wait registers first and then looks for what came before it; an event is written first and then looks
for a wait (`wejourney.services.process_event`). Both change the follower's revision, so one of them always
sees the other.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wejourney.errors import (
    AlreadyDoneError,
    MalformedEventError,
    MessageNotSentError,
    NotYetError,
    QuietHoursError,
    StaleFollowerError,
)
from wejourney.events.event import InboundEvent
from wejourney.events.positions import Position
from wejourney.journeys.action_types import (
    AskAction,
    AwaitAction,
    CloseAction,
    DateSpec,
    PauseAction,
    QuietAction,
    UntilSpec,
)
from wejourney.journeys.calendar import (
    EarlierLook,
    after_quiet,
    answers_at_once,
    end_of_wait,
    next_time,
)
from wejourney.journeys.receiving import came_before, resume
from wejourney.journeys.runs import (
    DateWait,
    FollowerState,
    MomentWait,
    OpenWait,
    Run,
    UntilWait,
    Wake,
    marked,
    timestamp,
    whole_second,
)
from wejourney.messaging.account_settings import zone_of
from wejourney.messaging.sending import MessageStatus
from wejourney.people.bookings import BOOKING_TIME
from wejourney.people.followers import Follower
from wejourney.services.change_profile import HeldChange
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES, reload, require_live_run
from wejourney.services.outbox import Order, Outbox
from wejourney.services.ports.actions import ActionPorts


@dataclass(frozen=True)
class Waiting:
    ports: ActionPorts
    outbox: Outbox

    def ask(
        self, action: AskAction, run: Run, token: str | None, changes: tuple[HeldChange, ...] = ()
    ) -> Run:
        """Ask and park the token. What the run goes on with comes through the token.

        Raises MessageNotSentError when the question could not be asked.
        """
        run = marked(run, action.name, self.ports.clock.now())
        question = action.question
        if question.parse == "date":
            account = self.ports.accounts.get(run.follower.app_id).settings
            question = replace(question, time_zone=zone_of(run.follower, account).key)
        asked = run if action.content is None else run.having_said(self.ports.clock.now())
        wait = replace(self._wait(action.step, asked, token), name=action.name, question=question)
        if action.content is None:
            return self._listen(run, wait)
        order = Order(action.step, action.content, wait=wait, changes=changes, consent=action.consent)
        delivery = self.outbox.deliver(order, run)
        if delivery.message.status is MessageStatus.NOT_SENT:
            raise MessageNotSentError(action.step)
        if delivery.repeated:
            first_asked = run.having_said(delivery.message.at)
            self._park_again(run, replace(wait, run=first_asked.to_wait()))
        return delivery.run

    def _wait(self, step: str, run: Run, token: str | None) -> OpenWait:
        if token is None:
            raise MalformedEventError(f"{step}: only a task that waits has a token to park")
        return OpenWait(run.id, step, self.ports.clock.now(), token, run.to_wait())

    def listen(self, action: AwaitAction, run: Run, token: str | None) -> Run:
        wait = self._wait(action.step, run, token)
        if action.date is not None:
            date = _limited(action.date, action.step, run)
            return self._await_moment(run, replace(wait, date=date), date)
        if action.until is not None:
            until = _since(action.until, action.step, run)
            return self._await_moment(run, replace(wait, until=until), until)
        if action.quiet is not None:
            return self._await_moment(run, replace(wait, quiet=action.quiet), action.quiet)
        return self._listen(
            run, replace(wait, pattern=action.pattern, since_run_start=action.since_run_start)
        )

    def _listen(self, run: Run, wait: OpenWait) -> Run:
        try:
            run = self._write(self.ports.records.open_wait, run, wait)
        except AlreadyDoneError:
            if not self._park_again(run, wait):
                return run
        for _ in range(MAX_CONFLICT_RETRIES):
            event = self._came_before(run, wait)
            if event is None:
                return run
            answer = wait.read(event, run.follower)
            try:
                self.ports.records.answer_early(run.follower, wait, answer, event)
            except AlreadyDoneError:
                return run
            except StaleFollowerError:
                # Another run's question may have taken the message: the next one may still be free.
                continue
            self._wake(run, wait, answer, event.position)
            return run
        raise StaleFollowerError

    def _write(self, write: Callable[[Follower, OpenWait], None], run: Run, wait: OpenWait) -> Run:
        """Write an open wait, for a run that lives and a follower as they are now.

        Raises AlreadyDoneError, FollowerGoneError or RunEndedError.
        """
        for _ in range(MAX_CONFLICT_RETRIES):
            try:
                write(run.follower, wait)
            except StaleFollowerError:
                run = reload(self.ports.records, run)
            else:
                return replace(run, follower=run.follower.changed())
        raise StaleFollowerError

    def _came_before(self, run: Run, wait: OpenWait) -> InboundEvent | None:
        past = self.ports.records.events(run.follower, wait.begin)
        return came_before(
            wait, (earlier.event for earlier in past if earlier.is_free_for(wait, run.follower.subject))
        )

    def _park_again(self, run: Run, wait: OpenWait) -> bool:
        """An earlier attempt waits already: it is over, or (True) the new token waits on."""
        try:
            self._write(self.ports.records.park_again, run, wait)
        except AlreadyDoneError:
            ended = self.ports.records.answer(run.follower, run.id, wait.step)
            if ended is not None:
                self._wake(run, wait, *ended)
            return False
        return True

    def _wake(self, run: Run, wait: OpenWait, answer: str | None, position: Position) -> None:
        follower = reload(self.ports.records, run).follower
        at = position.second if wait.hears_acts else None
        if at is not None and run.acted_at is not None:
            # It came before the wait: what the run answers now may have come later.
            at = max(at, run.acted_at)
        self.ports.runs.wake(Wake(wait.token, resume(wait, follower, position, answer, at)))

    def _await_moment(self, run: Run, wait: OpenWait, moment: MomentWait) -> Run:
        """Wait for the moment as it is known now that the wait is open: it may have moved before."""
        earlier = EarlierLook(run.wait_end, run.follower)
        try:
            run = self._write(self.ports.records.open_wait, run, wait)
        except AlreadyDoneError:
            # Raises it again when the end moves at this very moment: the engine then tries anew.
            run = self._write(self.ports.records.park_again, run, wait)
        now = self._ending(run, moment, earlier)
        if now.until is None or now.wait_end != run.wait_end:
            try:
                self.ports.records.drop_wait(run.follower, wait)
            except AlreadyDoneError:
                return run
            self.ports.runs.wake(Wake(wait.token, now))
        return run

    def _ending(self, run: Run, wait: MomentWait, earlier: EarlierLook | None = None) -> Run:
        """The run with the end of its wait for a moment, as things stand; see `end_of_wait`."""
        run = reload(self.ports.records, run)
        account = self.ports.accounts.get(run.follower.app_id).settings
        now = self.ports.clock.now()
        end = end_of_wait(wait, run.follower, account, now, earlier)
        return replace(run.awaiting(end, now), acted_at=None)

    def pause(self, action: PauseAction, run: Run) -> Run:
        now = self.ports.clock.now()
        if action.date is not None:
            run = _came_to(action.step, run, whole_second(now))
            return self._ending(run, _limited(action.date, action.step, run))
        if action.time is not None and action.quiet is None:
            run = _came_to(action.step, run, now)
            until = UntilSpec(action.time, action.weekday)
            return self._ending(run, _since(until, action.step, run))
        # Of definitions from before QuietAction: a Wait state comes next.
        run = reload(self.ports.records, run)
        zone = zone_of(run.follower, self.ports.accounts.get(run.follower.app_id).settings)
        at = now + timedelta(seconds=action.seconds)
        if action.time is not None:
            at = next_time(now, zone, action.time, action.weekday)
        return replace(run, until=after_quiet(at, zone, action.quiet), reached=False)

    def keep_quiet(self, action: QuietAction, run: Run) -> Run:
        """Go on if the run may speak now: it is not quiet, or it answers the follower at once.

        Raises QuietHoursError.
        """
        now = self.ports.clock.now()
        if answers_at_once(run.acted_at, now):
            return run
        state = self.ports.records.read_again(run.follower)
        run = self._drop(_quiet_step(action.step), run, state)
        run = replace(run, follower=require_live_run(run, state))
        account = self.ports.accounts.get(run.follower.app_id).settings
        until = end_of_wait(action.quiet, run.follower, account, now).until
        if until is not None:
            raise QuietHoursError(timestamp(until))
        return run

    def close(self, action: CloseAction, run: Run) -> Run:
        """The limit of a wait is over; what was said while it was open satisfies no later one.

        Raises AnsweredError when what it waits for came first.
        """
        now = self.ports.clock.now()
        state = self.ports.records.read_again(run.follower)
        if action.date is not None:
            run, earlier = self._drop(action.step, run, state), EarlierLook(run.wait_end, run.follower)
            return self._ending(run, _limited(action.date, action.step, run), earlier)
        if action.until is not None:
            run = self._ending(self._drop(action.step, run, state), _since(action.until, action.step, run))
            if run.until is not None:
                raise NotYetError(timestamp(run.until))
            return run
        run = replace(run, follower=require_live_run(run, state), acted_at=None)
        wait = _open_wait(run, action.step, state)
        if wait is not None:
            run = _as_it_waited(run, wait)
        closed = self.ports.records.close_wait(run, action.step, now, asked=wait is not None)
        return replace(run.having_said(closed.at), step_positions=closed.step_positions)

    def _drop(self, step: str, run: Run, state: FollowerState) -> Run:
        """Close the wait of a moment, if it is open.

        One that an event has just dropped, because its end has moved, is looked at by the caller all the
        same.
        """
        if (wait := _open_wait(run, step, state)) is not None:
            with suppress(AlreadyDoneError):
                self.ports.records.drop_wait(run.follower, wait)
        return run


def _open_wait(run: Run, step: str, state: FollowerState) -> OpenWait | None:
    return next((wait for wait in state.waits if (wait.run_id, wait.step) == (run.id, step)), None)


def _as_it_waited(run: Run, wait: OpenWait) -> Run:
    """The run with the steps that it had taken when it began to wait.

    A state machine goes on after a time limit with what it had given to the task that waited.
    """
    return replace(run, step_positions=resume(wait, run.follower).step_positions)


def _quiet_step(step: str) -> str:
    """The step of the wait for the end of quiet hours before this one."""
    return f"{step}.quiet"


def _came_to(step: str, run: Run, at: datetime) -> Run:
    return replace(run, step_positions={**run.step_positions, step: Position.at(at)})


def _since(until: UntilSpec, step: str, run: Run) -> UntilWait:
    """The wait for a time of day, counted from when the run came to the step."""
    return UntilWait(until.time, until.weekday, run.step_positions[step].second)


def _limited(date: DateSpec, step: str, run: Run) -> DateWait:
    """The wait for a date, with its limit: counted from when the run came to the step."""
    since = run.step_positions[step].second
    limit = since + timedelta(seconds=date.within)
    booking = run.about.booking if date.date == BOOKING_TIME else ""
    return DateWait(date.date, date.offset, date.time, date.quiet, limit, date.yearly, since, booking)
