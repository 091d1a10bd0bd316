"""Holds of tills in the ledger's table, each written together with its posting.

A hold that is open is in the index of what comes due, in a shard of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.items import Row, columns_of, row_key
from wejourney.adapters.dynamo.loyalty.books_store import DUE, BooksStore
from wejourney.adapters.dynamo.loyalty.coupon_store import give_one_back, take_one
from wejourney.adapters.dynamo.table import Table, Transaction
from wejourney.errors import StaleBooksError
from wejourney.loyalty.till.holds import Hold, HoldStatus
from wejourney.plain_data import from_plain, to_plain
from wejourney.services.loyalty.ports import Entry

HOLD = "HOLD#"
"""The beginning of a pk."""

_OPEN_HOLDS = "holds"
"""The shard of the index."""


@dataclass(frozen=True)
class HoldStore:
    """`table` has the books, `followers` the people."""

    table: Table
    followers: Table

    def find(self, hold_id: str) -> Hold | None:
        item = self.table.get(_key(hold_id))
        return None if item is None else from_plain(Hold, columns_of(item)["data"])

    def recording(self, hold: Hold, transaction_id: str) -> "HoldBooks":
        return HoldBooks(self.table, self.followers, hold, transaction_id)

    def due(self, now: datetime) -> Iterator[str]:
        is_due: Condition = Column("due_shard") == _OPEN_HOLDS
        is_due &= Column("due_on") <= now.isoformat()
        return (item["pk"]["S"].removeprefix(HOLD) for item in self.table.index_items(DUE, is_due))


@dataclass(frozen=True)
class HoldBooks(BooksStore):
    """The books, where a transaction of this id is written with a hold as it is after it."""

    hold: Hold
    transaction_id: str

    def also(self, write: Transaction, entries: Sequence[Entry]) -> None:
        if all(entry.transaction.id != self.transaction_id for entry in entries):
            return  # What has expired is posted before.
        hold = self.hold
        row = {**_key(hold.id), "data": to_plain(hold), "status": hold.status}
        if hold.status is HoldStatus.HELD:
            due = {"due_shard": _OPEN_HOLDS, "due_on": hold.expires_at}
            write.create({**row, **due}, StaleBooksError, self.table)
            if hold.reward:
                take_one(write, _stock_of(hold.reward), hold.reward_stock, self.table)
        else:
            write.put(row, Column("status") == HoldStatus.HELD, StaleBooksError, self.table)
            if hold.reward and hold.status is not HoldStatus.CAPTURED:
                give_one_back(write, _stock_of(hold.reward), self.table)


def _stock_of(reward: str) -> str:
    return f"reward#{reward}"


def _key(hold_id: str) -> Row:
    return row_key(f"{HOLD}{hold_id}", HOLD)
