"""Accounts of the books: what a person has of an asset, and the programme's other side of it."""

from dataclasses import dataclass
from enum import StrEnum


class Pocket(StrEnum):
    """What a person may do with an amount.

    Of `UNCLAIMED` amounts they hear before they join; `PENDING` ones wait until an order cannot be returned;
    `HELD` ones wait for a till. `OWED` is what they have spent of earnings that were taken back: never above
    zero, and filled first by what they earn next. `EXPIRED` remembers what came too late to be spent, so that
    an earning that is taken back then costs them nothing else.
    """

    UNCLAIMED = "unclaimed"
    PENDING = "pending"
    AVAILABLE = "available"
    HELD = "held"
    OWED = "owed"
    EXPIRED = "expired"


def pocket_for(*, may_spend: bool) -> Pocket:
    """Where an amount is that somebody gets, by whether they may spend it before they join a membership."""
    return Pocket.AVAILABLE if may_spend else Pocket.UNCLAIMED


class ProgrammeAccount(StrEnum):
    """The other side of what people have. What is `ISSUED` is below zero: it is what the brand has given."""

    ISSUED = "issued"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    """What has expired so long ago that no earning can be taken back of it any more."""
    ADJUSTED = "adjusted"
    TRANSFERRED = "transferred"
    """What passes from one person to another, as a gift or because they are the same; zero over both."""


NEVER = "9999-12-31"
"""The last day that an ISO date can be, for what has none: after all others."""


@dataclass(frozen=True, order=True)
class Lot:
    """An amount that is one for all that can happen to it, on account of a person.

    It can be spent up to and including the day `expires` in the programme's zone, as an ISO date; empty: for
    ever. A pending one becomes available on the day `due`; a held one belongs to the hold of this id.
    """

    pocket: Pocket
    expires: str = ""
    due: str = ""
    hold: str = ""

    @property
    def expires_on(self) -> str:
        return self.expires or NEVER


OWED = Lot(Pocket.OWED)

type Place = Lot | ProgrammeAccount
"""Where an amount comes from or goes to, of one person's transaction."""


_PROGRAMME = "programme"


def place_text(place: Place) -> str:
    """A place as the books write it: `available|2027-01-31`, `programme|issued`."""
    if isinstance(place, ProgrammeAccount):
        return f"{_PROGRAMME}|{place}"
    return f"{place.pocket}|{place.expires}|{place.due}|{place.hold}".rstrip("|")


def place_of(text: str) -> Place:
    """The place that is written so. Raises ValueError."""
    pocket, *rest = text.split("|", 3)
    return ProgrammeAccount(*rest) if pocket == _PROGRAMME else Lot(Pocket(pocket), *rest)
