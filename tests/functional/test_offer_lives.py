"""Whatever tills do: no offer is given more often than there is, nor twice to who gets it once."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON
from tests.support.hazard import Hazard, Killed
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.dynamo.tills.hold_store import HoldStore
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.till.holds import Hold, HoldStatus, TooFewPointsError, Wanted
from wejourney.loyalty.till.redeeming import Redeem
from wejourney.loyalty.till.visits import TillError
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.till.settle_hold import SettleHold

LOT = Lot(Pocket.AVAILABLE, "2027-01-31")
PEOPLE = ("ann", "bob", "cid")
WHAT = ("tea", "tote", "join", "points")
LIVES = count()
NUMBERS = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("hold"), st.sampled_from(PEOPLE), st.sampled_from(WHAT), NUMBERS),
    st.tuples(st.sampled_from(["capture", "release"]), NUMBERS),
    st.tuples(st.just("wait"), st.sampled_from([5, 15, 1440])),
    st.tuples(st.just("merge"), st.sampled_from(PEOPLE[1:])),
)


@dataclass
class Life:
    """Three people, with names of their own in the tables, as all that is offered to them."""

    followers: FollowerStore
    ledger: Table
    number: int = field(default_factory=LIVES.__next__)
    at: datetime = NOON
    holds: dict[str, Hold] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in PEOPLE:
            id_ = self.named(name)
            person = Follower("wx1", id_, id_, contact_id=id_, following=True, followed_at=NOON)
            self.followers.save(None, person)
            earned = Asked(f"earned-{id_}", Kind.EARN, NOON, Cause("event"), {}, day="2026-11-22")
            Bookkeeping(self.records, self.followers).post(
                id_, earned, lambda books: decide.earn(books, 120, LOT)
            )

    def named(self, name: str) -> str:
        return f"{name}-{self.number}"

    @property
    def records(self) -> HoldStore:
        return HoldStore(self.ledger, self.followers.table)

    @property
    def offers(self) -> dict[str, OfferTerms]:
        offers = {
            "tea": OfferTerms(gift="tea", stock=2),
            "tote": OfferTerms(gift="tote", stock=3, costs=50),
            "join": OfferTerms(joins_today=True, discount=Discount(percent=40)),
        }
        return {self.named(name): terms for name, terms in offers.items()}

    @property
    def settle(self) -> SettleHold:
        people, programme = (
            PeopleStore(self.followers.table),
            Programme(offers=self.offers, redeem=Redeem(20, 100)),
        )
        return SettleHold(self.records, people, programme, lambda: self.at, pause=lambda _: None)

    def hold(self, who: str, what: str, number: int) -> None:
        id_ = f"{self.named(who)}-{number}"
        asked: dict[str, Any] = {"points": 40} if what == "points" else {"offer": self.named(what)}
        wanted = Wanted(id_, "visit", "S1", "2", "Asia/Shanghai", **asked)

        customer = partial(_person, PeopleStore(self.followers.table), self.named(who))
        first = self.settle.hold(wanted, customer)
        assert self.settle.hold(wanted, customer) == first
        self.holds[id_] = first

    def capture(self, number: int) -> None:
        if (id_ := self.one(number)) is not None:
            self.settle.capture(id_, None, "4711", 12_900, "Asia/Shanghai")

    def release(self, number: int) -> None:
        if (id_ := self.one(number)) is not None:
            self.settle.release(id_)

    def one(self, number: int) -> str | None:
        ids = sorted(self.holds)
        return ids[number % len(ids)] if ids else None

    def wait(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)
        self.settle.release_due()

    def merge(self, who: str) -> None:
        younger, older = (self.followers.person(self.named(name)) for name in (who, "ann"))
        assert older is not None
        if younger is not None and younger.person_id != older.person_id:
            self.followers.merge(younger, older, IdentityKind.UNION_ID, self.at)

    def require_right(self) -> None:
        found = [self.records.hold(id_) for id_ in self.holds]
        holds = [hold for hold in found if hold is not None]
        kept = [one for one in holds if one.status in (HoldStatus.HELD, HoldStatus.CAPTURED)]
        numbers, ids = Counter(one.offer for one in kept if one.offer), map(self.named, PEOPLE)
        given = self.records.given(self.offers, ids)
        for name, terms in self.offers.items():
            assert terms.stock is None or given.numbers[name] == numbers[name] <= terms.stock
            times = Counter(one.person_id for one in kept if one.offer == name)
            assert not terms.is_once or max(times.values(), default=0) <= 1
            assert (name in given.had) is (terms.is_once and bool(times))
        books = [self.records.books(self.named(name)) for name in PEOPLE]
        assert all(sum(one.lots.values()) + sum(one.programme.values()) == 0 for one in books)
        held = sum(one.points for one in holds if one.status is HoldStatus.HELD)
        assert sum(one.total(Pocket.HELD) for one in books) == held
        redeemed = sum(one.programme.get(ProgrammeAccount.REDEEMED, 0) for one in books)
        assert redeemed == sum(one.capture.points for one in holds if one.capture is not None)


@pytest.mark.capability(row="70")
def test_whatever_tills_do_each_offer_is_held_and_given_as_often_as_there_is_and_as_it_is_for_a_person(
    followers: FollowerStore, books: BooksStore
) -> None:
    @settings(
        max_examples=15,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEPS, min_size=4, max_size=14))
    def check(steps: list[tuple[str | int, ...]]) -> None:
        life = Life(followers, books.table)
        for name, *told in steps:
            does: Callable[..., None] = getattr(life, str(name))
            with suppress(TillError):
                does(*told)
            life.require_right()
        life.wait(2 * 1440)
        life.require_right()
        assert sum(life.records.books(life.named(name)).total(Pocket.HELD) for name in PEOPLE) == 0

    check()


def test_a_hold_in_the_midst_of_a_merge_waits_for_what_both_have(
    followers: FollowerStore, books: BooksStore
) -> None:
    """Guard: what is moved is nobody's for a moment; whoever looks then is not told that it is too little."""
    place, was_killed, waited = 0, True, 0
    while was_killed:
        life = Life(followers, books.table)
        hazard, was_killed = Hazard(place), False
        with followers.table.client.told(hazard.require_alive), followers.table.client.told(hazard):
            try:
                life.merge("bob")
            except Killed:
                was_killed = True
        pauses = list[float]()

        def completed(seconds: float, life: Life = life, pauses: list[float] = pauses) -> None:
            pauses.append(seconds)
            life.followers.person(life.named("bob"))

        people = PeopleStore(followers.table)
        person = people.person(life.named("bob"))
        assert person is not None
        is_one = person.person_id == life.named("ann")
        settle = replace(life.settle, pause=completed)
        wanted = Wanted(f"hold-{life.number}", "visit", "S1", "2", "Asia/Shanghai", points=200)
        if is_one:
            held = settle.hold(wanted, partial(_person, people, life.named("bob")))
            assert (held.points, held.person_id) == (200, life.named("ann"))
        else:
            with pytest.raises(TooFewPointsError):
                settle.hold(wanted, partial(_person, people, life.named("bob")))
        waited += bool(pauses)
        place += 1
    assert waited > 3


def _person(people: PeopleStore, person_id: str) -> Follower:
    person = people.person(person_id)
    assert person is not None
    return person
