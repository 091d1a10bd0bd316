"""What people are told of what they have. The callback imports this, and nothing else of the books."""

from collections.abc import Mapping
from dataclasses import dataclass, field

POINTS = "points"

POINTS_EXPIRY = "points_expiry"
"""The date of a profile that the books tell: the last day of the points that expire next."""

AVAILABLE, EXPIRES_ON = "available", "expires_on"
AMOUNTS = (AVAILABLE, "unclaimed", "pending", "held", "expiring")
"""The parts of a `Balance` that are amounts. The first one has no name in texts and conditions."""

MONTHS_TOLD = 12
"""Months: as many as a tier can count."""


@dataclass(frozen=True)
class Balance:
    """What people are told of an asset: `available` is below zero when they owe.

    `expiring` is what expires first, on the day `expires_on` (ISO). `earned` is by month, of the last
    MONTHS_TOLD of which anything is known.
    """

    available: int = 0
    unclaimed: int = 0
    pending: int = 0
    held: int = 0
    expiring: int = 0
    expires_on: str = ""
    earned: Mapping[str, int] = field(default_factory=dict)

    def amount(self, part: str) -> int:
        """One of AMOUNTS. Raises AttributeError for what is no part."""
        return int(getattr(self, part))


NO_BALANCE = Balance()


@dataclass(frozen=True)
class BalanceTest:
    """That a part (one of AMOUNTS) of what somebody has of an asset lies from `least` to `most`."""

    asset: str
    part: str = AVAILABLE
    least: int | None = None
    most: int | None = None

    @property
    def name(self) -> str:
        """`stamps`, `points.unclaimed`."""
        return self.asset if self.part == AVAILABLE else f"{self.asset}.{self.part}"

    def allows(self, amount: int) -> bool:
        return (self.least is None or amount >= self.least) and (self.most is None or amount <= self.most)
