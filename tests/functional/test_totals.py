"""What everybody has together, from the books of each person alone."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.functional.test_long_histories import CapacityCounter
from tests.functional.test_statements import LOT, earn, fill, lived, post
from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import json_text, shard_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, books_key
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.transactions import Kind
from workbench.operations.loyalty.totals import (
    Account,
    Expiring,
    Totals,
    Unbalanced,
    totals_of_everybody,
)


def totals(store: BooksStore) -> Totals:
    told: list[int] = []
    found = totals_of_everybody(store, told.append)
    assert found.books == max(told, default=0)
    return found


def test_everybody_together_sums_to_zero_by_asset_claimed_and_unclaimed(books: BooksStore) -> None:
    lived(books)
    for number in range(30):
        earn(books, f"e{number}", 10, person=f"p{number}")
        post(
            books, f"s{number}", Kind.EARN, decide.earn(books.books(f"p{number}", "stamps"), 1, LOT),
            person=f"p{number}", asset="stamps",
        )  # fmt: skip
    spent = decide.spend(books.books("p1"), 4)
    post(books, "spent", Kind.SPEND, spent, person="p1")
    owed = decide.adjust(books.books("p2"), -15, LOT)
    post(books, "adjusted", Kind.ADJUST, owed, person="p2")

    found = totals(books)

    assert found.books == 61
    assert found.unbalanced == []
    of_points = {account.name: n for account, n in found.accounts.items() if account.asset == "points" and n}
    assert of_points == {
        "available": 286, "owed": -5, "unclaimed": 7, "expired": 75,
        "programme|issued": -412, "programme|redeemed": 34, "programme|adjusted": 15,
    }  # fmt: skip
    assert sum(of_points.values()) == 0
    assert found.accounts[Account("stamps", "available")] == 30


def test_what_is_owed_to_people_is_told_by_the_month_in_which_it_expires(books: BooksStore) -> None:
    lots = {
        "a": Lot(Pocket.AVAILABLE, "2027-01-05"), "b": Lot(Pocket.AVAILABLE, "2027-01-31"),
        "c": Lot(Pocket.UNCLAIMED, "2027-01-31"), "d": Lot(Pocket.PENDING, "2027-02-28", due="2026-12-01"),
        "e": Lot(Pocket.AVAILABLE),
    }  # fmt: skip
    for number, (person, lot) in enumerate(lots.items()):
        earn(books, person, 10**number, lot, person=person)
    post(books, "held", Kind.HOLD, decide.hold(books.books("e"), 3000, "till"), person="e")

    assert totals(books).expiring == {
        Expiring("points", "2027-01", Pocket.AVAILABLE): 11,
        Expiring("points", "2027-01", Pocket.UNCLAIMED): 100,
        Expiring("points", "2027-02", Pocket.PENDING): 1000,
        Expiring("points", "", Pocket.AVAILABLE): 7000,
        Expiring("points", "", Pocket.HELD): 3000,
    }


def test_books_that_do_not_sum_to_zero_are_named(books: BooksStore) -> None:
    for person in ("ann", "bea"):
        earn(books, person, 10, person=person)
    amounts = json_text({"available|2027-01-31": 11, "programme|issued": -10})
    books.table.update(books_key("bea", "points"), [Column("amounts").set(amounts)])

    assert totals(books).unbalanced == [Unbalanced("bea", "points", 1)]


@dataclass
class OneAtATime:
    """A client that counts rightly though several threads use it."""

    counter: CapacityCounter

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**asked: Any) -> Any:
            with self.lock:
                return getattr(self.counter, name)(**asked)

        return call


def test_what_totals_cost_grows_with_the_people_and_not_with_their_transactions(books: BooksStore) -> None:
    client = CapacityCounter(books.table.client)
    counted = replace(books, table=replace(books.table, client=OneAtATime(client)))
    costs = []
    for number in (3, 300):
        fill(books, "ann", number)
        fill(books, "bea", number)
        with client.counting():
            assert totals(counted).books == 2
        costs.append(client.cost)

    assert costs[0] == costs[1]
    assert Counter(costs[0][0]) == {"query": 8, "batch_get_item": len({shard_of("ann"), shard_of("bea")})}
