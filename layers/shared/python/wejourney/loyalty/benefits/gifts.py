"""Gifts: an amount or a coupon that is held for whoever has the code, once, until its time is over."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from wejourney.errors import WejourneyError
from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.benefits.coupons import CodedCoupon, CouponGift
from wejourney.loyalty.books import Books, hold
from wejourney.loyalty.transactions import Posting
from wejourney.plain_data import Tagged

_HOLD = "gift-"
_CARD = "card-"
"""The beginning of the id under which the books have what a gift card holds: it is nobody's yet."""


MOST_OPEN = 20
"""Open gifts of one asset that one person can have given: each is a part of their books."""


MOST_TRIES = 60
"""Requests about gifts of one person in an hour: nobody finds a code of 54 bits by trying."""


class GiftStatus(StrEnum):
    """`RETURNED`: its time is over; `TAKEN_BACK`: whoever gave it did not want to wait for that."""

    OPEN = "open"
    CLAIMED = "claimed"
    RETURNED = "returned"
    TAKEN_BACK = "taken_back"


class GiftRefusedError(WejourneyError):
    """A gift that cannot be given, claimed or taken back. No text holds a code."""


class UnknownGiftError(GiftRefusedError):
    def __init__(self) -> None:
        super().__init__("no gift has this code")


class GiftClaimedError(GiftRefusedError):
    def __init__(self) -> None:
        super().__init__("the gift was claimed")


class GiftReturnedError(GiftRefusedError):
    """Its time is over, or whoever gave it has taken it back."""

    def __init__(self) -> None:
        super().__init__("the gift has gone back to whoever gave it")


class OwnGiftError(GiftRefusedError):
    def __init__(self) -> None:
        super().__init__("the gift is one of their own")


class TooManyTriesError(GiftRefusedError):
    """Somebody has asked about gifts as often as they can in an hour."""

    def __init__(self) -> None:
        super().__init__(f"at most {MOST_TRIES} requests about gifts an hour")


class TooManyGiftsError(GiftRefusedError):
    """Whoever gives has MOST_OPEN open gifts of this asset already."""

    def __init__(self) -> None:
        super().__init__(f"at most {MOST_OPEN} gifts of an asset can be open at once")


class NotGivenAwayError(GiftRefusedError):
    """The programme lets nobody give this asset away, or not so much of it at once: `most`."""

    def __init__(self, asset: str, most: int) -> None:
        super().__init__(f"of {asset} at most {most} can be given away at once")
        self.asset, self.most = asset, most


class NotTransferableError(GiftRefusedError):
    """The programme lets nobody give this coupon away."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a coupon {name} cannot be given away")
        self.name = name


@dataclass(frozen=True)
class GiftTerms:
    """What the programme says of gifts of an asset: the `most` of one, and after how many days it returns."""

    most: int
    returns_after: int


@dataclass(frozen=True)
class GivenAmount(Tagged):
    """What is held in the books of the giver."""

    tag, kind = "kind", "amount"
    asset: str
    amount: int


type GiftContent = GivenAmount | CodedCoupon
"""What a gift holds: a coupon is as it was when it was given."""


@dataclass(frozen=True)
class Gift:
    """A gift: `id` is the hash of its code. It can be claimed until before `until` (UTC).

    `settled_at` is when it was claimed or went back.
    """

    id: str
    giver: str
    content: GiftContent
    given_at: datetime
    until: datetime
    status: GiftStatus = GiftStatus.OPEN
    claimed_by: str = ""
    settled_at: datetime | None = None

    @property
    def person_id(self) -> str:
        """For whom it is held."""
        return self.giver

    @property
    def hold(self) -> str:
        """The id of the hold in the books of the giver."""
        return f"{_HOLD}{self.id}"

    @property
    def due_at(self) -> datetime | None:
        """When it goes back; of a settled one whose giver has to hear of it, when it was settled."""
        match self.status:
            case GiftStatus.OPEN:
                return self.until
            case GiftStatus.CLAIMED | GiftStatus.RETURNED:
                return self.settled_at
            case GiftStatus.TAKEN_BACK:
                return None
            case _:
                assert_never(self.status)

    @property
    def is_card(self) -> bool:
        """Whether the brand gives it, and not a person."""
        return self.giver == card_account(self.id)

    def is_open(self, now: datetime) -> bool:
        return self.status is GiftStatus.OPEN and now < self.until

    def claimed(self, by: str, now: datetime) -> "Gift":
        """The gift after a claim; the same one if they have claimed it. Raises GiftRefusedError."""
        match self.status:
            case GiftStatus.CLAIMED:
                if self.claimed_by != by:
                    raise GiftClaimedError
                return self
            case GiftStatus.RETURNED | GiftStatus.TAKEN_BACK:
                raise GiftReturnedError
            case GiftStatus.OPEN:
                if by == self.giver:
                    raise OwnGiftError
                if now >= self.until:
                    raise GiftReturnedError
                return replace(self, status=GiftStatus.CLAIMED, claimed_by=by, settled_at=now)
            case _:
                assert_never(self.status)

    def back(self, status: GiftStatus, now: datetime) -> "Gift":
        """The gift after it has gone back; the same one if it has before. Raises GiftClaimedError."""
        if self.status is GiftStatus.CLAIMED:
            raise GiftClaimedError
        return self if self.status is not GiftStatus.OPEN else replace(self, status=status, settled_at=now)


def card_account(gift_id: str) -> str:
    """Whose books have what a gift card holds: each card has books of its own, so that no item is hot."""
    return f"{_CARD}{gift_id}"


def given(terms: GiftTerms | None, gift_id: str, giver: str, content: GivenAmount, at: datetime) -> Gift:
    """Raises NotGivenAwayError."""
    if terms is None or content.amount > terms.most:
        raise NotGivenAwayError(content.asset, terms.most if terms is not None else 0)
    return Gift(gift_id, giver, content, at, at + timedelta(days=terms.returns_after))


def given_coupon(gift_id: str, giver: str, coded: CodedCoupon, at: datetime) -> tuple[Gift, CodedCoupon]:
    """A gift of a coupon, and the coupon as it is held for it: at most as long as it can be used.

    Raises CouponRefusedError or NotTransferableError.
    """
    coupon = coded.coupon
    if (refusal := coupon.refusal(at)) is not None:
        raise refusal
    if coupon.gift_returns_after is None:
        raise NotTransferableError(coupon.name)
    until = min(at + timedelta(days=coupon.gift_returns_after), coupon.until)
    held = replace(coded, coupon=coupon.with_gift(CouponGift(gift_id, until)))
    return Gift(gift_id, giver, held, at, until), held


def held_for_gift(books: Books, amount: int, hold_id: str) -> tuple[Posting, ...]:
    """What a new gift moves in the books of whoever gives it. Raises TooManyGiftsError or TooLittleError."""
    if len(open_gifts(books)) >= MOST_OPEN:
        raise TooManyGiftsError
    return hold(books, amount, hold_id)


def open_gifts(books: Books) -> list[str]:
    """The ids of the gifts for which somebody holds something."""
    holds = {lot.hold for lot in books.of(Pocket.HELD)}
    return sorted(hold.removeprefix(_HOLD) for hold in holds if hold.startswith(_HOLD))
