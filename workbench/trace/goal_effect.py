"""What a journey changes: how many reach its goal of those who entered it and of those who were held out."""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Any

CONFIDENCE = 0.95
_Z = 1.959963984540054
"""The quantile of the normal distribution that leaves 2.5 % on each side."""

FEWEST = 30
"""Entries on each side below which no verdict is given."""


class Verdict(StrEnum):
    TOO_FEW = "too_few"
    MAY_BE_CHANCE = "may_be_chance"
    MORE = "more"
    FEWER = "fewer"


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`."""

    low: float
    high: float


@dataclass(frozen=True)
class Group:
    """Entries, and how many of them reached the goal in its window."""

    entries: int
    reached: int

    @property
    def rate(self) -> float:
        return self.reached / self.entries if self.entries else 0.0

    def interval(self) -> Interval:
        """Wilson's score interval for the rate. Raises ZeroDivisionError without entries.

        https://doi.org/10.1080/01621459.1927.10502953
        """
        n, square = self.entries, _Z * _Z
        middle = 2 * self.reached + square
        spread = _Z * sqrt(square + 4 * self.reached * (1 - self.rate))
        return Interval((middle - spread) / (2 * (n + square)), (middle + spread) / (2 * (n + square)))


@dataclass(frozen=True)
class GoalEffect:
    entered: Group
    held_out: Group

    @property
    def difference(self) -> float:
        return self.entered.rate - self.held_out.rate

    def interval(self) -> Interval | None:
        """Newcombe's hybrid score interval (his method 10) for the difference; None without both sides.

        https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
        """
        if not (self.entered.entries and self.held_out.entries):
            return None
        one, other = self.entered.interval(), self.held_out.interval()
        p, q, difference = self.entered.rate, self.held_out.rate, self.difference
        return Interval(
            difference - sqrt((p - one.low) ** 2 + (other.high - q) ** 2),
            difference + sqrt((one.high - p) ** 2 + (q - other.low) ** 2),
        )

    def verdict(self) -> Verdict | None:
        """What the numbers say; None where nobody was held out, or nobody entered."""
        interval = self.interval()
        if interval is None:
            return None
        if min(self.entered.entries, self.held_out.entries) < FEWEST:
            return Verdict.TOO_FEW
        if interval.low > 0:
            return Verdict.MORE
        return Verdict.FEWER if interval.high < 0 else Verdict.MAY_BE_CHANCE

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`; rates and differences are shares of 1."""
        groups = {"entered": self.entered, "held_out": self.held_out}
        found: dict[str, Any] = {
            name: {"entries": group.entries, "reached": group.reached, "rate": round(group.rate, 6)}
            for name, group in groups.items()
        }
        if (interval := self.interval()) is not None:
            low, high = (round(bound, 6) for bound in (interval.low, interval.high))
            found["difference"] = {"value": round(self.difference, 6), "low": low, "high": high}
            found |= {"confidence": CONFIDENCE, "verdict": self.verdict()}
        return found
