"""Give something away by a code, claim it, or let it go back: the gift and what it holds change together."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Protocol, assert_never

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
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.benefits.coupons import (
    CodedCoupon,
    Coupon,
    CouponGift,
    CouponHeldError,
    UnknownCouponError,
)
from wejourney.loyalty.benefits.gifts import (
    Gift,
    GiftClaimedError,
    GiftContent,
    GiftStatus,
    GiftTerms,
    GivenAmount,
    TooManyGiftsError,
    UnknownGiftError,
    card_account,
    given,
    given_coupon,
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
from wejourney.services.loyalty.ports import (
    BookRecords,
    Entry,
    Failed,
    GiftChange,
    People,
    heard_by,
    raise_failure,
)
from wejourney.services.ports.inbox import Announcements


class GiftRecords(BookRecords, Protocol):
    def gift(self, gift_id: str) -> Gift | None: ...

    def post_gift(self, gift: Gift, *changes: GiftChange) -> None:
        """Write changes, and the gift as it is after them: new, or one that was open.

        Raises StaleBooksError where it was not, or a coupon was changed by somebody else, and as `post`.
        """

    def coupon(self, code: str) -> Coupon | None:
        """The coupon with this code."""

    def coupon_gifts(self, givers: Iterable[str]) -> Iterator[str]:
        """The ids of all open gifts by which these people give coupons away, and perhaps of settled ones."""

    def due_gifts(self, now: datetime) -> Iterator[str]:
        """The ids of open gifts whose time is over by now, and of settled ones that nobody has told of.

        Those first that are due for longest.
        """

    def gift_told(self, gift: Gift) -> None:
        """Note that somebody has told of a settled gift."""


def no_coupon_code(_claimed_by: str) -> str:
    """Where nobody claims."""
    raise NotImplementedError


@dataclass(frozen=True)
class Gifts:
    """`now` is the time, `pause` waits for so many seconds. `failed` is told whose gift cannot go back.

    `coupon_code` has the code of a coupon that was claimed by a code: the same each time, and nobody else's.
    """

    records: GiftRecords
    people: People
    programme: Programme
    profile: ProfileModel
    inbox: Announcements
    now: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep
    failed: Failed = raise_failure
    coupon_code: Callable[[str], str] = no_coupon_code

    def give(self, code: str, giver: str, asset: str, amount: int) -> Gift:
        """Hold an amount for whoever has this code, which nobody has used yet; asked again it is held once.

        Raises InvalidAmountError, GiftRefusedError, TooLittleError, PostingConflictError or LedgerBusyError.
        """
        return self._give_amount(code, giver, self.programme.gifts, asset, amount)

    def give_coupon(self, code: str, giver: str, typed: str) -> Gift:
        """As `give`, a coupon of theirs by its own code.

        Raises MistypedCodeError, CouponRefusedError, NotTransferableError, PostingConflictError or
        LedgerBusyError.
        """
        coupon_code = code_of(typed)
        coupon_id = hash_of(coupon_code)

        def new(gift_id: str, by: str) -> tuple[Gift, GiftChange]:
            coupon = self.records.coupon(coupon_code)
            if coupon is None or self._holding.id_of(coupon.person_id) != by:
                raise UnknownCouponError
            return given_coupon(gift_id, by, CodedCoupon(coupon_id, coupon), self.now())

        def is_same(content: GiftContent) -> bool:
            return isinstance(content, CodedCoupon) and content.id == coupon_id

        return self._give(code, giver, POINTS, new, is_same)

    def issue(self, code: str, asset: str, amount: int) -> Gift:
        """A gift card: as `give`, but that the programme issues what it holds, in books of the card's own."""
        giver = card_account(hash_of(code_of(code)))
        return self._give_amount(code, giver, self.programme.gift_cards, asset, amount)

    def gift(self, typed: str) -> Gift:
        """Raises MistypedCodeError or UnknownGiftError."""
        gift = self.records.gift(hash_of(code_of(typed)))
        if gift is None:
            raise UnknownGiftError
        return gift

    def open_of(self, giver: str) -> Iterator[Gift]:
        """The gifts of a person that wait to be claimed."""
        person = self.people.person(giver)
        ids = {giver, *(person.merged if person is not None else ())}
        of_coupons = self.records.coupon_gifts(sorted(ids))
        books = (self.records.books(giver, asset) for asset in self.programme.gifts)
        for gift_id in chain(chain.from_iterable(map(open_gifts, books)), of_coupons):
            gift = self.records.gift(gift_id)
            if gift is not None and gift.status is GiftStatus.OPEN:
                yield gift

    def is_of(self, gift: Gift, person_id: str) -> bool:
        """Whether this person gave it, or somebody who turned out to be them."""
        return self._giver(gift) == self._id_of(person_id, gift)

    def claim(self, typed: str, person_id: str) -> Gift:
        """The gift after it has passed to this person, with the days on which it would have expired.

        A coupon has another code then: `coupon_code` of this one. It passes once: asked again by the same
        person it is answered again. Raises MistypedCodeError, GiftRefusedError, FollowerGoneError or
        LedgerBusyError.
        """

        def attempt() -> Gift:
            found, person = self.gift(typed), self.people.person(person_id)
            if person is None:
                raise FollowerGoneError
            gift = replace(found, giver=self._giver(found), claimed_by=self._id_of(found.claimed_by, found))
            claimed = gift.claimed(person.person_id, self.now())
            if claimed is not gift:
                self.records.post_gift(claimed, *self._passes(gift, person, code_of(typed)))
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

    def _give_amount(
        self, code: str, giver: str, terms: Mapping[str, GiftTerms], asset: str, amount: int
    ) -> Gift:
        require_amount(amount)
        content = GivenAmount(asset, amount)

        def new(gift_id: str, by: str) -> tuple[Gift, GiftChange]:
            gift = given(terms.get(asset), gift_id, by, content, self.now())
            return gift, self._entry(
                by, Kind.HOLD, gift, content, lambda books: self._held(books, gift, content)
            )

        return self._give(code, giver, asset, new, lambda known: known == content)

    def _give(
        self,
        code: str,
        giver: str,
        asset: str,
        new: Callable[[str, str], tuple[Gift, GiftChange]],
        is_same: Callable[[GiftContent], bool],
    ) -> Gift:
        gift_id = hash_of(code_of(code))

        def attempt() -> Gift:
            known, by = self.records.gift(gift_id), self._holding.id_of(giver, asset)
            if known is None:
                try:
                    gift, held = new(gift_id, by)
                except (TooLittleError, TooManyGiftsError, CouponHeldError):
                    # It may be the same request that came first, and has taken what there was.
                    if self.records.gift(gift_id) is None:
                        raise
                    raise StaleBooksError from None
                self._post_new(gift, held)
                return gift
            if not is_same(known.content) or self._giver(known) != by:
                raise PostingConflictError(gift_id)
            return known

        return self._holding.until_done(attempt)

    def _post_new(self, gift: Gift, held: GiftChange) -> None:
        try:
            self.records.post_gift(gift, held)
        except AlreadyDoneError:
            # Its row is deleted some time after it was settled; that the id was used stays on record.
            if self.records.gift(gift.id) is None:
                raise PostingConflictError(gift.id) from None
            raise

    def _held(self, books: Books, gift: Gift, content: GivenAmount) -> tuple[Posting, ...]:
        if not gift.is_card:
            return held_for_gift(books, content.amount, gift.hold)
        lot = self.programme.lot_for(content.asset, self.programme.day_of(gift.given_at), may_spend=True)
        return hold_issued(content.amount, lot, gift.hold)

    def _passes(self, gift: Gift, person: Follower, code: str) -> tuple[GiftChange, ...]:
        """What changes when a person claims a gift by its code."""
        match gift.content:
            case GivenAmount() as content:
                giver = gift.giver
                gives = self._entry(giver, Kind.GIVE, gift, content, lambda books: give(books, gift.hold))
                return gives, self._received(person, gift, content, gives)
            case CodedCoupon(coupon_id, coupon):
                passed = coupon.with_gift(CouponGift(gift.id, gift.until, self.now()))
                theirs = CodedCoupon(hash_of(self.coupon_code(code)), coupon.of(person.person_id))
                return CodedCoupon(coupon_id, passed), theirs
            case _:
                assert_never(gift.content)

    def _back(self, gift_id: str, status: GiftStatus, attempts: int = MOST_ATTEMPTS) -> Gift:
        def attempt() -> Gift:
            gift = self.records.gift(gift_id)
            if gift is None:
                raise UnknownGiftError
            back = gift.back(status, self.now())
            if back is not gift:
                self.records.post_gift(back, self._let_go(gift))
            return back

        return self._holding.until_done(attempt, attempts)

    def _let_go(self, gift: Gift) -> GiftChange:
        match gift.content:
            case GivenAmount() as content:
                let_go = withdraw if gift.is_card else release
                giver = self._giver(gift)
                return self._entry(giver, Kind.RELEASE, gift, content, lambda books: let_go(books, gift.hold))
            case CodedCoupon(coupon_id, coupon):
                return CodedCoupon(coupon_id, coupon.with_gift(None))
            case _:
                assert_never(gift.content)

    def _tell(self, gift: Gift) -> None:
        """Tell whoever gave it what became of it. Told again, it is the same event."""
        giver, body = self.people.person(self._giver(gift)), _told_of(gift)
        if giver is not None and gift.settled_at is not None and body is not None:
            self.inbox.tell([own_event(body, gift.id, heard_by(giver), gift.settled_at)])
        self.records.gift_told(gift)

    def _giver(self, gift: Gift) -> str:
        """For whom it is held by now."""
        return self._id_of(gift.giver, gift)

    def _id_of(self, person_id: str, gift: Gift) -> str:
        """Who this person is by now."""
        match gift.content:
            case GivenAmount(asset):
                return self._holding.id_of(person_id, asset)
            case CodedCoupon():
                return self._holding.id_of(person_id)
            case _:
                assert_never(gift.content)

    @property
    def _holding(self) -> Holding:
        return Holding(self.records, self.people, self.programme, self.now, self.pause)

    def _entry(self, person_id: str, kind: Kind, gift: Gift, content: GivenAmount, decide: Decide) -> Entry:
        return self._holding.entry(person_id, kind, gift.hold, content.amount, decide, content.asset)

    def _received(self, person: Follower, gift: Gift, content: GivenAmount, gives: Entry) -> Entry:
        """On the person as they were read: who joins meanwhile has what is unclaimed made available."""
        into = pocket_for(may_spend=self.profile.may_spend(person))
        taken = gives.transaction.postings
        person_id = person.person_id
        entry = self._entry(person_id, Kind.RECEIVE, gift, content, lambda books: receive(books, taken, into))
        return replace(entry, person_rev=person.rev)


def _told_of(gift: Gift) -> GiftClaimed | GiftReturned | None:
    """The event of a settled gift, but of one that its giver took back."""
    told_of: Mapping[GiftStatus, type[GiftClaimed | GiftReturned]] = {
        GiftStatus.CLAIMED: GiftClaimed,
        GiftStatus.RETURNED: GiftReturned,
    }
    told = told_of.get(gift.status)
    match gift.content:
        case GivenAmount(asset, amount):
            return told(amount, asset) if told is not None else None
        case CodedCoupon(coupon=coupon):
            return told(asset="", coupon=coupon.name) if told is not None else None
        case _:
            assert_never(gift.content)
