"""What is left after somebody is erased: a mark that keeps everything older away, and expires by itself."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import BookingMade, Followed, Identified, MiniProgramEvent, Paid, Source
from wejourney.people.contacts import CONTACT_ID_LENGTH
from wejourney.people.followers import Follower

MARK_LASTS = timedelta(days=30)
"""Longer than an event can be under way: 14 days in the inbox, and 14 among the dead letters."""

ACCOUNT_EVENTS_KEPT = timedelta(days=30)
"""How long an event about the account, or one of no known type, is kept for people to look at."""

FORGOTTEN_AFTER = MARK_LASTS - timedelta(days=1)
"""How old an act of a stranger may be: of anybody who was erased since, there is a mark still."""

PERSONS_REMEMBERED = 10
"""Of an openid that is erased again and again. What is deleted late is looked for under the last ones."""

AHEAD = timedelta(minutes=5)
"""How far the time of an event may be ahead of our clock."""


JOURNEYS_REMEMBERED = 40
"""Journeys that an openid is known to have taken, after it was erased.

They are written with the event that makes it known again: in one transaction of 100 writes, of which segments
can take 40.
"""

REMEMBERED_FOR = timedelta(days=400)
"""How long an openid that was erased is remembered.

A journey that is taken once, or after a time, is not taken again, and who comes back is nobody's new friend.
"""


@dataclass(frozen=True)
class RunKey:
    """Which run of which journey."""

    journey: str
    run_id: str


@dataclass(frozen=True)
class TakenJourney:
    """A journey that somebody has taken, for a `key` (an order, say), and when (UTC)."""

    journey: str
    key: str = ""
    at: datetime | None = None


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def remembered(taken: Iterable[TakenJourney]) -> tuple[TakenJourney, ...]:
    """Those that are remembered: first what is taken once whatever it is about, then the last ones."""
    by_place = {(one.journey, one.key): one for one in taken}.values()
    by_weight = sorted(by_place, key=lambda one: (not one.key, one.at or _LONG_AGO), reverse=True)
    return tuple(by_weight[:JOURNEYS_REMEMBERED])


@dataclass(frozen=True)
class Erasure:
    """That somebody was erased because of an event at `at` (UTC), and which of their runs are to be stopped.

    `seen` are the ids of the events of the same second that were on record, and of those that erased:
    WeChat's clock ticks seconds. Where it is kept, it names nobody: only a hash of app id and openid leads to
    it. Until it is complete it is `unfinished`, and `back` is who has come back already (`who_came_back`).
    `person_ids` are our own ids of who was erased, of the last PERSONS_REMEMBERED that the openid has been;
    `contact_id` is that of the contact, as the person may have others. `taken` are the journeys that they had
    taken by then and that are not taken again. With `is_remembered` the openid is remembered without any.
    """

    at: datetime
    runs: tuple[RunKey, ...] = ()
    seen: frozenset[str] = frozenset()
    unfinished: bool = False
    back: Follower | None = None
    person_ids: tuple[str, ...] = ()
    contact_id: str = ""
    taken: tuple[TakenJourney, ...] = ()
    is_remembered: bool = False

    def with_what_is_left_of(self, before: "Erasure | None") -> "Erasure":
        """This erasure, or the one `before` it if that is of a newer event, with the runs of both."""
        if before is None:
            return self
        runs = tuple({run.run_id: run for run in (*before.runs, *self.runs)}.values())
        person_ids = tuple(dict.fromkeys((*before.person_ids, *self.person_ids)))[-PERSONS_REMEMBERED:]
        unfinished = self.unfinished or before.unfinished
        newer = before if before.at > self.at else self
        back = self.back or before.back
        if back is not None and back.followed_at is not None and back.followed_at <= newer.at:
            # They have left again.
            back = None
        seen = self.seen | before.seen if before.at == self.at else newer.seen
        return replace(
            newer,
            person_ids=person_ids,
            contact_id=self.contact_id or before.contact_id,
            taken=remembered((*before.taken, *self.taken)),
            runs=runs,
            seen=seen,
            back=back,
            unfinished=unfinished,
            is_remembered=self.is_remembered or before.is_remembered,
        )

    @property
    def taken_before_they_came_back(self) -> tuple[TakenJourney, ...]:
        """The journeys that who is `back` had taken in an earlier life."""
        since = self.back.followed_at if self.back is not None else None
        return tuple(one for one in self.taken if one.at is None or since is None or one.at < since)

    def is_before(self, event: InboundEvent) -> bool:
        """Whether an event comes after the erasure: of those in the same second only another follow can."""
        return self.at < event.at or (
            self.at == event.at and isinstance(event.body, Followed) and event.id not in self.seen
        )


def erasure_by(
    event: InboundEvent,
    follower: Follower | None,
    runs: Iterable[RunKey],
    seen: frozenset[str],
    back: Follower | None,
    taken: Iterable[TakenJourney] = (),
    *,
    is_remembered: bool = False,
) -> Erasure:
    """The erasure of a follower (None: nobody is known) because of an event, before it is done."""
    return Erasure(
        event.at,
        tuple(runs),
        seen,
        unfinished=True,
        back=back,
        person_ids=(follower.person_id,) if follower is not None else (),
        contact_id=follower.contact_id if follower is not None else "",
        taken=remembered(taken),
        is_remembered=is_remembered,
    )


class Admission(Enum):
    """What becomes of an event.

    `APPLY`: it belongs to a follower, or makes one. `KEEP`: it is about nobody, and is kept for a while for
    people to look at. `REJECT`: it is older than an erasure, or about somebody who is not known.
    """

    APPLY = auto()
    KEEP = auto()
    REJECT = auto()


_MAKE_KNOWN = (Paid, BookingMade, MiniProgramEvent, Identified)


def makes_known(event: InboundEvent) -> bool:
    """Whether an event makes a stranger known: an act of theirs, a payment, a booking, an identity.

    What else is told of somebody who is not known is told of nobody.
    """
    return event.source is Source.ACT or isinstance(event.body, _MAKE_KNOWN)


def admit(
    event: InboundEvent, follower: Follower | None, erasure: Erasure | None, now: datetime
) -> Admission:
    """What becomes of an event of this follower (None: nobody is known), given their last erasure.

    After an erasure an act of a follower makes them known only if it opens an allowance, and an identity does
    not; when the mark of one can have expired, the event has to be newer than that.
    """
    if follower is not None:
        is_older = follower.erased_at is not None and event.at < follower.erased_at
        return Admission.REJECT if is_older else Admission.APPLY
    if event.at <= now - FORGOTTEN_AFTER:
        return Admission.REJECT
    if erasure is None:
        kept = Admission.KEEP if event.source is Source.ACCOUNT else Admission.REJECT
        return Admission.APPLY if makes_known(event) else kept
    is_identity = isinstance(
        event.body, Identified
    )  # It tells who somebody is, not that they are here again.
    opens = event.source is not Source.ACT or event.act is not None
    comes_back = makes_known(event) and opens and not is_identity and erasure.is_before(event)
    return Admission.APPLY if comes_back else Admission.REJECT


def is_late(event: InboundEvent, follower: Follower, erasure: Erasure | None) -> bool:
    """Whether an event that erases tells of an earlier life of this openid."""
    if follower.erased_at is not None and event.at <= follower.erased_at:
        is_another = event.at == follower.erased_at and erasure is not None and event.id not in erasure.seen
        return not is_another
    began = follower.known_since or follower.followed_at
    return began is not None and event.at < began


def who_came_back(event: InboundEvent, follower: Follower, person_id: str) -> Follower | None:
    """Who is left of a follower that an event erases which was overtaken by their next follow; else None.

    They follow, as somebody new, since that follow.
    """
    if follower.followed_at is None or event.at >= follower.followed_at:
        return None
    return Follower(
        follower.app_id,
        follower.openid,
        person_id,
        contact_id=person_id[:CONTACT_ID_LENGTH],
        following=True,
        followed_at=follower.followed_at,
        known_since=follower.followed_at,
        erased_at=event.at,
        source=follower.source,
        scene=follower.scene,
        look_at=follower.followed_at,
    )
