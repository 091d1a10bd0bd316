"""An event about a person whom only an identity names: it waits until that identity leads to somebody."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import EventBody
from wejourney.events.positions import Position

PENDING_KEPT = timedelta(days=730)
"""How long an event waits for its person, from the last time that it was imported."""

_NO_CONTACT = Subject("-", "-")


@dataclass(frozen=True)
class PendingEvent:
    """An event without its contact, with fields as an `InboundEvent`.

    `id` is the same however often the event is imported.
    """

    id: str
    at: datetime
    body: EventBody
    told_at: datetime | None = None

    def about(self, contact: Subject, *, history: bool) -> InboundEvent:
        """The event, about this contact. As `history` it starts no journey."""
        return InboundEvent(self.id, contact, self.at, self.body, history=history, told_at=self.told_at)

    @property
    def place_on_record(self) -> Position:
        """As `InboundEvent.place_on_record`: two events of an identity differ in it."""
        return self.about(_NO_CONTACT, history=False).place_on_record

    def received(self, now: datetime) -> "PendingEvent":
        """As `InboundEvent.received`."""
        return PendingEvent.without_contact(self.about(_NO_CONTACT, history=False).received(now))

    def to_dict(self) -> dict[str, Any]:
        told = self.about(_NO_CONTACT, history=False).to_dict()
        return {name: value for name, value in told.items() if name not in vars(_NO_CONTACT)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "PendingEvent":
        """The event that `to_dict` wrote; `unknown` where its type or its fields have changed since."""
        return cls.without_contact(InboundEvent.from_record({**data, **vars(_NO_CONTACT)}))

    @classmethod
    def without_contact(cls, event: InboundEvent) -> "PendingEvent":
        return cls(event.id, event.at, event.body, event.told_at)


def told_id(*parts: str) -> str:
    """The id of an event from what another system says of it: the same for the same parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
