"""The books: what each person has of each asset, and the transactions that it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Transaction
from wejourney.people.followers import Follower


@dataclass(frozen=True)
class Entry:
    """A transaction in the books of a person, as these were `before`.

    `inputs_hash` is that of what was asked. Of one that takes back, `reversed_before` is how much of the same
    transaction had been taken back.
    """

    person_id: str
    transaction: Transaction
    before: Books
    inputs_hash: str
    reversed_before: int = 0

    @cached_property
    def after(self) -> Books:
        return self.before.after(self.transaction)


@dataclass(frozen=True)
class Posted:
    """A transaction that is in the books of a person: `reversed` of its amount was taken back since."""

    person_id: str
    transaction: Transaction
    inputs_hash: str
    reversed: int = 0


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
        StaleFollowerError when a person was merged into another one meanwhile.
        """

    def newest(self, person_id: str, asset: str = POINTS) -> Iterator[Transaction]:
        """The transactions in the books of a person, the last in time first, read as they are asked for."""
