"""Take events that other systems tell of people, and put them into the inbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from wejourney.people.phones import phone_hash
from wejourney.people.profile_model import ProfileModel
from wejourney.people.told_events import ToldEvents
from wejourney.services.deliver_events import DeliverEvents
from wejourney.services.people_api.ports import People
from wejourney.services.ports.inbox import BulkInbox
from wejourney.services.ports.keys import PHONES, Keys
from wejourney.wire.people_api.events import Batch, EventOfBatch, Problem, place, read_batch
from wejourney.wire.people_api.requests import ApiRequest


@dataclass(frozen=True)
class Taken:
    """What became of a batch: the events that were taken, the ids of those that wait, and the others."""

    events: tuple[EventOfBatch, ...]
    waiting: frozenset[str]
    problems: tuple[Problem, ...]
    now: datetime


@dataclass(frozen=True)
class TakeEvents:
    people: People
    deliver: DeliverEvents
    inbox: BulkInbox
    keys: Keys
    profile: ProfileModel
    now: Callable[[], datetime]

    def __call__(self, request: ApiRequest) -> Taken:
        """Done again, it changes nothing. Raises InboxUnavailableError; some events may be queued then."""
        now = self.now()
        batch = read_batch(request, self.profile, self._phone_hash, now)
        by_id = self._by_own_id(batch)
        told = [
            ToldEvents(one.identities, (one.event,), one.event.at)
            for one in batch.events
            if one.person_id is None
        ]
        waiting = self.deliver(told).waiting if told else frozenset[str]()
        taken = tuple(one for one in batch.events if one.person_id is None or one.index not in by_id)
        problems = sorted((*batch.problems, *by_id.values()), key=lambda problem: problem.index)
        return Taken(taken, waiting, tuple(problems), now)

    def _by_own_id(self, batch: Batch) -> Mapping[int, Problem]:
        """Queue the events whose person is named by our own id; those of nobody are problems, by index."""
        events = {one.index: one for one in batch.events if one.person_id is not None}
        person_ids = {one.person_id for one in events.values() if one.person_id is not None}
        contacts = dict(self.people.contacts(person_ids)) if person_ids else {}
        for person_id in person_ids - contacts.keys():
            if (person := self.people.person(person_id)) is not None:  # They were merged with another.
                contacts[person_id] = person.subject
        queued = [
            one.event.about(contacts[one.person_id], history=False)
            for one in events.values()
            if one.person_id in contacts
        ]
        if queued:
            self.inbox.tell_in_bulk(queued)
        return {
            index: Problem(index, f"{place(index)}.person.id", "is nobody's, or of somebody who was erased")
            for index, one in events.items()
            if one.person_id not in contacts
        }

    def _phone_hash(self, number: str) -> str:
        return phone_hash(number, self.keys.get(PHONES).current)
