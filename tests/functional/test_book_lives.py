"""Lives in the books of a real table: in any order, with a worker that is killed at any of its calls.

What is done is done again after a kill, as the queue does it. The same is done once in memory, by the same
services: what is in the books is the same. Beside that, some things are always true.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.support.builders import NOON
from tests.support.events import body
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.loyalty.gifts import FakeGifts
from tests.support.patience import PATIENCE
from tests.support.remembering import RemembersNothing, remembers_all
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import FOLLOWER, columns_of, partition, person_of, row_key
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, account_of, books_key, books_of
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.errors import AlreadyDoneError, StaleBooksError, StaleFollowerError, WejourneyError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import PointsChanged
from wejourney.events.matching import EventPattern
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import OWED, Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.balance import NO_BALANCE, POINTS
from wejourney.loyalty.benefits.gifts import GiftTerms
from wejourney.loyalty.benefits.referrals import REFERRALS, ReferralTerms
from wejourney.loyalty.benefits.secret_codes import hash_of, new_code
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import matured
from wejourney.loyalty.earning_rules import AtMost, EarningRule, Pending
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.replay import Replay
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.consents import Consent
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.people.profile_model import ProfileModel
from wejourney.services.loyalty.bookkeeping import Bookkeeping, Decide, Pause
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.ports import Entry, Posted
from wejourney.services.loyalty.remembered_books import RememberedBooks
from wejourney.services.loyalty.reward_referrals import RewardReferrals
from workbench.operations.loyalty.histories import History
from workbench.simulator.books import SimulatedSales

_LIFE = count()

type Kill = tuple[int, bool] | None
"""At which call the worker is killed, and whether the call is made: its answer is lost then."""

NAMES = ("older", "younger", "friend")
NOBODY = Subject("", "")

PROFILE = ProfileModel(membership="club")
PROGRAMME = Programme(
    assets={"points": Expiry(Period(20, "day"), Period(40, "day"))},
    rules={
        "orders": EarningRule(EventPattern("order.paid"), 1, per_yuan=1),
        "waits": EarningRule(EventPattern("order.paid"), 1, per_yuan=3, pending=Pending(3)),
        "visits": EarningRule(EventPattern("check_in"), 7, at_most=AtMost(per_day=10, total=40)),
    },
    gifts={"points": GiftTerms(most=50, returns_after=7)},
    referrals=ReferralTerms(20, 5, friend_gets=10, from_fen=2_000, unfollow_within=10 * 24 * 3600),
)
ORDERS: Mapping[str, tuple[str, int]] = {
    "A": ("older", 3_300),
    "B": ("younger", 2_500),
    "C": ("friend", 999),
    "D": ("friend", 4_700),
}
"""Who pays an order, and how much."""


class Killed(BaseException):
    """The worker is gone in the middle of a line."""


TOLD_BY_BOTH = (Kind.CLAIM, Kind.REVERSE)
"""What the inbox tells of, and `KeepBooks` as well, as one event: the event that led to it, delivered again,
may find that nothing waits, or that more was returned meanwhile."""


@dataclass
class Mortal:
    """A client of DynamoDB, a call of which can be the last one of the worker.

    `meanwhile` is done by somebody else before the call of this number.
    """

    client: Any
    kill: Kill = None
    calls: int = 0
    meanwhile: dict[int, Callable[[], object]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            place, self.calls = self.calls, self.calls + 1
            if happens := self.meanwhile.pop(place, None):
                happens()
            if self.kill is None or place < self.kill[0]:
                return getattr(self.client, name)(**request)
            if place == self.kill[0] and self.kill[1]:
                getattr(self.client, name)(**request)
            raise Killed

        return call


@dataclass
class Deployment:
    """The books, and all that posts to them. `told` are the events that have told of a balance, by id.

    `remembered` is what the process remembers, at whatever time. That in memory remembers nothing.
    """

    ledger: Any
    sales: Any
    followers: Any
    at: datetime = NOON
    told: set[str] = field(default_factory=set)
    pause: Pause = lambda _: None
    remembered: RememberedBooks = field(default_factory=remembers_all)

    @property
    def bookkeeping(self) -> Bookkeeping:
        return Bookkeeping(self.ledger, self.followers, self.pause, self.remembered)

    @property
    def points(self) -> EarnPoints:
        return EarnPoints(self.bookkeeping, self.sales, PROGRAMME, PROFILE, frozenset({PointsChanged.kind}))

    @property
    def referrals(self) -> RewardReferrals:
        return RewardReferrals(self.points)

    @property
    def gifts(self) -> Gifts:
        return Gifts(self.ledger, self.followers, PROGRAMME, PROFILE, FakeInbox(), self.now, self.pause)

    def now(self) -> datetime:
        return self.at

    def gift_goes_back(self, gift_id: str) -> None:
        if (gift := self.ledger.gift(gift_id)) is not None:
            self.gifts.take_back(gift_id, gift.giver)

    def person(self, person_id: str) -> Follower:
        person: Follower | None = self.followers.person(person_id)
        assert person is not None
        return person

    def takes(self, event: InboundEvent) -> None:
        """The inbox works on an event that is on record."""
        person = self.person(event.subject.openid)
        told = (*self.points(event, person), *self.referrals.ordered(event, person))
        self.told |= {one.id for one in told if one.kind == PointsChanged.kind}

    def sweeps(self, person_id: str, asked: Asked) -> None:
        """As `keep_books` comes to somebody."""
        person_id = self.person(person_id).person_id
        books = self.bookkeeping.books(person_id, asked)
        due = matured(person_id, POINTS, books, asked.day, asked.effective_at, Pocket.AVAILABLE)
        if due is not None:
            self.ledger.post(Entry(person_id, due, books))

    def joins(self, person_id: str) -> None:
        person = self.person(person_id)
        if not PROFILE.is_member(person):
            self.followers.save(person, person.changed(consents={"club": Consent(given=True, at=NOON)}))

    def merge(self, younger: str, older: str, at: datetime) -> None:
        is_one = False
        while not is_one:
            # Of a merge that has begun, whoever reads one of them completes it.
            with suppress(StaleFollowerError):
                one, other = self.person(younger), self.person(older)
                if one.person_id != other.person_id:
                    self.followers.merge(one, other, IdentityKind.PHONE, NOON)
                is_one = True
        self.referrals.merged(self.person(older).person_id, at)


class Life:
    """Three people: the younger turns out to be the older one, who has brought the two others."""

    def __init__(self, stores: tuple[FollowerStore, BooksStore]) -> None:
        self.stores = stores
        self.life = next(_LIFE)
        self.ids = {name: f"{name}-{self.life}" for name in NAMES}
        self.days, self.number, self.merged, self.visited = 0, 0, False, 80
        followers, ledger = self.stores
        self.alive = self.deployment(ledger.table.client)
        self.mortal = Mortal(ledger.table.client)
        self.tables = self.deployment(self.mortal)
        fakes = FakeFollowers()
        self.memory = Deployment(FakeGifts(fakes), SimulatedSales(), fakes, remembered=RemembersNothing())
        self.gifts: list[str] = []
        for name, id_ in self.ids.items():
            since = NOON - timedelta(days=9 if name == "older" else 1)
            person = Follower(
                "wx1", id_, id_, contact_id=id_, following=True, followed_at=since, known_since=since
            )
            if name != "older":
                sharer = {"first_code_sharer": self.ids["older"]}
                person = replace(person, attributes=sharer, told_at={"first_code_name": since})
            for records in (followers, fakes):
                records.save(None, person)
            self.earn(None, name, 60, Pocket.AVAILABLE, None)

    def deployment(self, client: Any) -> Deployment:
        followers, ledger = self.stores
        people, books = Table(followers.table.name, client), Table(ledger.table.name, client)
        return Deployment(GiftStore(books, people), SaleStore(books), replace(followers, table=people))

    # --- what both do ------------------------------------------------------------------------

    @property
    def at(self) -> datetime:
        """Each thing that happens has a time of its own."""
        return NOON + timedelta(days=self.days, seconds=self.number)

    @property
    def day(self) -> str:
        return PROGRAMME.day_of(self.at).isoformat()

    def both(self, kill: Kill, does: Callable[[Deployment], object]) -> None:
        """Do it in memory, and by a worker that may be killed, and then by one that lives."""
        for deployment in (self.memory, self.tables):
            deployment.at = self.at
        expected = done(does, self.memory)
        self.mortal.kill, self.mortal.calls = kill, 0
        try:
            found = done(does, self.tables)
        except Killed:
            self.mortal.kill = None
            found = done(does, self.tables)
        self.mortal.kill = None
        assert found == expected

    def asked(self, kind: Kind, reverses: str = "") -> Asked:
        self.number += 1
        id_ = f"{self.life}#{self.number}"
        return Asked(id_, kind, self.at, Cause(id_), {}, day=self.day, reverses=reverses)

    def post(self, kill: Kill, name: str, kind: Kind, decided: Decide) -> None:
        asked = self.asked(kind)
        self.both(kill, lambda one: one.bookkeeping.post(self.ids[name], asked, decided))

    def books(self, name: str) -> Books:
        books: Books = self.memory.ledger.books(self.memory.person(self.ids[name]).person_id)
        return books

    def posted(self) -> Iterator[Posted]:
        return iter(self.memory.ledger.rows.transactions.values())

    # --- what happens in the books ---------------------------------------------------------------

    def earn(self, kill: Kill, name: str, amount: int, pocket: Pocket, days: int | None) -> None:
        today = PROGRAMME.day_of(self.at)
        expires = "" if days is None else str(today + timedelta(days=days))
        due = str(today + timedelta(days=2)) if pocket is Pocket.PENDING else ""
        lot = Lot(pocket, expires, due)
        self.post(kill, name, Kind.EARN, lambda books: decide.earn(books, amount, lot))

    def claim(self, kill: Kill, name: str) -> None:
        self.post(kill, name, Kind.CLAIM, decide.claim)

    def spend(self, kill: Kill, name: str, amount: int) -> None:
        self.post(kill, name, Kind.SPEND, lambda books: decide.spend(books, amount))

    def hold(self, kill: Kill, name: str, amount: int) -> None:
        hold_id = f"till-{self.number}"
        self.post(kill, name, Kind.HOLD, lambda books: decide.hold(books, amount, hold_id))

    def settle(self, kill: Kill, name: str, which: int, percent: int) -> None:
        """A till takes a part of what it holds, or gives it back."""
        held = Counter[str]()
        for lot, amount in self.books(name).of(Pocket.HELD).items():
            if lot.hold.startswith("till-"):
                held[lot.hold] += amount
        if not held:
            return
        hold_id = one_of(sorted(held), which)
        if part := held[hold_id] * percent // 100:
            self.post(kill, name, Kind.CAPTURE, lambda books: decide.capture(books, hold_id, part))
        else:
            self.post(kill, name, Kind.RELEASE, lambda books: decide.release(books, hold_id))

    def adjust(self, kill: Kill, name: str, amount: int) -> None:
        lot = Lot(Pocket.AVAILABLE)
        self.post(kill, name, Kind.ADJUST, lambda books: decide.adjust(books, amount, lot))

    def take_back(self, kill: Kill, which: int, percent: int) -> None:
        """By hand, a part of what was posted; what an event gives has its own way back."""
        left = {
            one.transaction.id: decide.reversible(one.transaction) - one.reversed
            for one in self.posted()
            if one.transaction.id.startswith(f"{self.life}#")
        }
        if ours := [id_ for id_, amount in left.items() if amount]:
            id_ = one_of(ours, which)
            amount, asked = max(left[id_] * percent // 100, 1), self.asked(Kind.REVERSE, id_)
            self.both(kill, lambda one: one.bookkeeping.take_back(asked, amount))

    def days_pass(self, kill: Kill, name: str, days: int) -> None:
        """The sweep comes to one of them only: the others' books are kept when something is asked."""
        self.days += days
        asked = self.asked(Kind.MATURE)
        self.both(kill, lambda one: one.sweeps(self.ids[name], asked))

    # --- gifts -----------------------------------------------------------------------------------

    def give(self, kill: Kill, name: str, amount: int) -> None:
        self.number += 1
        numbers = iter([self.life, self.number])
        code = new_code(lambda most: next(numbers, 0) % most)
        self.gifts.append(code)
        self.both(kill, lambda one: one.gifts.give(code, self.ids[name], POINTS, amount))

    def claim_gift(self, kill: Kill, name: str, which: int) -> None:
        self.number += 1
        if self.gifts:
            code = one_of(self.gifts, which)
            self.both(kill, lambda one: one.gifts.claim(code, self.ids[name]))

    def gift_goes_back(self, kill: Kill, which: int) -> None:
        self.number += 1
        if self.gifts:
            gift_id = hash_of(one_of(self.gifts, which))
            self.both(kill, lambda one: one.gift_goes_back(gift_id))

    # --- what events do --------------------------------------------------------------------------

    def event(self, kind: str, who: str, cause: str = "", /, **fields: Any) -> InboundEvent:
        self.number += 1
        subject = Subject("wx1", self.ids[who])
        return own_event(body(kind, **fields), f"{self.life} {cause or self.number}", subject, self.at)

    def takes(self, kill: Kill, event: InboundEvent) -> None:
        self.both(kill, lambda one: one.takes(event))

    def pays(self, kill: Kill, order: str, late: int) -> None:
        """Also again, as another system tells it, so many days late."""
        name, total = ORDERS[order]
        event = self.event("order.paid", name, total=total, order=f"{order}{self.life}")
        self.takes(kill, replace(event, at=event.at - timedelta(days=late)))

    def returns(self, kill: Kill, order: str, line: str) -> None:
        """A third of it, once for each line, or all; perhaps again, or before it is paid."""
        name, total = ORDERS[order]
        told = {"total": total // 3, "order": f"{order}{self.life}", "line": line}
        self.takes(kill, self.event("order.returned", name, f"{order} {line}", **told))

    def visits(self, kill: Kill, name: str) -> None:
        """What it gives has limits, also for who turns out to be two people."""
        self.takes(kill, self.event("check_in", name, name="pop-up"))

    def joins(self, kill: Kill, name: str) -> None:
        for deployment in (self.memory, self.alive):
            deployment.joins(self.ids[name])
        self.takes(kill, self.event("tag", name, tag="joined"))

    def unfollows(self, kill: Kill, name: str) -> None:
        """What somebody was rewarded with for them is taken back, if it is soon after they followed."""
        self.number += 1
        at = self.at
        self.both(kill, lambda one: one.referrals.unfollowed(one.person(self.ids[name]), at))

    # --- who they are ----------------------------------------------------------------------------

    def merge(self, kill: Kill, place: int, name: str, kind: Kind, amount: int) -> None:
        """Somebody posts before one of its calls, which in memory is before or after it."""
        asked, lot = self.asked(kind), Lot(Pocket.AVAILABLE, self.day)
        younger, older, at = self.ids["younger"], self.ids["older"], self.at

        def posts(deployment: Deployment) -> None:
            def decided(books: Books) -> Any:
                return decide.earn(books, amount, lot) if kind is Kind.EARN else decide.spend(books, amount)

            done(lambda one: one.bookkeeping.post(self.ids[name], asked, decided), deployment)

        def merges(deployment: Deployment) -> None:
            deployment.merge(younger, older, at)

        ways = [deepcopy(self.memory), deepcopy(self.memory)]
        posts(ways[0])
        for way in ways:
            merges(way)
        posts(ways[1])
        self.mortal.meanwhile = {place: lambda: posts(self.alive)}
        self.mortal.kill, self.mortal.calls = kill, 0
        try:
            merges(self.tables)
        except Killed:
            self.mortal.kill = None
            merges(self.tables)
        self.mortal.kill = None
        while self.mortal.meanwhile:
            self.mortal.meanwhile.popitem()[1]()
        self.merged, self.visited = True, self.visits_given()
        found = [way for way in ways if self.is_as(way)]
        assert found, "it was posted before the merge or after it"
        self.memory = found[0]

    def is_as(self, memory: Deployment) -> bool:
        return self.kept() == {id_: memory.ledger.books(id_) for id_ in self.ids.values()}

    def kept(self) -> dict[str, Books]:
        """The books on the table, read by one call."""
        items = self.alive.ledger.table.get_all(books_key(id_, POINTS) for id_ in self.ids.values())
        return dict.fromkeys(self.ids.values(), Books()) | {
            account_of(one)[0]: books_of(one) for one in items
        }

    def known(self) -> Iterator[Follower]:
        """The people on the table, read by one call."""
        keys = (row_key(partition(id_), FOLLOWER) for id_ in self.ids.values())
        found = map(columns_of, self.alive.followers.table.get_all(keys))
        return (person_of(row) for row in found if "merged_into" not in row)

    # --- what is always true -------------------------------------------------------------------

    def the_books_are_those_of_what_happened_once_and_people_are_told_so(self) -> None:
        assert self.is_as(self.memory)
        people = list(self.known())
        assert len(people) == len(NAMES) - self.merged
        for person in people:
            balance = self.memory.ledger.books(person.person_id).balance
            assert (person.balances.get(POINTS, NO_BALANCE), person.points) == (balance, balance.available)

    def the_books_sum_to_zero_and_no_lot_is_below(self) -> None:
        for books in map(self.books, NAMES):
            assert sum(books.lots.values()) + sum(books.programme.values()) == 0
            assert all(amount > 0 or lot == OWED for lot, amount in books.lots.items())
            assert OWED not in books.lots or not books.total(Pocket.AVAILABLE)

    def what_was_earned_is_there_or_spent_or_expired(self) -> None:
        """By what was done, not by the books: what was taken back is off it."""
        done_by_kind = Counter[Kind]()
        for one in self.posted():
            moved = one.transaction
            if moved.kind is Kind.ADJUST:
                sign = 1 if moved.postings[0].source is ProgrammeAccount.ADJUSTED else -1
                done_by_kind[Kind.ADJUST] += sign * (moved.amount - one.reversed)
            elif moved.kind in (Kind.EARN, Kind.SPEND, Kind.CAPTURE):
                done_by_kind[moved.kind] += decide.reversible(moved) - one.reversed
        gained = done_by_kind[Kind.EARN] + done_by_kind[Kind.ADJUST]
        books = [self.memory.ledger.books(id_) for id_ in self.ids.values()]
        there = sum(sum(one.lots.values()) for one in books)
        gone = sum(one.programme.get(ProgrammeAccount.EXPIRED, 0) for one in books)
        assert gained == there + gone + done_by_kind[Kind.SPEND] + done_by_kind[Kind.CAPTURE]
        passed = [one.programme.get(ProgrammeAccount.TRANSFERRED, 0) for one in books]
        assert sum(passed) == 0, "what was given was received"

    def an_order_has_given_what_was_paid_of_it_less_what_came_back(self) -> None:
        for sale in self.memory.sales.by_order.values():
            for earning in filter(None, map(self.memory.ledger.posted, sale.earned_by)):
                amount = earning.transaction.amount
                is_reward = earning.transaction.cause.rule == REFERRALS
                void = {amount} if is_reward else set[int]()
                assert earning.reversed in {sale.taken_back(amount), *void}

    def limits_hold_for_who_was_two_people(self) -> None:
        assert self.visits_given() <= max(self.visited, PROGRAMME.rules["visits"].at_most.total or 0)

    def visits_given(self) -> int:
        """To who was two people; before that, to both."""
        ids = {self.ids["older"], self.ids["younger"]}
        given = (one for one in self.posted() if one.transaction.cause.rule == "visits")
        return sum(one.transaction.amount for one in given if one.person_id in ids)

    def ends(self) -> None:
        """The transactions alone give the same books, and those of the table are those of memory."""
        expected = {one.transaction.id: one for one in self.posted()}
        for id_ in self.ids.values():
            replay, transactions = Replay(), list(self.alive.ledger.newest(id_))
            for moved in transactions:
                replay.add(moved)
                assert moved == expected.pop(moved.id).transaction
            assert not list(replay.differences(id_, POINTS, self.alive.ledger.books(id_)))
        assert expected == {}
        self.each_change_is_told_once()
        self.what_was_had_at_any_time_is_what_had_happened_by_then()

    def what_was_had_at_any_time_is_what_had_happened_by_then(self) -> None:
        """As `points balance --at` tells it: whatever was told late, and of who was two people."""
        for them in (("older", "younger"), ("friend",)):
            ids = tuple(self.ids[name] for name in them)
            theirs = [one.transaction for one in self.posted() if one.person_id in ids]
            times = sorted({moved.effective_at for moved in theirs})
            for at in (NOON - timedelta(days=99), *times[:: max(len(times) // 3, 1)]):
                lots = Counter[Lot]()
                for moved in theirs:
                    places = moved.moved if moved.effective_at <= at else {}
                    lots.update({place: n for place, n in places.items() if isinstance(place, Lot)})
                expected = {lot: amount for lot, amount in lots.items() if amount}
                assert History(self.alive.ledger, ids).lots(at) == expected

    def each_change_is_told_once(self) -> None:
        """By who has posted it, or by `keep_books`, which finds it: so whatever it passes is passed once."""
        by_both = {
            one.told_to(NOBODY, None).id for one in self.posted() if one.transaction.kind in TOLD_BY_BOTH
        }
        assert self.memory.told - by_both <= self.tables.told <= self.memory.told
        waiting = self.memory.ledger.rows.not_told.keys()
        ours = {one.transaction.id for one in self.posted()}
        assert {id_ for id_ in self.alive.ledger.untold() if id_ in ours} == waiting
        for id_ in waiting:
            self.alive.ledger.told(id_)
        for one in self.posted():
            moved = one.transaction
            if moved.kind is not Kind.MERGE:
                is_told, waits = one.told_to(NOBODY, None).id in self.memory.told, moved.id in waiting
                is_changed = one.balance != one.balance_before
                assert is_told or waits or not is_changed
                assert is_changed or not is_told
                assert is_changed or moved.earned or not waits
                assert not (is_told and waits) or moved.kind in TOLD_BY_BOTH


def done[T](does: Callable[[T], object], deployment: T) -> object:
    """What comes of it: its result, or the kind of the error."""
    try:
        return does(deployment)
    except WejourneyError as error:
        return type(error)


def one_of[T](of: Sequence[T], which: int) -> T:
    return of[which % len(of)]


# --- all lives ---------------------------------------------------------------------------------------

type Act = tuple[Callable[..., None], dict[str, Any]]


def act(
    does: Callable[..., None], calls: int = 8, **fields: st.SearchStrategy[Any]
) -> st.SearchStrategy[Act]:
    """Something that happens, by a worker that may be killed at one of so many calls."""
    kill = st.one_of(st.none(), st.tuples(st.integers(0, calls - 1), st.booleans()))
    return st.tuples(st.just(does), st.fixed_dictionaries({"kill": kill, **fields}))


NAME, AMOUNT, WHICH, PERCENT = (
    st.sampled_from(NAMES),
    st.integers(1, 60),
    st.integers(0, 9),
    st.integers(0, 100),
)
ORDER = st.sampled_from(sorted(ORDERS))
POCKET = st.sampled_from([Pocket.UNCLAIMED, Pocket.PENDING, Pocket.AVAILABLE])
ACTS = st.one_of(
    act(Life.earn, name=NAME, amount=AMOUNT, pocket=POCKET, days=st.sampled_from([None, 0, 3, 30])),
    act(Life.claim, name=NAME),
    act(Life.spend, name=NAME, amount=AMOUNT),
    act(Life.hold, name=NAME, amount=AMOUNT),
    act(Life.settle, name=NAME, which=WHICH, percent=PERCENT),
    act(Life.adjust, name=NAME, amount=st.integers(-40, 40).filter(bool)),
    act(Life.take_back, which=WHICH, percent=PERCENT),
    act(Life.days_pass, name=NAME, days=st.integers(1, 20)),
    act(Life.give, name=NAME, amount=st.integers(1, 55)),
    act(Life.claim_gift, name=NAME, which=WHICH),
    act(Life.gift_goes_back, which=WHICH),
    act(Life.pays, 24, order=ORDER, late=st.sampled_from([0, 0, 3])),
    act(Life.returns, 16, order=ORDER, line=st.sampled_from(["", "1", "2", "3"])),
    act(Life.visits, name=NAME),
    act(Life.joins, 12, name=NAME),
    act(Life.unfollows, 12, name=NAME),
)
KIND = st.sampled_from([Kind.EARN, Kind.SPEND])
MERGE = act(Life.merge, 20, place=st.integers(0, 18), name=NAME, kind=KIND, amount=AMOUNT)


@pytest.mark.long
@pytest.mark.parametrize("number", range(3))
def test_whatever_happens_in_any_order_with_kills_at_any_call_is_in_the_books_once(
    followers: FollowerStore, ledger: BooksStore, number: int
) -> None:
    """Ten lives of each seed: later ones of one seed differ little from those before."""

    @seed(number)
    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        before=st.lists(ACTS, min_size=15, max_size=20),
        merge=MERGE,
        after=st.lists(ACTS, min_size=10, max_size=15),
    )
    def lives(before: list[Act], merge: Act, after: list[Act]) -> None:
        life = Life((followers, ledger))
        for does, fields in (*before, merge, *after):
            does(life, **fields)
            life.the_books_are_those_of_what_happened_once_and_people_are_told_so()
            life.the_books_sum_to_zero_and_no_lot_is_below()
            life.what_was_earned_is_there_or_spent_or_expired()
            life.an_order_has_given_what_was_paid_of_it_less_what_came_back()
            life.limits_hold_for_who_was_two_people()
        life.ends()

    lives()


@pytest.mark.parametrize("name", ["older", "younger"])
@pytest.mark.parametrize("kind", [Kind.EARN, Kind.SPEND])
def test_whoever_posts_in_the_midst_of_a_merge_finds_what_is_theirs(
    followers: FollowerStore, ledger: BooksStore, kind: Kind, name: str
) -> None:
    """Guard: books that a merge has emptied refuse nobody anything, and no older balance is told."""
    place, was_in_its_midst = 0, True
    while was_in_its_midst:
        life = Life((followers, ledger))
        life.merge(None, place, name, kind, 50)
        life.the_books_are_those_of_what_happened_once_and_people_are_told_so()
        assert life.books("older").available == 120 + (50 if kind is Kind.EARN else -50)
        place, was_in_its_midst = place + 1, life.mortal.calls > place

    assert place > 12


# --- fifty at once -----------------------------------------------------------------------------------


type Work = Callable[[], object]


class FiftyWriters:
    """What has happened to the older one, and what fifty writers do to them five days later."""

    def __init__(self, stores: tuple[FollowerStore, BooksStore]) -> None:
        self.life = Life(stores)
        self.books = replace(self.life.alive, at=self.life.at, pause=time.sleep)
        self.ids = self.life.ids
        self.number = count()
        self.earn("older", 200)()
        self.earned = [self.earn("older", 5)() for _ in range(4)]
        self.spent = [self.spend(4)() for _ in range(5)]
        self.holds = [f"before-{number}" for number in range(8)]
        for hold_id in self.holds:
            self.hold(hold_id, 5)()
        self.codes = [self.code() for _ in range(6)]
        for code in self.codes:
            self.give(code, 3)()
        self.earn("older", 10, str(PROGRAMME.day_of(NOON) + timedelta(days=2)))()
        self.books.at += timedelta(days=5)

    def asked(self, kind: Kind, reverses: str = "") -> Asked:
        id_, at = f"fifty {self.life.life} {next(self.number)}", self.books.at
        return Asked(id_, kind, at, Cause(id_), {}, day=str(PROGRAMME.day_of(at)), reverses=reverses)

    def code(self) -> str:
        numbers = iter([self.life.life, 10_000 + next(self.number)])
        return new_code(lambda most: next(numbers, 0) % most)

    def post(self, name: str, kind: Kind, decided: Decide) -> Callable[[], str]:
        """Post it; done again, it is the same transaction."""
        asked = self.asked(kind)

        def work() -> str:
            assert self.books.bookkeeping.post(self.ids[name], asked, decided)
            return asked.id

        return work

    def earn(self, name: str, amount: int, expires: str = "") -> Callable[[], str]:
        lot = Lot(Pocket.AVAILABLE, expires)
        return self.post(name, Kind.EARN, lambda books: decide.earn(books, amount, lot))

    def spend(self, amount: int) -> Callable[[], str]:
        return self.post("older", Kind.SPEND, lambda books: decide.spend(books, amount))

    def hold(self, hold_id: str, amount: int) -> Work:
        return self.post("older", Kind.HOLD, lambda books: decide.hold(books, amount, hold_id))

    def capture(self, hold_id: str, part: int) -> Work:
        return self.post("older", Kind.CAPTURE, lambda books: decide.capture(books, hold_id, part))

    def release(self, hold_id: str) -> Work:
        return self.post("older", Kind.RELEASE, lambda books: decide.release(books, hold_id))

    def take_back(self, id_: str, amount: int) -> Work:
        asked = self.asked(Kind.REVERSE, id_)
        return lambda: self.books.bookkeeping.take_back(asked, amount)

    def adjust(self, amount: int) -> Work:
        lot = Lot(Pocket.AVAILABLE)
        return self.post("older", Kind.ADJUST, lambda books: decide.adjust(books, amount, lot))

    def give(self, code: str, amount: int) -> Work:
        return lambda: self.books.gifts.give(code, self.ids["older"], POINTS, amount)

    def claim(self, code: str) -> Work:
        return lambda: self.books.gifts.claim(code, self.ids["friend"])

    def sweep(self) -> None:
        """Where somebody else is at work on the same books, a sweep leaves them to the next one."""
        with suppress(StaleBooksError, StaleFollowerError, AlreadyDoneError):
            self.books.sweeps(self.ids["older"], self.asked(Kind.MATURE))

    def merge(self) -> None:
        self.books.merge(self.ids["younger"], self.ids["older"], self.books.at)

    def works(self) -> list[Work]:
        """Together, they leave the same in whichever order."""
        works: list[Work] = [
            *(self.earn("older", 3) for _ in range(6)),
            *(self.earn("younger", 3) for _ in range(2)),
            *(self.spend(2) for _ in range(4)),
            *(self.hold(f"then-{number}", 2) for number in range(4)),
            *(self.capture(hold_id, 3) for hold_id in self.holds[:4]),
            *(self.release(hold_id) for hold_id in self.holds[4:]),
            *(self.take_back(id_, 2) for id_ in self.spent),
            *(self.take_back(id_, 5) for id_ in self.earned),
            *(self.give(self.code(), 3) for _ in range(4)),
            *(self.claim(code) for code in self.codes[:4]),
            *(partial(self.books.gift_goes_back, hash_of(code)) for code in self.codes[4:]),
            *[self.sweep] * 3,
            *(self.adjust(amount) for amount in (7, -1, -2)),
            self.merge,
        ]
        # Those of a kind are not next to each other.
        return [work for start in range(7) for work in works[start::7]]


def test_fifty_writers_who_do_all_kinds_of_things_to_one_person_are_all_done_and_each_once(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    """They earn, spend, hold, capture, release, give, claim, take back, refund, adjust, expire and merge."""
    fifty = FiftyWriters((followers, ledger))
    works = fifty.works()
    gate = Barrier(len(works))

    def does(work: Work) -> None:
        gate.wait(PATIENCE)
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(does, works))

    assert len(works) == 50
    books = {name: ledger.books(id_) for name, id_ in fifty.ids.items()}
    before = 60 + 60 + 200 + 4 * 5 - 5 * 4 - 8 * 5 - 6 * 3
    after = 8 * 3 - 4 * 2 - 4 * 2 + 4 * 2 + 4 * 5 + 5 * 2 - 4 * 5 - 4 * 3 + 2 * 3 + 4
    assert books["older"].available == before + after
    assert (books["friend"].available, books["friend"].total(Pocket.UNCLAIMED)) == (60, 4 * 3)
    assert books["older"].total(Pocket.HELD) == 4 * 2 + 4 * 3
    assert books["older"].total(Pocket.EXPIRED) == 10
    assert books["younger"].lots == {}
    assert sum(one.programme.get(ProgrammeAccount.TRANSFERRED, 0) for one in books.values()) == 0
    for name, id_ in fifty.ids.items():
        now, replay = books[name], Replay()
        assert sum(now.lots.values()) + sum(now.programme.values()) == 0
        assert all(amount > 0 for amount in now.lots.values())
        transactions = list(ledger.newest(id_))
        assert len({moved.id for moved in transactions}) == len(transactions) == now.rev
        for moved in transactions:
            replay.add(moved)
        assert not list(replay.differences(id_, POINTS, now))
        person = followers.person(id_)
        assert person is not None
        assert person.balances[POINTS] == ledger.books(person.person_id).balance
