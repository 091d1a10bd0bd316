"""What a till has set aside for a sale until it takes it or gives it back: points, or an offer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.offers import OfferTerms, WhyNotOffered
from wejourney.loyalty.till.redeeming import Redeem
from wejourney.loyalty.till.visits import TillError, WrongTillError
from wejourney.plain_data import Tagged
from wejourney.time_zones import moment_at

HOLD_LASTS = timedelta(minutes=15)
"""How long a till can take what it has set aside. After that it is given back."""


class HoldStatus(StrEnum):
    """`expired`: it was given back because the till has done neither in time."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True)
class HeldPoints(Tagged):
    """Points to pay with, and what they were worth when they were held."""

    tag, kind = "kind", "points"
    points: int
    rate: Redeem

    @property
    def step(self) -> int:
        """They are taken in whole steps of so many."""
        return self.rate.points

    def takes(self, points: int) -> Discount:
        """What so many of them take off the sale."""
        return Discount(fen=self.rate.worth(points))

    def enough_for(self, total: int) -> int:
        """How many of them a sale of so many fen takes: the fewest whole steps that pay it, or all."""
        return min(self.points, -(-total // self.rate.fen) * self.step)


@dataclass(frozen=True)
class HeldOffer(Tagged):
    """An offer, on the terms that it had when it was held: it is taken whole."""

    tag, kind = "kind", "offer"
    name: str
    terms: OfferTerms

    @property
    def points(self) -> int:
        return self.terms.costs

    @property
    def step(self) -> int:
        return self.terms.costs

    def enough_for(self, _total: int) -> int:
        return self.points

    def takes(self, _points: int) -> Discount | None:
        return self.terms.discount


type Held = HeldPoints | HeldOffer


@dataclass(frozen=True)
class Capture:
    """What was taken of a hold: how many points, for the order of which number, and its total in fen."""

    points: int
    order: str
    total: int


@dataclass(frozen=True)
class Hold:
    """What is `held` of a person at a till until `expires_at`; `capture` is what it was captured for."""

    id: str
    visit: str
    store: str
    till: str
    person_id: str
    held: Held
    held_at: datetime
    expires_at: datetime
    status: HoldStatus = HoldStatus.HELD
    capture: Capture | None = None

    @property
    def points(self) -> int:
        """How many are held."""
        return self.held.points

    @property
    def offer(self) -> str:
        """The name of the offer; empty: points to pay with."""
        return self.held.name if isinstance(self.held, HeldOffer) else ""

    @property
    def terms(self) -> OfferTerms | None:
        """The terms of the offer."""
        return self.held.terms if isinstance(self.held, HeldOffer) else None

    @property
    def taken_off(self) -> int:
        """What it has taken off the sale that it was captured for, in fen."""
        takes = self.held.takes(self.capture.points) if self.capture is not None else None
        return takes.off(self.capture.total) if takes is not None and self.capture is not None else 0


@dataclass(frozen=True)
class Wanted:
    """What a till wants to be held in a visit: an `offer` by its name, or else `points` to pay with.

    `zone` is that of the store.
    """

    id: str
    visit: str
    store: str
    till: str
    zone: str
    offer: str = ""
    points: int = 0


# --- what a till may not do ----------------------------------------------------------------------


class UnknownTillHoldError(TillError):
    """There is no such hold at this store; it may be another store's."""

    code = "unknown_hold"

    def __init__(self) -> None:
        super().__init__("is no hold of this store")


class HoldOverError(TillError):
    """It was captured or released already, or its time is over: `code` says which."""

    def __init__(self, status: HoldStatus) -> None:
        super().__init__(f"is {status} already")
        self.status = status
        self.code = f"hold_{status}"


class AboveHoldError(TillError):
    """More is to be captured than is held."""

    code = "above_hold"

    def __init__(self, asked: int, held: int) -> None:
        super().__init__(f"must be at most the {held} that are held")
        self.asked, self.held = asked, held


class TooFewPointsError(TillError):
    """The customer has fewer points than are to be held."""

    code = "too_few_points"

    def __init__(self, there: int) -> None:
        super().__init__(f"must be at most the {max(there, 0)} that the customer has")
        self.there = there


class WrongPointsError(TillError):
    """Points are taken in whole steps of the programme, an offer whole. None: points are worth nothing."""

    code = "wrong_points"

    def __init__(self, step: int | None) -> None:
        told = (
            "pay for nothing: the programme has no `redeem`"
            if step is None
            else f"must be in steps of {step}"
        )
        super().__init__(told)
        self.step = step


class UnknownOfferError(TillError):
    """The programme has no such offer."""

    code = "unknown_offer"

    def __init__(self) -> None:
        super().__init__("is no offer of the programme")


class NotOfferedError(TillError):
    """The offer does not apply to the customer: `code` is that of the first of the reasons."""

    def __init__(self, reasons: tuple[WhyNotOffered, ...]) -> None:
        super().__init__(f"does not apply: {', '.join(reason.code for reason in reasons)}")
        self.reasons = reasons
        self.code = reasons[0].code


class NotJoinedError(TillError):
    """The offer is for who joins today, and they have not yet."""

    code = "not_joined"

    def __init__(self) -> None:
        super().__init__("is for who joins today: the customer has not joined yet")


class ConflictError(TillError):
    """The number was used for something else before."""

    code = "conflict"

    def __init__(self, number: str) -> None:
        super().__init__("was told before, and said something else")
        self.number = number


# --- what a till does ----------------------------------------------------------------------------


def held(wanted: Wanted, what: Held, person_id: str, now: datetime) -> Hold:
    """The hold of somebody: until midnight at the store for who has to join before it, else a short time."""
    expires_at = now + HOLD_LASTS
    if isinstance(what, HeldOffer) and what.terms.joins_today:
        local = ZoneInfo(wanted.zone)
        expires_at = moment_at(now.astimezone(local).date() + timedelta(days=1), 0, local)
    return Hold(wanted.id, wanted.visit, wanted.store, wanted.till, person_id, what, now, expires_at)


def asked_again(known: Hold, wanted: Wanted) -> Hold:
    """The hold that has this id already, whatever it would cost by now.

    Raises ConflictError where something else is wanted, else as `hold_of_till`.
    """
    found = hold_of_till(known, wanted.store, wanted.till)
    is_same = found.offer == wanted.offer and (wanted.offer or found.points == wanted.points)
    if not is_same:
        raise ConflictError(wanted.id)
    return found


def hold_of_till(hold: Hold | None, store: str, till: str) -> Hold:
    """The hold, which is one of this till. Raises UnknownTillHoldError or WrongTillError."""
    if hold is None or hold.store != store:
        raise UnknownTillHoldError
    if hold.till != till:
        raise WrongTillError(till)
    return hold


def captured(hold: Hold, capture: Capture, now: datetime) -> Hold:
    """The hold after the till has taken points of it; the same one if it has already, for the same sale.

    Raises HoldOverError, AboveHoldError or WrongPointsError.
    """
    match hold.status:
        case HoldStatus.CAPTURED:
            if hold.capture != capture:
                raise HoldOverError(hold.status)
            return hold
        case HoldStatus.RELEASED | HoldStatus.EXPIRED:
            raise HoldOverError(hold.status)
        case HoldStatus.HELD:
            if now >= hold.expires_at:
                raise HoldOverError(HoldStatus.EXPIRED)
            if capture.points > hold.points:
                raise AboveHoldError(capture.points, hold.points)
            if hold.held.step and capture.points % hold.held.step:
                raise WrongPointsError(hold.held.step)
            return replace(hold, status=HoldStatus.CAPTURED, capture=capture)
        case _:
            assert_never(hold.status)


def released(hold: Hold, now: datetime) -> Hold:
    """The hold after everything was given back, by the till or because its time is over.

    The same one where that was done already. Raises HoldOverError for one that was captured.
    """
    match hold.status:
        case HoldStatus.CAPTURED:
            raise HoldOverError(hold.status)
        case HoldStatus.RELEASED | HoldStatus.EXPIRED:
            return hold
        case HoldStatus.HELD:
            is_late = now >= hold.expires_at
            return replace(hold, status=HoldStatus.EXPIRED if is_late else HoldStatus.RELEASED)
        case _:
            assert_never(hold.status)
