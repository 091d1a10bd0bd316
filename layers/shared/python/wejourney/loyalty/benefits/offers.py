"""Offers at a till: to whom one applies, what it gives, and what becomes of it until midnight."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

from wejourney.errors import WejourneyError
from wejourney.journeys.conditions import parts_of
from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import POINTS, Balance
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.people.followers import Follower
from wejourney.reasons import Part
from wejourney.time_zones import moment_at


@dataclass(frozen=True)
class OfferTerms:
    """What the programme offers whoever meets the condition `when`, and has `unclaimed` points or more.

    It takes a `discount` off the sale, gives a `gift`, or both, while there is `stock`, and `costs` points.
    With `joins_today` it is for people who join the membership on the same day.
    """

    when: Condition = field(default_factory=Condition)
    unclaimed: int = 0
    joins_today: bool = False
    discount: Discount | None = None
    gift: str = ""
    stock: int | None = None
    costs: int = 0


# --- to whom it applies --------------------------------------------------------------------------


@dataclass(frozen=True)
class ConditionNotMet:
    """A part of the condition does not hold."""

    part: Part


@dataclass(frozen=True)
class TooFewPoints:
    """They can spend fewer than it costs."""

    asked: int
    there: int


@dataclass(frozen=True)
class TooFewUnclaimed:
    """Fewer wait for them than it is for."""

    asked: int
    there: int


@dataclass(frozen=True)
class MemberBefore:
    """It is for who joins today; they were a member before."""


type WhyNotOffered = ConditionNotMet | TooFewPoints | TooFewUnclaimed | MemberBefore


def why_not_offered(
    offer: OfferTerms, person: Follower, now: datetime, zone: str, membership: str
) -> Iterator[WhyNotOffered]:
    """All reasons why an offer does not apply to somebody now; `membership` is the purpose of members."""
    for part in parts_of(offer.when, person, {}):
        if not part.holds:
            yield ConditionNotMet(part)
    balance = person.balances.get(POINTS, Balance())
    if balance.available < offer.costs:
        yield TooFewPoints(offer.costs, balance.available)
    if balance.unclaimed < offer.unclaimed:
        yield TooFewUnclaimed(offer.unclaimed, balance.unclaimed)
    if offer.joins_today and person.member and not joined_today(person, now, zone, membership):
        yield MemberBefore()


def joined_today(person: Follower, now: datetime, zone: str, membership: str) -> bool:
    """Whether somebody became a member on this day in the time zone of the store."""
    consent, local = person.consents.get(membership), ZoneInfo(zone)
    if consent is None or not consent.given:
        return False
    return consent.at.astimezone(local).date() == now.astimezone(local).date()


# --- what becomes of it --------------------------------------------------------------------------


class ReservationStatus(StrEnum):
    RESERVED = "reserved"
    TAKEN = "taken"
    RELEASED = "released"


class OfferRefusedError(WejourneyError):
    """An offer that somebody cannot have."""


class UnknownOfferError(OfferRefusedError):
    """The programme has no such offer, or nothing is reserved under this id."""


class NotOfferedError(OfferRefusedError):
    def __init__(self, reasons: tuple[WhyNotOffered, ...]) -> None:
        super().__init__(f"not offered: {', '.join(type(reason).__name__ for reason in reasons)}")
        self.reasons = reasons


class NotJoinedError(OfferRefusedError):
    """It is for who joins today, and they have not yet."""


class ReservationOverError(OfferRefusedError):
    """It was taken or released already."""

    def __init__(self, status: ReservationStatus) -> None:
        super().__init__(f"the reservation is {status}")
        self.status = status


@dataclass(frozen=True)
class Reservation:
    """An offer that is set aside for somebody at a store until before `until` (UTC), with what it costs.

    `zone` is that of the store. What it gives does not change any more.
    """

    id: str
    name: str
    person_id: str
    store: str
    zone: str
    offer: OfferTerms
    reserved_at: datetime
    until: datetime
    status: ReservationStatus = ReservationStatus.RESERVED

    @property
    def hold(self) -> str:
        """The id of the hold in the books of the person."""
        return f"offer-{self.id}"

    def taken(self, now: datetime) -> "Reservation":
        """The reservation after the till has given what it is for. Raises ReservationOverError."""
        match self.status:
            case ReservationStatus.TAKEN:
                return self
            case ReservationStatus.RELEASED:
                raise ReservationOverError(self.status)
            case ReservationStatus.RESERVED:
                if now >= self.until:
                    raise ReservationOverError(ReservationStatus.RELEASED)
                return replace(self, status=ReservationStatus.TAKEN)
            case _:
                assert_never(self.status)

    def released(self) -> "Reservation":
        """The reservation after it was given up; the same if it was. Raises ReservationOverError."""
        if self.status is ReservationStatus.TAKEN:
            raise ReservationOverError(self.status)
        return replace(self, status=ReservationStatus.RELEASED)


def reserved(
    id_: str, name: str, offer: OfferTerms, person: str, store: str, zone: str, now: datetime
) -> Reservation:
    """An offer that is set aside until midnight at the store."""
    local = ZoneInfo(zone)
    until = moment_at(now.astimezone(local).date() + timedelta(days=1), 0, local)
    return Reservation(id_, name, person, store, zone, offer, now, until)
