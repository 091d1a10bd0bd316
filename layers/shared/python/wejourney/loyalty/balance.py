"""What people are told of what they have. The callback imports this, and nothing else of the books."""

from dataclasses import dataclass

POINTS = "points"


@dataclass(frozen=True)
class Balance:
    """What people are told of an asset: `available` is below zero when they owe.

    `expiring` is what expires first, on the day `expires_on` (ISO).
    """

    available: int = 0
    unclaimed: int = 0
    pending: int = 0
    held: int = 0
    expiring: int = 0
    expires_on: str = ""
