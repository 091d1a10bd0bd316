"""Give an amount away by a code, claim it, or let it go back: the gift and its postings change together."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from wejourney.errors import (
    AlreadyDoneError,
    FollowerGoneError,
    PostingConflictError,
    StaleBooksError,
    TooLittleError,
)
from wejourney.events.event import own_event
from wejourney.events.event_types import GiftClaimed, GiftReturned
from wejourney.loyalty.accounts import pocket_for
from wejourney.loyalty.benefits.gifts import (
    Gift,
    GiftClaimedError,
    GiftStatus,
    GiftTerms,
    TooManyGiftsError,
    UnknownGiftError,
    card_account,
    given,
    held_for_gift,
    open_gifts,
)
from wejourney.loyalty.benefits.secret_codes import code_of, hash_of
from wejourney.loyalty.books import Books, give, hold_issued, receive, release, withdraw
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Kind, Posting, require_amount
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ProfileModel
from wejourney.services.loyalty.bookkeeping import MOST_ATTEMPTS, Decide
from wejourney.services.loyalty.holding import FEW_ATTEMPTS, Holding, settle_due
from wejourney.services.loyalty.ports import BookRecords, Entry, Failed, People, heard_by, raise_failure
from wejourney.services.ports.inbox import Announcements


class GiftRecords(BookRecords, Protocol):
    def gift(self, gift_id: str) -> Gift | None: ...

    def post_gift(self, gift: Gift, *entries: Entry) -> None:
        """Post entries and keep the gift as it is after them: new, or one that was open.

        Raises StaleBooksError where it was not, else as `post`.
        """

    def due_gifts(self, now: datetime) -> Iterator[str]:
        """The ids of open gifts whose time is over by now, and of settled ones that nobody has told of.

        Those first that are due for longest.
        """

    def gift_told(self, gift: Gift) -> None:
        """Note that somebody has told of a settled gift."""


@dataclass(frozen=True)
class Gifts:
    """`now` is the time, `pause` waits for so many seconds. `failed` is told whose gift cannot go back."""

    records: GiftRecords
    people: People
    programme: Programme
    profile: ProfileModel
    inbox: Announcements
    now: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep
    failed: Failed = raise_failure

    def give(self, code: str, giver: str, asset: str, amount: int) -> Gift:
        """Hold an amount for whoever has this code, which nobody has used yet; asked again it is held once.

        Raises InvalidAmountError, GiftRefusedError, TooLittleError, PostingConflictError or LedgerBusyError.
        """
        return self._hold(code, giver, self.programme.gifts, asset, amount)

    def issue(self, code: str, asset: str, amount: int) -> Gift:
        """A gift card: as `give`, but that the programme issues what it holds, in books of the card's own."""
        giver = card_account(hash_of(code_of(code)))
        return self._hold(code, giver, self.programme.gift_cards, asset, amount)

    def gift(self, typed: str) -> Gift:
        """Raises MistypedCodeError or UnknownGiftError."""
        gift = self.records.gift(hash_of(code_of(typed)))
        if gift is None:
            raise UnknownGiftError
        return gift

    def open_of(self, giver: str) -> Iterator[Gift]:
        """The gifts of a person that wait to be claimed."""
        for asset in self.programme.gifts:
            for gift_id in open_gifts(self.records.books(giver, asset)):
                gift = self.records.gift(gift_id)
                if gift is not None and gift.status is GiftStatus.OPEN:
                    yield gift

    def is_of(self, gift: Gift, person_id: str) -> bool:
        """Whether this person gave it, or somebody who turned out to be them."""
        return self._giver(gift) == self._holding.id_of(person_id, gift.asset)

    def claim(self, typed: str, person_id: str) -> Gift:
        """The gift after it has passed to this person, with the days on which it would have expired.

        It passes once: asked again by the same person it is answered again. Raises MistypedCodeError,
        GiftRefusedError, FollowerGoneError or LedgerBusyError.
        """

        def attempt() -> Gift:
            found, person = self.gift(typed), self.people.person(person_id)
            if person is None:
                raise FollowerGoneError
            giver, claimed_by = self._giver(found), self._holding.id_of(found.claimed_by, found.asset)
            gift = replace(found, giver=giver, claimed_by=claimed_by)
            claimed = gift.claimed(person.person_id, self.now())
            if claimed is not gift:
                gives = self._entry(giver, Kind.GIVE, gift, lambda books: give(books, gift.hold))
                self.records.post_gift(claimed, gives, self._received(person, gift, gives))
                self._tell(claimed)
            return claimed

        return self._holding.until_done(attempt)

    def take_back(self, gift_id: str, giver: str) -> Gift:
        """The gift after whoever gave it has taken it back. Raises GiftRefusedError or LedgerBusyError."""
        gift = self.records.gift(gift_id)
        if gift is None or not self.is_of(gift, giver):
            raise UnknownGiftError
        return self._back(gift_id, GiftStatus.TAKEN_BACK)

    def settle_due(self, has_time: Callable[[], bool] = lambda: True) -> int:
        """Give back what nobody has claimed in time, and tell of what is settled; how many.

        It goes on while there `has_time`. It can stop at any point and run again: what has gone back and was
        told of is not due any more.
        """

        def settle(gift: Gift) -> None:
            with suppress(GiftClaimedError):  # Meanwhile: it is due as claimed then.
                is_open = gift.status is GiftStatus.OPEN
                self._tell(self._back(gift.id, GiftStatus.RETURNED, FEW_ATTEMPTS) if is_open else gift)

        due = self.records.due_gifts(self.now())
        return settle_due(due, self.records.gift, settle, self.failed, has_time)

    def _hold(self, code: str, giver: str, terms: Mapping[str, GiftTerms], asset: str, amount: int) -> Gift:
        require_amount(amount)
        gift_id = hash_of(code_of(code))

        def attempt() -> Gift:
            known, by = self.records.gift(gift_id), self._holding.id_of(giver, asset)
            if known is None:
                gift = given(terms.get(asset), gift_id, by, asset, amount, self.now())
                try:
                    held = self._entry(by, Kind.HOLD, gift, lambda books: self._held(books, gift))
                except (TooLittleError, TooManyGiftsError):
                    # It may be the same request that came first, and has taken what there was.
                    if self.records.gift(gift_id) is None:
                        raise
                    raise StaleBooksError from None
                self._post_new(gift, held)
                return gift
            if (self._giver(known), known.asset, known.amount) != (by, asset, amount):
                raise PostingConflictError(gift_id)
            return known

        return self._holding.until_done(attempt)

    def _post_new(self, gift: Gift, held: Entry) -> None:
        try:
            self.records.post_gift(gift, held)
        except AlreadyDoneError:
            # Its row is deleted some time after it was settled; that the id was used stays on record.
            if self.records.gift(gift.id) is None:
                raise PostingConflictError(gift.id) from None
            raise

    def _held(self, books: Books, gift: Gift) -> tuple[Posting, ...]:
        if not gift.is_card:
            return held_for_gift(books, gift)
        lot = self.programme.lot_for(gift.asset, self.programme.day_of(gift.given_at), may_spend=True)
        return hold_issued(gift.amount, lot, gift.hold)

    def _back(self, gift_id: str, status: GiftStatus, attempts: int = MOST_ATTEMPTS) -> Gift:
        def attempt() -> Gift:
            gift = self.records.gift(gift_id)
            if gift is None:
                raise UnknownGiftError
            back = gift.back(status, self.now())
            if back is not gift:
                let_go = withdraw if gift.is_card else release
                giver = self._giver(gift)
                released = self._entry(giver, Kind.RELEASE, gift, lambda books: let_go(books, gift.hold))
                self.records.post_gift(back, released)
            return back

        return self._holding.until_done(attempt, attempts)

    def _tell(self, gift: Gift) -> None:
        """Tell whoever gave it what became of it. Told again, it is the same event."""
        giver = self.people.person(self._giver(gift))
        told_of: dict[GiftStatus, type[GiftClaimed | GiftReturned]] = {
            GiftStatus.CLAIMED: GiftClaimed,
            GiftStatus.RETURNED: GiftReturned,
        }
        if giver is not None and gift.settled_at is not None and gift.status in told_of:
            subject = heard_by(giver)
            body = told_of[gift.status](gift.amount, gift.asset)
            self.inbox.tell([own_event(body, gift.id, subject, gift.settled_at)])
        self.records.gift_told(gift)

    def _giver(self, gift: Gift) -> str:
        """In whose books it is held by now."""
        return self._holding.id_of(gift.giver, gift.asset)

    @property
    def _holding(self) -> Holding:
        return Holding(self.records, self.people, self.programme, self.now, self.pause)

    def _entry(self, person_id: str, kind: Kind, gift: Gift, decide: Decide) -> Entry:
        return self._holding.entry(person_id, kind, gift.hold, gift.amount, decide, gift.asset)

    def _received(self, person: Follower, gift: Gift, gives: Entry) -> Entry:
        """On the person as they were read: who joins meanwhile has what is unclaimed made available."""
        into = pocket_for(may_spend=self.profile.may_spend(person))
        taken = gives.transaction.postings
        entry = self._entry(person.person_id, Kind.RECEIVE, gift, lambda books: receive(books, taken, into))
        return replace(entry, person_rev=person.rev)
