"""Counters of a person: how often something happened, or how much was paid, on each day of the last year.

A day is one of Beijing time, as in WeChat's own statistics and bills: a person is known to several apps,
whose settings may name several time zones. Sums do not depend on the order in which events arrive.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Self

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import OrderReturned, Refunded
from wejourney.events.matching import EventPattern, matches
from wejourney.plain_data import WrittenAsText

LONGEST_PERIOD = 365
"""Days that can be counted over, today included."""

_KEPT = LONGEST_PERIOD + 1
"""Days that are kept: twelve months with 29 February."""

_MIDNIGHT = 24 - 8
"""The hour (UTC) at which a day begins in Beijing, all year."""


def day_of(moment: datetime) -> int:
    """The number of the day (`date.toordinal`) on which a moment lies."""
    utc = moment.astimezone(UTC)
    return utc.toordinal() + (utc.hour >= _MIDNIGHT)


def start_of(day: int) -> datetime:
    """The moment (UTC) at which a day begins."""
    return datetime.fromordinal(day - 1).replace(hour=_MIDNIGHT, tzinfo=UTC)


@dataclass(frozen=True)
class DailyAmounts(WrittenAsText):
    """What was counted on each day that has anything, for one year before the last of them.

    Written as `739000:2,,1`: the first day, then the amounts day by day.
    """

    by_day: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, amounts: Iterable[tuple[int, int]]) -> Self:
        """The sums of these amounts by day."""
        days = groupby(sorted(amounts), key=lambda amount: amount[0])
        sums = {day: sum(amount for _, amount in of_day) for day, of_day in days}
        # A day stays that adds up to nothing: an earlier one must not come back with what arrives late.
        first = max(sums, default=0) - _KEPT
        return cls({day: amount for day, amount in sums.items() if day > first})

    @classmethod
    def parse(cls, text: str) -> Self:
        first, _, amounts = text.partition(":")
        days = enumerate(amounts.split(","), int(first))
        return cls({day: int(amount) for day, amount in days if amount})

    def __str__(self) -> str:
        days = range(min(self.by_day, default=0), max(self.by_day, default=0) + 1)
        return f"{days.start}:{','.join(str(self.by_day.get(day, '')) for day in days)}"

    def plus(self, more: "DailyAmounts") -> "DailyAmounts":
        return DailyAmounts.of([*self.by_day.items(), *more.by_day.items()])

    def within(self, days: int, today: int) -> int:
        """The sum over so many days, of which `today` is the last."""
        return sum(amount for day, amount in self.by_day.items() if today - days < day <= today)

    @property
    def by_month(self) -> Mapping[str, int]:
        """The sums by ISO month, such as `2026-11`."""
        months = groupby(
            sorted(self.by_day.items()), key=lambda day: date.fromordinal(day[0]).isoformat()[:7]
        )
        return {month: sum(amount for _, amount in of_month) for month, of_month in months}


NOTHING_COUNTED = DailyAmounts()

_BEIJING = timedelta(hours=8)


@dataclass(frozen=True)
class TimeOfDay:
    """From `start` to before `end`, minutes after midnight in Beijing; over midnight if it ends earlier."""

    start: int
    end: int

    def includes(self, moment: datetime) -> bool:
        there = moment.astimezone(UTC) + _BEIJING
        minute = 60 * there.hour + there.minute
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True)
class CountedEvents:
    """What a counter counts: events of a pattern (in `hours`, if it says so), or (`amount`) their fen.

    Refunds and returns subtract. Amounts in another currency than CNY are not counted.
    """

    pattern: EventPattern
    amount: bool = False
    hours: TimeOfDay | None = None

    def counts(self, event: InboundEvent) -> int | None:
        """How much an event counts; None for one that is not meant."""
        if not matches(self.pattern, event) or (self.hours and not self.hours.includes(event.at)):
            return None
        if not self.amount:
            return 1
        amount = event.body.amount
        if amount is None:
            return None
        return -amount if isinstance(event.body, Refunded | OrderReturned) else amount


type Counters = Mapping[str, tuple[CountedEvents, ...]]
"""What each counter counts, by its name."""

type Counts = Mapping[str, DailyAmounts]
"""What was counted of a person, by the names of counters."""


type Amounts = Mapping[str, int]
"""How much one event counts, by the names of counters."""


def amounts_of(event: InboundEvent, counters: Counters) -> Amounts:
    """How much an event counts for each counter that means it."""
    found = {
        name: [amount for one in counted_events if (amount := one.counts(event)) is not None]
        for name, counted_events in counters.items()
    }
    return {name: sum(amounts) for name, amounts in found.items() if amounts}


def counted(counts: Counts, event: InboundEvent, counters: Counters) -> Counts:
    """The counts with one more event; the same object if no counter means it."""
    amounts, day = amounts_of(event, counters), day_of(event.at)
    if not amounts:
        return counts
    # A counter that is not declared any more is forgotten with the next change.
    return {name: sums for name, sums in counts.items() if name in counters} | {
        name: counts.get(name, NOTHING_COUNTED).plus(DailyAmounts({day: amount}))
        for name, amount in amounts.items()
    }


def without(counts: Counts, amounts: Amounts, at: datetime) -> Counts:
    """The counts without an event that was counted with these amounts."""
    return {
        name: sums.plus(DailyAmounts({day_of(at): -amounts[name]})) if name in amounts else sums
        for name, sums in counts.items()
    }


def merged_counts(first: Counts, second: Counts) -> Counts:
    """The counts of two people who turned out to be one."""
    names = sorted({*first, *second})
    return {name: first.get(name, NOTHING_COUNTED).plus(second.get(name, NOTHING_COUNTED)) for name in names}


@dataclass(frozen=True)
class CounterTest:
    """That the sum of a counter over the last `days`, today included, lies from `least` to `most`."""

    name: str
    days: int
    least: int | None = None
    most: int | None = None

    def amount(self, counts: Counts, now: datetime) -> int:
        return counts.get(self.name, NOTHING_COUNTED).within(self.days, day_of(now))

    def allows(self, amount: int) -> bool:
        return (self.least is None or amount >= self.least) and (self.most is None or amount <= self.most)
