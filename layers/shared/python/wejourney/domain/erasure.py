"""What is left after somebody is erased: a mark that keeps everything older away, and expires by itself."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from wejourney.domain.events import FOLLOW, InboundEvent, Source
from wejourney.domain.followers import Follower, LiveRun

MARK_LASTS = timedelta(days=30)
"""Longer than an event can be under way: 14 days in the inbox, and 14 among the dead letters."""

ACCOUNT_EVENTS_KEPT = timedelta(days=30)
"""How long an event about the account, or one of no known type, is kept for people to look at."""

AHEAD = timedelta(minutes=5)
"""How far the time of an event may be ahead of our clock."""


@dataclass(frozen=True)
class Erasure:
    """That somebody was erased because of an event at `at` (UTC), and which of their runs are to be stopped.

    `seen` are the ids of the events of the same second that were on record: WeChat's clock ticks seconds. It
    names nobody: where it is kept, only a hash of app id and openid leads to it.
    """

    at: datetime
    runs: tuple[LiveRun, ...] = ()
    seen: frozenset[str] = frozenset()

    def with_what_is_left_of(self, before: "Erasure | None") -> "Erasure":
        """This erasure, or the one `before` it if that is of a newer event, with the runs of both."""
        if before is None:
            return self
        runs = tuple({run.run_id: run for run in (*before.runs, *self.runs)}.values())
        if before.at > self.at:
            return replace(before, runs=runs)
        return replace(
            self, runs=runs, seen=self.seen | (before.seen if before.at == self.at else frozenset())
        )

    def is_before(self, event: InboundEvent) -> bool:
        """Whether an event comes after the erasure: of those in the same second only another follow can."""
        return self.at < event.at or (
            self.at == event.at and event.kind == FOLLOW and event.id not in self.seen
        )


class Admission(Enum):
    """What becomes of an event.

    `APPLY`: it belongs to a follower, or makes one. `KEEP`: it is about nobody, and is kept for a while for
    people to look at. `REJECT`: it is older than an erasure, or about somebody who is not known.
    """

    APPLY = auto()
    KEEP = auto()
    REJECT = auto()


def admit(event: InboundEvent, follower: Follower | None, erasure: Erasure | None) -> Admission:
    """What becomes of an event of this follower (None: nobody is known), given their last erasure.

    Only an act of a follower makes somebody known.
    """
    if follower is not None:
        is_older = follower.erased_at is not None and event.at < follower.erased_at
        return Admission.REJECT if is_older else Admission.APPLY
    if event.source is Source.ACT:
        return Admission.APPLY if erasure is None or erasure.is_before(event) else Admission.REJECT
    return Admission.KEEP if event.source is Source.ACCOUNT and erasure is None else Admission.REJECT
