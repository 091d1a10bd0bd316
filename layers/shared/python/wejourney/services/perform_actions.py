"""The task of the journeys' machines: the actions of one state, in order, each once."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, assert_never

from wejourney.errors import MalformedEventError, NewerDataError, StaleFollowerError
from wejourney.events.event import InboundEvent
from wejourney.events.matching import EventCount
from wejourney.journeys import action_types
from wejourney.journeys.conditions import (
    History,
    begin_of,
    counts_in,
    holds,
    is_counted,
    offers_in,
    tallied,
)
from wejourney.journeys.runs import OPENING_STEP, Run, lots_in
from wejourney.loyalty.programme import NO_PROGRAMME, Programme
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.plain_data import from_plain
from wejourney.services.change_profile import HeldChange, Profiles
from wejourney.services.live_runs import reload
from wejourney.services.loyalty.issue_coupons import IssueCoupons
from wejourney.services.outbox import Outbox
from wejourney.services.ports.actions import ActionPorts
from wejourney.services.publish_events import EventPublisher
from wejourney.services.waiting import Waiting


@dataclass(frozen=True)
class Task:
    """What a state hands to its task.

    `token` is the task's token when the state waits for its follower. A task that a run may begin with has
    what its definition `begins` with.
    """

    run: Run
    actions: tuple[action_types.Action, ...]
    token: str | None = None
    begins: action_types.Beginning | None = None

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Task":
        try:
            return cls(
                run=Run.from_dict(payload["run"]),
                actions=tuple(action_types.action_from_dict(action) for action in payload["actions"]),
                token=payload.get("token"),
                begins=from_plain(action_types.Beginning, payload["begins"]) if "begins" in payload else None,
            )
        except NewerDataError:
            raise
        except (KeyError, TypeError, ValueError) as exc:
            raise MalformedEventError(f"not a task of a journey: {type(exc).__name__}") from None


@dataclass(frozen=True)
class PerformActions:
    """The task on its ports; `subscribed_kinds` as in `Profiles`."""

    ports: ActionPorts
    subscribed_kinds: frozenset[str]
    profile: ProfileModel = ANY_PROFILE
    programme: Programme = NO_PROGRAMME

    def __call__(self, task: Task) -> Run:
        """Perform the actions and return the run as it goes on.

        Raises what the state machine retries or catches: WeChatBusyError, DailyQuotaSpentError,
        AccountPausedError, StaleFollowerError, MessageNotSentError, AnsweredError, NotYetError,
        QuietHoursError, FollowerGoneError, RunEndedError.
        """
        run, actions = _with_opening(_begun(task.run, task.begins), task.actions)
        if not actions:
            return reload(self.ports.records, run)
        actions = tuple(action_types.decided(actions, task.run))
        profiles = self._profiles
        changes = action_types.changes_written_with_message(actions)
        with_message = [change for change in changes if not profiles.is_written_alone(change)]
        held: tuple[HeldChange, ...] = ()
        for action in actions:
            if action in with_message:
                held = (*held, HeldChange(action, self.ports.clock.now()))
                continue
            run = self._perform(action, run, task.token, held)
            if isinstance(action, action_types.SendAction | action_types.AskAction):
                held = ()
        return run

    @property
    def _profiles(self) -> Profiles:
        return Profiles(self.ports, self.subscribed_kinds, self.profile, self.programme)

    def _perform(
        self, action: action_types.Action, run: Run, token: str | None, held: tuple[HeldChange, ...] = ()
    ) -> Run:
        """Perform an action; one that says something writes the changes that are `held` back for it."""
        profiles, event_publisher = self._profiles, EventPublisher(self.ports)
        outbox = Outbox(self.ports, profiles)
        waiting = Waiting(self.ports, outbox)
        match action:
            case action_types.SendAction():
                return outbox.send(action, run, held)
            case action_types.AskAction():
                return waiting.ask(action, run, token, held)
            case action_types.AwaitAction():
                return waiting.listen(action, run, token)
            case action_types.CloseAction():
                return waiting.close(action, run)
            case action_types.QuietAction():
                return waiting.keep_quiet(action, run)
            case action_types.PauseAction():
                return waiting.pause(action, run)
            case action_types.CheckAction():
                return self._evaluate(action, run)
            case (
                action_types.TagAction() | action_types.SetAction() | action_types.ConsentAction()
                | action_types.AwardAction()
            ):  # fmt: skip
                return profiles.change(action, run)
            case action_types.CouponAction():
                return IssueCoupons(self.ports).issue(action, run)
            case action_types.TellAction():
                return event_publisher.publish(action, run)
            case action_types.CallAction():
                return event_publisher.call(action, run)
            case action_types.BranchAction():
                return run
            case _:
                assert_never(action)

    def _evaluate(self, action: action_types.CheckAction, run: Run) -> Run:
        run, now = reload(self.ports.records, run), self.ports.clock.now()
        counts = {count for condition in action.conditions.values() for count in counts_in(condition)}
        offers = self._offers(action, run)
        applying = frozenset(name for name, applies in offers.items() if applies)
        history = History(
            (), now, run.start_position, run.step_positions, run.follower.tallies, run.about, applying
        )
        if counts:
            since = min(begin_of(count, history) for count in counts)
            read = Read(self.ports.records.newest_events(run.follower, since))
            history = replace(history, events=tuple(deciding(read, counts, history)))
            if read.is_complete and read.number >= TALLIED_FROM:
                run = self._tally(run, counts, history)
        found = {
            name: holds(condition, run.follower, run.answers, history)
            for name, condition in action.conditions.items()
        }
        return replace(run, facts={**run.facts, **found}, offers={**run.offers, **offers})

    def _offers(self, action: action_types.CheckAction, run: Run) -> Mapping[str, bool]:
        """Whether each offer applies that the conditions look at; one that is not declared does not."""
        names = {name for condition in action.conditions.values() for name in offers_in(condition)}
        if not names:
            return {}
        offers = {name: terms for name, terms in self.programme.offers.items() if name in names}
        look = self._profiles.offers
        applying = look.applying(offers, run.follower, look.given(offers, run.follower))
        return {name: name in applying for name in sorted(names)}

    def _tally(self, run: Run, counts: Iterable[EventCount], history: History) -> Run:
        """Keep what a long history was read for, unless the follower changes at this moment."""
        after = tallied(run.follower, counts, history)
        if after is not run.follower:
            with suppress(StaleFollowerError):
                self.ports.records.save(run.follower, after)
                return replace(run, follower=after)
        return run


def _begun(run: Run, begins: action_types.Beginning | None) -> Run:
    """The run with what its definition begins with: whoever has started it may know another version."""
    if begins is None:
        return run
    unsaid = (begins.opening if run.unopened else None) or run.unsaid
    kinds = tuple(sorted({*run.subscribed_kinds, *begins.subscribed_kinds}))
    draws = {**run.draws, **lots_in(begins.splits, run.journey, run.follower)}
    return replace(run, unsaid=unsaid, unopened=False, subscribed_kinds=kinds, draws=draws)


def _with_opening(
    run: Run, actions: tuple[action_types.Action, ...]
) -> tuple[Run, tuple[action_types.Action, ...]]:
    """The actions; first of them the opening that the callback could not send: its allowance may be open yet.

    Before it only comes what says whether the run goes on now, and a consent, which has the time of what was
    heard last.
    """
    pauses = any(isinstance(action, action_types.AwaitAction) and action.quiet for action in actions)
    if run.unsaid is None or pauses:
        return run, actions
    gates = action_types.CloseAction | action_types.QuietAction | action_types.ConsentAction
    before = tuple(takewhile(lambda action: isinstance(action, gates), actions))
    opening = action_types.SendAction(OPENING_STEP, run.unsaid)
    return replace(run, unsaid=None), (*before, opening, *actions[len(before) :])


TALLIED_FROM = 200
"""How many events are read before it is worth a write to read them no more."""


@dataclass
class Read:
    """Events as they are read: how many, and whether these were all."""

    events: Iterator[InboundEvent]
    number: int = 0
    is_complete: bool = False

    def __iter__(self) -> Iterator[InboundEvent]:
        for event in self.events:
            self.number += 1
            yield event
        self.is_complete = True


def deciding(
    events: Iterable[InboundEvent], counts: Iterable[EventCount], history: History
) -> Iterator[InboundEvent]:
    """Those that count of the events (the newest first), until each count is as high as it must be."""
    missing = {count: count.at_least - history.tally(count).times for count in counts}
    begins = {count: begin_of(count, history) for count in missing}
    unread = iter(events)
    while any(left > 0 for left in missing.values()):
        event = next(unread, None)
        if event is None:
            return
        counted = [count for count in missing if is_counted(count, event, begins[count], history.about)]
        if counted:
            yield event
        for count in counted:
            missing[count] -= 1
