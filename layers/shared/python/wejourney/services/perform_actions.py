"""Do what one state of a journey is there for: its messages, tags and points, in order, each once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wejourney.domain.actions import (
    Action,
    AskAction,
    AwardAction,
    CloseAction,
    SendAction,
    TagAction,
    action_from_dict,
)
from wejourney.domain.errors import (
    AlreadyDoneError,
    MalformedEventError,
    StaleFollowerError,
)
from wejourney.domain.events import position_at
from wejourney.domain.ledger import award
from wejourney.domain.runs import OPENING_STEP, Run
from wejourney.services.asking import Asking
from wejourney.services.following import still
from wejourney.services.outbox import Outbox
from wejourney.services.ports import Clock, FollowerRecords, Ledger


@dataclass(frozen=True)
class Task:
    """What a state hands to its task.

    `token` is the task's token when the state waits for an answer.
    """

    run: Run
    actions: tuple[Action, ...]
    token: str | None = None

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Task":
        """Read a state's payload. Raises MalformedEventError."""
        try:
            return cls(
                run=Run.from_dict(payload["run"]),
                actions=tuple(action_from_dict(action) for action in payload["actions"]),
                token=payload.get("token"),
            )
        except (KeyError, TypeError, ValueError) as exc:
            raise MalformedEventError(f"not a task of a journey: {exc!r}") from exc


_DECISIONS = 5
"""How often a change is decided anew because the follower changed meanwhile."""


@dataclass(frozen=True)
class PerformActions:
    """The work of a task, with its ports."""

    records: FollowerRecords
    ledger: Ledger
    outbox: Outbox
    asking: Asking
    clock: Clock

    def __call__(self, task: Task) -> Run:
        """Perform the actions and return the run as it goes on.

        Raises what the state machine retries or catches: WeChatBusyError, DailyQuotaSpentError,
        StaleFollowerError, MessageNotSentError, AnsweredError, FollowerGoneError.
        """
        run = self._opened(task.run)
        if not task.actions:
            return self._seen(run)
        for action in task.actions:
            run = self._perform(action, run, task)
        return run

    def _perform(self, action: Action, run: Run, task: Task) -> Run:
        match action:
            case SendAction():
                return self.outbox.send(action, run)
            case AskAction():
                return self.asking.ask(action, run, task.token)
            case TagAction():
                return self._tag(action, run)
            case AwardAction():
                self._award(action, run)
                return run
            case CloseAction():
                return self._closed(run, action.step)

    def _opened(self, run: Run) -> Run:
        """Say the opening first, where the callback could not: an allowance may still be open for it."""
        if run.unsaid is None:
            return run
        return self.outbox.send(SendAction(OPENING_STEP, run.unsaid), replace(run, unsaid=None))

    def _closed(self, run: Run, step: str) -> Run:
        """The limit of a question is over; what was said while it was open answers no later one."""
        now = self.clock.now()
        self.records.close_wait(run, step, now)
        return self._seen(replace(run, heard=position_at(now)))

    def _seen(self, run: Run) -> Run:
        """The run with its follower as the row has it: time has passed."""
        current = self.records.load(run.follower.app_id, run.follower.openid)
        return replace(run, follower=still(run.follower, current))

    def _tag(self, action: TagAction, run: Run) -> Run:
        before = run.follower
        for _ in range(_DECISIONS):
            after = before.tagged(action.add, action.remove)
            try:
                self.records.retag(before, after, run.id, action.step, self.clock.now())
            except AlreadyDoneError:
                return self._seen(run)
            except StaleFollowerError as stale:
                before = still(before, stale.current)
            else:
                return replace(run, follower=after)
        raise StaleFollowerError(before)

    def _award(self, action: AwardAction, run: Run) -> None:
        key = f"{run.id}#{action.step}"
        person = run.follower.person_id
        self.ledger.post(award(key, person, action.points, action.reason, self.clock.now()))
