"""Gifts in the table of the ledger, by the hash of their code, each written with the postings that change it.

A gift that is open is in the index of what comes due, in a shard of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.items import Row, columns_of, packed, row_key
from wejourney.adapters.dynamo.loyalty.books_store import DUE, BooksStore
from wejourney.adapters.dynamo.table import Transaction
from wejourney.errors import StaleBooksError
from wejourney.loyalty.benefits.gifts import Gift, GiftStatus
from wejourney.plain_data import from_plain
from wejourney.services.loyalty.ports import Entry

GIFT = "GIFT#"
"""The beginning of a pk."""

_OPEN_GIFTS = "gifts"
"""The shard of the index."""


@dataclass(frozen=True)
class GiftStore(BooksStore):
    def gift(self, gift_id: str) -> Gift | None:
        item = self.table.get(_key(gift_id))
        return None if item is None else from_plain(Gift, columns_of(item)["data"])

    def post_gift(self, gift: Gift, *entries: Entry) -> None:
        _GiftBooks(self.table, self.followers, gift).post(*entries)

    def due_gifts(self, now: datetime) -> Iterator[str]:
        is_due: Condition = Column("due_shard") == _OPEN_GIFTS
        items = self.table.index_items(DUE, is_due & (Column("due_on") <= now.isoformat()))
        return (item["pk"]["S"].removeprefix(GIFT) for item in items)


@dataclass(frozen=True)
class _GiftBooks(BooksStore):
    """The books, whose only posting is written with a gift as it is after it."""

    gift: Gift

    def also(self, write: Transaction, entries: Sequence[Entry]) -> None:  # noqa: ARG002 - all of them belong to the gift
        gift = self.gift
        row: Row = {**_key(gift.id), "data": packed(gift), "status": gift.status}
        if gift.status is GiftStatus.OPEN:
            write.create({**row, "due_shard": _OPEN_GIFTS, "due_on": gift.until}, StaleBooksError)
        else:
            write.put(row, Column("status") == GiftStatus.OPEN, StaleBooksError)


def _key(gift_id: str) -> Row:
    return row_key(f"{GIFT}{gift_id}", GIFT)
