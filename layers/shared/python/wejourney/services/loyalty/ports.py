"""The books: what each person has of each asset, and the transactions that it comes from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Protocol

from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import PointsChanged
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.benefits.coupons import CodedCoupon
from wejourney.loyalty.benefits.offers import Given, OfferTerms
from wejourney.loyalty.books import Books, give_away, take_over
from wejourney.loyalty.transactions import Asked, Cause, Kind, Transaction
from wejourney.people.followers import Follower, where_following


@dataclass(frozen=True)
class Entry:
    """A transaction in the books of a person, as these were `before`.

    `inputs_hash` is that of what was asked: with it, the id is taken for ever. What a day brings, and what is
    written with the record of a step, has none. Of one that takes back,
    `reversed_before` is how much of the same transaction had been taken back. With `person_rev` it was
    decided on this revision of the person. `is_told`: whoever posts it tells journeys of it.
    """

    person_id: str
    transaction: Transaction
    before: Books
    inputs_hash: str = ""
    reversed_before: int = 0
    person_rev: int | None = None
    is_told: bool = False

    @property
    def is_kept_by_id(self) -> bool:
        """Whether a row says for ever that the id is taken: what records a step, or a day, says it else."""
        return bool(self.inputs_hash) or self.is_untold

    @property
    def is_untold(self) -> bool:
        """Whether it changes what can be spent or counts for tiers, and `KeepBooks` is to tell of it."""
        is_changed = self.after.available != self.before.available or bool(self.transaction.earned)
        return is_changed and self.transaction.asset == POINTS and not self.is_told

    @cached_property
    def after(self) -> Books:
        return self.before.after(self.transaction)


def merging(
    younger_id: str, older_id: str, asset: str, theirs: Books, mine: Books, at: datetime
) -> tuple[Entry, Entry]:
    """What moves all that the younger person has to the older one: `theirs` is empty then."""
    out, into = f"merged:{younger_id}:{asset}", received_id(younger_id, asset)
    given = give_away(theirs)
    asked = Asked(out, Kind.MERGE, at, Cause(out), {"into": older_id}, day="", asset=asset)
    moved = replace(asked.with_postings(given), earned=_negated(theirs.earned), used=_negated(theirs.used))
    received = replace(asked, id=into, cause=Cause(into), inputs={"from": younger_id})
    taken = received.with_postings(take_over(mine, given))
    taken = replace(taken, earned=_negated(moved.earned), used=theirs.used)
    # Of the younger one nobody hears any more.
    away = Entry(younger_id, moved, theirs, asked.hash, is_told=True)
    return away, Entry(older_id, taken, mine, received.hash)


def received_id(younger_id: str, asset: str) -> str:
    """The id of the transaction by which somebody's books have got what this person had, who is them."""
    return f"merged:{younger_id}:{asset}:into"


def _negated(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: -amount for name, amount in amounts.items() if amount}


@dataclass(frozen=True)
class Posted:
    """A transaction that is in the books of a person: `reversed` of its amount was taken back since.

    `balance` is what could be spent right after it, below zero where something was owed.
    """

    person_id: str
    transaction: Transaction
    inputs_hash: str
    reversed: int = 0
    balance: int = 0

    @property
    def had(self) -> int:
        """What could be spent before, of these books alone."""
        return self.balance - self._more

    @property
    def balance_before(self) -> int:
        """What could be spent before; of who turned out to be two people, the more of what each could."""
        return max(self.had, self._more) if self.transaction.kind is Kind.MERGE else self.had

    @property
    def _more(self) -> int:
        moved, spendable = self.transaction.moved.items(), (Pocket.AVAILABLE, Pocket.OWED)
        return sum(n for lot, n in moved if isinstance(lot, Lot) and lot.pocket in spendable)

    def told_to(self, subject: Subject, passed: int | None) -> InboundEvent:
        """The event that tells of it: the same one, whichever contact of the person it is told to.

        It tells of no threshold up to `passed`: whoever hears of it has had so many points themselves. That
        is what `passed_by` says.
        """
        moved, rule = self.transaction, self.transaction.cause.rule
        before, after = self.balance_before, self.balance
        if passed is not None:
            before, after = max(before, passed), max(after, passed)
        changed = PointsChanged(after, before, f"rule:{rule}" if rule else moved.kind)
        return replace(own_event(changed, moved.id, Subject("", ""), moved.effective_at), subject=subject)


def heard_by(person: Follower) -> Subject:
    """The contact that hears of somebody's points and benefits: one that follows, where there is one."""
    return (where_following(person) or person).subject


type GiftChange = Entry | CodedCoupon
"""What is written with a gift: a transaction in somebody's books, or a coupon as it is after it."""

type Failed = Callable[[str, Exception], None]
"""Is told whose books something could not be done in, by our own id, and why."""


def raise_failure(_person_id: str, error: Exception) -> None:
    raise error


class People(Protocol):
    def person(self, person_id: str) -> Follower | None:
        """A person by our own id, or whom they were merged into: a merge that has begun is complete then."""


class OfferRecords(Protocol):
    def given(self, offers: Mapping[str, OfferTerms], person_ids: Iterable[str]) -> Given:
        """How many were given of the offers that have a stock, and which of the others these people had."""


class BookRecords(Protocol):
    def books(self, person_id: str, asset: str = POINTS) -> Books:
        """What a person has by all transactions that are complete."""

    def posted(self, transaction_id: str) -> Posted | None:
        """The transaction of this id, in whosever books it is."""

    def post(self, *entries: Entry) -> None:
        """Write transactions, all or none, and what people see of their balance.

        Of several in the same books each is decided on those after the one before.

        Raises AlreadyDoneError when the first one is posted, StaleBooksError when books have changed, and
        StaleFollowerError when a person was merged into another one meanwhile, or is not as they were read.
        """

    def newest(self, person_id: str, asset: str = POINTS) -> Iterator[Transaction]:
        """The transactions in the books of a person, the last in time first, read as they are asked for."""


def passed_by(records: BookRecords, person_id: str, now_id: str) -> int | None:
    """The most that those could spend who this person turned out to be; None: it is nobody else."""
    passed = list[int]()
    while person_id != now_id:
        merge = records.posted(received_id(person_id, POINTS))
        # Without a transaction nothing came with the merge.
        passed.append(records.books(now_id).available if merge is None else merge.had)
        person_id = now_id if merge is None else merge.person_id
    return max(passed, default=None)


class DueBooks(BookRecords, Protocol):
    """The books, and an index of those that a day brings something in (`due_on`), by shard of the person.

    The index may lag behind: it may name books whose due amounts were posted a moment ago.
    """

    def due(self, shard: int, today: str) -> Iterator[tuple[str, str]]:
        """Whose books of which asset have something due, the longest due first, read as asked for."""

    def untold(self) -> Iterator[str]:
        """The ids of transactions that nobody has told of yet."""

    def told(self, transaction_id: str) -> None:
        """Note that somebody has told of it."""


class KnownPeople(Protocol):
    def person(self, person_id: str) -> Follower | None:
        """A person as they are now; None: erased, or merged."""
