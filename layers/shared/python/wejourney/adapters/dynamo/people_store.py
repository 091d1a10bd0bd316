"""People as other systems see them: read, never written, and with as few calls as there can be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.adapters.dynamo.follower_rows import CONSENT, EVENT
from wejourney.adapters.dynamo.items import FOLLOWER, Row, columns_of, identity_key, partition, person_of
from wejourney.adapters.dynamo.table import Table
from wejourney.events.event import InboundEvent, Subject
from wejourney.loyalty.benefits.referrals import with_unrewarded
from wejourney.people.consents import ConsentRecord
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity
from wejourney.plain_data import from_plain
from wejourney.services.people_api.ports import Page, TimelineEntry


@dataclass(frozen=True)
class PeopleStore:
    """The followers' table. A merge that is under way is not completed here: each of the two is as it was."""

    table: Table

    def owner(self, identity: Identity) -> str | None:
        row = columns_of(self.table.get(identity_key(identity)) or {})
        return row.get("person_id")

    def person(self, person_id: str) -> Follower | None:
        row = columns_of(self.table.get(_key(person_id)) or {})
        if "merged_into" in row:
            return self.person(row["merged_into"])
        return person_of(row) if "contacts" in row else None

    def timeline(self, person_id: str, most: int, start: str | None) -> Page[TimelineEntry]:
        return self._page(person_id, EVENT, most, start, _timeline_entry)

    def consents(self, person_id: str, most: int, start: str | None) -> Page[ConsentRecord]:
        return self._page(person_id, CONSENT, most, start, _consent)

    def _page[T](self, person_id: str, kind: str, most: int, start: str | None, read: Any) -> Page[T]:
        begin = f"{kind}{start}" if start is not None else None
        items, following = self.table.page(partition(person_id), kind, most, begin)
        found = tuple(read(columns_of(item)) for item in items)
        return Page(found, following.removeprefix(kind) if following is not None else None)

    def find(self, identities: Collection[Identity]) -> Mapping[Identity, Subject]:
        by_pk = {identity_key(identity)["pk"]: identity for identity in identities}
        rows = map(columns_of, self.table.get_all(map(identity_key, by_pk.values())))
        person_ids = {by_pk[row["pk"]]: row["person_id"] for row in rows if "person_id" in row}
        contacts = self.contacts(set(person_ids.values()))
        return {
            identity: contacts[person_id]
            for identity, person_id in person_ids.items()
            if person_id in contacts  # Or they are being erased, or merged.
        }

    def contacts(self, person_ids: Collection[str]) -> Mapping[str, Subject]:
        return {person_id: person.subject for person_id, person in self.people(person_ids).items()}

    def people(self, person_ids: Collection[str]) -> Mapping[str, Follower]:
        """Those who are there, by our own ids: nobody who was merged."""
        rows = map(columns_of, self.table.get_all(map(_key, person_ids)))
        people = [person_of(row) for row in rows if "contacts" in row]
        return {person.person_id: person for person in people}


def _key(person_id: str) -> Row:
    return {"pk": partition(person_id), "sk": FOLLOWER}


def _timeline_entry(row: Row) -> TimelineEntry:
    starts = row.get("starts", {})
    nothing = with_unrewarded(row.get("nothing") or {}, row.get("unrewarded") or "")
    event = InboundEvent.from_record(row["event"])
    return TimelineEntry(event, starts.get("journey"), starts.get("id"), nothing, row.get("unranked"))


def _consent(row: Row) -> ConsentRecord:
    told = {name: row[name] for name in ("given", "at", "version", "channel") if name in row}
    return from_plain(
        ConsentRecord, {"purpose": row["purpose"], "consent": told, "event_id": row["event_id"]}
    )
