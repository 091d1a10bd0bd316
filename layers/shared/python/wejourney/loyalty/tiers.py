"""Tiers: what somebody has reached by what they earned or spent in the last months, never by their balance.

Amounts are by month (`2026-11`) and days are ISO dates, both in the programme's time zone.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from wejourney.plain_data import WrittenAsText

LONGEST_WINDOW = 12
"""Months: counters of a profile know one year."""

FOR_EVER = date.max.isoformat()

type AmountsByMonth = Mapping[str, int]

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Tier:
    """It is reached with `at_least` so much within the window: points, or fen of what was spent."""

    name: str
    at_least: int


@dataclass(frozen=True)
class Grace(WrittenAsText):
    """How long a tier is kept after the window says less. Written as `3 months` or `30 days`."""

    n: int = 0
    unit: Literal["days", "months"] = "days"

    @classmethod
    def parse(cls, text: str) -> "Grace":
        """Raises ValueError."""
        n, _, unit = text.partition(" ")
        if unit == "days":
            return cls(int(n), "days")
        if unit == "months":
            return cls(int(n), "months")
        raise ValueError(text)

    def __str__(self) -> str:
        return f"{self.n} {self.unit}"

    def last_day(self, first: date) -> str:
        """The last day on which a tier is kept, if the `first` is the one on which the window says less."""
        if self.unit == "days":
            return (first + timedelta(days=self.n) - _DAY).isoformat()
        year, month = _months_later(first, self.n)
        return (date(year, month, min(first.day, monthrange(year, month)[1])) - _DAY).isoformat()


@dataclass(frozen=True)
class Tiers:
    """The tiers of a programme, the lowest first.

    What counts is what was earned of the `asset` in the last `months`, the running one included, or, with a
    `counter` of the profile, what that has counted. With `one_step`, who loses a tier keeps the next lower
    one for a grace period, whatever they have reached.
    """

    levels: tuple[Tier, ...] = ()
    months: int = LONGEST_WINDOW
    asset: str = ""
    counter: str = ""
    grace: Grace = Grace()
    one_step: bool = False
    members_only: bool = False

    def within(self, amounts: AmountsByMonth, day: date, later: int = 0) -> int:
        """What counts on a day, or so many months later if nothing more is earned."""
        last = _number(day) + later
        first = last - self.months + 1
        return sum(amount for month, amount in amounts.items() if first <= _number_of(month) <= last)

    def last_day(self, level: Tier, sums: Sequence[int], day: date) -> str:
        """Until when a tier is held that is reached on a day, from which on the window sums to `sums`."""
        later = next((i for i, amount in enumerate(sums) if amount < level.at_least), None)
        return FOR_EVER if later is None else self.grace.last_day(date(*_months_later(day, later), 1))


@dataclass(frozen=True)
class Standing:
    """The tier that somebody holds `since` a day, empty for none.

    `kept` are the last days, by tier, of all that they would hold if there were no higher one.
    """

    tier: str = ""
    since: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def until(self) -> str:
        """The last day on which they hold the tier, if nothing more is earned."""
        return self.kept.get(self.tier, FOR_EVER)


@dataclass(frozen=True)
class Missing:
    """What is missing to the next tier."""

    tier: str
    amount: int


def today_in(zone: ZoneInfo, now: datetime) -> date:
    return now.astimezone(zone).date()


def review(tiers: Tiers, amounts: AmountsByMonth, standing: Standing, today: date) -> Standing:
    """The standing today. However often it is reviewed before, it comes out the same.

    A tier is reached at once. It is lost on the day after its last one, also where that is found out later.
    """
    kept, sums = dict[str, str](), [tiers.within(amounts, today, later) for later in range(tiers.months + 1)]
    for level in tiers.levels:
        known = standing.kept.get(level.name, FOR_EVER if level.name == standing.tier else "")
        if sums[0] >= level.at_least:
            kept[level.name] = tiers.last_day(level, sums, today)
        elif known:
            kept[level.name] = min(known, tiers.grace.last_day(today))
    if tiers.one_step:
        for higher, lower in pairwise(level.name for level in reversed(tiers.levels)):
            if (last := kept.get(higher, FOR_EVER)) < today.isoformat():
                first = date.fromisoformat(last) + _DAY
                kept[lower] = max(kept.get(lower, ""), tiers.grace.last_day(first))
    lost = {name: last for name, last in kept.items() if last < today.isoformat()}
    kept = {name: last for name, last in kept.items() if name not in lost}
    held = next((level.name for level in reversed(tiers.levels) if level.name in kept), "")
    if held == standing.tier:
        return Standing(held, standing.since, kept)
    return Standing(held, _since(standing, lost, today), kept)


def _since(before: Standing, lost: Mapping[str, str], today: date) -> str:
    """The day on which a tier has changed: that after the last one of what was held, if that was lost."""
    if before.tier not in lost:
        return today.isoformat()
    return (date.fromisoformat(max(lost.values())) + _DAY).isoformat()


def missing(tiers: Tiers, amounts: AmountsByMonth, standing: Standing, today: date) -> Missing | None:
    """What is missing to the tier above the one that is held; None where there is none above."""
    names = [level.name for level in tiers.levels]
    above = tiers.levels[names.index(standing.tier) + 1 if standing.tier in names else 0 :]
    amount = tiers.within(amounts, today)
    return Missing(above[0].name, max(above[0].at_least - amount, 0)) if above else None


def _months_later(day: date, months: int) -> tuple[int, int]:
    """The year and the month so many months later."""
    years, month = divmod(day.month - 1 + months, 12)
    return day.year + years, month + 1


def _number(day: date) -> int:
    """The number of its month, counted through all years."""
    return day.year * 12 + day.month


def _number_of(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])
