"""Asking: the question goes out, the run's token is parked, and whatever comes first wins, once.

The wait registers first and then looks for an answer that came before it; an event is written first
and then looks for a wait (`wejourney.services.process_event`). Both change the follower's revision, so
one of them always sees the other.
"""

from dataclasses import dataclass

from wejourney.domain.actions import AskAction
from wejourney.domain.errors import (
    AlreadyDoneError,
    MalformedEventError,
    MessageNotSentError,
)
from wejourney.domain.followers import OpenWait
from wejourney.domain.inbox import resume
from wejourney.domain.routing import read_answer
from wejourney.domain.runs import MessageStatus, Run, Wake
from wejourney.services.following import still
from wejourney.services.outbox import Order, Outbox
from wejourney.services.ports import Clock, FollowerRecords, Runs


@dataclass(frozen=True)
class Asking:
    """The asking of questions, with its ports."""

    records: FollowerRecords
    outbox: Outbox
    runs: Runs
    clock: Clock

    def ask(self, action: AskAction, run: Run, token: str | None) -> Run:
        """Ask and park the token. What the run goes on with comes through the token.

        Raises MessageNotSentError when the question could not be asked.
        """
        if token is None:
            raise MalformedEventError(f"{action.step}: a question needs a task that waits")
        wait = OpenWait(
            run_id=run.id,
            step=action.step,
            name=action.name,
            asked_at=self.clock.now(),
            token=token,
            run=run.to_dict(),
            choices=action.choices,
        )
        if action.content is None:
            return self._listen(run, wait)
        delivery = self.outbox.deliver(Order(action.step, action.content, wait=wait), run)
        if delivery.message.status is MessageStatus.NOT_SENT:
            raise MessageNotSentError(action.step, delivery.message.reason or "")
        if delivery.repeated:
            self._park_again(run, wait)
        return delivery.run

    def _listen(self, run: Run, wait: OpenWait) -> Run:
        """Wait for the answer to what was said before; it may have come already."""
        try:
            self.records.open_wait(run.follower, wait)
        except AlreadyDoneError:
            if not self._park_again(run, wait):
                return run
        event = self.records.first_message_after(run.follower, run.heard)
        if event is None:
            return run
        answer = read_answer(wait.choices, event)
        try:
            self.records.answer_early(run.follower, wait, answer, event)
        except AlreadyDoneError:
            return run
        self._wake(run, wait, answer, event.position)
        return run

    def _park_again(self, run: Run, wait: OpenWait) -> bool:
        """An earlier attempt asked already: the answer is here, or (True) the new token waits for it."""
        try:
            self.records.park_again(run.follower, wait)
        except AlreadyDoneError:
            answered = self.records.answer(run.follower, run.id, wait.step)
            if answered is not None:
                self._wake(run, wait, *answered)
            return False
        return True

    def _wake(self, run: Run, wait: OpenWait, answer: str, heard: str) -> None:
        follower = still(run.follower, self.records.load(run.follower.app_id, run.follower.openid))
        self.runs.wake(Wake(wait.token, resume(wait, answer, heard, follower)))
