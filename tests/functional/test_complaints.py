"""What people complain of in other loyalty systems does not happen to a customer here, on real tables.

`tests/docs/test_complaints.py` has the list, with a report of each.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from tests.functional.test_joining import MINUTE, PROFILE, Customer
from tests.functional.test_keep_books import Watch
from tests.support.builders import NOON, SUBJECT
from tests.support.events import body
from tests.support.fakes.inbox import FakeInbox
from tests.support.world import World
from wejourney.adapters.dynamo.calendar_store import CalendarStore
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS
from wejourney.errors import TooLittleError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.earning_rules import AmountOf, EarningRule, Multiplier, Pending
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.counters import CountedEvents
from wejourney.services.loyalty.bookkeeping import Decide
from wejourney.services.loyalty.keep_books import KeepBooks

BASIC = Programme(
    assets={"points": Expiry(Period(12, "month"))},
    rules={
        "payments": EarningRule(EventPattern("payment"), 1, per_yuan=1),
        "orders": EarningRule(EventPattern("order.paid"), 1, per_yuan=1),
    },
    tiers=Tiers((Tier("silver", 1_000),)),
)
DAY = timedelta(days=1)


def member(world: World, programme: Programme = BASIC) -> Customer:
    customer = Customer(world, programme)
    customer.joins(at=NOON)
    return customer


def refunds(customer: Customer, fen: int, order: str, cause: str = "r", at: datetime = NOON) -> None:
    customer.does("refund", cause, at, total=fen, order=order, merchant="1900000001")


def posts(customer: Customer, kind: Kind, id_: str, decided: Decide, at: datetime = NOON) -> None:
    """Something at a till, or by hand."""
    asked = Asked(id_, kind, at, Cause(id_), {}, day=BASIC.day_of(at).isoformat())
    assert customer.bookkeeping.post(customer.world.follower().person_id, asked, decided)


def spends(customer: Customer, amount: int, order: str, at: datetime = NOON) -> None:
    posts(customer, Kind.HOLD, f"hold {order}", lambda books: decide.hold(books, amount, order), at)
    posts(customer, Kind.CAPTURE, f"take {order}", lambda books: decide.capture(books, order, amount), at)


def sweeps(customer: Customer, at: datetime) -> None:
    """The function `keep_books` comes to everybody."""
    customer.world.clock.at = at
    people, watch = CalendarStore(customer.world.followers.table), Watch()
    may_spend = customer.world.people_rules.profile.may_spend
    keep = KeepBooks(
        customer.records, people, FakeInbox(), customer.world.clock, watch, Programme(), may_spend
    )
    for shard in range(CALENDAR_SHARDS):
        keep(shard, lambda: True)
    assert watch.failures == []


def available(customer: Customer) -> int:
    """What can be spent, by the books, by all transactions, and by what the person is told."""
    person = customer.world.follower()
    books = customer.records.books(person.person_id)
    spendable = (Pocket.AVAILABLE, Pocket.OWED)
    moved = [one.moved.items() for one in customer.records.newest(person.person_id)]
    posted = sum(n for some in moved for lot, n in some if isinstance(lot, Lot) and lot.pocket in spendable)
    assert books.available == posted == person.points
    return posted


@pytest.mark.complaint(number="1")
@pytest.mark.parametrize("returned_first", [False, True])
def test_an_order_that_is_returned_leaves_none_of_the_points_that_it_earned(
    world: World, *, returned_first: bool
) -> None:
    customer = member(world)
    told = [
        lambda: customer.pays(120, "A-1"),
        lambda: refunds(customer, 12_000, "A-1"),
        lambda: customer.does("order.paid", total=9_900, order="T-1", marketplace="tmall"),
        lambda: customer.does("order.returned", total=0, order="T-1", line="", marketplace="tmall"),
    ]
    for place in (1, 0, 3, 2) if returned_first else (0, 1, 2, 3):
        told[place]()

    assert (available(customer), customer.has) == (0, {})
    assert world.follower().balances["points"].earned == {}


@pytest.mark.complaint(number="2")
def test_who_buys_and_returns_again_and_again_has_nothing_whatever_they_spend_between(world: World) -> None:
    customer = member(world)
    customer.pays(600, "first")
    spends(customer, 600, "gift")
    refunds(customer, 60_000, "first", "first")
    for number in range(6):
        customer.pays(600, f"A-{number}")
        assert available(customer) == 0, "what was spent of a returned order is owed"
        refunds(customer, 60_000, f"A-{number}", f"{number}")
        assert available(customer) == -600

    assert customer.tier is None, "nor do they reach a tier by it"


@pytest.mark.complaint(number="3")
def test_a_refund_takes_back_what_its_order_has_earned_and_nothing_of_what_was_spent_on_it(
    world: World,
) -> None:
    customer = member(world)
    customer.pays(100, "A-1")
    spends(customer, 60, "A-2")
    customer.pays(40, "A-2")
    assert available(customer) == 80

    for cause in ("half", "half", "rest", "rest"):
        refunds(customer, 2_000, "A-2", cause)
    assert available(customer) == 40
    taken = {one.id: one for one in customer.records.newest(world.follower().person_id)}["take A-2"]
    back = Asked("back", Kind.REVERSE, NOON, Cause("A-2"), {}, day="2026-11-22", reverses=taken.id)
    customer.bookkeeping.take_back(back)
    assert available(customer) == 100, "what was spent is given back by itself, to its lots"


@pytest.mark.complaint(number="4")
@pytest.mark.parametrize("parts", [(3_330, 3_330, 3_330), (1, 9_988, 1), (9_900, 90), (5_000, 5_000)])
def test_a_return_of_a_part_takes_back_its_share_of_what_was_paid_and_the_last_one_the_rest(
    world: World, parts: tuple[int, ...]
) -> None:
    customer = member(world)
    customer.does("payment", "A-1", total=9_990, order="A-1", merchant="1900000001")
    assert available(customer) == 99
    for number in range(len(parts)):
        refunds(customer, parts[number], "A-1", f"{number}")
        back = sum(parts[: number + 1])
        assert available(customer) == (0 if back >= 9_990 else 99 - 99 * back // 9_990)


@pytest.mark.complaint(number="5")
@pytest.mark.parametrize("order", list(permutations(["paid", "line", "cancelled"])))
def test_an_order_that_is_cancelled_and_refunded_in_any_order_is_taken_back_once(
    world: World, order: tuple[str, ...]
) -> None:
    customer = member(world)
    customer.pays(50, "other")
    shop: dict[str, Any] = {"order": "T-1", "marketplace": "tmall"}
    for what in order:
        for _ in range(2):
            match what:
                case "paid":
                    customer.does("order.paid", total=9_900, **shop)
                case "line":
                    customer.does("order.returned", "line", total=3_300, line="2", **shop)
                case _:
                    customer.does("order.returned", "all", total=9_900, line="", **shop)

    assert available(customer) == 50


@pytest.mark.complaint(number="6")
def test_what_was_spent_of_an_amount_does_not_expire_again(world: World) -> None:
    customer = member(world)
    customer.pays(100, "A-1")
    customer.pays(50, "A-2", NOON + 30 * DAY)
    spends(customer, 60, "B-1", NOON + 31 * DAY)

    sweeps(customer, NOON + 370 * DAY)
    assert (available(customer), customer.has) == (50, {Pocket.AVAILABLE: 50, Pocket.EXPIRED: 40})
    sweeps(customer, NOON + 400 * DAY)
    assert (available(customer), customer.has) == (0, {Pocket.EXPIRED: 90})


EVERY_WAY = replace(
    BASIC,
    rules={
        **BASIC.rules,
        "views": EarningRule(EventPattern("mini_program", name="product.viewed"), 3),
        "waits": EarningRule(EventPattern("check_in"), 20, pending=Pending(7)),
    },
    assets={"points": Expiry(Period(12, "month"), Period(12, "month"))},
)


@pytest.mark.complaint(number="7")
def test_every_amount_with_a_last_day_expires_by_whatever_way_it_came(world: World) -> None:
    customer = Customer(world, EVERY_WAY)
    customer.pays(10, "unclaimed, then claimed")
    customer.joins(at=NOON)
    customer.pays(20, "earned")
    customer.does("check_in", "pending, then mature", name="pop-up")
    friend = Subject("wxpayments", "oFriend00000000000000000001")
    world.takes(own_event(body("payment", total=4_000, order="F"), "F", friend, NOON - DAY))
    is_one_with(world, friend)
    by_hand = Lot(Pocket.AVAILABLE, "2027-11-22")
    posts(customer, Kind.ADJUST, "by hand", lambda books: decide.adjust(books, 5, by_hand))
    for hold in "12":
        posts(customer, Kind.HOLD, hold, partial(decide.hold, amount=7, hold_id=hold))
    posts(customer, Kind.RELEASE, "1 back", lambda books: decide.release(books, "1"))
    sweeps(customer, NOON + 8 * DAY)
    assert customer.has == {Pocket.AVAILABLE: 10 + 20 + 20 + 40 + 5 - 7, Pocket.HELD: 7}

    sweeps(customer, NOON + 370 * DAY)
    assert customer.has == {Pocket.EXPIRED: 88, Pocket.HELD: 7}
    late = NOON + 371 * DAY
    posts(customer, Kind.RELEASE, "2 back", lambda books: decide.release(books, "2"), late)
    sweeps(customer, late)
    assert customer.has == {Pocket.EXPIRED: 95}


def is_one_with(world: World, other: Subject) -> None:
    """Both contacts turn out to be one person's."""
    for subject in (SUBJECT, other):
        known = body("identified", identity_kind="union_id", identity="main#u-1")
        world.takes(own_event(known, "union", subject, NOON + MINUTE))


@pytest.mark.complaint(number="8")
@pytest.mark.parametrize("hour", [0, 23])
def test_an_amount_for_seven_days_can_be_spent_until_the_end_of_the_seventh_in_the_programmes_zone(
    world: World, hour: int
) -> None:
    week = replace(BASIC, assets={"points": Expiry(Period(7, "day"))})
    customer = member(world, week)
    in_china = datetime(2026, 12, 1, hour, 30, tzinfo=UTC) - timedelta(hours=8)
    customer.pays(10, "A-1", in_china)
    end = datetime(2026, 12, 8, 16, tzinfo=UTC)
    """Midnight in Shanghai, after the eighth of December."""

    sweeps(customer, end - timedelta(microseconds=1))
    assert available(customer) == 10
    spends(customer, 1, "the last minute", end - MINUTE)
    with pytest.raises(TooLittleError):
        spends(customer, 1, "too late, though no sweep has come", end)
    sweeps(customer, end)
    assert customer.has == {Pocket.EXPIRED: 9}


@pytest.mark.complaint(number="10")
def test_a_spending_is_charged_to_amounts_that_are_there_and_is_no_money_spent(world: World) -> None:
    spend = (CountedEvents(EventPattern("payment"), amount=True),)
    by_money = replace(BASIC, tiers=Tiers((Tier("silver", 20_000),), counter="spend"))
    customer = Customer(world, by_money)
    rules = PeopleRules(replace(PROFILE, counters={"spend": spend})).with_programme(by_money)
    world.people_rules = rules
    customer.joins(at=NOON)
    customer.pays(100, "A-1")
    customer.pays(90, "A-2", NOON + 40 * DAY)
    spends(customer, 100, "B-1", NOON + 41 * DAY)
    spends(customer, 90, "B-2", NOON + 41 * DAY)

    assert (available(customer), customer.has) == (0, {})
    with pytest.raises(TooLittleError):
        spends(customer, 1, "B-3", NOON + 41 * DAY)
    person = world.follower()
    assert (person.tier, sum(person.counts["spend"].by_month.values())) == (None, 19_000)
    assert sum(person.balances["points"].earned.values()) == 190


@pytest.mark.complaint(number="11")
def test_who_spends_all_their_points_keeps_their_tier(world: World) -> None:
    customer = member(world)
    customer.pays(1_000, "A-1")
    assert customer.tier == "silver"
    spends(customer, 1_000, "B-1")
    for number in range(3):
        customer.does("tag", f"{number}", NOON + number * 30 * DAY, tag=f"{number}")
        sweeps(customer, NOON + number * 30 * DAY)

    assert (available(customer), customer.tier, customer.tiers_told()) == (0, "silver", ["silver"])


@pytest.mark.complaint(number="12")
def test_a_basket_earns_by_the_tier_before_it_and_the_factor_is_for_what_is_paid(world: World) -> None:
    silver = {"silver": Multiplier(("payments",), 150, Condition(tier="silver"))}
    customer = member(world, replace(BASIC, multipliers=silver))
    customer.does("payment", "A-1", total=100_099, order="A-1", merchant="1900000001")
    assert (available(customer), customer.tier) == (1_000, "silver"), "the basket that reaches it"

    customer.does("payment", "A-2", total=199, order="A-2", merchant="1900000001")
    assert available(customer) == 1_002, "1.99 yuan times 1.5, rounded once"
    customer.does("payment", "A-3", total=10_000, by_payer=8_000, order="A-3", merchant="1900000001")
    assert available(customer) == 1_152, "the order's amount, as the rule says"


@pytest.mark.complaint(number="13")
def test_the_rule_says_whether_what_a_discount_takes_off_earns(world: World) -> None:
    assets = {"points": Expiry(), "stamps": Expiry()}
    by_payer = EarningRule(EventPattern("payment"), 1, "stamps", per_yuan=1, amount=AmountOf.BY_PAYER)
    customer = member(world, replace(BASIC, assets=assets, rules={**BASIC.rules, "paid": by_payer}))
    customer.does("payment", total=20_000, by_payer=12_000, order="A-1", merchant="1900000001")

    balances = world.follower().balances
    assert {asset: balances[asset].available for asset in assets} == {"points": 200, "stamps": 120}
    refunds(customer, 10_000, "A-1")
    balances = world.follower().balances
    assert {asset: balances[asset].available for asset in assets} == {"points": 100, "stamps": 60}


@pytest.mark.complaint(number="14")
def test_two_people_who_are_merged_have_one_balance_that_is_spent_at_once(world: World) -> None:
    customer = member(world)
    customer.pays(30, "A-1")
    other = Subject("wxpayments", "oFriend00000000000000000001")

    def pays(fen: int, order: str) -> InboundEvent:
        told = body("payment", total=fen, order=order, merchant="1900000001")
        return own_event(told, order, other, NOON - DAY)

    world.takes(pays(7_000, "B-1"))
    is_one_with(world, other)
    customer.does("tag", "later", NOON + 5 * MINUTE, tag="later")
    assert available(customer) == 100

    spends(customer, 100, "all")
    world.takes(pays(500, "B-2"))
    assert available(customer) == 5, "whoever of them earns"
