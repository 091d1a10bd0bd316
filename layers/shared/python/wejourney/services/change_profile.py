"""What a run changes of what is known of its follower: tags, attributes, dates, points."""

from dataclasses import dataclass

from wejourney.errors import MalformedEventError, ProfileFullError, RunEndedError
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import EventBody, PointsChanged, ProfileChanged, TagAdded
from wejourney.journeys.action_types import AwardAction, SetAction, TagAction
from wejourney.journeys.runs import Run
from wejourney.loyalty.ledger import award, person_account
from wejourney.messaging.merge_fields import Merge, noted
from wejourney.people.followers import profile_changes
from wejourney.services.live_runs import change_once, reload
from wejourney.services.ports.actions import ActionPorts
from wejourney.services.ports.followers import Change


@dataclass(frozen=True)
class Profiles:
    """The changing of profiles.

    `subscribed_kinds` are the kinds of events of our own that some journey reacts to: no other is published.
    A run reacts to those of its own version besides, which may not be deployed any more.
    """

    ports: ActionPorts
    subscribed_kinds: frozenset[str]

    def tag(self, action: TagAction, run: Run) -> Run:
        change, run = change_once(
            self.ports, run, action.step, lambda follower: follower.tagged(action.add, action.remove)
        )
        new = sorted(change.added)
        events = [_event(TagAdded(tag, run.journey), f"{action.step}#{tag}", run, change) for tag in new]
        if change.removed:
            events.append(_event(ProfileChanged({}, run.journey), action.step, run, change))
        self._tell(events, run)
        return run

    def note(self, action: SetAction, run: Run) -> Run:
        run = reload(self.ports.records, run)
        values = noted(action.values, Merge(run.follower, run.answers))
        if not values:
            return run
        try:
            change, run = change_once(
                self.ports,
                run,
                action.step,
                lambda follower: follower.changed(**profile_changes(follower, values)),
            )
        except ProfileFullError as error:
            # By the name that a machine does not retry.
            raise MalformedEventError(str(error)) from None
        moves_dates = any(name.startswith("date.") for name in values)
        event = _event(ProfileChanged(values, run.journey), action.step, run, change)
        self._tell([event], run, always=moves_dates)
        return run

    def award(self, action: AwardAction, run: Run) -> Run:
        """Post points, once; the follower is known to have the balance, where some journey looks at it."""
        self._post(action, run)
        if not self._is_subscribed(PointsChanged.kind, run):
            return run
        account = person_account(run.follower.person_id)
        # Read for every try of the change, so that the last one to write knows of all postings before.
        change, run = change_once(
            self.ports,
            run,
            action.step,
            lambda follower: follower.changed(points=self.ports.ledger.balance(account)),
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


def _event(body: EventBody, cause: str, run: Run, change: Change) -> InboundEvent:
    return own_event(body, f"{run.id}#{cause}", run.follower.subject, change.at)
