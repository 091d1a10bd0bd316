"""What a run changes of what is known of its follower: tags, attributes, dates, points."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from wejourney.accounts import is_time_zone
from wejourney.domain.actions import AwardAction, SetAction, TagAction
from wejourney.domain.errors import AlreadyDoneError, StaleFollowerError
from wejourney.domain.events import POINTS, PROFILE, TAG, InboundEvent, own_event
from wejourney.domain.followers import Follower, profile_changes
from wejourney.domain.ledger import award, person_account
from wejourney.domain.merging import Merge, merge
from wejourney.domain.runs import Run
from wejourney.services.following import DECISIONS, look
from wejourney.services.ports import Announcements, Clock, FollowerRecords, Ledger


@dataclass(frozen=True)
class Profiles:
    """The changing of profiles, with its ports.

    `listens` are the kinds of events of our own that some journey reacts to: no other is told.
    """

    records: FollowerRecords
    ledger: Ledger
    announcements: Announcements
    listens: frozenset[str]
    clock: Clock

    def tag(self, action: TagAction, run: Run) -> Run:
        """Put tags on and take tags off."""
        before, run = self._change(
            run, action.step, lambda follower: follower.tagged(action.add, action.remove)
        )
        new = sorted(run.follower.tags - before.tags)
        events = [self._event(TAG, f"{action.step}#{tag}", run, Tag=tag) for tag in new]
        if before.tags - run.follower.tags:
            events.append(self._event(PROFILE, action.step, run, Changes={}))
        self._tell(events)
        return run

    def note(self, action: SetAction, run: Run) -> Run:
        """Note something about the person; what comes out empty changes nothing, nor does an unknown zone."""
        run = look(self.records, run)
        known = Merge(run.follower, run.answers)
        merged = {name: merge(value, known) for name, value in action.values.items()}
        values = {name: value for name, value in merged.items() if _can_be_noted(name, value)}
        if not values:
            return run
        _, run = self._change(
            run, action.step, lambda follower: follower.changed(**profile_changes(follower, values))
        )
        moves_dates = any(name.startswith("date.") for name in values)
        self._tell([self._event(PROFILE, action.step, run, Changes=values)], heard=moves_dates)
        return run

    def award(self, action: AwardAction, run: Run) -> Run:
        """Post points, once; the follower is known to have the balance, where some journey looks at it."""
        key = f"{run.id}#{action.step}"
        person = run.follower.person_id
        self.ledger.post(award(key, person, action.points, action.reason, self.clock.now()))
        if POINTS not in self.listens:
            return run
        balance = self.ledger.balance(person_account(person))
        _, run = self._change(run, action.step, lambda follower: follower.changed(points=balance))
        before = balance - action.points
        self._tell([self._event(POINTS, action.step, run, Before=before, Points=balance)])
        return run

    def _change(self, run: Run, step: str, change: Callable[[Follower], Follower]) -> tuple[Follower, Run]:
        """Change the follower, once; returns what the change began from, and the run as it goes on."""
        for _ in range(DECISIONS):
            before = run.follower
            after = change(before)
            try:
                self.records.change(before, after, run.id, step, self.clock.now())
            except AlreadyDoneError:
                return before, look(self.records, run)
            except StaleFollowerError:
                run = look(self.records, run)
            else:
                return before, replace(run, follower=after)
        raise StaleFollowerError

    def _event(
        self, kind: str, cause: str, run: Run, **fields: int | str | Mapping[str, str]
    ) -> InboundEvent:
        to = (run.follower.app_id, run.follower.openid)
        return own_event(kind, f"{run.id}#{cause}", to, self.clock.now(), By=run.journey, **fields)

    def _tell(self, events: list[InboundEvent], *, heard: bool = False) -> None:
        """Tell those that somebody listens to; `heard` says that somebody does."""
        told = [event for event in events if heard or event.kind in self.listens]
        if told:
            self.announcements.tell(told)


def _can_be_noted(name: str, value: str) -> bool:
    return value != "" and (name != "time_zone" or is_time_zone(value))
