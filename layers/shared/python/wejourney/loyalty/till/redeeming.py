"""What points are worth at a till."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Redeem:
    """So many `points` take so many `fen` off a sale, and twice as many twice as much."""

    points: int
    fen: int

    def worth(self, points: int) -> int:
        """What whole steps of points take off a sale, in fen."""
        return points // self.points * self.fen

    def most(self, available: int) -> int:
        """How many points somebody can pay with, in whole steps."""
        return max(available, 0) // self.points * self.points
