"""What is held in the books, and what becomes of it: with its row, or not at all; and in time."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wejourney.errors import (
    AlreadyDoneError,
    StaleBooksError,
    StaleFollowerError,
    TooLittleError,
    UnknownHoldError,
)
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.services.loyalty.bookkeeping import MOST_ATTEMPTS, Bookkeeping, Decide, Pause, until_done
from wejourney.services.loyalty.ports import BookRecords, Entry, Failed, People

FEW_ATTEMPTS = 5
"""Of a job that comes to the same again within a minute: what is stuck takes no time of the others."""


class OfPerson(Protocol):
    """Something that is held in somebody's books until a time that ends."""

    @property
    def person_id(self) -> str: ...


@dataclass(frozen=True)
class Holding:
    """`now` is the time."""

    records: BookRecords
    people: People
    programme: Programme
    now: Callable[[], datetime]
    pause: Pause = time.sleep

    def entry(
        self,
        person_id: str,
        kind: Kind,
        hold_id: str,
        amount: int,
        decide: Decide,
        asset: str = POINTS,
        reason: str = "",
    ) -> Entry:
        """What a hold, or what becomes of it, moves in somebody's books.

        Raises what `decide` raises, StaleBooksError or StaleFollowerError.
        """
        now = self.now()
        day = self.programme.day_of(now).isoformat()
        cause, inputs = Cause(hold_id, reason), {"amount": amount}
        id_ = transaction_id(kind, hold_id)
        asked = Asked(id_, kind, now, cause, inputs, day=day, asset=asset)
        books = Bookkeeping(self.records, self.people).books(person_id, asked)
        try:
            return Entry(person_id, asked.with_postings(decide(books)), books, asked.hash)
        except TooLittleError as error:
            self.require_whole(person_id, error)
            raise

    def require_whole(self, person_id: str, refused: Exception) -> None:
        """Raise StaleFollowerError where something is refused because a merge is moving what they have."""
        person = self.people.person(person_id)
        if person is not None and (person.person_id != person_id or person.merging):
            raise StaleFollowerError from refused

    def id_of(self, person_id: str, asset: str = POINTS) -> str:
        """Whose books have by now what was this person's; of nobody nobody's."""
        return Bookkeeping(self.records, self.people).id_of(person_id, asset) if person_id else ""

    def until_done[T](self, attempt: Callable[[], T], attempts: int = MOST_ATTEMPTS) -> T:
        """As `until_done` of the books; what is posted or held no more is a reason to look again, too."""

        def looked_again() -> T:
            try:
                return attempt()
            except (AlreadyDoneError, UnknownHoldError) as error:
                raise StaleBooksError from error

        return until_done(looked_again, "of what is held", self.pause, attempts)


def transaction_id(kind: Kind, hold_id: str) -> str:
    """The id of what is posted when something is held, or by what becomes of it."""
    return f"{kind}:{hold_id}"


def settle_due[T: OfPerson](
    due: Iterable[str],
    read: Callable[[str], T | None],
    settle: Callable[[T], object],
    failed: Failed,
    has_time: Callable[[], bool],
) -> int:
    """Settle all whose time is over, by their ids, while there `has_time`; how many were.

    `failed` is told of each that cannot be settled, also because others keep writing; then the next one is.
    It can stop at any point and run again: what is settled is not due any more.
    """
    number = 0
    for id_ in due:
        if not has_time():
            break
        person_id = ""
        try:
            if (held := read(id_)) is not None:
                person_id = held.person_id
                settle(held)
                number += 1
        except Exception as error:  # noqa: BLE001 - the boundary of one: the others are settled
            failed(person_id, error)
    return number
