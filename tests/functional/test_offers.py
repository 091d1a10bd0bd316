"""Offers on a real table, and in memory: set aside with what they cost and one of the stock, given once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.support.builders import NOON
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.loyalty.offers import FakeOffers
from tests.support.hazard import Hazard, Killed
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.offer_store import OfferStore
from wejourney.errors import NoneLeftError, PostingConflictError
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.offers import (
    MemberBefore,
    NotJoinedError,
    NotOfferedError,
    OfferTerms,
    Reservation,
    ReservationOverError,
    ReservationStatus,
    TooFewPoints,
    UnknownOfferError,
)
from wejourney.loyalty.programme import Programme as Declared
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.consents import Consent
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.holding import Holding
from wejourney.services.loyalty.offers import OfferRecords, Offers
from wejourney.services.loyalty.ports import Entry

ZONE = "Asia/Shanghai"
MIDNIGHT = datetime.fromisoformat("2026-11-22T16:00:00+00:00")
OFFERS = {
    "join-today": OfferTerms(joins_today=True, discount=Discount(percent=40), gift="tote", stock=1, costs=10),
    "tote": OfferTerms(gift="tote", stock=1),
    "ten": OfferTerms(discount=Discount(percent=10), costs=10),
}
LOT = Lot(Pocket.AVAILABLE, "2027-01-31")


def person(name: str) -> Follower:
    return Follower("wx1", name, name, contact_id=f"c-{name}", following=True, followed_at=NOON)


@dataclass
class Stores:
    records: OfferRecords
    followers: FollowerStore | FakeFollowers
    at: datetime = NOON
    pauses: list[float] = field(default_factory=list)

    @property
    def offers(self) -> Offers:
        return self.with_records(self.records)

    def with_records(self, records: OfferRecords) -> Offers:
        programme = Declared(offer_terms=OFFERS)
        holding = Holding(records, self.followers, programme, lambda: self.at, self.pauses.append)
        return Offers(records, holding, "membership")

    def reserve(self, id_: str, name: str, who: str = "ann") -> Reservation:
        return self.offers.reserve(id_, name, who, "paris", ZONE)

    def joins(self, name: str) -> None:
        before = self.followers.person(name)
        assert before is not None
        consent = Consent(given=True, at=self.at)
        self.followers.save(before, before.changed(member=True, consents={"membership": consent}))

    def held(self, name: str = "ann") -> tuple[int, int]:
        """What can be spent, and what is held."""
        books = self.records.books(name)
        return books.available, books.total(Pocket.HELD)


def prepared(records: OfferRecords, followers: FollowerStore | FakeFollowers) -> Stores:
    for name in ("ann", "bob"):
        followers.save(None, person(name))
        earned = Asked(f"earned-{name}", Kind.EARN, NOON, Cause("event"), {}, day="2026-11-22")
        Bookkeeping(records, followers).post(name, earned, lambda books: decide.earn(books, 40, LOT))
    return Stores(records, followers)


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "in memory":
        fakes = FakeFollowers()
        yield prepared(FakeOffers(fakes), fakes)
    else:
        followers: FollowerStore = request.getfixturevalue("followers")
        books = request.getfixturevalue("books")
        yield prepared(OfferStore(books.table, followers.table), followers)


@pytest.mark.capability(row="70")
def test_who_joins_today_gets_all_of_the_offer_once(stores: Stores) -> None:
    made = stores.reserve("visit-1", "join-today")
    assert stores.reserve("visit-1", "join-today") == made
    assert (made.until, stores.held()) == (MIDNIGHT, (30, 10))
    with pytest.raises(NotJoinedError):
        stores.offers.take("visit-1")

    stores.joins("ann")
    taken = stores.offers.take("visit-1")
    assert stores.offers.take("visit-1") == taken
    assert (taken.offer, stores.held()) == (OFFERS["join-today"], (30, 0))
    assert stores.records.books("ann").programme[ProgrammeAccount.REDEEMED] == 10
    with pytest.raises(ReservationOverError) as told:
        stores.offers.release("visit-1")
    assert told.value.status is ReservationStatus.TAKEN


@pytest.mark.capability(row="70")
def test_what_is_not_taken_is_released_at_midnight_and_somebody_else_can_have_it(stores: Stores) -> None:
    stores.reserve("visit-1", "join-today")
    stores.reserve("visit-2", "tote")
    stores.at = MIDNIGHT - timedelta(seconds=1)
    assert stores.offers.release_due() == 0
    stores.at = MIDNIGHT
    with pytest.raises(ReservationOverError):
        stores.offers.take("visit-2")

    assert stores.offers.release_due() == 2
    assert stores.offers.release_due() == 0
    assert (stores.held(), stores.records.books("ann").lots) == ((40, 0), {LOT: 40})
    assert stores.reserve("visit-3", "tote", "bob").status is ReservationStatus.RESERVED


@pytest.mark.capability(row="70")
def test_of_two_tills_that_want_the_last_gift_one_gets_it_with_what_it_costs(stores: Stores) -> None:
    stores.reserve("visit-1", "join-today", "bob")
    with pytest.raises(NoneLeftError):
        stores.reserve("visit-2", "join-today", "ann")
    assert (stores.held("bob"), stores.held("ann")) == ((30, 10), (40, 0))
    assert stores.records.reservation("visit-2") is None


def test_each_refusal_has_its_reasons_and_moves_nothing(stores: Stores) -> None:
    stores.joins("bob")
    stores.at += timedelta(days=1)
    for name, who, reason in (("join-today", "bob", MemberBefore()), ("ten", "ann", TooFewPoints(10, 0))):
        if name == "ten":
            spent = Asked("spent", Kind.SPEND, NOON, Cause("till"), {}, day="2026-11-22")
            Bookkeeping(stores.records, stores.followers).post(
                "ann", spent, lambda books: decide.spend(books, 40)
            )
        with pytest.raises(NotOfferedError) as told:
            stores.reserve("visit", name, who)
        assert told.value.reasons == (reason,)
        known = stores.followers.person(who)
        assert known is not None
        assert stores.offers.eligible(known, ZONE)[name] == (reason,)
    calls: list[Callable[[], object]] = [
        lambda: stores.reserve("visit", "no-such"),
        lambda: stores.reserve("visit", "ten", "nobody"),
        lambda: stores.offers.take("visit"),
    ]
    for call in calls:
        with pytest.raises(UnknownOfferError):
            call()
    stores.reserve("visit", "ten", "bob")
    with pytest.raises(PostingConflictError):
        stores.reserve("visit", "tote", "bob")


@dataclass
class Overtaken:
    """Somebody else does something after this worker has looked, and before it writes."""

    records: OfferRecords
    does: Callable[[], object]
    done: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.records, name)

    def keep(self, reservation: Reservation, *entries: Entry) -> None:
        if not self.done:
            self.done = True
            self.does()
        self.records.keep(reservation, *entries)


def test_of_two_tills_at_once_one_has_the_last_gift(stores: Stores) -> None:
    slow = stores.with_records(Overtaken(stores.records, lambda: stores.reserve("visit-2", "tote", "bob")))
    with pytest.raises(NoneLeftError):
        slow.reserve("visit-1", "tote", "ann", "paris", ZONE)


@pytest.mark.parametrize("name", ["ten", "tote"])
def test_what_is_taken_while_it_is_released_is_one_of_them(stores: Stores, name: str) -> None:
    stores.reserve("visit-1", name)
    slow = stores.with_records(Overtaken(stores.records, lambda: stores.offers.take("visit-1")))
    with pytest.raises(ReservationOverError):
        slow.release("visit-1")
    stores.at += timedelta(minutes=1)
    if name == "ten":
        stores.reserve("visit-2", name)
        slow = stores.with_records(Overtaken(stores.records, lambda: stores.offers.release("visit-2")))
        with pytest.raises(ReservationOverError):
            slow.take("visit-2")
        assert stores.held() == (30, 0)


def test_killed_at_any_call_an_offer_is_set_aside_taken_and_released_once(
    followers: FollowerStore, books: BooksStore
) -> None:
    stores = prepared(OfferStore(books.table, followers.table), followers)
    place, was_killed = 0, True
    while was_killed:
        was_killed = False
        taken, released = f"taken-{place}", f"released-{place}"
        works: list[Callable[[], object]] = [
            partial(stores.reserve, taken, "ten"),
            partial(stores.offers.take, taken),
            partial(stores.reserve, released, "tote", "bob"),
            partial(stores.offers.release, released),
        ]
        for work in works:
            hazard = Hazard(place)
            with followers.table.client.told(hazard.require_alive), followers.table.client.told(hazard):
                try:
                    work()
                except Killed:
                    was_killed = True
            now = stores.records.books("ann")
            assert sum(now.lots.values()) + sum(now.programme.values()) == 0
            work()
        place += 1
        earned = Asked(f"more-{place}", Kind.EARN, NOON, Cause("event"), {}, day="2026-11-22")
        Bookkeeping(books, followers).post("ann", earned, lambda books: decide.earn(books, 10, LOT))

    assert place > 3
    assert stores.held() == (40, 0)
    assert stores.records.books("ann").programme[ProgrammeAccount.REDEEMED] == 10 * place
    last = replace(stores.reserve("last", "tote", "bob"))
    assert last.status is ReservationStatus.RESERVED, "each that was released is there again"
