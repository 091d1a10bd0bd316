"""Gifts: an amount that somebody holds for whoever has the code, once, until its time is over."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from wejourney.errors import WejourneyError


class GiftStatus(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    RETURNED = "returned"


class GiftRefusedError(WejourneyError):
    """A gift that cannot be given, claimed or taken back. No text holds a code."""


class UnknownGiftError(GiftRefusedError):
    def __init__(self) -> None:
        super().__init__("no gift has this code")


class GiftClaimedError(GiftRefusedError):
    def __init__(self) -> None:
        super().__init__("the gift was claimed")


class GiftReturnedError(GiftRefusedError):
    """Its time is over, or whoever gave it has taken it back."""

    def __init__(self) -> None:
        super().__init__("the gift has gone back to whoever gave it")


class OwnGiftError(GiftRefusedError):
    def __init__(self) -> None:
        super().__init__("the gift is one of their own")


class NotGivenAwayError(GiftRefusedError):
    """The programme lets nobody give this asset away, or not so much of it at once: `most`."""

    def __init__(self, asset: str, most: int) -> None:
        super().__init__(f"of {asset} at most {most} can be given away at once")
        self.asset, self.most = asset, most


@dataclass(frozen=True)
class GiftTerms:
    """What the programme says of gifts of an asset: the `most` of one, and after how many days it returns."""

    most: int
    returns_after: int


@dataclass(frozen=True)
class Gift:
    """A gift: `id` is the hash of its code. It can be claimed until before `until` (UTC)."""

    id: str
    giver: str
    asset: str
    amount: int
    given_at: datetime
    until: datetime
    status: GiftStatus = GiftStatus.OPEN
    claimed_by: str = ""

    @property
    def person_id(self) -> str:
        """In whose books it is held."""
        return self.giver

    @property
    def hold(self) -> str:
        """The id of the hold in the books of the giver."""
        return f"gift-{self.id}"

    def claimed(self, by: str, now: datetime) -> "Gift":
        """The gift after a claim; the same one if they have claimed it. Raises GiftRefusedError."""
        match self.status:
            case GiftStatus.CLAIMED:
                if self.claimed_by != by:
                    raise GiftClaimedError
                return self
            case GiftStatus.RETURNED:
                raise GiftReturnedError
            case GiftStatus.OPEN:
                if by == self.giver:
                    raise OwnGiftError
                if now >= self.until:
                    raise GiftReturnedError
                return replace(self, status=GiftStatus.CLAIMED, claimed_by=by)
            case _:
                assert_never(self.status)

    def returned(self) -> "Gift":
        """The gift after it has gone back; the same one if it has before. Raises GiftClaimedError."""
        if self.status is GiftStatus.CLAIMED:
            raise GiftClaimedError
        return replace(self, status=GiftStatus.RETURNED)


def given(terms: GiftTerms | None, gift_id: str, giver: str, asset: str, amount: int, at: datetime) -> Gift:
    """Raises NotGivenAwayError."""
    if terms is None or amount > terms.most:
        raise NotGivenAwayError(asset, terms.most if terms is not None else 0)
    return Gift(gift_id, giver, asset, amount, at, at + timedelta(days=terms.returns_after))
