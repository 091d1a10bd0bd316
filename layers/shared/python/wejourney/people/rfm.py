"""Recency, frequency and monetary value of a person's purchases in a year, with scores from 1 to 5."""

from dataclasses import dataclass

from wejourney.people.counters import LONGEST_PERIOD, NOTHING_COUNTED, Counts

BEST = 5


@dataclass(frozen=True)
class RfmScale:
    """Which counters have the orders and the spend, and where scores begin.

    `recency` are days since the last order, rising: within the first the score is 5. `frequency` are orders,
    `monetary` fen of a year, both rising: from the last on the score is 5.
    """

    orders: str
    spend: str
    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    monetary: tuple[int, ...]


@dataclass(frozen=True)
class Rfm:
    """`recency` is in days, 0 for today, `monetary` in fen; the scores are in the order of these fields."""

    recency: int
    frequency: int
    monetary: int
    scores: tuple[int, int, int]


def rfm_of(counts: Counts, scale: RfmScale, today: int) -> Rfm | None:
    """None for somebody without an order in the last year."""
    orders = counts.get(scale.orders, NOTHING_COUNTED)
    days = [day for day, amount in orders.by_day.items() if amount > 0 and 0 <= today - day < LONGEST_PERIOD]
    if not days:
        return None
    recency, frequency = today - max(days), orders.within(LONGEST_PERIOD, today)
    monetary = counts.get(scale.spend, NOTHING_COUNTED).within(LONGEST_PERIOD, today)
    scores = (
        BEST - sum(recency > bound for bound in scale.recency),
        1 + sum(frequency >= bound for bound in scale.frequency),
        1 + sum(monetary >= bound for bound in scale.monetary),
    )
    return Rfm(recency, frequency, monetary, scores)
