"""The books: what each person has of each asset, and the transactions that it comes from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Protocol

from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books, give_away, take_over
from wejourney.loyalty.transactions import Asked, Cause, Kind, Transaction
from wejourney.people.followers import Follower


@dataclass(frozen=True)
class Entry:
    """A transaction in the books of a person, as these were `before`.

    `inputs_hash` is that of what was asked: with it, the id is taken for ever. What a day brings, and what is
    written with the record of a step, has none. Of one that takes back,
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

    @property
    def is_kept_by_id(self) -> bool:
        """Whether a row says for ever that the id is taken: what records a step, or a day, says it else."""
        return bool(self.inputs_hash) or self.untold

    @cached_property
    def after(self) -> Books:
        return self.before.after(self.transaction)


def merging(
    younger_id: str, older_id: str, asset: str, theirs: Books, mine: Books, at: datetime
) -> tuple[Entry, Entry]:
    """What moves all that the younger person has to the older one: `theirs` is empty then."""
    out, into = f"merged:{younger_id}:{asset}", received_id(younger_id, asset)
    given = give_away(theirs)
    asked = Asked(out, Kind.MERGE, at, Cause(out), {"into": older_id}, day="", asset=asset)
    moved = replace(asked.with_postings(given), earned=_negated(theirs.earned), used=_negated(theirs.used))
    received = replace(asked, id=into, cause=Cause(into), inputs={"from": younger_id})
    taken = received.with_postings(take_over(mine, given))
    taken = replace(taken, earned=theirs.earned, used=theirs.used)
    return Entry(younger_id, moved, theirs, asked.hash), Entry(older_id, taken, mine, received.hash)


def received_id(younger_id: str, asset: str) -> str:
    """The id of the transaction by which somebody's books have got what this person had, who is them."""
    return f"merged:{younger_id}:{asset}:into"


def _negated(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: -amount for name, amount in amounts.items()}


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


type Failed = Callable[[str, Exception], None]
"""Is told whose books something could not be done in, by our own id, and why."""


def raise_failure(_person_id: str, error: Exception) -> None:
    raise error


class People(Protocol):
    def person(self, person_id: str) -> Follower | None:
        """A person by our own id, or whom they were merged into: a merge that has begun is complete then."""


class BookRecords(Protocol):
    def books(self, person_id: str, asset: str = POINTS) -> Books:
        """What a person has by all transactions that are complete."""

    def posted(self, transaction_id: str) -> Posted | None:
        """The transaction of this id, in whosever books it is."""

    def post(self, *entries: Entry) -> None:
        """Write transactions, all or none, and what people see of their balance.

        Of several in the same books each is decided on those after the one before.

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
