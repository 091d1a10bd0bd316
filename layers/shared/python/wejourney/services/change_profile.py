"""What a run changes of what is known of its follower: tags, attributes, dates, points."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from wejourney.errors import MalformedEventError, ProfileFullError, RunEndedError
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import EventBody, PointsChanged, ProfileChanged, TagAdded
from wejourney.journeys import action_types
from wejourney.journeys.action_types import AwardAction, ProfileAction
from wejourney.journeys.runs import Run
from wejourney.loyalty.ledger import award, person_account
from wejourney.messaging.merge_fields import Merge, noted
from wejourney.people.followers import Follower, StepChange
from wejourney.services.live_runs import change_once, reload
from wejourney.services.ports.actions import ActionPorts


@dataclass(frozen=True)
class HeldChange:
    """A change of the profile that is written with the message that follows; `at` is when it was its turn."""

    action: ProfileAction
    at: datetime


@dataclass(frozen=True)
class Profiles:
    """The changing of profiles.

    `subscribed_kinds` are the kinds of events of our own that some journey reacts to: no other is published.
    A run reacts to those of its own version besides, which may not be deployed any more.
    """

    ports: ActionPorts
    subscribed_kinds: frozenset[str]

    def change(self, action: ProfileAction, run: Run) -> Run:
        """Change the profile in a transaction of its own, and publish that."""
        held = HeldChange(action, self.ports.clock.now())
        if isinstance(action, action_types.SetAction):
            # Values that come out empty change nothing, which no write would check.
            run = reload(self.ports.records, run)
            if not _change(held, run).values:
                return run
        change, run = change_once(self.ports, run, lambda run: _after(held, run))
        self.publish([change], run)
        return run

    def after(self, held: Iterable[HeldChange], run: Run) -> tuple[Follower, tuple[StepChange, ...]]:
        """The follower after these changes, and those that change something."""
        changes: tuple[StepChange, ...] = ()
        for one in held:
            follower, change = _after(one, run)
            if change.added or change.removed or change.values:
                run, changes = replace(run, follower=follower), (*changes, change)
        return run.follower, changes

    def publish(self, changes: Iterable[StepChange], run: Run) -> None:
        """Publish what was changed to the journeys that react to it."""
        for change in changes:
            tags = (TagAdded(tag, run.journey) for tag in sorted(change.added))
            events = [_event(tag, f"{change.step}#{tag.tag}", run, change) for tag in tags]
            if change.removed or change.values:
                events.append(_event(ProfileChanged(change.values, run.journey), change.step, run, change))
            moves_dates = any(name.startswith("date.") for name in change.values)
            self._tell(events, run, always=moves_dates)

    def award(self, action: AwardAction, run: Run) -> Run:
        """Post points, once; the follower is known to have the balance, where some journey looks at it."""
        self._post(action, run)
        if not self._is_subscribed(PointsChanged.kind, run):
            return run
        account = person_account(run.follower.person_id)
        change = StepChange(action.step, self.ports.clock.now())
        # Read for every try of the change, so that the last one to write knows of all postings before.
        change, run = change_once(
            self.ports,
            run,
            lambda run: (run.follower.changed(points=self.ports.ledger.balance(account)), change),
        )
        balance = run.follower.points
        changed = PointsChanged(balance, balance - action.points, run.journey)
        self._tell([_event(changed, action.step, run, change)], run)
        return run

    def _post(self, action: AwardAction, run: Run) -> None:
        key, person, now = f"{run.id}#{action.step}", run.follower.person_id, self.ports.clock.now()
        try:
            self.ports.ledger.post(award(key, person, action.points, action.reason, now), run)
        except RunEndedError:
            reload(self.ports.records, run)  # raises FollowerGoneError where that is why
            raise

    def _tell(self, events: list[InboundEvent], run: Run, *, always: bool = False) -> None:
        """Queue the events that some journey subscribes to; with `always`, all of them."""
        subscribed = [event for event in events if always or self._is_subscribed(event.kind, run)]
        if subscribed:
            self.ports.announcements.tell(subscribed)

    def _is_subscribed(self, kind: str, run: Run) -> bool:
        return kind in self.subscribed_kinds or kind in run.subscribed_kinds


def _after(held: HeldChange, run: Run) -> tuple[Follower, StepChange]:
    """The follower of the run after a change, and the change."""
    change = _change(held, run)
    try:
        return run.follower.after(change), change
    except ProfileFullError as error:
        # By the name that a machine does not retry.
        raise MalformedEventError(str(error)) from None


def _change(held: HeldChange, run: Run) -> StepChange:
    action = held.action
    match action:
        case action_types.TagAction():
            tags = run.follower.tags
            tagged = (tags | set(action.add)) - set(action.remove)
            return StepChange(action.step, held.at, tagged - tags, tags - tagged)
        case action_types.SetAction():
            return StepChange(
                action.step, held.at, values=noted(action.values, Merge(run.follower, run.answers))
            )
        case _:
            assert_never(action)


def _event(body: EventBody, cause: str, run: Run, change: StepChange) -> InboundEvent:
    return own_event(body, f"{run.id}#{cause}", run.follower.subject, change.at)
