"""Who has read what of whom, in the followers' table, outside of people's partitions: an erasure keeps it.

It is deleted at `expires_at`, seconds since 1970.
"""

from dataclasses import dataclass

from wejourney.adapters.dynamo.items import columns_of, read_row
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.failures import aws_errors, cause_of
from wejourney.people.disclosure.accesses import ACCESSES_KEPT, Access
from wejourney.services.people_api.ports import AccessNotRecordedError

ACCESS = "ACCESS#"
"""The beginning of the pk: what follows is the subject."""


@dataclass(frozen=True)
class AccessStore:
    table: Table

    def record(self, access: Access) -> None:
        key = {"pk": f"{ACCESS}{access.subject}", "sk": f"{access.at.isoformat()}#{access.request_id}"}
        expires_at = int((access.at + ACCESSES_KEPT).timestamp())
        try:
            self.table.put({**key, **vars(access), "expires_at": expires_at})
        except aws_errors() as error:
            raise AccessNotRecordedError(cause_of("PutItem", error)) from error

    def all(self, subject: str) -> list[Access]:
        """By time."""
        return [read_row(Access, columns_of(item)) for item in self.table.query(f"{ACCESS}{subject}")]
