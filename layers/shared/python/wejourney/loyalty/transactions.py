"""Transactions: what has moved between accounts, once and for ever.

Amounts are whole units of an asset: points, stamps, gifts. A posting moves one amount from one account to
another, so whatever is posted, an asset sums to zero.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from wejourney.errors import InvalidAmountError
from wejourney.loyalty.accounts import Lot, Place, Pocket, ProgrammeAccount
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.limits import used_by


class Kind(StrEnum):
    EARN = "earn"
    MATURE = "mature"
    CLAIM = "claim"
    SPEND = "spend"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    GIVE = "give"
    RECEIVE = "receive"
    EXPIRE = "expire"
    REVERSE = "reverse"
    ADJUST = "adjust"
    MERGE = "merge"


@dataclass(frozen=True)
class Posting:
    """An `amount` above zero that moves from one place to another."""

    source: Place
    destination: Place
    amount: int

    def __post_init__(self) -> None:
        require_amount(self.amount)


@dataclass(frozen=True)
class Cause:
    """Why something is posted: the event or the step by its id, the rule or the journey with its version."""

    id: str
    reason: str = ""
    rule: str = ""
    version: str = ""
    journey: str = ""


@dataclass(frozen=True)
class Transaction:
    """Postings of one asset and one person that belong together.

    `id` makes it idempotent: what is asked for again with the same inputs is the same transaction.
    `effective_at` (UTC) is when its cause happened. `reverses` is the id of what it takes back. `earned` is
    what it adds by month (`2026-11`, in the programme's zone) to what tiers count, or takes off it. `used` is
    what it uses up of the limits of its rule, by the keys of `wejourney.loyalty.limits`.
    """

    id: str
    kind: Kind
    asset: str
    postings: tuple[Posting, ...]
    effective_at: datetime
    cause: Cause
    reverses: str = ""
    earned: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)

    @property
    def moved(self) -> Mapping[Place, int]:
        """What each place has more after it, or less; nothing where that is nothing."""
        moved = Counter[Place]()
        for posting in self.postings:
            moved[posting.source] -= posting.amount
            moved[posting.destination] += posting.amount
        return {place: amount for place, amount in moved.items() if amount}

    @property
    def by_pocket(self) -> Counter[Pocket]:
        """What the person has more after it, or less."""
        moved = Counter[Pocket]()
        for place, amount in self.moved.items():
            if isinstance(place, Lot):
                moved[place.pocket] += amount
        return moved

    @property
    def amount(self) -> int:
        return sum(posting.amount for posting in self.postings)

    @property
    def lots(self) -> tuple[Lot, ...]:
        """The lots that it has put something into."""
        return tuple(one.destination for one in self.postings if isinstance(one.destination, Lot))


def settlement_of(earning_id: str) -> str:
    """The id of the transaction by which an earning is theirs once WeChat has settled its order."""
    return f"settled#{earning_id}"


@dataclass(frozen=True)
class Asked:
    """What is asked of the books; its postings are decided on them.

    `inputs` tell it from others of this id. `day` is that of the cause in the programme's zone (ISO).
    `limits` are the keys under which its amount counts.
    """

    id: str
    kind: Kind
    effective_at: datetime
    cause: Cause
    inputs: Mapping[str, str | int]
    _: KW_ONLY
    day: str
    asset: str = POINTS
    reverses: str = ""
    limits: tuple[str, ...] = ()

    @cached_property
    def hash(self) -> str:
        """What tells two requests with one id apart; when it is asked again does not."""
        told = [self.kind, self.asset, self.reverses, sorted(self.inputs.items())]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()

    def with_postings(self, postings: tuple[Posting, ...]) -> Transaction:
        earned = earned_by(self.kind, postings, self.day[:7])
        used = used_by(self.limits, sum(posting.amount for posting in postings))
        apart = (self.effective_at, self.cause, self.reverses, earned, used)
        return Transaction(self.id, self.kind, self.asset, postings, *apart)


def earned_by(kind: Kind, postings: Iterable[Posting], month: str) -> dict[str, int]:
    """What postings add to the points earned in a month: what is pending is not earned yet."""
    amount = 0
    for posting in postings:
        source, destination = posting.source, posting.destination
        if kind is Kind.MATURE or (kind is Kind.EARN and not _is_pending(destination)):
            amount += posting.amount
        elif kind is Kind.REVERSE and destination is ProgrammeAccount.ISSUED and not _is_pending(source):
            amount -= posting.amount
    return {month: amount} if amount and month else {}


def _is_pending(place: Place) -> bool:
    return isinstance(place, Lot) and place.pocket is Pocket.PENDING


def require_amount(amount: object) -> None:
    """Raises InvalidAmountError for what is no whole number above zero."""
    if type(amount) is not int or amount <= 0:
        raise InvalidAmountError(amount)
