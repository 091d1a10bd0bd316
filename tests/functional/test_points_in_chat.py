"""What the journey `my-points` says of points is what the books say, on real tables."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.functional.test_joining import PROFILE, STORE, Customer
from tests.support.builders import NOON, SETTINGS, SUBJECT
from tests.support.events import body
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.events.event import own_event
from wejourney.events.matching import EventPattern
from wejourney.journeys.conditions import NOTHING, History, holds
from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.earning_rules import EarningRule, Pending
from wejourney.messaging.merge_fields import render
from wejourney.people.profile_dates import said
from wejourney.plain_data import changed
from workbench.gallery import read_exhibit
from workbench.language.step_types import Branch, Send

LANGUAGES = ("en", "zh")


@pytest.fixture
def customer(followers: FollowerStore, ledger: BooksStore) -> Customer:
    return Customer(new_world(followers, ledger), STORE)


def greeting(world: World, history: History = NOTHING) -> Mapping[str, str]:
    """What the journey's first branch says to the person, as their row is, by language."""
    journey = read_exhibit("my-points").read("my-points", "my-points").journey
    assert journey is not None
    first, person = journey.steps[0], world.follower()
    assert isinstance(first, Branch)
    taken = [case.steps for case in first.cases if holds(case.when, person, {}, history)]
    (send,) = taken[0] if taken else first.otherwise
    assert isinstance(send, Send)
    assert send.content is not None
    content = send.content
    return {
        language: str(render(content, changed(person, language=language), SETTINGS)["text"])
        for language in LANGUAGES
    }


@pytest.mark.capability(row="64")
@pytest.mark.parametrize("purchases", [1, 3, 12])
def test_who_has_not_joined_hears_how_many_points_wait_and_from_what(
    customer: Customer, purchases: int
) -> None:
    for month in range(purchases):
        customer.pays(120, f"A-{month}", NOON - timedelta(days=28 * month))
    waits = customer.has[Pocket.UNCLAIMED]

    paid = own_event(body("payment", total=12_000), "payment", SUBJECT, NOON)

    told = greeting(customer.world, History((paid,), NOON + timedelta(minutes=1)))

    assert waits == 120 * purchases
    assert all(str(waits) in text for text in told.values())
    assert "of your purchases" in told["en"]


@pytest.mark.parametrize("is_member", [True, False])
def test_who_has_only_pending_points_hears_of_them(
    followers: FollowerStore, ledger: BooksStore, *, is_member: bool
) -> None:
    pending = {"purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1, pending=Pending(7))}
    customer = Customer(new_world(followers, ledger), replace(STORE, rules=pending))
    if is_member:
        customer.joins()
    customer.pays(137, "A-1", NOON + timedelta(minutes=2))

    assert customer.has == {Pocket.PENDING: 137}
    assert all("137" in text for text in greeting(customer.world).values())


@pytest.mark.capability(row="98")
@pytest.mark.parametrize("ages", [(1,), (300, 10), (10, 300), (1, 200, 330)])
def test_a_member_reads_the_balance_with_the_next_expiry_as_the_books_have_it(
    customer: Customer, ages: tuple[int, ...]
) -> None:
    for number, age in enumerate(ages):
        customer.pays(100 + number, f"A-{number}", NOON - timedelta(days=age))
    customer.joins()
    books = customer.records.books(customer.world.follower().person_id)
    next_lot, expiring = next(iter(books.of(Pocket.AVAILABLE).items()))

    told = greeting(customer.world)

    assert PROFILE.is_member(customer.world.follower())
    for language, text in told.items():
        assert str(books.available) in text
        assert str(expiring) in text
        assert said(next_lot.expires, language, ZoneInfo("Asia/Shanghai")) in text


def test_who_has_no_points_hears_that_they_have_none(customer: Customer) -> None:
    customer.does("scan", scene="store")

    assert "no points yet" in greeting(customer.world)["en"]
