"""The books: what each person has of each asset, and the transactions that it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Transaction
from wejourney.people.followers import Follower


@dataclass(frozen=True)
class Entry:
    """A transaction in the books of a person, as these were `before`.

    `inputs_hash` is that of what was asked; what a day brings has none. Of one that takes back,
    `reversed_before` is how much of the same transaction had been taken back. With `person_rev` it was
    decided on this revision of the person. `untold`: whoever posts it does not tell of it, `KeepBooks` does.
    """

    person_id: str
    transaction: Transaction
    before: Books
    inputs_hash: str = ""
    reversed_before: int = 0
    person_rev: int | None = None
    untold: bool = False

    @cached_property
    def after(self) -> Books:
        return self.before.after(self.transaction)


@dataclass(frozen=True)
class Posted:
    """A transaction that is in the books of a person: `reversed` of its amount was taken back since.

    `balance` is what could be spent right after it, below zero where something was owed.
    """

    person_id: str
    transaction: Transaction
    inputs_hash: str
    reversed: int = 0
    balance: int = 0

    @property
    def balance_before(self) -> int:
        moved = self.transaction.moved.items()
        spendable = (Pocket.AVAILABLE, Pocket.OWED)
        return self.balance - sum(n for lot, n in moved if isinstance(lot, Lot) and lot.pocket in spendable)


class People(Protocol):
    def person(self, person_id: str) -> Follower | None:
        """A person by our own id, or whom they were merged into: a merge that has begun is complete then."""


class BookRecords(Protocol):
    def books(self, person_id: str, asset: str = POINTS) -> Books:
        """What a person has by all transactions that are complete."""

    def posted(self, transaction_id: str) -> Posted | None:
        """The transaction of this id, in whosever books it is."""

    def post(self, *entries: Entry) -> None:
        """Write transactions, each in books of its own, all or none, and what people see of their balance.

        Raises AlreadyDoneError when the first one is posted, StaleBooksError when books have changed, and
        StaleFollowerError when a person was merged into another one meanwhile, or is not as they were read.
        """

    def newest(self, person_id: str, asset: str = POINTS) -> Iterator[Transaction]:
        """The transactions in the books of a person, the last in time first, read as they are asked for."""


class DueBooks(BookRecords, Protocol):
    """The books, and an index of those that a day brings something in (`due_on`), by shard of the person.

    The index may lag behind: it may name books whose due amounts were posted a moment ago.
    """

    def due(self, shard: int, today: str) -> Iterator[tuple[str, str]]:
        """Whose books of which asset have something due, the longest due first, read as asked for."""

    def untold(self, shard: int) -> Iterator[str]:
        """The ids of transactions that nobody has told of yet."""

    def told(self, transaction_id: str) -> None:
        """Note that somebody has told of it."""


class KnownPeople(Protocol):
    def person(self, person_id: str) -> Follower | None:
        """A person as they are now; None: erased, or merged."""
