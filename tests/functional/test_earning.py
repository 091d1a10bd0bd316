"""What events give by the rules of a programme, posted once: on real tables, and in memory."""

import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from tests.support.events import body
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from tests.support.hazard import Hazard, Killed
from tests.support.world import World
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.failures import AwsCallError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import OtherEvent, PointsChanged
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.books import Books, spend
from wejourney.loyalty.earning import SETTLEMENT, Sale
from wejourney.loyalty.earning_rules import AtMost, EarningRule, Multiplier, Pending
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints, Sales
from wejourney.services.loyalty.ports import BookRecords
from workbench.simulator.books import SimulatedSales

ANN = Follower("wx1", "ann-openid", "ann", contact_id="c", following=True, followed_at=NOON)
PROGRAMME = Programme(
    assets={"points": Expiry(Period(12, "month")), "stamps": Expiry()},
    rules={
        "purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1),
        "orders": EarningRule(EventPattern("order.paid"), 1, per_yuan=1, pending=Pending(7)),
        "cups": EarningRule(EventPattern("payment"), 1, "stamps"),
        "views": EarningRule(
            EventPattern("mini_program", name="product.viewed"), 3, at_most=AtMost(per_day=10, total=25)
        ),
        "lives": EarningRule(
            EventPattern("mini_program", name="live.watched"), 50, once_per="live", at_most=AtMost(times=3)
        ),
    },
)


@dataclass
class Stores:
    records: BookRecords
    sales: Sales
    followers: FollowerStore | FakeFollowers
    earn: EarnPoints

    @classmethod
    def of(cls, records: BookRecords, sales: Sales, followers: FollowerStore | FakeFollowers) -> "Stores":
        bookkeeping = Bookkeeping(records, followers, pause=lambda _: None)
        return cls(
            records,
            sales,
            followers,
            EarnPoints(bookkeeping, sales, PROGRAMME, subscribed_kinds=frozenset({"points"})),
        )

    def takes(self, *events: InboundEvent, who: Follower = ANN) -> list[InboundEvent]:
        return [told for event in events for told in self.earn(event, who)]

    def has(self, asset: str = "points", who: str = "ann") -> Books:
        return self.records.books(who, asset)


def on_tables(followers: FollowerStore) -> Stores:
    ledger = Table("LedgerTable", followers.table.client)
    return Stores.of(BooksStore(ledger, followers.table), SaleStore(ledger), followers)


def in_memory() -> Stores:
    fakes = FakeFollowers()
    return Stores.of(FakeBooks(fakes), SimulatedSales(), fakes)


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    found = in_memory() if request.param == "in memory" else on_tables(request.getfixturevalue("followers"))
    found.followers.save(None, ANN)
    return found


def happens(kind: str, cause: str = "1", at: datetime = NOON, **fields: Any) -> InboundEvent:
    return own_event(body(kind, **fields), cause, Subject("wx1", "ann-openid"), at)


def pays(total: int = 10_000, order: str = "A-1", **fields: Any) -> InboundEvent:
    return happens("payment", order, total=total, order=order, merchant="1900000001", **fields)


def refunds(total: int, cause: str, order: str = "A-1") -> InboundEvent:
    return happens("refund", cause, total=total, order=order, merchant="1900000001")


def views(cause: str, at: datetime = NOON) -> InboundEvent:
    return happens("mini_program", cause, at, name="product.viewed", details={"product": "ring"})


def watches(live: str, cause: str) -> InboundEvent:
    return happens("mini_program", cause, name="live.watched", details={"live": live, "seconds": "3600"})


# --- once ----------------------------------------------------------------------------------------


def test_an_event_gives_by_each_of_its_rules_once_however_often_it_is_delivered(stores: Stores) -> None:
    first, again = stores.takes(pays()), stores.takes(pays())

    assert stores.has().lots == {Lot(Pocket.AVAILABLE, "2027-11-22"): 100}
    assert stores.has("stamps").lots == {Lot(Pocket.AVAILABLE): 1}
    (transaction,) = stores.records.newest("ann")
    assert (transaction.cause.id, transaction.cause.rule) == (pays().id, "purchases")
    assert transaction.cause.version == PROGRAMME.version_of("purchases")
    assert first == again
    assert [event.body for event in first] == [PointsChanged(100, 0, "rule:purchases")]


@pytest.mark.parametrize("told", ["again", "by another system"])
def test_of_rules_of_which_the_best_gives_one_gives_once_although_another_is_the_best_after_it(
    stores: Stores, told: str
) -> None:
    """What the first has given makes the second twice as good."""
    rich = Condition(points_from=50)
    programme = Programme(
        rules={
            "first": EarningRule(EventPattern("payment"), 100, only_the_best=True),
            "second": EarningRule(EventPattern("payment"), 80, only_the_best=True),
        },
        multipliers={"rich": Multiplier(("second",), 200, when=rich)},
    )
    stores.earn = replace(stores.earn, programme=programme)
    stores.takes(pays())
    after = stores.followers.person("ann")
    assert after is not None
    assert after.points == 100
    stores.takes(pays() if told == "again" else replace(pays(), id="0" * 32), who=after)

    assert stores.has().available == 100


def test_who_owes_has_less_and_journeys_hear_of_what_they_can_spend(stores: Stores) -> None:
    stores.takes(pays())
    spent = Asked("till", Kind.SPEND, NOON, Cause("till"), {}, day="2026-11-22")
    stores.earn.bookkeeping.post("ann", spent, lambda books: spend(books, 80))
    (told,) = stores.takes(refunds(10_000, "all"))

    assert stores.has().available == -80
    assert told.body == PointsChanged(-80, 20, "rule:purchases")


@pytest.mark.capability(row="68")
def test_people_who_never_joined_earn_what_waits_for_them(stores: Stores) -> None:
    profile = replace(stores.earn.profile, membership="club")
    replace(stores.earn, profile=profile)(pays(), ANN)

    assert stores.has().lots == {Lot(Pocket.UNCLAIMED): 100}
    person = stores.followers.person("ann")
    assert person is not None
    assert (person.points, person.balances["points"].unclaimed) == (0, 100)


def test_nothing_is_given_to_nobody_nor_without_rules(stores: Stores) -> None:
    assert stores.earn(pays(), None) == ()
    assert replace(stores.earn, programme=Programme())(refunds(1, "r"), ANN) == ()
    assert stores.has() == Books()


LIVES: dict[str, tuple[InboundEvent, ...]] = {
    "a payment": (pays(),),
    "a view": (views("1"),),
    "a refund in part": (pays(), refunds(3_300, "r")),
    "a refund that is told first": (refunds(3_300, "r"), pays()),
}


@pytest.mark.parametrize("name", LIVES)
def test_killed_at_any_call_all_is_posted_and_told_once_after_the_next_delivery(
    followers: FollowerStore, tables: str, name: str
) -> None:
    *before, last = LIVES[name]
    found: list[Any] = []
    place, killed = 0, True
    while killed:
        stores, hazard, killed = on_tables(followers), Hazard(place), False
        who = replace(ANN, person_id=f"ann-{place}", openid=f"ann-{place}")
        stores.followers.save(None, who)
        about = [_of(event, place) for event in (*before, last)]
        stores.takes(*about[:-1], who=who)
        client = followers.table.client
        with client.told(hazard.require_alive), client.told(hazard):
            try:
                stores.takes(about[-1], who=who)
            except Killed:
                killed = True
        told = [event.body for event in stores.takes(about[-1], who=who)]
        found.append((stores.has(who=who.person_id), stores.has("stamps", who.person_id), told))
        place += 1

    assert found == [found[-1]] * len(found)
    assert place > 2, "every call was a place to be killed at"


def _of(event: InboundEvent, place: int) -> InboundEvent:
    """The same event of another life."""
    fields = event.body.to_dict()
    told = {**fields, "order": f"A-{place}"} if "order" in fields else fields
    return replace(event, id=f"{place:04x}{event.id[4:]}", body=event.body.type.read(told))


def test_the_inbox_posts_what_an_event_gives_and_tells_of_it_before_runs_go_on(world: World) -> None:
    stores = on_tables(world.followers)
    world.earn = stores.earn
    payment = replace(pays(), subject=world.follower().subject)
    first, again = world.takes(payment), world.takes(payment)

    assert world.follower().points == 100
    assert first.told == again.told
    assert [event.body for event in first.told] == [PointsChanged(100, 0, "rule:purchases")]
    world.takes(replace(refunds(5_000, "r"), subject=payment.subject))
    assert world.follower().points == 50
    world.takes(first.told[0])
    assert world.follower().points == 50, "what the books told first is history"


# --- limits --------------------------------------------------------------------------------------


def at_once(works: Iterable[Callable[[], list[InboundEvent]]]) -> list[InboundEvent]:
    """What is told when all of it is done at once."""
    waiting = list(works)
    gate = threading.Barrier(len(waiting))

    def work(one: Callable[[], list[InboundEvent]]) -> list[InboundEvent]:
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(waiting)) as pool:
        return [event for told in pool.map(work, waiting) for event in told]


def _delivered(earn: EarnPoints, event: InboundEvent) -> list[InboundEvent]:
    """As the queue does it: an event is delivered again when a call to AWS has failed."""
    while True:
        with suppress(AwsCallError):
            return list(earn(event, ANN))


@pytest.mark.capability(row="68")
def test_fifty_events_at_once_give_no_more_than_the_limits_and_each_threshold_is_passed_once(
    followers: FollowerStore,
) -> None:
    stores = on_tables(followers)
    stores.followers.save(None, ANN)
    earn = replace(stores.earn, bookkeeping=Bookkeeping(stores.records, followers))
    days = [NOON + timedelta(days=number % 5) for number in range(50)]
    events = [views(str(number), at) for number, at in enumerate(days)]
    told = {event.id: event for event in at_once(partial(_delivered, earn, event) for event in events)}

    transactions = list(stores.records.newest("ann"))
    by_day: dict[str, int] = {}
    for moved in transactions:
        day = PROGRAMME.day_of(moved.effective_at).isoformat()
        by_day[day] = by_day.get(day, 0) + moved.amount
    assert sum(by_day.values()) == stores.has().available == 25
    assert max(by_day.values()) <= 10
    for threshold in range(1, 26):
        passed = [
            event
            for event in told.values()
            if isinstance(event.body, PointsChanged) and event.body.before < threshold <= event.body.points
        ]
        assert len(passed) == 1


def test_a_day_that_the_books_have_forgotten_has_its_limit_still(stores: Stores) -> None:
    days = [NOON + timedelta(days=number) for number in range(6)]
    for day in days:
        stores.takes(views(f"{day}", day))
    stores.takes(*(views(f"late {number}", days[0]) for number in range(9)))

    first = [moved for moved in stores.records.newest("ann") if moved.effective_at == days[0]]
    assert sum(moved.amount for moved in first) == 10


def test_an_event_that_comes_late_is_within_the_limit_of_its_day_though_the_books_have_forgotten_it(
    stores: Stores,
) -> None:
    """They know the days of a rule that are the last; of an earlier one its transactions tell."""
    stores.takes(*(views(f"first {number}") for number in range(4)))
    stores.takes(*(views(f"day {day}", NOON + timedelta(days=day)) for day in (1, 2, 3)))
    assert stores.has().available == 10 + 3 * 3
    assert not any(key.endswith("2026-11-22") for key in stores.has().used)
    stores.takes(views("late"))

    assert stores.has().available == 10 + 3 * 3


@pytest.mark.capability(row="C22")
def test_a_live_class_gives_once_however_often_it_is_watched_also_by_who_turned_out_to_be_them(
    stores: Stores,
) -> None:
    bob = replace(ANN, person_id="bob", openid="bob-openid", contact_id="d")
    stores.followers.save(None, bob)
    stores.takes(watches("yoga", "1"), watches("yoga", "2"))
    stores.takes(watches("yoga", "3"), watches("salsa", "6"), who=bob)
    assert (stores.has().available, stores.has(who="bob").available) == (50, 100)

    both = replace(ANN, merged=frozenset({"bob"}))
    stores.takes(watches("yoga", "4"), watches("salsa", "7"), who=both)
    assert stores.has().available == 50
    stores.takes(watches("dance", "5"), who=both)
    stores.takes(*(watches(live, live) for live in ("boxing", "swimming", "rowing")))
    assert stores.has().available == 150


@pytest.mark.capability(row="68")
def test_who_was_known_as_two_people_has_used_the_limits_of_both(followers: FollowerStore) -> None:
    stores = on_tables(followers)
    bob = replace(ANN, person_id="bob", openid="bob-openid", contact_id="d", known_since=NOON)
    ann = replace(ANN, known_since=NOON - timedelta(days=1))
    for person in (ann, bob):
        stores.followers.save(None, person)
        stores.takes(*(views(f"{person.person_id} {number}") for number in range(2)), who=person)
    younger, older = (followers.person(name) for name in ("bob", "ann"))
    assert younger is not None
    assert older is not None
    followers.merge(younger, older, IdentityKind.UNION_ID, NOON)

    merged = followers.person("bob")
    assert merged is not None
    assert (merged.person_id, merged.points) == ("ann", 12)
    stores.takes(views("next"), views("bob 1"), who=merged)
    assert stores.has().available == 12
    stores.takes(views("tomorrow", NOON + timedelta(days=1)), who=merged)
    assert stores.has().available == 15


# --- what comes back -----------------------------------------------------------------------------


PARTS = (pays(10_000), refunds(3_333, "a"), refunds(3_333, "b"), refunds(3_334, "c"))


@pytest.mark.capability(row="3")
def test_a_payment_and_its_refunds_in_any_order_leave_nothing() -> None:
    """Complaints 1, 2, 4 and 5."""
    for order in permutations(range(4)):
        stores = in_memory()
        stores.followers.save(None, ANN)
        for number, place in enumerate(order):
            stores.takes(PARTS[place], PARTS[place])
            done = order[: number + 1]
            back = sum((3_333, 3_333, 3_334)[one - 1] for one in done if one)
            expected = 100 - 100 * back // 10_000 if 0 in done else 0
            assert stores.has().available == expected
        assert (stores.has().available, stores.has("stamps").available) == (0, 0)
        assert stores.has().balance.earned == {}


def test_a_return_takes_back_what_its_lines_brought_and_one_without_a_line_the_rest(stores: Stores) -> None:
    order: dict[str, Any] = {"order": "T-1", "marketplace": "tmall"}
    stores.takes(happens("order.paid", total=9_900, **order))
    stores.takes(happens("order.returned", "r1", total=3_300, line="2", **order))
    assert stores.has().lots == {Lot(Pocket.PENDING, "2027-11-22", "2026-11-29"): 66}

    stores.takes(happens("order.returned", "r2", total=0, line="", **order))
    assert stores.has().lots == {}


@pytest.mark.parametrize("is_member", [True, False])
def test_what_waits_for_the_settlement_of_its_order_is_theirs_when_wechat_tells_of_it(
    stores: Stores, *, is_member: bool
) -> None:
    waits = EarningRule(EventPattern("payment"), 1, per_yuan=1, pending=Pending(30, until_settlement=True))
    profile = stores.earn.profile if is_member else replace(stores.earn.profile, membership="club")
    programme = replace(PROGRAMME, rules={"shipped": waits})
    stores.earn = replace(stores.earn, programme=programme, profile=profile)
    pending = Lot(Pocket.PENDING, "2027-11-22" if is_member else "", "2026-12-22")
    stores.takes(pays(order="A-1"), pays(order="A-2"), refunds(2_500, "r", "A-1"))
    stores.takes(settles("A-1", received="1"), settles("A-9", settlement_time="1"))
    assert stores.has().lots == {pending: 175}

    for _ in range(2):
        told = stores.takes(settles("A-1", settlement_time="1700000000"))
    pocket = Pocket.AVAILABLE if is_member else Pocket.UNCLAIMED
    assert stores.has().lots == {pending: 100, replace(pending, pocket=pocket, due=""): 75}
    assert [event.body for event in told] == ([PointsChanged(75, 0, "rule:shipped")] if is_member else [])
    assert sum(stores.has().earned.values()) == 75


def settles(order: str, **details: str) -> InboundEvent:
    details |= {"merchant_id": "1900000001", "merchant_trade_no": order}
    event = replace(happens("tag", order, tag="a"), body=OtherEvent(SETTLEMENT, details))
    return replace(event, id=f"{order}{len(details)}".encode().hex().zfill(32))


def test_what_came_back_is_noted_once_for_each_event(stores: Stores) -> None:
    for _ in range(2):
        stores.sales.returned("order", "a", 3)
        stores.sales.returned("order", "b", None)
        sale = stores.sales.paid("order", 9, ["earn#1"])

    assert sale == Sale(9, ("earn#1",), {"a": 3, "b": None})


@given(st.lists(st.sampled_from(["pay", "part", "all", "view", "spend"]), max_size=12), st.randoms())
def test_whatever_happens_twice_in_any_order_changes_as_much_as_once(
    acts: list[str], chance: random.Random
) -> None:
    events = [
        {
            "pay": pays(1_000 * number, f"O-{number % 3}"),
            "part": refunds(700, f"{number}", f"O-{number % 3}"),
            "all": refunds(99_999, f"{number}", f"O-{number % 3}"),
            "view": views(f"{number}"),
            "spend": watches(f"{number}", f"{number}"),
        }[act]
        for number, act in enumerate(acts, 1)
    ]
    once, often = in_memory(), in_memory()
    for stores in (once, often):
        stores.followers.save(None, ANN)
    once.takes(*events)
    for number, event in enumerate(events):
        often.takes(event, *chance.sample(events[: number + 1], k=min(3, number + 1)))

    assert once.has() == often.has()
    assert sum(once.has().lots.values()) + sum(once.has().programme.values()) == 0


def test_a_rule_for_members_only_gives_nobody_anything_where_there_is_no_membership(stores: Stores) -> None:
    rules = {"welcome": EarningRule(EventPattern("payment"), 500, members_only=True)}
    earn = replace(stores.earn, programme=replace(PROGRAMME, rules=rules))
    earn(pays(), ANN)

    assert stores.has().lots == {}


@pytest.mark.parametrize("place", range(6))
def test_an_order_and_its_return_at_once_leave_nothing_wherever_the_return_comes(
    followers: FollowerStore, place: int
) -> None:
    """Guard: an order is noted after what it gives is posted, and what was returned by then is taken back.

    The payment and the return are in the inbox of two contacts of one person.
    """
    stores, calls = on_tables(followers), list[str]()
    stores.followers.save(None, ANN)

    def before_a_call(operation: str, **_: object) -> None:
        calls.append(operation)
        if len(calls) == place + 1:
            stores.takes(refunds(10_000, "1"))

    with followers.table.client.told(before_a_call):
        stores.takes(pays())
    if len(calls) <= place:
        stores.takes(refunds(10_000, "1"))

    assert stores.has().total(*Pocket) == 0
    assert stores.has().balance.earned == {}


# --- what it costs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "calls"),
    [
        (happens("tag", tag="vip"), []),
        (happens("mini_program", name="page.viewed", details={"page": "a"}), []),
        (views("1"), ["GetItem", "TransactWriteItems"]),
        (pays(), [*2 * ["GetItem", "TransactWriteItems"], "UpdateItem"]),
        (refunds(1, "1"), ["UpdateItem"]),
    ],
)
def test_an_event_costs_a_read_and_a_write_for_each_rule_and_nothing_without_one(
    followers: FollowerStore, event: InboundEvent, calls: list[str]
) -> None:
    stores, made = on_tables(followers), list[str]()
    stores.followers.save(None, ANN)
    with followers.table.client.told(lambda operation, **_: made.append(operation)):
        stores.takes(event)

    assert made == calls
