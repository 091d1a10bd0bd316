"""What everybody has together: the trial balance of the books, and what the brand owes by when it expires.

All books are found by an index and read once, each at a moment of its own. What that takes grows with the
number of people, and not with how much has happened.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import batched, starmap
from typing import NamedTuple

from wejourney.adapters.dynamo.items import CALENDAR_SHARDS, partition
from wejourney.adapters.dynamo.loyalty.books_store import BOOKS, BooksStore, books_key, books_of
from wejourney.loyalty.accounts import NEVER, Pocket
from wejourney.loyalty.books import Books
from workbench.operations.loyalty.parts import Tell, in_parts

_AT_ONCE = 100
"""Books of one read."""


class Account(NamedTuple):
    """A pocket of people's, such as `available`, or the programme's other side: `programme|issued`."""

    asset: str
    name: str


class Expiring(NamedTuple):
    """What people have in a pocket that expires in a month, `2027-01`; empty: never."""

    asset: str
    month: str
    pocket: Pocket


class Unbalanced(NamedTuple):
    """Books of a person that do not sum to zero."""

    person_id: str
    asset: str
    sum: int


@dataclass
class Totals:
    """The amounts of so many books, by account, and by the month in which what can still be had expires."""

    books: int = 0
    accounts: Counter[Account] = field(default_factory=Counter)
    expiring: Counter[Expiring] = field(default_factory=Counter)
    unbalanced: list[Unbalanced] = field(default_factory=list)

    def add(self, person_id: str, asset: str, books: Books) -> None:
        self.books += 1
        for lot, amount in books.lots.items():
            self.accounts[Account(asset, lot.pocket)] += amount
            if lot.pocket is not Pocket.EXPIRED:
                self.expiring[Expiring(asset, lot.expires[:7], lot.pocket)] += amount
        for place, amount in books.programme.items():
            self.accounts[Account(asset, f"programme|{place}")] += amount
        if total := sum(books.lots.values()) + sum(books.programme.values()):
            self.unbalanced.append(Unbalanced(person_id, asset, total))

    def include(self, other: "Totals") -> None:
        self.books += other.books
        self.accounts.update(other.accounts)
        self.expiring.update(other.expiring)
        self.unbalanced += other.unbalanced


def totals_of_everybody(store: BooksStore, tell: Tell) -> Totals:
    """The books of everybody; `tell` is told how many were read so far. Books of the last second may lack."""
    totals = Totals()
    for part in in_parts(CALENDAR_SHARDS, partial(_totals, store), tell):
        totals.include(part)
    return totals


def _totals(store: BooksStore, shard: int, tell: Tell) -> Totals:
    totals = Totals()
    for batch in batched(store.due(shard, NEVER), _AT_ONCE, strict=False):
        for item in store.table.get_all(starmap(books_key, batch)):
            person_id = item["pk"]["S"].removeprefix(partition(""))
            totals.add(person_id, item["sk"]["S"].removeprefix(BOOKS), books_of(item))
        tell(len(batch))
    return totals
