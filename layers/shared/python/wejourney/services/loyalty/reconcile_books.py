"""Compare the books with their transactions, and with what people are told, an account at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from wejourney.loyalty.balance import Balance
from wejourney.loyalty.books import Books
from wejourney.loyalty.replay import Comparison, Difference, compared
from wejourney.loyalty.transactions import Transaction
from wejourney.services.loyalty.ports import KnownPeople
from wejourney.services.ports.environment import TimeSource

EVERY = timedelta(days=7)
"""From the beginning of one reconciliation of everybody to that of the next."""

_ATTEMPTS = 5
"""At reading an account while others post to it."""


@dataclass(frozen=True)
class Reconciliation:
    """How far a shard was compared: `cursor` is where to go on, empty at first, None at the end."""

    began_at: datetime
    cursor: str | None = ""


@dataclass(frozen=True)
class Account:
    """A person with an asset that they have books of, and where to go on after them."""

    person_id: str
    asset: str
    cursor: str


@dataclass(frozen=True)
class AccountPage:
    """Some accounts of a shard, and where the next page begins; None: there is none."""

    accounts: tuple[Account, ...]
    cursor: str | None


class AllBooks(Protocol):
    """The books of everybody. Books whose due day changes while they are paged may be left out of a pass."""

    def books(self, person_id: str, asset: str) -> Books: ...

    def newest(self, person_id: str, asset: str) -> Iterator[Transaction]: ...

    def page(self, shard: int, cursor: str) -> AccountPage: ...

    def reconciliation(self, shard: int) -> Reconciliation | None: ...

    def save_reconciliation(self, shard: int, progress: Reconciliation) -> None: ...


class ReconciliationWatch(Protocol):
    def differs(self, difference: Difference) -> None:
        """An account of somebody's is not what its transactions say."""

    def failed(self, person_id: str, error: Exception) -> None:
        """The books of a person could not be compared; they will be with the next pass."""


def compare(
    person_id: str,
    read: Callable[[], Mapping[str, Books]],
    transactions: Callable[[], Iterable[Transaction]],
    told: Callable[[Mapping[str, Books]], Iterable[Difference]] = lambda _: (),
) -> Comparison:
    """Books of somebody by asset, compared with their transactions, and with what `told` compares besides.

    All is read again while others post. Who never pauses has no difference: they are compared with the next
    pass.
    """
    for _ in range(_ATTEMPTS):
        books = read()
        found = compared(person_id, books, transactions())
        found = replace(found, differences=(*found.differences, *told(books)))
        if not found.differences or read() == books:
            return found
    return replace(found, differences=())


@dataclass(frozen=True)
class ReconcileBooks:
    """Compares a shard, page by page. What dies goes on after the last page that was done."""

    records: AllBooks
    people: KnownPeople
    clock: TimeSource
    watch: ReconciliationWatch

    def __call__(self, shard: int, has_time: Callable[[], bool]) -> None:
        progress, now = self.records.reconciliation(shard), self.clock.now()
        if progress is None or (progress.cursor is None and now - progress.began_at >= EVERY):
            progress = Reconciliation(now)
        while progress.cursor is not None and has_time():
            page = self.records.page(shard, progress.cursor)
            for account in page.accounts:
                if not has_time():
                    return self.records.save_reconciliation(shard, progress)
                self._watched(account.person_id, account.asset)
                progress = replace(progress, cursor=account.cursor)
            progress = replace(progress, cursor=page.cursor)
            self.records.save_reconciliation(shard, progress)
        return None

    def _watched(self, person_id: str, asset: str) -> None:
        def read() -> Mapping[str, Books]:
            return {asset: self.records.books(person_id, asset)}

        try:
            found = compare(
                person_id,
                read,
                lambda: self.records.newest(person_id, asset),
                lambda books: self._told(person_id, asset, books[asset]),
            )
            for difference in found.differences:
                self.watch.differs(difference)
        except Exception as error:  # noqa: BLE001 - the boundary of a person: the pass goes on with the others
            self.watch.failed(person_id, error)

    def _told(self, person_id: str, asset: str, books: Books) -> Iterator[Difference]:
        """What a person is told of their balance, unless a merge is about to tell them."""
        person = self.people.person(person_id)
        if person is None or person.merging:
            return
        balance = person.balances.get(asset, Balance())
        if balance != books.balance:
            yield Difference(person_id, asset, "told", books.available, balance.available)
