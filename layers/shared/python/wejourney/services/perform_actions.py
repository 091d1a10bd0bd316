"""Do what one state of a journey is there for: its actions, in order, each once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from wejourney.errors import MalformedEventError
from wejourney.journeys import action_types
from wejourney.journeys.runs import OPENING_STEP, Run
from wejourney.services.change_profile import Profiles
from wejourney.services.evaluate_conditions import EvaluateConditions
from wejourney.services.outbox import Outbox
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.environment import Bus, Clock, Meter, Runs
from wejourney.services.ports.followers import FollowerRecords
from wejourney.services.ports.inbox import Announcements
from wejourney.services.ports.ledger import Ledger
from wejourney.services.ports.wechat import Channel
from wejourney.services.publish_events import EventPublisher
from wejourney.services.waiting import Waiting


@dataclass(frozen=True)
class Task:
    """What a state hands to its task.

    `token` is the task's token when the state waits for its follower.
    """

    run: Run
    actions: tuple[action_types.Action, ...]
    token: str | None = None

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Task":
        """Read a state's payload. Raises MalformedEventError."""
        try:
            return cls(
                run=Run.from_dict(payload["run"]),
                actions=tuple(action_types.action_from_dict(action) for action in payload["actions"]),
                token=payload.get("token"),
            )
        except (KeyError, TypeError, ValueError) as exc:
            raise MalformedEventError(f"not a task of a journey: {type(exc).__name__}") from None


@dataclass(frozen=True)
class PerformActions:
    """The work of a task, by subject."""

    outbox: Outbox
    waiting: Waiting
    profiles: Profiles
    telling: EventPublisher
    looking: EvaluateConditions

    def __call__(self, task: Task) -> Run:
        """Perform the actions and return the run as it goes on.

        Raises what the state machine retries or catches: WeChatBusyError, DailyQuotaSpentError,
        AccountPausedError, StaleFollowerError, MessageNotSentError, AnsweredError, FollowerGoneError,
        RunEndedError.
        """
        run = self._opened(task.run)
        if not task.actions:
            return self.looking.again(run)
        for action in task.actions:
            run = self._perform(action, run, task.token)
        return run

    def _perform(self, action: action_types.Action, run: Run, token: str | None) -> Run:
        match action:
            case action_types.SendAction():
                after = self.outbox.send(action, run)
            case action_types.AskAction():
                after = self.waiting.ask(action, run, token)
            case action_types.AwaitAction():
                after = self.waiting.listen(action, run, token)
            case action_types.CloseAction():
                after = self.waiting.close(action, run)
            case action_types.PauseAction():
                after = self.waiting.pause(action, run)
            case action_types.CheckAction():
                after = self.looking.check(action, run)
            case (
                action_types.TagAction()
                | action_types.SetAction()
                | action_types.AwardAction()
                | action_types.TellAction()
                | action_types.CallAction()
            ):
                after = self._change(action, run)
            case _:
                assert_never(action)
        return after

    def _change(
        self,
        action: action_types.TagAction
        | action_types.SetAction
        | action_types.AwardAction
        | action_types.TellAction
        | action_types.CallAction,
        run: Run,
    ) -> Run:
        match action:
            case action_types.TagAction():
                return self.profiles.tag(action, run)
            case action_types.SetAction():
                return self.profiles.note(action, run)
            case action_types.AwardAction():
                return self.profiles.award(action, run)
            case action_types.TellAction():
                return self.telling.publish(action, run)
            case action_types.CallAction():
                return self.telling.call(action, run)
            case _:
                assert_never(action)

    def _opened(self, run: Run) -> Run:
        """Say the opening first, where the callback could not: an allowance may still be open for it."""
        if run.unsaid is None:
            return run
        return self.outbox.send(action_types.SendAction(OPENING_STEP, run.unsaid), replace(run, unsaid=None))


@dataclass(frozen=True)
class ActionPorts:
    """What the actions of a journey need of the world; `channels` are the ways to a follower, by name."""

    accounts: Accounts
    records: FollowerRecords
    ledger: Ledger
    channels: Mapping[str, Channel]
    runs: Runs
    bus: Bus
    announcements: Announcements
    clock: Clock
    meter: Meter


def make_perform_actions(ports: ActionPorts, subscribed_kinds: frozenset[str]) -> PerformActions:
    """The use case on these ports; `subscribed_kinds` as in `Profiles`."""
    accounts, records, clock = ports.accounts, ports.records, ports.clock
    outbox = Outbox(accounts, records, ports.channels, clock, ports.meter)
    return PerformActions(
        outbox,
        Waiting(records, accounts, outbox, ports.runs, clock),
        Profiles(records, ports.ledger, ports.announcements, subscribed_kinds, clock),
        EventPublisher(records, accounts, ports.bus, ports.announcements, clock),
        EvaluateConditions(records, clock),
    )
