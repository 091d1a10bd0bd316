"""Group-buys: an offer for people who join one group in time, until it is complete or its time is over."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class GroupTerms:
    """How many people a group needs, and for how many seconds after the first of them it is open."""

    size: int
    within: int


class GroupStatus(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True)
class Joiner:
    """A person who has joined `at` a moment (UTC) by an event, and the `order` that they have paid."""

    person_id: str
    event_id: str
    order: str
    at: datetime


@dataclass(frozen=True)
class Group:
    """A group of an offer; `id` is the mini program's. It can be joined until before `until` (UTC).

    `settled_at` is when it was complete or failed. `rev` counts its changes.
    """

    offer: str
    id: str
    size: int
    until: datetime
    joiners: tuple[Joiner, ...] = ()
    status: GroupStatus = GroupStatus.OPEN
    settled_at: datetime | None = None
    rev: int = 0

    @property
    def person_id(self) -> str:
        """Who has opened it."""
        return self.joiners[0].person_id

    @property
    def missing(self) -> int:
        return max(self.size - len(self.joiners), 0)

    def without_repeated(self, id_of: Callable[[str], str]) -> "Group":
        """The group with each person once: who has turned out to be somebody in it leaves no second place.

        `id_of` says who a person is by now.
        """
        first: dict[str, Joiner] = {}
        for joiner in self.joiners:
            first.setdefault(id_of(joiner.person_id), joiner)
        return self if len(first) == len(self.joiners) else replace(self, joiners=tuple(first.values()))

    def has_order(self, order: str) -> bool:
        return any(joiner.order == order for joiner in self.joiners)

    def has(self, event_id: str) -> bool:
        return any(joiner.event_id == event_id for joiner in self.joiners)

    def joined(self, joiner: Joiner, now: datetime) -> "Group | None":
        """The group with one more; complete, if it is the last one. None for one who cannot join any more.

        `now` is when that is known: a group that is not settled takes who has joined in time.
        """
        if self.status is not GroupStatus.OPEN or joiner.at >= self.until:
            return None
        more = replace(self, joiners=(*self.joiners, joiner), rev=self.rev + 1)
        return replace(more, status=GroupStatus.COMPLETE, settled_at=now) if not more.missing else more

    def failed(self, now: datetime) -> "Group":
        """The group after its time; the same one if it is complete, or has failed before."""
        if self.status is not GroupStatus.OPEN:
            return self
        return replace(self, status=GroupStatus.FAILED, settled_at=now, rev=self.rev + 1)


def opened(terms: GroupTerms, offer: str, group_id: str, at: datetime) -> Group:
    """A group whose first joiner comes at this moment."""
    return Group(offer, group_id, terms.size, at + timedelta(seconds=terms.within))
