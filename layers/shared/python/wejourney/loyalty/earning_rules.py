"""Rules of earning: what an event gives, to whom, when, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import assert_never

from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import POINTS

HUNDREDTHS = 100


class AmountOf(StrEnum):
    """Which amount of a payment a rule takes: the order's, or what the payer paid of it after coupons."""

    TOTAL = "total"
    BY_PAYER = "by_payer"


class Rounding(StrEnum):
    DOWN = "down"
    HALF_UP = "half_up"
    UP = "up"

    def divided(self, number: int, by: int) -> int:
        """A number that is not negative, divided and rounded once."""
        match self:
            case Rounding.DOWN:
                return number // by
            case Rounding.HALF_UP:
                return (2 * number + by) // (2 * by)
            case Rounding.UP:
                return -(-number // by)
            case _:
                assert_never(self)


@dataclass(frozen=True)
class PerProperty:
    """For each so many of a number that an event has in a property."""

    name: str
    each: int


@dataclass(frozen=True)
class Pending:
    """How many days an earning waits before it can be spent, or less: until WeChat has settled the order."""

    days: int
    until_settlement: bool = False


@dataclass(frozen=True)
class AtMost:
    """What a rule gives one person at most: so much on a day of the programme's zone, in total, so often."""

    per_day: int | None = None
    total: int | None = None
    times: int | None = None


@dataclass(frozen=True)
class Days:
    """From a day to another, both included, in the programme's zone, as ISO dates; empty: without a bound."""

    first: str = ""
    last: str = ""

    def include(self, day: date) -> bool:
        return self.first <= day.isoformat() and (not self.last or day.isoformat() <= self.last)


@dataclass(frozen=True)
class EarningRule:
    """An event of `pattern` gives `gives` units of `asset`, or so many per yuan or per a property's number.

    `per_yuan` is for how many yuan it gives them, in proportion. Each value of the property `once_per` gives
    once. Of all rules of an event that are `only_the_best`, the one that gives most of the asset does.
    """

    pattern: EventPattern
    gives: int
    asset: str = POINTS
    per_yuan: int | None = None
    amount: AmountOf = AmountOf.TOTAL
    per_property: PerProperty | None = None
    round: Rounding = Rounding.DOWN
    pending: Pending | None = None
    at_most: AtMost = AtMost()
    once_per: str = ""
    days: Days = Days()
    members_only: bool = False
    only_the_best: bool = False


@dataclass(frozen=True)
class Multiplier:
    """What these rules give is `hundredths` of it on some days, for who meets the condition `when`.

    With `joins_today` it is for people who join the membership on the day of the event.
    """

    rules: tuple[str, ...]
    hundredths: int
    when: Condition = field(default_factory=Condition)
    joins_today: bool = False
    days: Days = Days()


type Rules = Mapping[str, EarningRule]
type Multipliers = Mapping[str, Multiplier]
