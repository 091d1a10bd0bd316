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
    StaleFollowerError,
)
from wejourney.events.event import InboundEvent
from wejourney.events.positions import Position
from wejourney.journeys.action_types import AskAction, AwaitAction, CloseAction, DateSpec, PauseAction
from wejourney.journeys.calendar import after_quiet, end_of_date_wait, next_time
from wejourney.journeys.receiving import begin_of_wait, came_before, resume
from wejourney.journeys.runs import (
    DateWait,
    FollowerState,
    OpenWait,
    Run,
    Wake,
    marked,
    whole_second,
)
from wejourney.messaging.account_settings import zone_of
from wejourney.messaging.sending import MessageStatus
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
        wait = replace(self._wait(action.step, run, token), name=action.name, question=action.question)
        if action.content is None:
            return self._listen(run, wait)
        order = Order(action.step, action.content, wait=wait, changes=changes)
        delivery = self.outbox.deliver(order, run)
        if delivery.message.status is MessageStatus.NOT_SENT:
            raise MessageNotSentError(action.step)
        if delivery.repeated:
            self._park_again(run, wait)
        return delivery.run

    def _wait(self, step: str, run: Run, token: str | None) -> OpenWait:
        if token is None:
            raise MalformedEventError(f"{step}: only a task that waits has a token to park")
        return OpenWait(run.id, step, self.ports.clock.now(), token, run.to_wait())

    def listen(self, action: AwaitAction, run: Run, token: str | None) -> Run:
        wait = self._wait(action.step, run, token)
        if action.date is not None:
            return self._await_date(run, wait, _limited(action.date, action.step, run))
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
            answer = wait.read(event)
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
        past = self.ports.records.events(run.follower, begin_of_wait(wait, run))
        return came_before(wait, run, (earlier.event for earlier in past if earlier.is_free_for(wait)))

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
        self.ports.runs.wake(Wake(wait.token, resume(wait, follower, position, answer)))

    def _await_date(self, run: Run, wait: OpenWait, date: DateWait) -> Run:
        """Wait for the date as it is known now that the wait is open: it may have moved before."""
        wait = replace(wait, date=date)
        try:
            run = self._write(self.ports.records.open_wait, run, wait)
        except AlreadyDoneError:
            # Raises it again when the date moves at this very moment: the engine then tries anew.
            run = self._write(self.ports.records.park_again, run, wait)
        now = self._dated(run, date, run.until)
        if now.until is None or now.date_wait != run.date_wait:
            try:
                self.ports.records.drop_wait(run.follower, wait)
            except AlreadyDoneError:
                return run
            self.ports.runs.wake(Wake(wait.token, now))
        return run

    def _dated(self, run: Run, wait: DateWait, awaited: datetime | None) -> Run:
        """The run with the end of its wait for a date, as things stand; see `end_of_date_wait`."""
        run = reload(self.ports.records, run)
        account = self.ports.accounts.get(run.follower.app_id).settings
        now = self.ports.clock.now()
        return run.awaiting(end_of_date_wait(wait, run.follower, account, now, awaited), now)

    def pause(self, action: PauseAction, run: Run) -> Run:
        if action.date is not None:
            came = Position.at(whole_second(self.ports.clock.now()))
            run = replace(run, step_positions={**run.step_positions, action.step: came})
            return self._dated(run, _limited(action.date, action.step, run), None)
        run = reload(self.ports.records, run)
        zone = zone_of(run.follower, self.ports.accounts.get(run.follower.app_id).settings)
        at = self.ports.clock.now() + timedelta(seconds=action.seconds)
        if action.time is not None:
            at = next_time(self.ports.clock.now(), zone, action.time, action.weekday)
        return replace(run, until=after_quiet(at, zone, action.quiet), reached=False)

    def close(self, action: CloseAction, run: Run) -> Run:
        """The limit of a wait is over; what was said while it was open satisfies no later one.

        Raises AnsweredError when what it waits for came first.
        """
        now = self.ports.clock.now()
        state = self.ports.records.read(run.follower.app_id, run.follower.openid)
        if action.date is None:
            run = replace(run, follower=require_live_run(run, state))
            wait = _open_wait(run, action.step, state)
            if wait is not None:
                run = _as_it_waited(run, wait)
            positions = self.ports.records.close_wait(run, action.step, now, asked=wait is not None)
            return replace(run, last_position=Position.at(now), step_positions=positions)
        # One that an event has just dropped, because the date has moved, is looked at below all the same.
        if (wait := _open_wait(run, action.step, state)) is not None:
            with suppress(AlreadyDoneError):
                self.ports.records.drop_wait(run.follower, wait)
        return self._dated(run, _limited(action.date, action.step, run), run.until)


def _open_wait(run: Run, step: str, state: FollowerState) -> OpenWait | None:
    return next((wait for wait in state.waits if (wait.run_id, wait.step) == (run.id, step)), None)


def _as_it_waited(run: Run, wait: OpenWait) -> Run:
    """The run with the steps that it had taken when it began to wait.

    A state machine goes on after a time limit with what it had given to the task that waited.
    """
    return replace(run, step_positions=resume(wait, run.follower).step_positions)


def _limited(date: DateSpec, step: str, run: Run) -> DateWait:
    """The wait for a date, with its limit: counted from when the run came to the step."""
    limit = run.step_positions[step].second + timedelta(seconds=date.within)
    return DateWait(date.date, date.offset, date.time, date.quiet, limit, date.yearly)
