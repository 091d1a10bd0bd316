"""Who is known by which identity, many at once: the rows of the identities, then those of their people."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from wejourney.adapters.dynamo.items import FOLLOWER, columns_of, identity_key, partition, person_of
from wejourney.adapters.dynamo.table import Table
from wejourney.events.event import Subject
from wejourney.people.identities import Identity


@dataclass(frozen=True)
class IdentityStore:
    table: Table

    def find(self, identities: Collection[Identity]) -> Mapping[Identity, Subject]:
        by_pk = {identity_key(identity)["pk"]: identity for identity in identities}
        rows = map(columns_of, self.table.get_all(map(identity_key, by_pk.values())))
        person_ids = {by_pk[row["pk"]]: row["person_id"] for row in rows if "person_id" in row}
        keys = [{"pk": partition(person_id), "sk": FOLLOWER} for person_id in set(person_ids.values())]
        rows = map(columns_of, self.table.get_all(keys))
        people = [person_of(row) for row in rows if "contacts" in row]
        contacts = {person.person_id: person.subject for person in people}
        return {
            identity: contacts[person_id]
            for identity, person_id in person_ids.items()
            if person_id in contacts  # Or they are being erased, or merged.
        }
