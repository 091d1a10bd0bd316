"""Offers: what one gives at a till, to whom it applies, why not, and what messages call it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from wejourney.journeys.conditions import History, parts_of
from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import POINTS, Balance
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.messaging.contents import LocalizedText
from wejourney.people.followers import Follower
from wejourney.reasons import Part

COSTS = "{costs}"
"""In the title of an offer: how many points it costs."""


@dataclass(frozen=True)
class OfferTerms:
    """What the programme offers whoever meets the condition `when`, and has `unclaimed` points or more.

    It takes a `discount` off the sale, gives a `gift`, or both, while there is `stock`, and `costs` points.
    With `joins_today` it is for people who join the membership on the same day. `once`: a person gets it
    once; None: if it costs nothing. Messages call it by its `title`, in which COSTS stands for the points.
    """

    when: Condition = field(default_factory=Condition)
    unclaimed: int = 0
    joins_today: bool = False
    discount: Discount | None = None
    gift: str = ""
    stock: int | None = None
    costs: int = 0
    once: bool | None = None
    title: LocalizedText = field(default_factory=dict)

    @property
    def is_once(self) -> bool:
        return not self.costs if self.once is None else self.once

    @property
    def shown_title(self) -> LocalizedText:
        return {language: text.replace(COSTS, str(self.costs)) for language, text in self.title.items()}


@dataclass(frozen=True)
class Given:
    """What was given or set aside before: how many of each offer, and which offers somebody `had`."""

    numbers: Mapping[str, int] = field(default_factory=dict)
    had: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AsOf:
    """When and where offers are looked at: `zone` is the store's, in the chat the programme's.

    `membership` is the purpose of members.
    """

    now: datetime
    zone: str
    membership: str = ""
    given: Given = field(default_factory=Given)


@dataclass(frozen=True)
class ConditionNotMet:
    """A part of the condition does not hold."""

    code: ClassVar[str] = "condition_not_met"
    part: Part


@dataclass(frozen=True)
class TooFewPoints:
    """They can spend fewer than it costs."""

    code: ClassVar[str] = "too_few_points"
    asked: int
    there: int


@dataclass(frozen=True)
class TooFewUnclaimed:
    """Fewer wait for them than it is for."""

    code: ClassVar[str] = "too_few_unclaimed"
    asked: int
    there: int


@dataclass(frozen=True)
class MemberBefore:
    """It is for who joins today; they were a member before."""

    code: ClassVar[str] = "member_before"


@dataclass(frozen=True)
class HadBefore:
    """It is given once, and they have had it, or it is set aside for them."""

    code: ClassVar[str] = "had_before"


@dataclass(frozen=True)
class NoneLeft:
    """All that there are were given, or are set aside."""

    code: ClassVar[str] = "none_left"


type WhyNotOffered = ConditionNotMet | TooFewPoints | TooFewUnclaimed | MemberBefore | HadBefore | NoneLeft


def why_not_offered(name: str, offer: OfferTerms, person: Follower, at: AsOf) -> Iterator[WhyNotOffered]:
    """All reasons why an offer does not apply to somebody now."""
    for part in parts_of(offer.when, person, {}, History(now=at.now)):
        if not part.holds:
            yield ConditionNotMet(part)
    balance = person.balances.get(POINTS, Balance())
    if balance.available < offer.costs:
        yield TooFewPoints(offer.costs, balance.available)
    if balance.unclaimed < offer.unclaimed:
        yield TooFewUnclaimed(offer.unclaimed, balance.unclaimed)
    if offer.joins_today and person.member and not joined_today(person, at):
        yield MemberBefore()
    if offer.is_once and name in at.given.had:
        yield HadBefore()
    if offer.stock is not None and at.given.numbers.get(name, 0) >= offer.stock:
        yield NoneLeft()


def joined_today(person: Follower, at: AsOf) -> bool:
    """Whether somebody became a member on this day in the time zone."""
    consent, local = person.consents.get(at.membership), ZoneInfo(at.zone)
    if consent is None or not consent.given:
        return False
    return consent.since.astimezone(local).date() == at.now.astimezone(local).date()
