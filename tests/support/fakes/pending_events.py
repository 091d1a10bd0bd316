"""Events that wait for an identity, and who is known by which identity, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wejourney.events.event import Subject
from wejourney.events.pending import PendingEvent
from wejourney.people.identities import Identity
from wejourney.services.ports.pending_events import Pending

PAGE = 100


@dataclass
class FakePendingEvents:
    """By identity and place."""

    waiting: dict[Identity, dict[str, PendingEvent]] = field(default_factory=dict)

    def keep(self, pending: Collection[Pending], now: datetime) -> None:
        assert now.tzinfo is not None
        for identity, event in pending:
            self.waiting.setdefault(identity, {})[str(event.place_on_record)] = event

    def first(self, identity: Identity) -> Sequence[PendingEvent]:
        return [event for _, event in sorted(self.waiting.get(identity, {}).items())[:PAGE]]

    def remove(self, identity: Identity, events: Collection[PendingEvent]) -> None:
        for event in events:
            self.waiting.get(identity, {}).pop(str(event.place_on_record), None)


@dataclass
class FakeIdentities:
    contacts: dict[Identity, Subject] = field(default_factory=dict)

    def find(self, identities: Collection[Identity]) -> Mapping[Identity, Subject]:
        return {identity: self.contacts[identity] for identity in identities if identity in self.contacts}
