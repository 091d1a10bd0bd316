"""Post what a day brings, and tell of it: what expires, and what was pending and becomes available."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from wejourney.errors import AlreadyDoneError, StaleBooksError, StaleFollowerError
from wejourney.loyalty.accounts import Pocket, pocket_for
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import days_due, expired, matured
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower
from wejourney.services.loyalty.ports import DueBooks, Entry, People, Posted, heard_by, passed_by
from wejourney.services.ports.environment import TimeSource
from wejourney.services.ports.inbox import Announcements


class BooksWatch(Protocol):
    """Is told of what is posted, and of whose books could not be kept; they are again with the next sweep."""

    def posted(self, entry: Entry) -> None: ...

    def failed(self, person_id: str, error: Exception) -> None: ...


@dataclass(frozen=True)
class KeepBooks:
    """Sweeps one shard of the books that have something due.

    It can die anywhere: what is posted is not due any more, and the next sweep goes on with what is. Where
    somebody else is at work on the same books, these are left to the next sweep. What is posted, here or by
    others, says that it is untold until its event is in the inbox. `is_heard`: some journey, segment or tier
    is about points.
    """

    records: DueBooks
    people: People
    inbox: Announcements
    clock: TimeSource
    watch: BooksWatch
    programme: Programme
    may_spend: Callable[[Follower], bool]
    is_heard: bool = True

    def __call__(self, shard: int, has_time: Callable[[], bool]) -> None:
        today = self.programme.day_of(self.clock.now()).isoformat()
        for person_id, asset in self.records.due(shard, today):
            if not has_time():
                return
            self._watched(person_id, partial(self._keep, person_id, asset, today))

    def tell(self, has_time: Callable[[], bool]) -> None:
        """Tell journeys of what nobody has told of yet, such as what a till has taken."""
        for transaction_id in self.records.untold():
            if not has_time():
                return
            posted = self.records.posted(transaction_id)
            if posted is not None:
                self._watched(posted.person_id, partial(self._tell, posted))

    def _watched(self, person_id: str, does: Callable[[], None]) -> None:
        try:
            with suppress(AlreadyDoneError, StaleBooksError, StaleFollowerError):
                does()
        except Exception as error:  # noqa: BLE001 - the boundary of a person: the sweep goes on with the others
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
        into = pocket_for(may_spend=person is not None and self.may_spend(person))
        moved = matured(person_id, asset, books, day, now, into)
        # Who joins meanwhile claims what is unclaimed then: nothing must become unclaimed after that.
        rev = person.rev if person is not None else None
        return self._post(Entry(person_id, moved, books, person_rev=rev)) if moved is not None else books

    def _post(self, entry: Entry) -> Books:
        entry = replace(entry, is_told=not self.is_heard)
        self.records.post(entry)
        self.watch.posted(entry)
        if entry.is_untold:
            balance = entry.after.available
            self._tell(Posted(entry.person_id, entry.transaction, entry.inputs_hash, balance=balance))
        return entry.after

    def _tell(self, posted: Posted) -> None:
        """Put what has changed into the inbox; told again, it is the same event."""
        person = self.people.person(posted.person_id)
        if person is not None and self.is_heard:
            passed = passed_by(self.records, posted.person_id, person.person_id)
            self.inbox.tell([posted.told_to(heard_by(person), passed)])
        self.records.told(posted.transaction.id)
