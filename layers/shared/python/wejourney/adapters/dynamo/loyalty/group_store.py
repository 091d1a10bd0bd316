"""Groups in the table of the ledger, by a hash of the offer and the mini program's id of the group.

One that is open, or whose people have not all been told what became of it, is in the index of what comes
due, in a shard of its own. A settled one is deleted at `expires_at`, seconds since 1970.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.items import Row, columns_of, packed, row_key
from wejourney.adapters.dynamo.loyalty.due_rows import deleted_at, due_ids
from wejourney.adapters.dynamo.table import RefusedWriteError, Table
from wejourney.errors import StaleBooksError
from wejourney.loyalty.benefits.groups import Group, GroupStatus
from wejourney.plain_data import from_plain

GROUP = "GROUP#"
"""The beginning of a pk."""

_DUE_GROUPS = "groups"


@dataclass(frozen=True)
class GroupStore:
    table: Table

    def group(self, offer: str, group_id: str) -> Group | None:
        return self._read(_key(offer, group_id))

    def due_group(self, key: str) -> Group | None:
        return self._read(row_key(f"{GROUP}{key}", GROUP))

    def keep(self, group: Group) -> None:
        due_on = group.until if group.status is GroupStatus.OPEN else group.settled_at
        self._put({**_row(group), "due_shard": _DUE_GROUPS, "due_on": due_on}, group.rev - 1)

    def told(self, group: Group) -> None:
        self._put(_row(group), group.rev)

    def due(self, now: datetime) -> Iterator[str]:
        return due_ids(self.table, _DUE_GROUPS, GROUP, now)

    def _read(self, key: Row) -> Group | None:
        item = self.table.get(key)
        return None if item is None else from_plain(Group, columns_of(item)["data"])

    def _put(self, row: Row, rev: int) -> None:
        same: Condition = Column("rev") == rev if rev else Column("pk").does_not_exist()
        try:
            self.table.put(row, same)
        except RefusedWriteError as refused:
            raise StaleBooksError from refused


def _key(offer: str, group_id: str) -> Row:
    return row_key(GROUP + hashlib.sha256(f"{offer}\n{group_id}".encode()).hexdigest(), GROUP)


def _row(group: Group) -> Row:
    settled = group.settled_at
    expires_at = None if settled is None else deleted_at(settled)
    return {**_key(group.offer, group.id), "data": packed(group), "rev": group.rev, "expires_at": expires_at}
