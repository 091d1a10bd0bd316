"""What a run changes of what is known of its follower: tags, attributes, dates, consents, points."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from wejourney.errors import MalformedEventError, ProfileFullError
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import EventBody, PointsChanged, ProfileChanged, TagAdded
from wejourney.journeys.action_types import (
    AwardAction,
    ConsentAction,
    ProfileAction,
    SetAction,
    TagAction,
)
from wejourney.journeys.awards import award
from wejourney.journeys.runs import Run
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books, earn
from wejourney.loyalty.membership import TierAbove, tier_above
from wejourney.loyalty.programme import NO_PROGRAMME, Programme
from wejourney.messaging.merge_fields import Merge, noted
from wejourney.people.consents import Consent, ConsentRecord, consent_event, said_in_chat
from wejourney.people.followers import Follower, StepChange, moves_waits, news_of, tags_with_room
from wejourney.people.profile_fields import HIDDEN
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.plain_data import changed
from wejourney.services.live_runs import Decided, change_once, reload
from wejourney.services.loyalty.offers import Offers
from wejourney.services.loyalty.ports import Entry
from wejourney.services.ports.actions import ActionPorts
from wejourney.services.ports.keys import PersonalData


@dataclass(frozen=True)
class HeldChange:
    """A change that is written with the message that follows; `at` is when it was its turn."""

    action: ProfileAction
    at: datetime


@dataclass(frozen=True)
class Changed:
    """A follower after changes, and what is written of these: those that change something, and entries."""

    follower: Follower
    changes: tuple[StepChange, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class KeptValues:
    """Values of a profile as they are kept: the private ones sealed.

    `data_keys` are then the person's keys, `dropped` the names of private values that may not be kept.
    """

    values: Mapping[str, str | bool]
    data_keys: Mapping[str, str] | None = None
    dropped: frozenset[str] = frozenset()


def kept_values(
    values: Mapping[str, str | bool],
    person: Follower,
    model: ProfileModel,
    personal_data: PersonalData | None,
) -> KeptValues:
    """The values as a profile keeps them; `personal_data` is None where no private value is kept."""
    private = {name: str(value) for name, value in values.items() if value and model.is_private(name)}
    if not private:
        return KeptValues(values)
    if personal_data is None or not model.lets_keep(person):
        others = {name: value for name, value in values.items() if name not in private}
        return KeptValues(others, dropped=frozenset(private))
    sealed = personal_data.seal(person, private)
    return KeptValues({**values, **sealed.values}, sealed.data_keys)


@dataclass(frozen=True)
class Profiles:
    """The changing of profiles.

    `subscribed_kinds` are the kinds of events of our own that some journey reacts to: no other is published.
    A run reacts to those of its own version besides, which may not be deployed any more.
    """

    ports: ActionPorts
    subscribed_kinds: frozenset[str]
    profile: ProfileModel = ANY_PROFILE
    programme: Programme = NO_PROGRAMME

    @property
    def offers(self) -> Offers:
        ports = self.ports
        return Offers(ports.offers, self.programme, ports.clock.now, self.profile.membership)

    def tier_above(self, follower: Follower) -> TierAbove:
        return tier_above(follower, self.programme, self.profile, self.ports.clock.now())

    def change(self, action: TagAction | SetAction | ConsentAction | AwardAction, run: Run) -> Run:
        """Change the profile in a transaction of its own, and publish that."""
        at = self.ports.clock.now()
        if isinstance(action, ConsentAction) or (isinstance(action, AwardAction) and self.profile.membership):
            # What a person has agreed to does not travel with a run, nor do the keys of their private values.
            run = reload(self.ports.records, run)
        if isinstance(action, SetAction):
            # Values that come out empty change nothing, which no write would check. Values that are known may
            # be there by an earlier attempt, whose record says what to publish.
            run = reload(self.ports.records, run)
            if not any(noted(action.values, _merge_of(run), self.profile.expected)):
                return run

        def decide(run: Run) -> Decided:
            if isinstance(action, AwardAction):
                entry = self._entry(action, at, run, self.ports.ledger.books(run.follower.person_id))
                change = self._awarded(action, at, entry)
                return Decided(self._after(run.follower, change, entry), change, (entry,))
            change = self._change(action, at, run)
            kept = kept_values(change.values, run.follower, self.profile, self.ports.personal_data)
            if kept == KeptValues(change.values):
                return Decided(self._after(run.follower, change), change)
            values = news_of(run.follower, {name: str(value) for name, value in kept.values.items()})
            rejected = {**change.rejected, **dict.fromkeys(kept.dropped, HIDDEN)}
            change = replace(change, values=values, rejected=rejected)
            after = self._after(run.follower, change)
            after = after if kept.data_keys is None else changed(after, data_keys=kept.data_keys)
            return Decided(after, change)

        change, run = change_once(self.ports, run, decide)
        self.publish([change], run)
        return run

    def is_written_alone(self, action: ProfileAction) -> bool:
        """Whether a change is not held back for the message after it: what it needs must be read again."""
        match action:
            case SetAction():
                return any(map(self.profile.is_private, action.values))
            case AwardAction():
                return bool(self.profile.membership)
            case TagAction():
                return False
            case _:
                assert_never(action)

    def after(self, held: Iterable[HeldChange], run: Run) -> Changed:
        """The follower after these changes, for a message that is written with them.

        The entries need no look at the live run: whatever takes a run from a task that is at work changes
        the follower's revision, on which the message is written.
        """
        made = Changed(run.follower)
        for action, at in ((one.action, one.at) for one in held):
            entries = made.entries
            match action:
                case AwardAction():
                    books = entries[-1].after if entries else self.ports.ledger.books(run.follower.person_id)
                    entry = self._entry(action, at, run, books)
                    change = self._awarded(action, at, entry)
                    after, entries = self._after(made.follower, change, entry), (*entries, entry)
                case TagAction() | SetAction():
                    change = self._change(action, at, replace(run, follower=made.follower))
                    after = made.follower if change.is_empty else self._after(made.follower, change)
                case _:
                    assert_never(action)
            changes = made.changes if change.is_empty else (*made.changes, change)
            made = Changed(after, changes, entries)
        return made

    def publish(self, changes: Iterable[StepChange], run: Run) -> None:
        """Publish what was changed to the journeys that react to it."""
        for change in changes:
            bodies: list[tuple[EventBody, str]] = [
                (TagAdded(tag, run.journey), f"{change.step}#{tag}") for tag in sorted(change.added)
            ]
            if change.removed or change.values:
                bodies.append((ProfileChanged(change.values, run.journey), change.step))
            if change.points:
                before = change.balance - change.points
                bodies.append((PointsChanged(change.balance, before, run.journey), change.step))
            events = [
                own_event(body, f"{run.id}#{cause}", run.follower.subject, change.at)
                for body, cause in bodies
                if moves_waits(change.values) or self._is_subscribed(body.kind, run)
            ]
            if change.consent_record is not None:
                record = change.consent_record
                event = _consent_event(change.step, record.purpose, record.consent, change.at, run)
                # Joining is found when the inbox hears of it.
                is_joining = record.purpose == self.profile.membership
                events += [event] if is_joining or self._is_subscribed(event.kind, run) else []
            if events:
                self.ports.announcements.tell(events)

    def _entry(self, action: AwardAction, at: datetime, run: Run, books: Books) -> Entry:
        """What an award posts: who has not joined where there is a membership, cannot spend it yet."""
        asked, may_spend = award(action, run, at, self.programme), self.profile.may_spend(run.follower)
        lot = self.programme.lot_for(POINTS, self.programme.day_of(at), may_spend=may_spend)
        moved = asked.with_postings(earn(books, action.points, lot))
        return Entry(run.follower.person_id, moved, books, is_told=True)

    @staticmethod
    def _awarded(action: AwardAction, at: datetime, entry: Entry) -> StepChange:
        """What people see of an award: nothing where they cannot spend it yet."""
        balance = entry.after.available
        return StepChange(action.step, at, points=balance - entry.before.available, balance=balance)

    def _change(self, action: TagAction | SetAction | ConsentAction, at: datetime, run: Run) -> StepChange:
        match action:
            case TagAction():
                before = run.follower.tags
                added, rejected_tags = tags_with_room(run.follower, action.add)
                after = (before | added) - set(action.remove)
                told = {"tag": ", ".join(rejected_tags)} if rejected_tags else {}
                return StepChange(action.step, at, after - before, before - after, rejected=told)
            case SetAction():
                values, rejected = noted(action.values, _merge_of(run), self.profile.expected)
                rejected = {name: self._shown(name, value) for name, value in rejected.items()}
                return StepChange(action.step, at, values=news_of(run.follower, values), rejected=rejected)
            case ConsentAction():
                consent = said_in_chat(
                    run.follower.subject,
                    given=action.given,
                    version=action.version,
                    heard_at=run.last_position.second,
                    now=at,
                )
                event = _consent_event(action.step, action.purpose, consent, at, run)
                return StepChange(
                    action.step, at, consent_record=ConsentRecord(action.purpose, consent, event.id)
                )
            case _:
                assert_never(action)

    def _after(self, follower: Follower, change: StepChange, entry: Entry | None = None) -> Follower:
        try:
            after = follower.after(change)
        except ProfileFullError as error:
            # By the name that a machine does not retry.
            raise MalformedEventError(str(error)) from None
        if entry is not None:
            return after.having(entry.transaction.asset, entry.after.balance)
        return after if change.consent_record is None else self.profile.lawful(after)

    def _shown(self, name: str, value: str) -> str:
        return HIDDEN if self.profile.is_private(name) else value

    def _is_subscribed(self, kind: str, run: Run) -> bool:
        return kind in self.subscribed_kinds or kind in run.subscribed_kinds


def _merge_of(run: Run) -> Merge:
    return Merge(run.follower, run.answers, booking=run.about.booking)


def _consent_event(step: str, purpose: str, consent: Consent, at: datetime, run: Run) -> InboundEvent:
    return consent_event(purpose, consent, run.journey, f"{run.id}#{step}", run.follower.subject, at)
