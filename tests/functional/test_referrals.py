"""Rewards for who brought a friend: for the friend's first order, once, and to nobody for themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import NOON
from tests.support.events import body
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from tests.support.hazard import Hazard, Killed
from tests.support.world import new_world
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import PointsChanged
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.benefits.referrals import ReferralTerms, WhyNoReward
from wejourney.loyalty.books import mature, spend
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints, Sales
from wejourney.services.loyalty.ports import BookRecords
from wejourney.services.loyalty.reward_referrals import RewardReferrals
from workbench.simulator.books import SimulatedSales

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TERMS = ReferralTerms(100, 14, friend_gets=50, from_fen=10_000, unfollow_within=24 * 3600)
PROGRAMME = Programme(assets={"points": Expiry(Period(12, "month"))}, referrals=TERMS)
BOTH = (100, 50)
NOTHING = (0, 0)


def person(name: str, by: str = "", came: datetime = NOON, known: datetime | None = None) -> Follower:
    """Somebody who follows, through the code of another person if `by` says so."""
    told: dict[str, Any] = {}
    if by:
        told = {"attributes": {"first_code_sharer": by}, "told_at": {"first_code_name": came}}
    since = known or came
    return Follower(
        "wx1", name, name, contact_id=f"c-{name}", following=True, followed_at=came, known_since=since, **told
    )


def pays(name: str, order: str, total: int = 10_000, at: datetime = NOON + DAY, **more: Any) -> InboundEvent:
    told = body("payment", order=order, total=total, merchant="1900000001")
    return replace(own_event(told, order, Subject("wx1", name), at), **more)


def refunds(name: str, order: str, total: int) -> InboundEvent:
    told = body("refund", order=order, total=total, merchant="1900000001")
    return own_event(told, f"{order}-{total}", Subject("wx1", name), NOON + 2 * DAY)


@dataclass
class Noted:
    """Why orders were not rewarded, by order."""

    why: dict[str, WhyNoReward] = field(default_factory=dict)

    def note_nothing(self, event: InboundEvent, follower: Follower, nothing: Mapping[str, str]) -> None:
        """Of the rules."""

    def note_unrewarded(self, event: InboundEvent, follower: Follower, why: WhyNoReward) -> None:
        self.why[event.id] = why


@dataclass
class Stores:
    records: BookRecords
    sales: Sales
    followers: FollowerStore | FakeFollowers
    noted: Noted = field(default_factory=Noted)

    @property
    def points(self) -> EarnPoints:
        bookkeeping = Bookkeeping(self.records, self.followers, pause=lambda _: None)
        kinds = frozenset({"points"})
        return EarnPoints(bookkeeping, self.sales, PROGRAMME, subscribed_kinds=kinds, timeline=self.noted)

    @property
    def referrals(self) -> RewardReferrals:
        return RewardReferrals(self.points)

    def knows(self, *people: Follower) -> None:
        for one in people:
            self.followers.save(None, one)

    def takes(self, event: InboundEvent) -> tuple[InboundEvent, ...]:
        friend = self.followers.person(event.subject.openid)
        told = self.points(event, friend)
        if friend is not None:
            self.referrals.ordered(event, friend)
        return told

    def pending(self, referrer: str = "ann", friend: str = "bob") -> tuple[int, int]:
        found = [self.records.books(name).total(Pocket.PENDING) for name in (referrer, friend)]
        return found[0], found[1]

    def merge(self, younger: str, older: str) -> None:
        first, second = self.followers.person(younger), self.followers.person(older)
        assert first is not None
        assert second is not None
        self.followers.merge(first, second, IdentityKind.UNION_ID, NOON + 3 * DAY)
        self.referrals.merged(older, NOON + 3 * DAY)


def on_tables(followers: FollowerStore, books: BooksStore) -> Stores:
    return Stores(books, SaleStore(books.table), followers)


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "in memory":
        fakes = FakeFollowers()
        yield Stores(FakeBooks(fakes), SimulatedSales(), fakes)
    else:
        yield on_tables(request.getfixturevalue("followers"), request.getfixturevalue("books"))


@pytest.mark.capability(row="51")
@pytest.mark.capability(row="65")
def test_both_are_rewarded_once_for_the_friends_first_order_after_they_have_waited(stores: Stores) -> None:
    stores.knows(person("ann"), person("bob", by="ann"))
    for event in (pays("bob", "A-1"), pays("bob", "A-1"), pays("bob", "A-2"), pays("ann", "B-1")):
        stores.takes(event)

    assert stores.pending() == BOTH
    assert stores.records.books("ann").lots == {Lot(Pocket.PENDING, "2027-11-23", "2026-12-07"): 100}
    (moved,) = stores.records.newest("ann")
    assert (moved.cause.rule, moved.effective_at) == ("referrals", NOON + DAY)


ORDER = pays("bob", "A-1")
UNREWARDED: dict[str, tuple[list[Follower], InboundEvent, WhyNoReward | None]] = {
    "nobody brought them": ([person("ann"), person("bob")], ORDER, None),
    "themselves": ([person("bob", by="bob"), person("ann")], ORDER, WhyNoReward.SELF),
    "known before": (
        [person("ann"), person("bob", by="ann", known=NOON - HOUR)],
        ORDER,
        WhyNoReward.KNOWN_BEFORE,
    ),
    "too little": (
        [person("ann"), person("bob", by="ann")],
        pays("bob", "A-1", 9_999),
        WhyNoReward.ORDER_TOO_SMALL,
    ),
    "an imported past": ([person("ann"), person("bob", by="ann")], pays("bob", "A-1", history=True), None),
    "two who brought each other": (
        [person("ann", by="bob"), person("bob", by="ann")],
        ORDER,
        WhyNoReward.CYCLE,
    ),
    "three who brought one another": (
        [person("ann", by="cid"), person("cid", by="bob"), person("bob", by="ann")],
        ORDER,
        WhyNoReward.CYCLE,
    ),
    "a friend of who was erased": ([person("bob", by="gone")], ORDER, WhyNoReward.REFERRER_GONE),
}


@pytest.mark.capability(row="51")
@pytest.mark.parametrize("why", UNREWARDED)
def test_nobody_is_rewarded_for_and_the_reason_is_on_record(stores: Stores, why: str) -> None:
    people, event, noted = UNREWARDED[why]
    stores.knows(*people)
    stores.takes(event)

    assert stores.pending() == NOTHING
    assert list(stores.records.newest("bob")) == []
    assert stores.noted.why == ({event.id: noted} if noted is not None else {})


def test_of_the_orders_of_a_friend_all_but_the_rewarded_one_have_their_reason(stores: Stores) -> None:
    stores.knows(person("ann"), person("bob", by="ann"))
    orders = [pays("bob", "A-0", 9_999), pays("bob", "A-1"), pays("bob", "A-2"), pays("bob", "A-1")]
    for event in orders:
        stores.takes(event)

    assert stores.noted.why == {
        orders[0].id: WhyNoReward.ORDER_TOO_SMALL,
        orders[2].id: WhyNoReward.REWARDED_BEFORE,
    }
    reasons = {why for _, _, why in UNREWARDED.values()} | {*stores.noted.why.values()}
    assert reasons - {None} == set(WhyNoReward)


def test_others_who_brought_one_another_do_not_keep_a_friend_from_being_rewarded(stores: Stores) -> None:
    stores.knows(person("ann", by="cid"), person("cid", by="ann"), person("bob", by="ann"))
    stores.takes(pays("bob", "A-1"))

    assert stores.pending() == BOTH


def test_what_of_the_order_comes_back_takes_its_share_of_both_back(stores: Stores) -> None:
    stores.knows(person("ann"), person("bob", by="ann"))
    stores.takes(pays("bob", "A-1"))
    stores.takes(refunds("bob", "A-1", 2_500))
    assert stores.pending() == (75, 38)
    stores.takes(refunds("bob", "A-1", 7_500))
    assert stores.pending() == NOTHING


def test_a_return_of_another_order_takes_nothing_back(stores: Stores) -> None:
    stores.knows(person("ann"), person("bob", by="ann"))
    stores.takes(pays("bob", "A-1"))
    stores.takes(pays("bob", "A-2"))
    stores.takes(refunds("bob", "A-2", 10_000))

    assert stores.pending() == BOTH


def test_an_order_that_came_back_before_it_was_told_gives_nothing(stores: Stores) -> None:
    stores.knows(person("ann"), person("bob", by="ann"))
    stores.takes(refunds("bob", "A-1", 10_000))
    stores.takes(pays("bob", "A-1"))

    assert stores.pending() == NOTHING


def test_each_hears_of_their_own_points_that_are_taken_back(stores: Stores) -> None:
    stores.knows(person("ann"), person("bob", by="ann"))
    stores.takes(pays("bob", "A-1"))
    for name in ("ann", "bob"):
        asked = Asked(f"mature-{name}", Kind.MATURE, NOON + 20 * DAY, Cause("day"), {}, day="2026-12-12")
        stores.points.bookkeeping.post(
            name, asked, lambda books: mature(books, "2026-12-12", Pocket.AVAILABLE)
        )
    told = stores.takes(refunds("bob", "A-1", 10_000))

    assert {(one.subject.openid, one.body) for one in told} == {
        ("ann", PointsChanged(0, 100, "rule:referrals")),
        ("bob", PointsChanged(0, 50, "rule:referrals")),
    }


@pytest.mark.capability(row="51")
@pytest.mark.parametrize("order", ["ann is older", "bob is older"])
def test_two_accounts_that_turn_out_to_be_one_person_lose_the_reward(
    followers: FollowerStore, books: BooksStore, order: str
) -> None:
    stores = on_tables(followers, books)
    stores.knows(person("ann", came=NOON - HOUR), person("bob", by="ann"))
    stores.takes(pays("bob", "A-1"))
    assert stores.pending() == BOTH
    younger, older = ("bob", "ann") if order == "ann is older" else ("ann", "bob")
    stores.merge(younger, older)
    stores.takes(pays(older, "A-2"))

    assert stores.pending() == NOTHING
    stores.referrals.merged(older, NOON + 4 * DAY)
    assert stores.records.books(older).available == 0


def test_a_friend_who_turns_out_to_have_been_known_before_takes_the_reward_back(
    followers: FollowerStore, books: BooksStore
) -> None:
    stores = on_tables(followers, books)
    stores.knows(person("ann"), person("bob", by="ann"), person("bobby", came=NOON - DAY))
    stores.takes(pays("bob", "A-1"))
    stores.merge("bob", "bobby")

    assert stores.pending(friend="bobby") == NOTHING


def test_of_two_rewards_for_one_friend_the_first_stays_and_there_is_no_third(
    followers: FollowerStore, books: BooksStore
) -> None:
    stores = on_tables(followers, books)
    stores.knows(person("ann"), person("bob", by="ann"), person("bobby", by="ann", came=NOON + HOUR))
    stores.takes(pays("bob", "A-1"))
    stores.takes(pays("bobby", "A-2", at=NOON + 2 * DAY))
    assert stores.pending()[0] == 200
    stores.merge("bobby", "bob")
    stores.takes(pays("bob", "A-3", at=NOON + 4 * DAY))

    assert stores.pending() == BOTH


@pytest.mark.parametrize(("after", "left"), [(24 * HOUR, NOTHING), (24 * HOUR + timedelta(seconds=1), BOTH)])
@pytest.mark.capability(row="65")
def test_who_unfollows_too_soon_takes_the_reward_back_if_the_rule_says_so(
    stores: Stores, after: timedelta, left: tuple[int, int]
) -> None:
    stores.knows(person("ann"), person("bob", by="ann"))
    stores.takes(pays("bob", "A-1", at=NOON + HOUR))
    bob = stores.followers.person("bob")
    assert bob is not None
    for _ in range(2):
        stores.referrals.unfollowed(bob, NOON + after)

    assert stores.pending() == left


@pytest.mark.parametrize(
    ("followed", "ordered", "unfollowed", "left"),
    [
        (0 * HOUR, 1 * HOUR, 2 * HOUR, NOTHING),
        (0 * HOUR, 3 * HOUR, 2 * HOUR, BOTH),
        (5 * HOUR, 1 * HOUR, 6 * HOUR, BOTH),
        (5 * HOUR, 6 * HOUR, 2 * HOUR, BOTH),
    ],
    ids=["of this follow", "of a later order", "of an earlier follow", "told late, of an earlier follow"],
)
def test_an_unfollow_takes_back_what_was_given_between_the_follow_and_it(
    stores: Stores, followed: timedelta, ordered: timedelta, unfollowed: timedelta, left: tuple[int, int]
) -> None:
    stores.knows(person("ann"), replace(person("bob", by="ann"), followed_at=NOON + followed))
    stores.takes(pays("bob", "A-1", at=NOON + ordered))
    bob = stores.followers.person("bob")
    assert bob is not None
    stores.referrals.unfollowed(bob, NOON + unfollowed)

    assert stores.pending() == left


def test_who_was_erased_gets_no_reward_and_neither_does_their_friend(stores: Stores) -> None:
    stores.knows(person("bob", by="ann"))
    stores.takes(pays("bob", "A-1"))

    assert stores.pending() == NOTHING


def test_who_was_erased_after_the_reward_brought_the_friend_all_the_same(
    followers: FollowerStore, books: BooksStore
) -> None:
    stores = on_tables(followers, books)
    stores.knows(person("ann"), person("bob", by="ann"), person("bobby", came=NOON + HOUR))
    stores.takes(pays("bob", "A-1"))
    erase(followers, "ann")
    stores.merge("bobby", "bob")

    assert stores.pending() == BOTH


def erase(followers: FollowerStore, name: str) -> None:
    """They unfollow, and nothing leads to them any more."""
    known = followers.person(name)
    assert known is not None
    for contact in known.contacts:
        left = own_event(body("unfollow"), f"{contact.openid} leaves", contact.subject, NOON + 2 * DAY)
        followers.erase(contact.subject, followers.mark_erasure(left, known, (), NOON + 2 * DAY))


def spends(stores: Stores, name: str, amount: int) -> None:
    """All that is pending becomes available, and they spend so much of it."""
    for kind, decide in (
        (Kind.MATURE, lambda books: mature(books, "2026-12-12", Pocket.AVAILABLE)),
        (Kind.SPEND, lambda books: spend(books, amount)),
    ):
        asked = Asked(f"{kind}-{name}", kind, NOON + 20 * DAY, Cause("day"), {}, day="2026-12-12")
        stores.points.bookkeeping.post(name, asked, decide)


@pytest.mark.parametrize("spent", [10, 60, 100])
@pytest.mark.parametrize("how", ["erased", "merged", "merged long ago", "merged long ago, then erased"])
def test_what_is_taken_back_is_owed_by_somebody_or_by_nobody(
    followers: FollowerStore, books: BooksStore, how: str, spent: int
) -> None:
    """The row of who was merged leads on for 400 days; the ledger knows it for ever."""
    stores = on_tables(followers, books)
    stores.knows(person("ann", came=NOON + HOUR), person("anna", came=NOON), person("bob", by="ann"))
    stores.takes(pays("bob", "A-1"))
    has = "ann"
    if how.startswith("merged"):
        ann, anna = followers.person("ann"), followers.person("anna")
        assert ann is not None
        assert anna is not None
        followers.merge(ann, anna, IdentityKind.UNION_ID, NOON + DAY)
        has = "anna"
    spends(stores, has, spent)
    if how.startswith("merged long ago"):
        followers.table.delete({"pk": "PERSON#ann", "sk": "FOLLOWER"})
    if how.endswith("erased"):
        erase(followers, has)
    for _ in range(2):
        stores.takes(refunds("bob", "A-1", 10_000))

    assert books.books(has).available == (0 if how.endswith("erased") else -spent)
    for name in ("ann", has):
        kept = books.books(name)
        assert sum((*kept.lots.values(), *kept.programme.values())) == 0


def expire(followers: FollowerStore, now: datetime) -> None:
    """Delete what DynamoDB deletes by then."""
    for item in followers.table.client.scan(TableName=followers.table.name)["Items"]:
        if int(item.get("expires_at", {}).get("N", now.timestamp())) < now.timestamp():
            followers.table.delete({"pk": item["pk"]["S"], "sk": item["sk"]["S"]})


@pytest.mark.capability(row="51")
@pytest.mark.parametrize("days", [1, 31, 399, 401])
@pytest.mark.parametrize("by", ["ann", "cid"])
def test_who_unfollows_and_follows_again_by_a_code_is_nobodys_new_friend_as_long_as_they_are_remembered(
    followers: FollowerStore, books: BooksStore, by: str, days: int
) -> None:
    stores, world = on_tables(followers, books), new_world(followers, books)
    world.referrals = stores.referrals
    stores.knows(person("ann", came=NOON - DAY), person("cid", came=NOON - DAY))
    world.hears("unsubscribe", after_minutes=10)
    expire(followers, NOON + days * DAY)
    world.hears("subscribe", after_minutes=days * 1440)
    come_back = world.follower()
    told_at = {**come_back.told_at, "first_code_name": come_back.known_first or NOON}
    brought = come_back.changed(attributes={"first_code_sharer": by}, told_at=told_at)
    followers.save(come_back, brought)
    world.tells("payment", after_minutes=days * 1440 + 5, total=10_000, order="A-1", merchant="1900000001")

    assert books.books(by).total(Pocket.PENDING) == (0 if days < 400 else 100)


@dataclass
class Overtaken:
    """The friend's other order is rewarded after this worker has looked, and before it writes."""

    records: BookRecords
    event: InboundEvent
    friend: Follower
    stores: Stores
    done: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.records, name)

    def post(self, *entries: Any) -> None:
        if not self.done:
            self.done = True
            self.stores.referrals.ordered(self.event, self.friend)
        self.records.post(*entries)


def test_of_two_first_orders_at_once_one_is_rewarded_and_its_return_alone_counts(stores: Stores) -> None:
    stores.knows(person("ann"), person("bob", by="ann"))
    bob = stores.followers.person("bob")
    assert bob is not None
    slow = Overtaken(stores.records, pays("bob", "A-2"), bob, stores)
    late = replace(stores, records=slow)
    late.referrals.ordered(pays("bob", "A-1"), bob)
    assert stores.pending() == BOTH

    stores.takes(refunds("bob", "A-1", 10_000))
    assert stores.pending() == BOTH
    stores.takes(refunds("bob", "A-2", 10_000))
    assert stores.pending() == NOTHING


def test_killed_at_any_call_both_are_rewarded_once_when_the_order_is_told_again(
    followers: FollowerStore, books: BooksStore
) -> None:
    stores = on_tables(followers, books)
    stores.knows(person("ann"))
    place, was_killed = 0, True
    while was_killed:
        name = f"friend-{place}"
        stores.knows(person(name, by="ann"))
        hazard, was_killed = Hazard(place), False
        with followers.table.client.told(hazard.require_alive), followers.table.client.told(hazard):
            try:
                stores.takes(pays(name, f"A-{place}"))
            except Killed:
                was_killed = True
        stores.takes(pays(name, f"A-{place}"))
        stores.takes(refunds(name, f"A-{place}", 5_000))
        place += 1
        assert stores.pending(friend=name) == (50 * place, 25)

    assert place > 8


@pytest.mark.parametrize(("then", "left"), [("unsubscribe", 0), ("union id", 0), ("nothing", 100)])
def test_the_inbox_rewards_for_an_order_and_takes_back_with_an_unfollow_or_a_merge(
    followers: FollowerStore, books: BooksStore, then: str, left: int
) -> None:
    stores, world = on_tables(followers, books), new_world(followers, books)
    world.referrals = stores.referrals
    friend, ann = world.follower(), person("ann", came=NOON - DAY)
    stores.knows(ann)
    told_at = {**friend.told_at, "first_code_name": friend.known_first or NOON}
    brought = friend.changed(attributes={"first_code_sharer": "ann"}, told_at=told_at)
    followers.save(friend, brought)
    world.tells("payment", after_minutes=5, total=10_000, order="A-1", merchant="1900000001")
    assert books.books("ann").total(Pocket.PENDING) == 100
    if then == "unsubscribe":
        world.hears("unsubscribe", after_minutes=10)
    elif then == "union id":
        for subject in (friend.subject, ann.subject):
            told = body("identified", identity_kind="union_id", identity="brand#same")
            world.takes(own_event(told, str(subject), subject, NOON + timedelta(minutes=20)))

    assert books.books("ann").total(Pocket.PENDING) == left
