"""Compare the books with their transactions, and with what people are told, an account at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from wejourney.loyalty.balance import Balance
from wejourney.loyalty.books import Books
from wejourney.loyalty.replay import Difference, Replay
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
class AccountPage:
    """Some people of a shard with an asset that they have books of, and where the next page begins."""

    accounts: tuple[tuple[str, str], ...]
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
            for person_id, asset in page.accounts:
                self._watched(person_id, asset)
            progress = replace(progress, cursor=page.cursor)
            self.records.save_reconciliation(shard, progress)

    def _watched(self, person_id: str, asset: str) -> None:
        try:
            for difference in self._differences(person_id, asset):
                self.watch.differs(difference)
        except Exception as error:  # noqa: BLE001 - the boundary of a person: the pass goes on with the others
            self.watch.failed(person_id, error)

    def _differences(self, person_id: str, asset: str) -> tuple[Difference, ...]:
        """What differs of books that did not change while they were read."""
        found: tuple[Difference, ...] = ()
        for _ in range(_ATTEMPTS):
            books, replay = self.records.books(person_id, asset), Replay()
            for transaction in self.records.newest(person_id, asset):
                replay.add(transaction)
            told = self._told(person_id, asset, books)
            found = (*replay.differences(person_id, asset, books), *told)
            if not found or self.records.books(person_id, asset) == books:
                return found
        return ()

    def _told(self, person_id: str, asset: str, books: Books) -> Iterator[Difference]:
        """What a person is told of their balance, unless a merge is about to tell them."""
        person = self.people.person(person_id)
        if person is None or person.merging:
            return
        balance = person.balances.get(asset, Balance())
        if balance != books.balance:
            yield Difference(person_id, asset, "told", books.available, balance.available)
