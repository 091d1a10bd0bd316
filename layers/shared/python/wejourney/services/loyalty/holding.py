"""What is held in the books for a gift or an offer, and what becomes of it: with its row, or not at all."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from wejourney.errors import (
    AlreadyDoneError,
    LedgerBusyError,
    StaleBooksError,
    StaleFollowerError,
    UnknownHoldError,
)
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.services.loyalty.bookkeeping import MOST_ATTEMPTS, Bookkeeping, Decide
from wejourney.services.loyalty.ports import BookRecords, Entry, People

_PAUSE = 0.05


@dataclass(frozen=True)
class Holding:
    """`now` is the time, `pause` waits for so many seconds."""

    records: BookRecords
    people: People
    programme: Programme
    now: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep

    def entry(
        self, person_id: str, kind: Kind, hold_id: str, amount: int, decide: Decide, asset: str = POINTS
    ) -> Entry:
        """What a hold, or what becomes of it, moves in somebody's books.

        Raises what `decide` raises, StaleBooksError or StaleFollowerError.
        """
        now = self.now()
        day = self.programme.day_of(now).isoformat()
        cause, inputs = Cause(hold_id), {"amount": amount}
        asked = Asked(f"{kind}:{hold_id}", kind, now, cause, inputs, day=day, asset=asset)
        books = Bookkeeping(self.records, self.people).books(person_id, asked)
        return Entry(person_id, asked.with_postings(decide(books)), books, asked.hash)

    def id_of(self, person_id: str) -> str:
        """Whom somebody was merged into; the books of who was erased go on without a name."""
        person = self.people.person(person_id) if person_id else None
        return person.person_id if person is not None else person_id

    def until_done[T](self, attempt: Callable[[], T]) -> T:
        """The loser of two at once looks at what there is then, and decides again."""
        for number in range(MOST_ATTEMPTS):
            if number:
                self.pause(random.uniform(0, _PAUSE))  # noqa: S311 - no secret
            with suppress(AlreadyDoneError, StaleBooksError, StaleFollowerError, UnknownHoldError):
                return attempt()
        raise LedgerBusyError("a gift or an offer")
