"""Gifts in the table of the ledger, by the hash of their code, each written with the postings that change it.

A gift that is open has a row in the list of those whose time will be over, in the order of that time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import Row, columns_of, packed, row_key
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.table import Transaction
from wejourney.errors import StaleBooksError
from wejourney.loyalty.benefits.gifts import Gift, GiftStatus
from wejourney.plain_data import from_plain
from wejourney.services.loyalty.ports import Entry

GIFT, OPEN_GIFTS = "GIFT#", "GIFTS"
"""The beginning of the pk of a gift, and the pk of the list of open ones."""


@dataclass(frozen=True)
class GiftStore(BooksStore):
    def gift(self, gift_id: str) -> Gift | None:
        item = self.table.get(_key(gift_id))
        return None if item is None else from_plain(Gift, columns_of(item)["data"])

    def post_gift(self, gift: Gift, *entries: Entry) -> None:
        _GiftBooks(self.table, self.followers, gift).post(*entries)

    def due_gifts(self, now: datetime, most: int) -> list[Gift]:
        rows = map(columns_of, self.table.between(OPEN_GIFTS, "0", f"{now.isoformat()}~"))
        found = (self.gift(row["gift"]) for row in islice(rows, most))
        return [gift for gift in found if gift is not None]


@dataclass(frozen=True)
class _GiftBooks(BooksStore):
    """The books, whose only posting is written with a gift as it is after it."""

    gift: Gift

    def also(self, write: Transaction, entries: Sequence[Entry]) -> None:  # noqa: ARG002 - all of them belong to the gift
        gift = self.gift
        row: Row = {**_key(gift.id), "data": packed(gift), "status": gift.status}
        if gift.status is GiftStatus.OPEN:
            write.create(row, StaleBooksError)
            write.put({**_open_key(gift), "gift": gift.id})
        else:
            write.put(row, Column("status") == GiftStatus.OPEN, StaleBooksError)
            write.delete(_open_key(gift))


def _key(gift_id: str) -> Row:
    return row_key(f"{GIFT}{gift_id}", GIFT)


def _open_key(gift: Gift) -> Row:
    return row_key(OPEN_GIFTS, "", gift.until.isoformat(), gift.id)
