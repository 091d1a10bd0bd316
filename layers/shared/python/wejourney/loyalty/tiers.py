"""Tiers: what somebody has reached by what they earned or spent in the last months, never by their balance.

Amounts are by month (`2026-11`) and days are ISO dates, both in the programme's time zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from wejourney.loyalty.balance import MONTHS_TOLD
from wejourney.loyalty.expiry import Period

FOR_EVER = date.max.isoformat()

type AmountsByMonth = Mapping[str, int]

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Tier:
    """It is reached with `at_least` so much within the window: points, or fen of what was spent."""

    name: str
    at_least: int


@dataclass(frozen=True)
class Tiers:
    """The tiers of a programme, the lowest first.

    What counts are the points that were earned in the last `months`, the running one included, or, with a
    `counter` of the profile, what that has counted. A tier is kept for the time `grace` after the window says
    less. With `one_step`, who loses a tier keeps the next lower one for that time, whatever was earned.
    """

    levels: tuple[Tier, ...] = ()
    months: int = MONTHS_TOLD
    counter: str = ""
    grace: Period | None = None
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
        return FOR_EVER if later is None else self.kept_until(date(*_months_later(day, later), 1))

    def kept_until(self, first: date) -> str:
        """The last day on which a tier is held, if the `first` is the one on which the window says less."""
        return ((self.grace.after(first) if self.grace is not None else first) - _DAY).isoformat()


@dataclass(frozen=True)
class TierStanding:
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


def review(tiers: Tiers, amounts: AmountsByMonth, standing: TierStanding, today: date) -> TierStanding:
    """The standing today. However often it is reviewed before, it comes out the same.

    A tier is reached at once. It is lost on the day after its last one, also where that is found out later.
    """
    kept, sums = dict[str, str](), [tiers.within(amounts, today, later) for later in range(tiers.months + 1)]
    for level in tiers.levels:
        known = standing.kept.get(level.name, FOR_EVER if level.name == standing.tier else "")
        if sums[0] >= level.at_least:
            kept[level.name] = tiers.last_day(level, sums, today)
        elif known:
            kept[level.name] = min(known, tiers.kept_until(today))
    if tiers.one_step:
        for higher, lower in pairwise(level.name for level in reversed(tiers.levels)):
            if (last := kept.get(higher, FOR_EVER)) < today.isoformat():
                first = date.fromisoformat(last) + _DAY
                kept[lower] = max(kept.get(lower, ""), tiers.kept_until(first))
    lost = {name: last for name, last in kept.items() if last < today.isoformat()}
    kept = {name: last for name, last in kept.items() if name not in lost}
    held = next((level.name for level in reversed(tiers.levels) if level.name in kept), "")
    if held == standing.tier:
        return TierStanding(held, standing.since, kept)
    return TierStanding(held, _since(standing, lost, today), kept)


def _since(before: TierStanding, lost: Mapping[str, str], today: date) -> str:
    """The day on which a tier has changed: that after the last one of what was held, if that was lost."""
    if before.tier not in lost:
        return today.isoformat()
    return (date.fromisoformat(max(lost.values())) + _DAY).isoformat()


def missing(tiers: Tiers, amounts: AmountsByMonth, standing: TierStanding, today: date) -> Missing | None:
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
