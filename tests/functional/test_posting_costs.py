"""A posting, a balance and a claim cost the same however much is on record, by calls and units."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.functional.test_long_histories import MANY, CapacityCounter
from tests.functional.test_statements import LOT, fill
from tests.support.builders import NOON, SUBJECT
from tests.support.events import body
from tests.support.remembering import remembers_all
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, books_row
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.events.event import own_event
from wejourney.events.matching import EventPattern
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.earning_rules import EarningRule
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints

type Cost = tuple[dict[str, int], float]


def person(followers: FollowerStore, person_id: str) -> None:
    followers.save(
        None, Follower("wx1", f"o{person_id}", person_id, contact_id="c", following=True, followed_at=NOON)
    )


def counted(books: BooksStore, followers: FollowerStore) -> tuple[CapacityCounter, Bookkeeping]:
    client = CapacityCounter(books.table.client)
    tables = (Table(table.name, client) for table in (books.table, books.followers))
    return client, Bookkeeping(BooksStore(*tables), followers)


def posting(bookkeeping: Bookkeeping, kind: Kind, person_id: str) -> Callable[[], Any]:
    decided = {
        Kind.EARN: lambda books: decide.earn(books, 5, LOT),
        Kind.SPEND: lambda books: decide.spend(books, 5),
        Kind.HOLD: lambda books: decide.hold(books, 5, "till"),
        Kind.CLAIM: decide.claim,
    }
    asked = Asked(f"{person_id}-{kind}", kind, NOON + timedelta(days=1), Cause("e"), {}, day="2026-11-28")
    return lambda: bookkeeping.post(person_id, asked, decided[kind])


@pytest.mark.parametrize("kind", [Kind.EARN, Kind.SPEND, Kind.HOLD])
def test_a_posting_costs_as_much_after_many_transactions_as_after_ten(
    books: BooksStore, followers: FollowerStore, kind: Kind
) -> None:
    client, bookkeeping = counted(books, followers)
    costs: list[Cost] = []
    for person_id, number in (("few", 10), ("many", MANY)):
        person(followers, person_id)
        fill(books, person_id, number)
        with client.counting():
            posting(bookkeeping, kind, person_id)()
        costs.append(client.cost)

    assert costs[0] == costs[1]
    assert costs[0][0] == {"get_item": 1, "transact_write_items": 1}


def test_a_balance_costs_as_much_after_many_transactions_as_after_ten(
    books: BooksStore, followers: FollowerStore
) -> None:
    client, bookkeeping = counted(books, followers)
    costs: list[Cost] = []
    for person_id, number in (("few", 10), ("many", MANY)):
        fill(books, person_id, number)
        with client.counting():
            assert bookkeeping.records.books(person_id).available == number
        costs.append(client.cost)

    assert costs[0] == costs[1]
    assert costs[0][0] == {"get_item": 1}


@pytest.mark.parametrize("kind", [Kind.SPEND, Kind.HOLD])
def test_500_lots_are_spent_or_held_by_as_many_calls_as_one_and_the_books_stay_small(
    books: BooksStore, followers: FollowerStore, kind: Kind
) -> None:
    client, bookkeeping = counted(books, followers)
    person(followers, "many")
    days = (NOON + timedelta(days=100 + day) for day in range(500))
    lots = {Lot(Pocket.AVAILABLE, f"{day:%Y-%m-%d}"): 10_000 for day in days}
    books.table.put(books_row("many", POINTS, Books(lots, {ProgrammeAccount.ISSUED: -5_000_000}, rev=500)))
    taken = 4_999_999
    asked = Asked("all", kind, NOON + timedelta(days=1), Cause("e"), {}, day="2026-11-28")
    with client.counting():
        bookkeeping.post(
            "many",
            asked,
            lambda books: (
                decide.spend(books, taken) if kind is Kind.SPEND else decide.hold(books, taken, "till")
            ),
        )

    assert client.calls == {"get_item": 1, "transact_write_items": 1}
    assert books.books("many").available == 1
    largest = max(len(str(item)) for item in books.table.query("PERSON#many", ""))
    assert largest < 200_000, "bytes, of the 400 KB that an item can have"


@pytest.mark.parametrize("rules", [1, 3, 6])
def test_all_that_an_event_gives_of_an_asset_is_posted_after_one_read_of_the_books(
    books: BooksStore, followers: FollowerStore, rules: int
) -> None:
    """So is what the next event gives, if it comes at once: a batch of the inbox has those of one person."""
    client, bookkeeping = counted(books, followers)
    bookkeeping = replace(bookkeeping, remembered=remembers_all())
    person(followers, "ann")
    earns = {f"rule{number}": EarningRule(EventPattern("check_in"), 5) for number in range(rules)}
    points = EarnPoints(bookkeeping, SaleStore(books.table), Programme(rules=earns))
    for number in range(2):
        event = own_event(body("check_in", name="shop"), f"e{number}", SUBJECT, NOON)
        with client.counting():
            points(event, followers.person("ann"))
        assert client.calls == Counter({"get_item": 0 if number else 1, "transact_write_items": rules})

    assert books.books("ann").available == 2 * 5 * rules


def test_nothing_that_is_posted_expires(books: BooksStore, followers: FollowerStore) -> None:
    """The table deletes what has `expires_at`, such as settled gifts."""
    person(followers, "ann")
    _, bookkeeping = counted(books, followers)
    for kind in (Kind.EARN, Kind.SPEND):
        posting(bookkeeping, kind, "ann")()
    items = books.table.client.scan(TableName=books.table.name)["Items"]
    kinds = {item["pk"]["S"].partition("#")[0] + item["sk"]["S"].partition("#")[0] for item in items}
    assert kinds == {"PERSONBOOKS", "PERSONTX", "ASKEDASKED"}
    assert not any("expires_at" in item for item in items)


def test_500_unclaimed_lots_are_claimed_by_as_many_calls_as_one(
    books: BooksStore, followers: FollowerStore
) -> None:
    client, bookkeeping = counted(books, followers)
    calls = []
    for person_id, number in (("one", 1), ("many", 500)):
        person(followers, person_id)
        days = (NOON + timedelta(days=100 + day) for day in range(number))
        lots = {Lot(Pocket.UNCLAIMED, f"{day:%Y-%m-%d}"): 1 for day in days}
        books.table.put(
            books_row(person_id, POINTS, Books(lots, {ProgrammeAccount.ISSUED: -number}, rev=number))
        )
        with client.counting():
            posting(bookkeeping, Kind.CLAIM, person_id)()
        calls.append(client.calls)
        assert books.books(person_id).total(Pocket.AVAILABLE) == number
        known = followers.person(person_id)
        assert known is not None
        assert known.points == number

    assert calls[0] == calls[1] == {"get_item": 1, "transact_write_items": 1}
    assert len(list(books.newest("many"))) == 1, "one transaction"
