"""Post what a day brings: amounts that have expired, and pending ones that become available."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wejourney.errors import AlreadyDoneError, StaleBooksError, StaleFollowerError
from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import days_due, expired, matured
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower
from wejourney.services.loyalty.ports import DueBooks, Entry, KnownPeople
from wejourney.services.ports.environment import TimeSource


class BooksWatch(Protocol):
    """Is told of what is posted, and of whose books could not be kept; they are again with the next sweep."""

    def posted(self, entry: Entry) -> None: ...

    def failed(self, person_id: str, error: Exception) -> None: ...


@dataclass(frozen=True)
class KeepBooks:
    """Sweeps one shard of the books that have something due.

    It can die anywhere: what is posted is not due any more, and the next sweep goes on with what is. Where
    somebody else is at work on the same books, these are left to the next sweep.
    """

    records: DueBooks
    people: KnownPeople
    clock: TimeSource
    watch: BooksWatch
    programme: Programme
    is_member: Callable[[Follower], bool]

    def __call__(self, shard: int, has_time: Callable[[], bool]) -> None:
        today = self.programme.day_of(self.clock.now()).isoformat()
        for person_id, asset in self.records.due(shard, today):
            if not has_time():
                return
            try:
                with suppress(AlreadyDoneError, StaleBooksError, StaleFollowerError):
                    self._keep(person_id, asset, today)
            except Exception as error:  # noqa: BLE001 - the boundary of a person: the sweep goes on with others
                self.watch.failed(person_id, error)

    def _keep(self, person_id: str, asset: str, today: str) -> None:
        books, now = self.records.books(person_id, asset), self.clock.now()
        for day in days_due(books, today):
            late = expired(person_id, asset, books, day, now)
            if late is not None:
                books = self._post(Entry(person_id, late, books))
            if any(lot.due == day for lot in books.of(Pocket.PENDING)):
                books = self._mature(person_id, asset, books, day, now)

    def _mature(self, person_id: str, asset: str, books: Books, day: str, now: datetime) -> Books:
        person = self.people.person(person_id)
        joined = person is not None and self.is_member(person)
        into = Pocket.AVAILABLE if joined else Pocket.UNCLAIMED
        moved = matured(person_id, asset, books, day, now, into)
        # Who joins meanwhile claims what is unclaimed then: nothing must become unclaimed after that.
        rev = person.rev if person is not None else None
        return self._post(Entry(person_id, moved, books, person_rev=rev)) if moved is not None else books

    def _post(self, entry: Entry) -> Books:
        self.records.post(entry)
        self.watch.posted(entry)
        return entry.after
