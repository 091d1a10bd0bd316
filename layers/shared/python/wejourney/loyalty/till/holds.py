"""Points that a till has set aside for a sale, until it takes them or gives them back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.till.visits import TillError, WrongTillError

HOLD_LASTS = timedelta(minutes=15)
"""How long a till can take what it has set aside. After that it is given back."""


class HoldStatus(StrEnum):
    """`expired`: it was given back because the till has done neither in time."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Capture:
    """What was taken of a hold: how many points, for the order of which number, and its total in fen."""

    points: int
    order: str
    total: int


@dataclass(frozen=True)
class Hold:
    """An amount of an `asset` and, if it says so, one of a `reward`.

    There were `reward_stock` of that at first; `capture` is what it was captured for.
    """

    id: str
    visit: str
    store: str
    till: str
    person_id: str
    amount: int
    held_at: datetime
    reward: str = ""
    reward_stock: int = 0
    asset: str = POINTS
    status: HoldStatus = HoldStatus.HELD
    capture: Capture | None = None

    @property
    def expires_at(self) -> datetime:
        return self.held_at + HOLD_LASTS


# --- what a till may not do ----------------------------------------------------------------------


class UnknownTillHoldError(TillError):
    """There is no such hold at this store; it may be another store's."""

    code = "unknown_hold"

    def __init__(self) -> None:
        super().__init__("is no hold of this store")


class HoldOverError(TillError):
    """It was captured or released already, or its time is over: `code` says which."""

    def __init__(self, status: HoldStatus) -> None:
        super().__init__(f"is {status} already")
        self.status = status
        self.code = f"hold_{status}"


class AboveHoldError(TillError):
    """More is to be captured than is held."""

    code = "above_hold"

    def __init__(self, asked: int, held: int) -> None:
        super().__init__(f"must be at most the {held} that are held")
        self.asked, self.held = asked, held


class TooFewPointsError(TillError):
    """The customer has fewer points than are to be held."""

    code = "too_few_points"

    def __init__(self, there: int) -> None:
        super().__init__(f"must be at most the {max(there, 0)} that the customer has")
        self.there = there


class RewardGoneError(TillError):
    """There is none of the reward any more."""

    code = "reward_gone"

    def __init__(self) -> None:
        super().__init__("is given away: there is none any more")


class WrongRewardError(TillError):
    """The programme has no such reward, or it costs other points."""

    code = "wrong_reward"

    def __init__(self, points: int | None) -> None:
        what = f"costs {points} points" if points is not None else "is no reward of the programme"
        super().__init__(what)
        self.points = points


class ConflictError(TillError):
    """The number was used for something else before."""

    code = "conflict"

    def __init__(self, number: str) -> None:
        super().__init__("was told before, and said something else")
        self.number = number


# --- what a till does ----------------------------------------------------------------------------


def hold_of_till(hold: Hold | None, store: str, till: str) -> Hold:
    """The hold, which is one of this till. Raises UnknownTillHoldError or WrongTillError."""
    if hold is None or hold.store != store:
        raise UnknownTillHoldError
    if hold.till != till:
        raise WrongTillError(till)
    return hold


def captured(hold: Hold, capture: Capture, now: datetime) -> Hold:
    """The hold after the till has taken points of it; the same one if it has already, for the same sale.

    Raises HoldOverError or AboveHoldError.
    """
    match hold.status:
        case HoldStatus.CAPTURED:
            if hold.capture != capture:
                raise HoldOverError(hold.status)
            return hold
        case HoldStatus.RELEASED | HoldStatus.EXPIRED:
            raise HoldOverError(hold.status)
        case HoldStatus.HELD:
            if now >= hold.expires_at:
                raise HoldOverError(HoldStatus.EXPIRED)
            if capture.points > hold.amount:
                raise AboveHoldError(capture.points, hold.amount)
            if hold.reward and capture.points != hold.amount:
                raise WrongRewardError(hold.amount)  # A reward is taken whole.
            return replace(hold, status=HoldStatus.CAPTURED, capture=capture)
        case _:
            assert_never(hold.status)


def released(hold: Hold, now: datetime) -> Hold:
    """The hold after everything was given back, by the till or because its time is over.

    The same one where that was done already. Raises HoldOverError for one that was captured.
    """
    match hold.status:
        case HoldStatus.CAPTURED:
            raise HoldOverError(hold.status)
        case HoldStatus.RELEASED | HoldStatus.EXPIRED:
            return hold
        case HoldStatus.HELD:
            is_late = now >= hold.expires_at
            return replace(hold, status=HoldStatus.EXPIRED if is_late else HoldStatus.RELEASED)
        case _:
            assert_never(hold.status)
