"""Holds of tills in the ledger's table, each written together with its posting, and stocks of gifts.

A hold that is open has a row in the list of those whose time will be over, in the order of that time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import Row, columns_of, row_key
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.table import Table, Transaction
from wejourney.errors import StaleBooksError
from wejourney.loyalty.holds import GiftGoneError, Hold, HoldStatus
from wejourney.plain_data import from_plain, to_plain
from wejourney.services.loyalty.ports import Entry

HOLD, OPEN_HOLDS, STOCK = "HOLD#", "HOLDS", "STOCK#"
"""The pk of the open holds, and the beginnings of those of holds and of stocks."""


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

    def due(self, now: datetime, most: int) -> list[Hold]:
        rows = map(columns_of, self.table.between(OPEN_HOLDS, "0", f"{now.isoformat()}~"))
        found = (self.find(row["hold"]) for row in islice(rows, most))
        return [hold for hold in found if hold is not None]


@dataclass(frozen=True)
class HoldBooks(BooksStore):
    """The books, where a transaction of this id is written with a hold as it is after it."""

    hold: Hold
    transaction_id: str

    def also(self, write: Transaction, entries: Sequence[Entry]) -> None:
        if all(entry.transaction.id != self.transaction_id for entry in entries):
            return  # What has expired is posted before.
        hold, row = self.hold, {**_key(self.hold.id), "data": to_plain(self.hold), "status": self.hold.status}
        if hold.status is HoldStatus.HELD:
            write.create(row, StaleBooksError, self.table)
            write.put({**_open_key(hold), "hold": hold.id}, table=self.table)
        else:
            write.put(row, Column("status") == HoldStatus.HELD, StaleBooksError, self.table)
            write.delete(_open_key(hold))
        if hold.gift and hold.status is not HoldStatus.CAPTURED:
            self._count_gift(write)

    def _count_gift(self, write: Transaction) -> None:
        """One of the gift is set aside with the points, and is there again when they are given back."""
        left, is_taken = Column("left"), self.hold.status is HoldStatus.HELD
        number, condition = (-1, left >= 1) if is_taken else (1, left.exists())
        write.update(_stock_key(self.hold.gift), [left.add(number)], condition, GiftGoneError, self.table)


@dataclass(frozen=True)
class StockStore:
    """How many there are of each gift."""

    table: Table

    def left(self, gift: str) -> int:
        left: int = columns_of(self.table.get(_stock_key(gift)) or {}).get("left", 0)
        return left

    def add(self, gift: str, number: int) -> None:
        """More of a gift, or fewer where the number is below zero."""
        self.table.update(_stock_key(gift), [Column("left").add(number)])


def _key(hold_id: str) -> Row:
    return row_key(f"{HOLD}{hold_id}", HOLD)


def _open_key(hold: Hold) -> Row:
    return row_key(OPEN_HOLDS, "", hold.expires_at.isoformat(), hold.id)


def _stock_key(gift: str) -> Row:
    return row_key(f"{STOCK}{gift}", STOCK)
