"""Offers that are set aside, in the table of the ledger: each written with its postings and its stock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import Row, columns_of, packed, row_key
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, raise_refused
from wejourney.adapters.dynamo.loyalty.coupon_store import stock_key, take_one
from wejourney.adapters.dynamo.table import RefusedWriteError, Transaction
from wejourney.errors import StaleBooksError
from wejourney.loyalty.benefits.offers import Reservation, ReservationStatus
from wejourney.plain_data import from_plain
from wejourney.services.loyalty.ports import Entry

RESERVATION, OPEN = "RESERVATION#", "RESERVATIONS"
"""The beginning of the pk of a reservation, and the pk of the list of those that wait."""


@dataclass(frozen=True)
class OfferStore(BooksStore):
    def reservation(self, id_: str) -> Reservation | None:
        item = self.table.get(_key(id_))
        return None if item is None else from_plain(Reservation, columns_of(item)["data"])

    def keep(self, reservation: Reservation, *entries: Entry) -> None:
        books = _OfferBooks(self.table, self.followers, reservation)
        if entries:
            return books.post(*entries)
        write = Transaction(self.table)
        books.also(write, ())
        try:
            return write.commit()
        except RefusedWriteError as refused:
            raise_refused(refused)

    def due_reservations(self, now: datetime) -> Iterator[str]:
        rows = map(columns_of, self.table.between(OPEN, "0", f"{now.isoformat()}~"))
        return (row["reservation"] for row in rows)


@dataclass(frozen=True)
class _OfferBooks(BooksStore):
    """The books, whose only posting is written with a reservation as it is after it."""

    made: Reservation

    def also(self, write: Transaction, entries: Sequence[Entry]) -> None:  # noqa: ARG002 - all of them belong to it
        made, stock = self.made, self.made.offer.stock
        row: Row = {**_key(made.id), "data": packed(made), "status": made.status}
        of_stock = f"offer#{made.name}"
        if made.status is ReservationStatus.RESERVED:
            write.create(row, StaleBooksError)
            write.put({**_open_key(made), "reservation": made.id})
            if stock is not None:
                take_one(write, of_stock, stock, self.table)
            return
        write.put(row, Column("status") == ReservationStatus.RESERVED, StaleBooksError)
        write.delete(_open_key(made))
        if made.status is ReservationStatus.RELEASED and stock is not None:
            write.update(stock_key(of_stock), [Column("given").add(-1)])


def _key(id_: str) -> Row:
    return row_key(f"{RESERVATION}{id_}", RESERVATION)


def _open_key(made: Reservation) -> Row:
    return row_key(OPEN, "", made.until.isoformat(), made.id)
