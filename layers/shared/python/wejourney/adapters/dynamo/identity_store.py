"""Who is known by which identity, many at once: the rows of the identities, then those of their people."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from wejourney.adapters.dynamo.items import FOLLOWER, Row, columns_of, partition, read_row
from wejourney.adapters.dynamo.table import Table
from wejourney.events.event import Subject
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity


@dataclass(frozen=True)
class IdentityStore:
    table: Table

    def find(self, identities: Collection[Identity]) -> Mapping[Identity, Subject]:
        by_pk = {_key(identity)["pk"]: identity for identity in identities}
        rows = map(columns_of, self.table.get_all([_key(identity) for identity in by_pk.values()]))
        person_ids = {by_pk[row["pk"]]: row["person_id"] for row in rows}
        keys = [{"pk": partition(person_id), "sk": FOLLOWER} for person_id in set(person_ids.values())]
        people = [read_row(Follower, columns_of(item)) for item in self.table.get_all(keys)]
        contacts = {person.person_id: person.subject for person in people}
        return {
            identity: contacts[person_id]
            for identity, person_id in person_ids.items()
            if person_id in contacts  # Or they are being erased.
        }


def _key(identity: Identity) -> Row:
    return {"pk": f"{identity.kind.upper()}#{identity.value}", "sk": "IDENTITY"}
