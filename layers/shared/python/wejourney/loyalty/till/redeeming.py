"""What points are worth at a till, and which rewards there are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Redeem:
    """So many `points` take so many `fen` off a sale, and twice as many twice as much."""

    points: int
    fen: int

    def worth(self, points: int) -> int:
        """What points take off a sale, in fen; those that are too few for one step take nothing."""
        return points // self.points * self.fen

    def most(self, available: int) -> int:
        """How many points somebody can pay with, in whole steps."""
        return max(available, 0) // self.points * self.points


@dataclass(frozen=True)
class Reward:
    """A reward that costs `points`, of which there are `stock`."""

    points: int
    stock: int


@dataclass(frozen=True)
class MoneyOff:
    """Points that somebody can pay with, and what they take off, in fen."""

    points: int
    fen: int


@dataclass(frozen=True)
class RewardOffer:
    """A reward that somebody has enough points for; whether one is left, the hold tells."""

    reward: str
    points: int


type Offer = MoneyOff | RewardOffer
