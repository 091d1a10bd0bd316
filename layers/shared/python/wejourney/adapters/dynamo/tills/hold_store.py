"""Holds of tills in the ledger's table, each written together with its posting and one of the offer's stock.

A hold that is open is in the index of what comes due, in a shard of its own. One that is settled expires.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.items import FOLLOWER, Row, columns_of, packed, partition, row_key
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.coupon_store import give_one_back, stock_key, take_one
from wejourney.adapters.dynamo.loyalty.due_rows import deleted_at, due_ids
from wejourney.adapters.dynamo.table import Transaction
from wejourney.errors import AlreadyDoneError, StaleBooksError, StaleFollowerError
from wejourney.loyalty.benefits.offers import Given, OfferTerms
from wejourney.loyalty.till.holds import Hold, HoldStatus
from wejourney.plain_data import from_plain
from wejourney.services.loyalty.ports import Entry

HOLD = "HOLD#"
"""The beginning of a pk."""

_OPEN_HOLDS = "holds"
"""The shard of the index."""


@dataclass(frozen=True)
class HoldStore(BooksStore):
    def hold(self, hold_id: str) -> Hold | None:
        item = self.table.get(_key(hold_id))
        return None if item is None else from_plain(Hold, columns_of(item)["data"])

    def keep(self, hold: Hold, *entries: Entry, rev: int | None = None) -> None:
        _HoldBooks(self.table, self.followers, hold, rev).post(*entries)

    def due_holds(self, now: datetime) -> Iterator[str]:
        return due_ids(self.table, _OPEN_HOLDS, HOLD, now)

    def given(self, offers: Mapping[str, OfferTerms], person_ids: Iterable[str]) -> Given:
        ids = tuple(person_ids)
        stocks = {_stock(name): name for name, terms in offers.items() if terms.stock is not None}
        once = {_stock(name, id_): name for name, terms in offers.items() if terms.is_once for id_ in ids}
        keys = {stock_key(of)["pk"]: of for of in (*stocks, *once)}
        rows = map(columns_of, self.table.get_all(map(stock_key, keys.values())))
        given = {keys[row["pk"]]: row["given"] for row in rows if row["given"]}
        numbers = {name: given.get(of, 0) for of, name in stocks.items()}
        return Given(numbers, frozenset(name for of, name in once.items() if of in given))


@dataclass(frozen=True)
class _HoldBooks(BooksStore):
    """The books, whose only posting is written with a hold as it is after it.

    A new one that moves nothing is written only if the person has this revision.
    """

    made: Hold
    rev: int | None

    def also(self, write: Transaction, entries: Sequence[Entry]) -> None:
        made = self.made
        row: Row = {**_key(made.id), "data": packed(made), "status": made.status}
        if made.status is HoldStatus.HELD:
            due = {"due_shard": _OPEN_HOLDS, "due_on": made.expires_at}
            write.create({**row, **due}, AlreadyDoneError, self.table)
            if self.rev is not None and not entries:
                person = row_key(partition(made.person_id), FOLLOWER)
                is_read: Condition = Column("rev") == self.rev
                is_read &= Column("merged_into").does_not_exist()
                write.check(person, is_read, StaleFollowerError, self.followers)
            self._take_one(write)
            return
        was_held: Condition = Column("status") == HoldStatus.HELD
        write.put({**row, "expires_at": deleted_at(made.expires_at)}, was_held, StaleBooksError, self.table)
        if made.status is not HoldStatus.CAPTURED:
            self._give_one_back(write)

    def _take_one(self, write: Transaction) -> None:
        """One of the offer's stock, and the one that the person can have."""
        terms = self.made.terms
        if terms is not None and terms.stock is not None:
            take_one(write, _stock(self.made.offer), terms.stock, self.table)
        if terms is not None and terms.is_once:
            take_one(write, _stock(self.made.offer, self.made.person_id), 1, self.table, StaleBooksError)

    def _give_one_back(self, write: Transaction) -> None:
        terms = self.made.terms
        if terms is not None and terms.stock is not None:
            give_one_back(write, _stock(self.made.offer), self.table)
        if terms is not None and terms.is_once:
            give_one_back(write, _stock(self.made.offer, self.made.person_id), self.table)


def _stock(offer: str, person_id: str = "") -> str:
    """What the stock of an offer is called; with a person, how often they have had it."""
    return f"offer#{offer}#{person_id}" if person_id else f"offer#{offer}"


def _key(hold_id: str) -> Row:
    return row_key(f"{HOLD}{hold_id}", HOLD)
