"""Events that another system tells of a person, whom it knows by identities."""

from dataclasses import dataclass
from datetime import datetime

from wejourney.events.event_types import Identified
from wejourney.events.pending import PendingEvent, told_id
from wejourney.people.identities import Identity


@dataclass(frozen=True)
class ToldEvents:
    """Events of one person, whom each of these identities means.

    `at` (UTC) is when they are told to be one person's; None where nothing says it.
    """

    identities: tuple[Identity, ...]
    events: tuple[PendingEvent, ...]
    at: datetime | None

    def links(self, known: Identity) -> dict[Identity, PendingEvent]:
        """The events that tell the other identities of whoever is known by one, by identity."""
        if self.at is None:
            return {}
        return {other: identified(other, self.at) for other in self.identities if other != known}


def identified(identity: Identity, at: datetime) -> PendingEvent:
    return PendingEvent(
        told_id("told", "identified", identity.kind, identity.value, at.isoformat()),
        at,
        Identified(identity.kind, identity.value),
    )
