"""From the first purchase to a member of a tier, on real tables: what waits is theirs once they join."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import NOON, SUBJECT
from tests.support.events import body
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import empty
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import EventBody, MemberJoined, PointsChanged, TierChanged
from wejourney.events.matching import EventPattern, Property
from wejourney.events.values import NumberRange
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.books import Books, earn
from wejourney.loyalty.earning_rules import AtMost, EarningRule, Multiplier
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.membership import is_member_number
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.profile_model import ProfileModel
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints

PROFILE = ProfileModel(membership="membership")
STORE = Programme(
    assets={"points": Expiry(Period(12, "month"), Period(12, "month"))},
    rules={
        "purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1),
        "welcome": EarningRule(EventPattern("member.joined"), 10_000),
    },
    tiers=Tiers((Tier("silver", 1_000), Tier("gold", 12_000)), grace=Period(3, "month")),
)
MINUTE = timedelta(minutes=1)


class Customer:
    """Somebody whose events the inbox works on, with all that is told because of them."""

    def __init__(self, world: World, programme: Programme, *listening: str) -> None:
        kinds = ("tier.changed", "member.joined", *listening)
        world.entries = tuple(
            JourneyEntry(kind, "v1", Trigger(kind), subscribed_kinds=(kind,)) for kind in kinds
        )
        world.people_rules = PeopleRules(PROFILE).with_programme(programme)
        self.ledger = Table("LedgerTable", world.followers.table.client)
        self.records = BooksStore(self.ledger, world.followers.table)
        self.bookkeeping = Bookkeeping(self.records, world.followers, pause=lambda _: None)
        world.earn = EarnPoints(
            self.bookkeeping,
            SaleStore(self.ledger),
            programme,
            PROFILE,
            frozenset(kinds).union(world.people_rules.subscribed_kinds),
        )
        self.world, self.told = world, list[EventBody]()

    def does(self, kind: str, cause: str = "1", at: datetime = NOON, **fields: Any) -> None:
        self.takes(own_event(body(kind, **fields), f"{kind} {cause}", SUBJECT, at))

    def takes(self, event: InboundEvent) -> None:
        """The inbox works on an event and on what is told because of it, in turn."""
        waiting = [event]
        while waiting:
            now = waiting.pop(0)
            waiting += self.world.takes(now).told
            self.told += [now.body] if now is not event and now.body not in self.told else []

    def pays(self, yuan: int, order: str, at: datetime = NOON) -> None:
        self.does("payment", order, at, total=100 * yuan, order=order, merchant="1900000001")

    def joins(self, cause: str = "1", at: datetime = NOON + MINUTE) -> None:
        self.does("consent_given", cause, at, purpose="membership", version="2026-11", channel="store")

    @property
    def has(self) -> dict[Pocket, int]:
        books = self.records.books(self.world.follower().person_id)
        return {pocket: amount for pocket in Pocket if (amount := books.total(pocket))}

    @property
    def tier(self) -> str | None:
        return self.world.follower().tier

    def tiers_told(self) -> list[str]:
        return [one.tier for one in self.told if isinstance(one, TierChanged)]


@pytest.fixture
def world(followers: FollowerStore, ledger: BooksStore) -> World:
    return new_world(followers, ledger)


def test_on_the_day_on_which_they_join_members_earn_more(world: World) -> None:
    today = Multiplier(("purchases",), 300, joins_today=True)
    customer = Customer(world, replace(STORE, multipliers={"today": today}))
    customer.pays(1, "A-1")
    customer.joins()
    for number, days in enumerate((0, 1)):
        customer.pays(1, f"B-{number}", NOON + timedelta(days=days, minutes=2))

    assert customer.has == {Pocket.AVAILABLE: 10_000 + 1 + 3 + 1}


@pytest.mark.capability(row="64")
def test_what_a_year_of_purchases_has_earned_is_theirs_once_when_they_join(world: World) -> None:
    customer = Customer(world, STORE, "points")
    for month in range(10):
        customer.pays(120, f"A-{month}", NOON - timedelta(days=30 * month))
    assert customer.has == {Pocket.UNCLAIMED: 1_200}
    assert (customer.tier, customer.tiers_told()) == ("silver", ["silver"]), "before they have joined"
    assert not world.follower().member

    customer.joins()
    assert customer.has == {Pocket.AVAILABLE: 11_200}
    person = world.follower()
    assert person.member
    assert person.member_number is not None
    assert is_member_number(person.member_number)
    number = Identity(IdentityKind.MEMBER, person.member_number)
    assert world.followers.person_id_of(number) == person.person_id
    joined = [one for one in customer.told if isinstance(one, MemberJoined)]
    assert [(one.version, one.channel) for one in joined] == [("2026-11", "store")]
    assert PointsChanged(1_200, 0, "claim") in customer.told

    customer.joins("again", NOON + 2 * MINUTE)
    assert customer.has == {Pocket.AVAILABLE: 11_200}, "who signs up twice is granted it once"
    assert world.follower().member_number == person.member_number
    assert sum(isinstance(one, MemberJoined) for one in customer.told) == 1


@pytest.mark.capability(row="68")
@pytest.mark.capability(row="71")
def test_who_never_signs_up_earns_by_what_they_do_and_has_a_tier_with_its_benefits(world: World) -> None:
    watched = EventPattern(
        "mini_program", name="live.watched", properties=(Property("seconds", NumberRange(2_700)),)
    )
    fitness = Programme(
        assets={"points": Expiry()},
        rules={
            "views": EarningRule(
                EventPattern("mini_program", name="product.viewed"), 5, at_most=AtMost(per_day=10)
            ),
            "classes": EarningRule(watched, 100, once_per="live"),
            "photos": EarningRule(EventPattern("mini_program", name="custom.photo_approved"), 30),
            "pop-ups": EarningRule(EventPattern("check_in"), 60, once_per="name"),
        },
        tiers=Tiers((Tier("active", 150), Tier("athlete", 200))),
    )
    customer = Customer(world, fitness)
    for number in range(4):
        details = {"product": "shoe"}
        customer.does("mini_program", f"view {number}", name="product.viewed", details=details)
    customer.does("mini_program", "peek", name="live.watched", details={"live": "yoga", "seconds": "30"})
    assert customer.has == {Pocket.UNCLAIMED: 10}

    customer.does("mini_program", "class", name="live.watched", details={"live": "yoga", "seconds": "2700"})
    customer.does("mini_program", "again", name="live.watched", details={"live": "yoga", "seconds": "2800"})
    customer.does("mini_program", "photo", name="custom.photo_approved", details={"upload": "U-1"})
    assert (customer.has, customer.tier) == ({Pocket.UNCLAIMED: 140}, None)

    customer.does("check_in", name="pop-up")
    assert (customer.has, customer.tier) == ({Pocket.UNCLAIMED: 200}, "athlete")
    assert customer.tiers_told() == ["athlete"], "on the event that reaches it, once"
    assert not world.follower().member
    assert [start.run.journey for start in world.runs.started.values()] == ["welcome", "tier.changed"]


def test_a_tier_is_reached_by_the_purchase_that_reaches_it_and_not_lost_by_spending(world: World) -> None:
    customer = Customer(world, STORE)
    customer.joins()
    assert (customer.tier, customer.has) == ("silver", {Pocket.AVAILABLE: 10_000})
    customer.pays(1_999, "A-1", NOON + 2 * MINUTE)
    assert customer.tier == "silver"
    customer.pays(1, "A-2", NOON + 3 * MINUTE)
    assert (customer.tier, customer.tiers_told()) == ("gold", ["silver", "gold"])

    customer.does("refund", "A-1", NOON + 4 * MINUTE, total=199_900, order="A-1", merchant="1900000001")
    person = world.follower()
    assert (person.tier, person.tiers_kept["gold"]) == ("gold", "2027-02-21")


def test_what_becomes_unclaimed_beside_their_joining_is_theirs_with_their_next_event(world: World) -> None:
    customer = Customer(world, replace(STORE, tiers=Tiers()))
    customer.joins()
    person = world.follower()
    asked = Asked("late", Kind.EARN, NOON, Cause("run"), {}, day="2026-11-22")
    customer.bookkeeping.post(person.person_id, asked, lambda books: earn(books, 7, Lot(Pocket.UNCLAIMED)))
    assert customer.has == {Pocket.AVAILABLE: 10_000, Pocket.UNCLAIMED: 7}

    customer.does("tag", "x", NOON + 5 * MINUTE, tag="x")
    assert customer.has == {Pocket.AVAILABLE: 10_007}


def test_five_hundred_lots_that_wait_are_one_transaction_when_they_join(world: World) -> None:
    customer = Customer(world, STORE)
    customer.does("tag", tag="known")
    person = world.follower()

    def many(books: Books) -> tuple[Posting, ...]:
        made = list[Posting]()
        for day in range(500):
            expires = (NOON + timedelta(days=day + 1)).date().isoformat()
            made += earn(books, 1, Lot(Pocket.UNCLAIMED, expires))
        return tuple(made)

    asked = Asked("many", Kind.EARN, NOON, Cause("import"), {}, day="2026-11-22")
    customer.bookkeeping.post(person.person_id, asked, many)
    assert customer.has == {Pocket.UNCLAIMED: 500}
    customer.joins()
    assert customer.has == {Pocket.AVAILABLE: 10_500}
    claims = [one for one in customer.records.newest(person.person_id) if one.kind is Kind.CLAIM]
    assert [len(one.postings) for one in claims] == [500]


def test_joining_that_is_killed_at_any_call_and_repeated_grants_once(
    tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    given = own_event(body("consent_given", purpose="membership"), "join", SUBJECT, NOON + MINUTE)
    place, killed = 0, True
    while killed:
        empty(tables, "FollowersTable", "LedgerTable")
        world, killed = new_world(followers, ledger), False
        customer = Customer(world, STORE)
        customer.pays(1_200, "A-1")
        try:
            with Hazard(place).in_dynamodb(world):
                customer.takes(given)
        except Killed:
            killed, place = True, place + 1
        again = Customer(world, STORE)
        again.takes(given)
        assert again.has == {Pocket.AVAILABLE: 11_200}, place
        assert f"claim#points#{given.id}" in again.records.untold(), "journeys hear of it, if not from here"
        assert (world.follower().member, again.tier) == (True, "silver")
    assert place > 5
