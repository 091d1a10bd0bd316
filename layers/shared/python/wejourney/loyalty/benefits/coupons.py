"""Coupons: what a coupon takes off a sale, when it can be used, and why not."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from wejourney.errors import WejourneyError
from wejourney.loyalty.benefits.discounts import Discount, yuan_text
from wejourney.plain_data import Tagged
from wejourney.time_zones import moment_at


class CouponRefusedError(WejourneyError):
    """A coupon that cannot be used, or not in this sale. No text holds a code."""


class UnknownCouponError(CouponRefusedError):
    def __init__(self) -> None:
        super().__init__("no coupon has this code")


class CouponNotYetError(CouponRefusedError):
    def __init__(self, since: datetime) -> None:
        super().__init__(f"the coupon can be used from {since.isoformat()} on")
        self.since = since


class CouponExpiredError(CouponRefusedError):
    def __init__(self, until: datetime) -> None:
        super().__init__(f"the coupon could be used until {until.isoformat()}")
        self.until = until


class CouponUsedError(CouponRefusedError):
    def __init__(self, at: datetime) -> None:
        super().__init__(f"the coupon was used at {at.isoformat()}")
        self.at = at


class CouponHeldError(CouponRefusedError):
    """Its holder has given it away, and nobody has claimed it yet: `until` before when somebody can."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the coupon is held for a friend of its holder until {until.isoformat()}")
        self.until = until


class CouponGivenError(CouponRefusedError):
    """A friend has claimed it `at` this time, and has a code of their own."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"a friend has claimed the coupon at {at.isoformat()}: its code is another one now")
        self.at = at


class SaleTooSmallError(CouponRefusedError):
    """`least` and `total` are fen."""

    def __init__(self, least: int, total: int) -> None:
        super().__init__(f"the sale is {yuan_text(total)}, and must be at least {yuan_text(least)}")
        self.least, self.total = least, total


@dataclass(frozen=True)
class CouponTerms:
    """What the programme says of a coupon: it `takes` so much off a sale of at least `from_fen`.

    It can be used until the end of the day `valid_days` after it was issued. `stock` is how many there are.
    `gift_returns_after` so many days a gift of it goes back; None: nobody can give it away.
    """

    takes: Discount
    valid_days: int
    from_fen: int = 0
    stock: int | None = None
    gift_returns_after: int | None = None


@dataclass(frozen=True)
class CouponUse:
    """The sale that a coupon is used in: an `order` of the `store`, its `total` in fen before the coupon."""

    store: str
    order: str
    total: int
    at: datetime


@dataclass(frozen=True)
class CouponGift:
    """The gift by which a coupon is given away: it is held until before `until`, or was claimed."""

    id: str
    until: datetime
    claimed_at: datetime | None = None


@dataclass(frozen=True)
class Coupon:
    """A coupon that was issued to a person: on terms that do not change any more.

    It can be used from `since` until before `until` (UTC). `cause` is the run and the step that issued it.
    Each change is the next `rev`.
    """

    name: str
    person_id: str
    cause: str
    takes: Discount
    from_fen: int
    since: datetime
    until: datetime
    used: CouponUse | None = None
    gift_returns_after: int | None = None
    gift: CouponGift | None = None
    rev: int = 0

    def refusal(self, at: datetime) -> CouponRefusedError | None:
        """Why it can neither be used nor given away at this time."""
        if self.used is not None:
            return CouponUsedError(self.used.at)
        if self.gift is not None and self.gift.claimed_at is not None:
            return CouponGivenError(self.gift.claimed_at)
        if at < self.since:
            return CouponNotYetError(self.since)
        if at >= self.until:
            return CouponExpiredError(self.until)
        return CouponHeldError(self.gift.until) if self.gift is not None else None

    def used_in(self, use: CouponUse) -> "Coupon":
        """The coupon after this use; the same use again is no other. Raises CouponRefusedError."""
        if self.used is not None and replace(self.used, at=use.at) == use:
            return self
        if (refusal := self.refusal(use.at)) is not None:
            raise refusal
        if use.total < max(self.from_fen, 1):
            raise SaleTooSmallError(max(self.from_fen, 1), use.total)
        return replace(self, used=use, rev=self.rev + 1)

    def with_gift(self, gift: CouponGift | None) -> "Coupon":
        return replace(self, gift=gift, rev=self.rev + 1)

    def of(self, person_id: str) -> "Coupon":
        """The same coupon as somebody has it who has claimed it, with a code of their own."""
        return replace(self, person_id=person_id, gift=None, rev=0)

    @property
    def taken(self) -> int:
        """What it has taken off the sale that it was used in, in fen."""
        return self.takes.off(self.used.total) if self.used is not None else 0


@dataclass(frozen=True)
class CodedCoupon(Tagged):
    """A coupon, and `id`, the hash of its code, by which it is found."""

    tag, kind = "kind", "coupon"
    id: str
    coupon: Coupon


@dataclass(frozen=True)
class CouponIssue:
    """A coupon that is about to be issued, and its code; `stock` is how many of its name there can be."""

    code: str
    coupon: Coupon
    stock: int | None = None


def issued(name: str, terms: CouponTerms, person_id: str, cause: str, at: datetime, zone: str) -> Coupon:
    """A coupon for a person, issued now; its days are those of the programme's zone."""
    local = ZoneInfo(zone)
    until = moment_at(at.astimezone(local).date() + timedelta(days=terms.valid_days + 1), 0, local)
    gift = terms.gift_returns_after
    return Coupon(name, person_id, cause, terms.takes, terms.from_fen, at, until, gift_returns_after=gift)
