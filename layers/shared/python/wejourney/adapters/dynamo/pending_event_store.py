"""Events that wait for an identity, in the followers' table: in a partition for each identity.

It is not that of the row which says whose the identity is: who tells events may write here, and not there.

They are deleted at `expires_at` (seconds since 1970), or when they are released.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from wejourney.adapters.dynamo.follower_rows import EVENT
from wejourney.adapters.dynamo.items import Row, columns_of, identity_hash, row_key
from wejourney.adapters.dynamo.table import Table
from wejourney.events.pending import PENDING_KEPT, PendingEvent
from wejourney.people.identities import Identity
from wejourney.services.ports.pending_events import Pending

PENDING = "PENDING#"
"""The beginning of the pk: a hash of the identity follows."""

_PAGE = 100


@dataclass(frozen=True)
class PendingEventStore:
    table: Table

    def keep(self, pending: Collection[Pending], now: datetime) -> None:
        expires_at = int((now + PENDING_KEPT).timestamp())
        self.table.put_all(
            {**_key(identity, event), "event": event.to_dict(), "expires_at": expires_at}
            for identity, event in pending
        )

    def first(self, identity: Identity) -> Sequence[PendingEvent]:
        found = self.table.oldest(_pk(identity), EVENT, page=_PAGE)
        return [PendingEvent.from_dict(columns_of(item)["event"]) for item in islice(found, _PAGE)]

    def remove(self, identity: Identity, events: Collection[PendingEvent]) -> None:
        self.table.delete_all(_key(identity, event) for event in events)


def _pk(identity: Identity) -> str:
    return PENDING + identity_hash(identity)


def _key(identity: Identity, event: PendingEvent) -> Row:
    return row_key(_pk(identity), EVENT, str(event.place_on_record))
