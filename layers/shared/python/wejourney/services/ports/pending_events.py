"""Events about people whom only an identity names, and who is known by which identity."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from wejourney.events.event import Subject
from wejourney.events.pending import PendingEvent
from wejourney.people.identities import Identity

type Pending = tuple[Identity, PendingEvent]


class PendingEvents(Protocol):
    def keep(self, pending: Collection[Pending], now: datetime) -> None:
        """Write events under their identities, for PENDING_KEPT. Done again, it only keeps them longer."""

    def first(self, identity: Identity) -> Sequence[PendingEvent]:
        """The oldest events of an identity, up to a page; none when nothing waits for it."""

    def remove(self, identity: Identity, events: Collection[PendingEvent]) -> None:
        """Delete events of an identity, those that are there."""


class Identities(Protocol):
    def find(self, identities: Collection[Identity]) -> Mapping[Identity, Subject]:
        """A contact of each identity's person, as they are now; without those that lead to nobody."""
