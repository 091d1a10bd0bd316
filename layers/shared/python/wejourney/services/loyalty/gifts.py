"""Give an amount away by a code, claim it, or let it go back: the gift and its postings change together."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from wejourney.errors import PostingConflictError
from wejourney.loyalty.benefits.gifts import (
    Gift,
    GiftClaimedError,
    UnknownGiftError,
    given,
)
from wejourney.loyalty.benefits.secret_codes import code_of, hash_of
from wejourney.loyalty.books import give, hold, receive, release
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Kind, require_amount
from wejourney.services.loyalty.bookkeeping import MOST_ATTEMPTS, Decide
from wejourney.services.loyalty.holding import FEW_ATTEMPTS, Holding, settle_due
from wejourney.services.loyalty.ports import BookRecords, Entry, Failed, People, raise_failure


class GiftRecords(BookRecords, Protocol):
    def gift(self, gift_id: str) -> Gift | None: ...

    def post_gift(self, gift: Gift, *entries: Entry) -> None:
        """Post entries and keep the gift as it is after them: new, or one that was open.

        Raises StaleBooksError where it was not, else as `post`.
        """

    def due_gifts(self, now: datetime) -> Iterator[str]:
        """The ids of open gifts whose time is over by now, those first that are over for longest."""


@dataclass(frozen=True)
class Gifts:
    """`now` is the time, `pause` waits for so many seconds. `failed` is told whose gift cannot go back."""

    records: GiftRecords
    people: People
    programme: Programme
    now: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep
    failed: Failed = raise_failure

    def give(self, code: str, giver: str, asset: str, amount: int) -> Gift:
        """Hold an amount for whoever has this code, which nobody has used yet; asked again it is held once.

        Raises InvalidAmountError, NotGivenAwayError, TooLittleError, PostingConflictError or LedgerBusyError.
        """
        require_amount(amount)
        gift_id = hash_of(code_of(code))

        def attempt() -> Gift:
            known, by = self.records.gift(gift_id), self._holding.id_of(giver, asset)
            if known is None:
                terms = self.programme.gifts.get(asset)
                gift = given(terms, gift_id, by, asset, amount, self.now())
                held = self._entry(by, Kind.HOLD, gift, lambda books: hold(books, amount, gift.hold))
                self.records.post_gift(gift, held)
                return gift
            if (self._holding.id_of(known.giver, asset), known.asset, known.amount) != (by, asset, amount):
                raise PostingConflictError(gift_id)
            return known

        return self._holding.until_done(attempt)

    def gift(self, typed: str) -> Gift:
        """Raises MistypedCodeError or UnknownGiftError."""
        gift = self.records.gift(hash_of(code_of(typed)))
        if gift is None:
            raise UnknownGiftError
        return gift

    def claim(self, typed: str, person_id: str) -> Gift:
        """The gift after it has passed to this person, with the days on which it would have expired.

        It passes once: asked again by the same person it is answered again. Raises MistypedCodeError,
        GiftRefusedError or LedgerBusyError.
        """

        def attempt() -> Gift:
            found = self.gift(typed)
            people = (found.giver, found.claimed_by, person_id)
            giver, claimed_by, by = (self._holding.id_of(one, found.asset) for one in people)
            gift = replace(found, giver=giver, claimed_by=claimed_by)
            claimed = gift.claimed(by, self.now())
            if claimed is not gift:
                gives = self._entry(gift.giver, Kind.GIVE, gift, lambda books: give(books, gift.hold))
                taken = gives.transaction.postings
                receives = self._entry(by, Kind.RECEIVE, gift, lambda books: receive(books, taken))
                self.records.post_gift(claimed, gives, receives)
            return claimed

        return self._holding.until_done(attempt)

    def give_back(self, gift_id: str, attempts: int = MOST_ATTEMPTS) -> Gift:
        """The gift after it has gone back to whoever gave it. Raises GiftRefusedError or LedgerBusyError."""

        def attempt() -> Gift:
            gift = self.records.gift(gift_id)
            if gift is None:
                raise UnknownGiftError
            returned = gift.returned()
            if returned != gift:
                giver = self._holding.id_of(gift.giver, gift.asset)
                back = self._entry(giver, Kind.RELEASE, gift, lambda books: release(books, gift.hold))
                self.records.post_gift(returned, back)
            return returned

        return self._holding.until_done(attempt, attempts)

    def return_due(self, has_time: Callable[[], bool] = lambda: True) -> int:
        """Give back what nobody has claimed in time, while there `has_time`; how many went back."""

        def give_back(gift: Gift) -> None:
            with suppress(GiftClaimedError):  # Meanwhile.
                self.give_back(gift.id, FEW_ATTEMPTS)

        due = self.records.due_gifts(self.now())
        return settle_due(due, self.records.gift, give_back, self.failed, has_time)

    @property
    def _holding(self) -> Holding:
        return Holding(self.records, self.people, self.programme, self.now, self.pause)

    def _entry(self, person_id: str, kind: Kind, gift: Gift, decide: Decide) -> Entry:
        return self._holding.entry(person_id, kind, gift.hold, gift.amount, decide, gift.asset)
