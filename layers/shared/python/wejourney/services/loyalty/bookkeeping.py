"""Posting once, on the books as they are when it is written."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from wejourney.errors import (
    AlreadyDoneError,
    LedgerBusyError,
    PostingConflictError,
    StaleBooksError,
    StaleFollowerError,
    UnknownTransactionError,
    WejourneyError,
)
from wejourney.loyalty.accounts import OWED, Pocket
from wejourney.loyalty.books import Books, reverse, reversible
from wejourney.loyalty.due import expired
from wejourney.loyalty.transactions import Asked, Posting, Transaction, earned_by, settlement_of
from wejourney.services.loyalty.ports import BookRecords, Entry, People, Posted, received_id
from wejourney.services.loyalty.remembered_books import RememberedBooks

type Decide = Callable[[Books], tuple[Posting, ...]]
type _EntryOf = Callable[[str, Books], Entry | None]
"""What is posted in a person's books, as these are; None: nothing."""
type Pause = Callable[[float], None]
"""Waits for so many seconds."""

MOST_ATTEMPTS = 100
"""Of writers at once one is done in each round, so that a hundred are done in a hundred rounds."""

_PAUSE, _LONGEST_PAUSE = 0.01, 0.08
"""Seconds: the mean pauses before the second attempt, which doubles, and before later ones.

All of them together take less than the 15 seconds that API Gateway waits.
"""


def until_done[T](attempt: Callable[[], T], what: str, pause: Pause, attempts: int = MOST_ATTEMPTS) -> T:
    """The loser of two at once looks at what there is then, and decides again.

    Raises LedgerBusyError after the last of the attempts.
    """
    for number in range(attempts):
        if number:
            mean = min(_PAUSE * 2 ** (number - 1), _LONGEST_PAUSE)
            pause(random.uniform(0, 2 * mean))  # noqa: S311 - no secret
        with suppress(StaleBooksError, StaleFollowerError):
            return attempt()
    raise LedgerBusyError(what)


@dataclass(frozen=True)
class Bookkeeping:
    """The way into the books for whatever happens to one person."""

    records: BookRecords
    people: People
    pause: Pause = time.sleep
    remembered: RememberedBooks = field(default_factory=RememberedBooks)

    def post(self, person_id: str, asked: Asked, decide: Decide, *, is_told: bool = False) -> Posted | None:
        """Post what is decided on the books; None when that is nothing. `is_told`: the caller tells of it.

        What was posted before is the answer again. Raises PostingConflictError when this id was used with
        other inputs, LedgerBusyError when others keep writing, and what `decide` raises.
        """

        def entry(person_id: str, books: Books) -> Entry | None:
            postings = decide(books)
            if not postings:
                return None
            return Entry(person_id, asked.with_postings(postings), books, asked.hash, is_told=is_told)

        return self._post(person_id, asked, entry)

    def books(self, person_id: str, asked: Asked) -> Books:
        """What a person has on the day of what is asked: what has expired before that day is posted first.

        So it cannot be spent, though the function that posts it comes minutes later. Raises StaleBooksError
        and StaleFollowerError, as the posting that follows.
        """
        books = self.records.books(person_id, asked.asset)
        late = expired(person_id, asked.asset, books, asked.day, asked.effective_at)
        if late is None:
            return books
        entry = Entry(person_id, late, books)
        try:
            self.records.post(entry)
        except AlreadyDoneError as error:
            raise StaleBooksError from error
        return entry.after

    def take_back(
        self,
        asked: Asked,
        amount: int | None = None,
        *,
        up_to: int | None = None,
        is_told: bool = False,
    ) -> Posted | None:
        """Take back an amount of the transaction that `asked.reverses` names: None: what is left of it.

        Who was erased owes nothing: what is not there any more is not taken back.
        `up_to`: what is missing until so much of it in all is taken back. Nothing is posted, and None
        returned, when that is nothing. Raises as `post`, UnknownTransactionError, or TooLittleError when that
        is more than is left.
        """

        def entry(person_id: str, books: Books) -> Entry | None:
            original = self._original(asked)
            left = reversible(original.transaction) - original.reversed
            wanted = left if amount is None else amount
            if up_to is not None:
                wanted = min(up_to - original.reversed, left)
            if amount is None and wanted <= 0:
                return None
            postings = reverse(books, original.transaction, wanted, original.reversed)
            if any(posting.source == OWED for posting in postings):
                if (now := self.id_of(person_id, asked.asset)) != person_id:
                    return entry(now, self.books(now, asked))
                if self.people.person(person_id) is None:
                    postings = tuple(posting for posting in postings if posting.source != OWED)
            if not postings:
                return None
            month = self._earned_in(original.transaction, asked.day)
            moved = replace(asked.with_postings(postings), earned=earned_by(asked.kind, postings, month))
            return Entry(person_id, moved, books, asked.hash, original.reversed, is_told=is_told)

        return self._post(self._original(asked).person_id, asked, entry)

    def id_of(self, person_id: str, asset: str) -> str:
        """Whose books have by now what was this person's: a merge may have moved them.

        The row of who was merged leads to who they are for some time, the books for ever. The books of who
        was erased go on without a name.
        """
        if (person := self.people.person(person_id)) is not None:
            return person.person_id
        received = self.records.posted(received_id(person_id, asset))
        return self.id_of(received.person_id, asset) if received is not None else person_id

    def _earned_in(self, original: Transaction, today: str) -> str:
        """The month in which an earning was counted as earned: what was pending, in that of its day.

        Or in the month in which WeChat had settled its order before that day.
        """
        pending = (lot for lot in original.lots if lot.pocket is Pocket.PENDING)
        due = next((lot.due for lot in pending), "")
        if due > today and (settled := self.records.posted(settlement_of(original.id))) is not None:
            return next(iter(settled.transaction.earned), today[:7])
        return next(iter(original.earned), (due or today)[:7])

    def _original(self, asked: Asked) -> Posted:
        found = self.records.posted(asked.reverses)
        if found is None:
            raise UnknownTransactionError(asked.reverses)
        return found

    def _post(self, person_id: str, asked: Asked, entry_of: _EntryOf) -> Posted | None:
        def attempt() -> Posted | None:
            nonlocal person_id
            try:
                entry = self._on_remembered(person_id, asked, entry_of)
                if entry is None:
                    entry = entry_of(person_id, self.books(person_id, asked))
                    if entry is None:
                        return self._posted(asked)
                    self.records.post(entry)
            except StaleBooksError:
                raise
            except StaleFollowerError:
                # They were merged, which `person` completes; or erased, and their books stay.
                person_id = self.id_of(person_id, asked.asset)
                raise
            except WejourneyError as error:
                # Posted before, it may be that it could not be decided again: the points are spent, say.
                if (before := self._posted(asked)) is not None:
                    return before
                # Or a merge has emptied the books that it was decided on.
                if (now := self.id_of(person_id, asked.asset)) == person_id:
                    raise
                person_id = now
                raise StaleFollowerError from error
            self.remembered.keep(entry.person_id, asked.asset, entry.after)
            balance = entry.after.available
            return Posted(entry.person_id, entry.transaction, asked.hash, balance=balance)

        return until_done(attempt, asked.id, self.pause)

    def _on_remembered(self, person_id: str, asked: Asked, entry_of: _EntryOf) -> Entry | None:
        """What is posted on the books as this process has left them; None: they are to be read.

        So they are also where nothing is to be posted or a decision fails, for that may be wrong by now.
        """
        books = self.remembered.take(person_id, asked.asset)
        if books is None or expired(person_id, asked.asset, books, asked.day, asked.effective_at) is not None:
            return None
        try:
            entry = entry_of(person_id, books)
        except WejourneyError:
            return None
        if entry is not None:
            try:
                self.records.post(entry)
            except StaleBooksError:
                self.remembered.leave_to_others(person_id, asked.asset)
                return None
        return entry

    def _posted(self, asked: Asked) -> Posted | None:
        """Raises PostingConflictError."""
        before = self.records.posted(asked.id)
        if before is not None and before.inputs_hash != asked.hash:
            raise PostingConflictError(asked.id)
        return before
