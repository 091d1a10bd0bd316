"""What happened in the books of a person, also from when they were known as several, and what they had when.

Transactions are in the order of their times, not of when they were posted: what was had at a time is the sum
of all transactions up to it, whenever these were posted. It is found backwards from what is there now.
"""

import base64
import hashlib
import json
from binascii import Error
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any, Self

from wejourney.adapters.dynamo.items import partition
from wejourney.adapters.dynamo.loyalty.books_store import (
    TRANSACTION,
    BooksStore,
    books_key,
    books_of,
    transaction_of,
)
from wejourney.errors import StaleBooksError, WejourneyError
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Kind, Transaction
from wejourney.people.followers import Follower
from wejourney.plain_data import to_plain

_ATTEMPTS = 5
"""At reading what belongs together while others post."""

_END = "\uffff"
_MICROSECOND = timedelta(microseconds=1)

type Amounts = Mapping[Pocket, int]


class InvalidPlaceError(WejourneyError):
    """No page of a statement ends here."""


@dataclass(frozen=True)
class Line:
    """A transaction in the books of `person_id`, and what the person has in each pocket after it."""

    person_id: str
    transaction: Transaction
    after: Amounts

    @property
    def moved(self) -> Amounts:
        return {pocket: amount for pocket, amount in self.transaction.by_pocket.items() if amount}

    @property
    def balance(self) -> Amounts:
        """What the person has after it: what is owed is off what is available; what has expired is gone."""
        available = self.after.get(Pocket.AVAILABLE, 0) + self.after.get(Pocket.OWED, 0)
        others = (Pocket.UNCLAIMED, Pocket.PENDING, Pocket.HELD)
        return {Pocket.AVAILABLE: available, **{pocket: self.after.get(pocket, 0) for pocket in others}}

    def to_dict(self) -> dict[str, Any]:
        told = to_plain(self.transaction)
        return {"person_id": self.person_id, **told, "moved": self.moved, "balance": self.balance}


@dataclass(frozen=True)
class Page:
    """Lines of a statement; the following page is asked for with `next`, None: there is none."""

    lines: tuple[Line, ...]
    next: str | None


@dataclass(frozen=True)
class Asking:
    """Which lines of a statement are asked for: those of times from `since` on, and before `until`.

    At most so many, after the page that has `after` as its `next`.
    """

    most: int
    after: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    oldest_first: bool = False


@dataclass(frozen=True)
class _Row:
    """`place` is where a transaction is among others: its time, then its id."""

    place: str
    person_id: str
    transaction: Transaction


@dataclass(frozen=True)
class _Bookmark:
    """Where a page ended, and what was had there, as long as the books are those of `seal`."""

    place: str
    seal: str
    amounts: Amounts

    def __str__(self) -> str:
        told = json.dumps([self.place, self.seal, self.amounts])
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidPlaceError."""
        try:
            place, seal, amounts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(str(place), str(seal), {Pocket(name): int(amount) for name, amount in amounts.items()})
        except (ValueError, Error, TypeError, AttributeError, OverflowError, RecursionError):
            raise InvalidPlaceError from None


@dataclass(frozen=True)
class History:
    """The books of a person in one asset, who was known by each of `person_ids`."""

    store: BooksStore
    person_ids: tuple[str, ...]
    asset: str = POINTS

    @classmethod
    def of(cls, store: BooksStore, person: Follower, asset: str = POINTS) -> Self:
        return cls(store, (person.person_id, *sorted(person.merged)), asset)

    def books(self) -> dict[str, Books]:
        """By person id, read by one call; without those in which nothing was posted."""
        items = self.store.table.get_all(books_key(one, self.asset) for one in self.person_ids)
        return {item["pk"]["S"].removeprefix(partition("")): books_of(item) for item in items}

    def lines(self) -> Iterator[Line]:
        """The whole statement, the oldest transaction first."""
        rows = self._rows("", _END, oldest_first=True)
        return (line for _, line in self._lines(rows, Counter(), oldest_first=True))

    def page(self, asking: Asking) -> Page:
        """A page of the statement.

        The first one of all times, and each that follows another, takes as many calls among 100,000
        transactions as among 10; one of other times reads all transactions after them. Raises
        InvalidPlaceError, and StaleBooksError when others keep posting.
        """
        bookmark = _Bookmark.parse(asking.after) if asking.after is not None else None
        return self._steady(lambda books: self._page(books, asking, bookmark))

    def lots(self, at: datetime | None = None) -> Mapping[Lot, int]:
        """What the person has, or had after all transactions up to `at`: then all later ones are read.

        Raises StaleBooksError when others keep posting.
        """

        def read(books: Mapping[str, Books]) -> Mapping[Lot, int]:
            lots = Counter[Lot]()
            for one in books.values():
                lots.update(one.lots)
            for row in self._rows(_place_of(at + _MICROSECOND), _END) if at is not None else ():
                lots.subtract({lot: n for lot, n in row.transaction.moved.items() if isinstance(lot, Lot)})
            return {lot: amount for lot, amount in lots.items() if amount}

        return self._steady(read)

    def _steady[T](self, read: Callable[[Mapping[str, Books]], T]) -> T:
        """What is read while nobody posts."""
        books = self.books()
        for _ in range(_ATTEMPTS):
            found, before = read(books), books
            books = self.books()
            if _revs(books) == _revs(before):
                return found
        raise StaleBooksError

    def _page(self, books: Mapping[str, Books], asking: Asking, bookmark: _Bookmark | None) -> Page:
        first, before = _place_of(asking.since), _place_of(asking.until) or _END
        if asking.oldest_first:
            start = first = f"{bookmark.place}\0" if bookmark is not None else first
        else:
            start = before = bookmark.place if bookmark is not None else before
        told = json.dumps([asking.oldest_first, self.asset, _revs(books)])
        seal = hashlib.sha256(told.encode()).hexdigest()[:16]
        is_known = bookmark is not None and bookmark.seal == seal
        amounts = Counter(bookmark.amounts) if bookmark and is_known else self._amounts(books, start)
        rows = self._rows(first, before, oldest_first=asking.oldest_first, page=asking.most + 1)
        lines = self._lines(rows, amounts, oldest_first=asking.oldest_first)
        found = list(islice(lines, asking.most + 1))
        page = tuple(line for _, line in found[: asking.most])
        if len(found) <= asking.most:
            return Page(page, None)
        place, last = found[asking.most - 1]
        had = Counter(last.after)
        if not asking.oldest_first:
            had.subtract(last.moved)
        return Page(page, str(_Bookmark(place, seal, had)))

    def _amounts(self, books: Mapping[str, Books], place: str) -> Counter[Pocket]:
        """What was had before the first transaction from a place on."""
        amounts = Counter[Pocket]()
        if not place:
            return amounts
        for one in books.values():
            amounts.update({pocket: one.total(pocket) for pocket in Pocket})
        for row in self._rows(place, _END) if place != _END else ():
            amounts.subtract(row.transaction.by_pocket)
        return amounts

    def _rows(
        self, first: str, before: str, *, oldest_first: bool = False, page: int | None = None
    ) -> Iterator[_Row]:
        """The transactions from a place on and before another, read `page` at once as they are asked for."""
        if first >= before:
            return iter(())
        of_each = (
            self._rows_of(one, first, before, oldest_first=oldest_first, page=page) for one in self.person_ids
        )
        return merge(*of_each, key=lambda row: row.place, reverse=not oldest_first)

    def _rows_of(
        self, person_id: str, first: str, before: str, *, oldest_first: bool, page: int | None
    ) -> Iterator[_Row]:
        prefix = f"{TRANSACTION}{self.asset}#"
        ask = self.store.table.oldest if oldest_first else self.store.table.newest
        items = ask(partition(person_id), prefix, after=prefix + first, before=prefix + before, page=page)
        for item in items:
            place = item["sk"]["S"].removeprefix(prefix)
            if place != before:
                yield _Row(place, person_id, transaction_of(item))

    def _lines(
        self, rows: Iterable[_Row], amounts: Counter[Pocket], *, oldest_first: bool
    ) -> Iterator[tuple[str, Line]]:
        """The lines of rows with their places; `amounts` are what was had where the rows begin.

        What merging moves between the books of one person is no line.
        """
        for row in rows:
            if oldest_first:
                amounts.update(row.transaction.by_pocket)
            if row.transaction.kind is not Kind.MERGE or len(self.person_ids) == 1:
                yield row.place, Line(row.person_id, row.transaction, dict(amounts))
            if not oldest_first:
                amounts.subtract(row.transaction.by_pocket)


def _place_of(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _revs(books: Mapping[str, Books]) -> list[tuple[str, int]]:
    """What tells one state of books from another."""
    return sorted((person_id, one.rev) for person_id, one in books.items())
