"""What people at a terminal see of a person's books, on a real table."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from tests.functional.test_long_histories import MANY, CapacityCounter
from tests.support.builders import NOON
from wejourney.adapters.dynamo.items import Row
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, books_row, transaction_row
from wejourney.adapters.dynamo.table import Table
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting
from wejourney.services.loyalty.ports import Entry
from workbench.operations.loyalty.histories import Asking, History, InvalidPlaceError, Line

LOT = Lot(Pocket.AVAILABLE, "2027-01-31")
EARLY = Lot(Pocket.AVAILABLE, "2026-12-31")


def post(
    store: BooksStore,
    id_: str,
    kind: Kind,
    decided: Iterable[Posting],
    *,
    person: str = "ann",
    at: datetime = NOON,
    asset: str = POINTS,
) -> None:
    asked = Asked(id_, kind, at, Cause(f"event-{id_}"), {}, asset=asset, day=f"{at:%Y-%m-%d}")
    store.post(Entry(person, asked.with_postings(tuple(decided)), store.books(person, asset), asked.hash))


def earn(
    store: BooksStore, id_: str, amount: int, lot: Lot = LOT, *, person: str = "ann", hours: int = 0
) -> None:
    at = NOON + timedelta(hours=hours)
    post(store, id_, Kind.EARN, decide.earn(store.books(person), amount, lot), person=person, at=at)


def lived(store: BooksStore) -> None:
    """A life of all kinds, of which the first earning was posted last."""
    waits = Lot(Pocket.PENDING, "2027-01-31", due="2026-11-29")
    earn(store, "order", 100, waits, hours=1)
    earn(store, "check-in", 5, EARLY, hours=2)
    today = store.books
    mature = decide.mature(today("ann"), "2026-11-29", Pocket.AVAILABLE)
    post(store, "due", Kind.MATURE, mature, at=NOON + timedelta(hours=3))
    post(store, "hold", Kind.HOLD, decide.hold(today("ann"), 40, "till"), at=NOON + timedelta(hours=4))
    post(store, "took", Kind.CAPTURE, decide.capture(today("ann"), "till", 30), at=NOON + timedelta(hours=5))
    post(store, "late", Kind.EXPIRE, decide.expire(today("ann"), "2027-02-01"), at=NOON + timedelta(hours=6))
    earn(store, "told late", 7, Lot(Pocket.UNCLAIMED))


def told(lines: Iterable[Line]) -> list[tuple[str, dict[str, int]]]:
    return [(line.transaction.id, {str(p): n for p, n in line.after.items() if n}) for line in lines]


def pages(history: History, asking: Asking) -> Iterator[Line]:
    while True:
        page = history.page(asking)
        yield from page.lines
        if page.next is None:
            return
        asking = replace(asking, after=page.next)


STATEMENT = [
    ("told late", {"unclaimed": 7}),
    ("order", {"unclaimed": 7, "pending": 100}),
    ("check-in", {"unclaimed": 7, "pending": 100, "available": 5}),
    ("due", {"unclaimed": 7, "available": 105}),
    ("hold", {"unclaimed": 7, "available": 65, "held": 40}),
    ("took", {"unclaimed": 7, "available": 75}),
    ("late", {"unclaimed": 7, "expired": 75}),
]


@pytest.mark.capability(row="98")
def test_complaint_15_a_statement_has_every_transaction_also_expiries_with_the_balance_after_it(
    books: BooksStore,
) -> None:
    lived(books)
    history = History(books, ("ann",))
    for most in (1, 2, 3, 100):
        assert told(pages(history, Asking(most, oldest_first=True))) == STATEMENT
        assert told(pages(history, Asking(most))) == STATEMENT[::-1]


def test_a_statement_of_some_days_has_the_balances_of_the_whole_one(books: BooksStore) -> None:
    lived(books)
    history = History(books, ("ann",))
    for since, until, oldest_first in product(range(8), range(0, 8, 3), (False, True)):
        begin, end = (NOON + timedelta(hours=hours) for hours in (since, until))
        found = told(pages(history, Asking(2, None, begin, end, oldest_first)))
        assert (found if oldest_first else found[::-1]) == STATEMENT[since:until]


@pytest.mark.parametrize("oldest_first", [False, True])
def test_what_is_posted_between_two_pages_is_in_the_balances_of_the_second(
    books: BooksStore, *, oldest_first: bool
) -> None:
    for number in range(4):
        earn(books, str(number), 10, hours=number)
    history, asking = History(books, ("ann",)), Asking(2, oldest_first=oldest_first)
    first = history.page(asking)
    earn(books, "a late one", 1, hours=-1)

    second = told(history.page(replace(asking, after=first.next)).lines)

    assert second == (
        [("2", {"available": 31}), ("3", {"available": 41})]
        if oldest_first
        else [("1", {"available": 21}), ("0", {"available": 11})]
    )


def merged(store: BooksStore, younger: str, older: str, hours: int) -> None:
    store.move(younger, older, NOON + timedelta(hours=hours))


def test_the_statement_of_somebody_who_was_three_people_is_one_in_the_order_of_time(
    books: BooksStore,
) -> None:
    for hours, person in enumerate(["ann", "bea", "cid", "bea", "ann"]):
        earn(books, f"{hours}", 10**hours, person=person, hours=hours)
    merged(books, "bea", "ann", 5)
    merged(books, "cid", "ann", 6)
    history = History(books, ("ann", "bea", "cid"))
    for most in (1, 2, 100):
        found = told(pages(history, Asking(most, oldest_first=True)))

        assert found == [(str(i), {"available": int("1" * (i + 1))}) for i in range(5)]
        assert told(pages(history, Asking(most))) == found[::-1]
    assert history.lots() == {LOT: 11111}
    assert history.lots(NOON + timedelta(hours=2)) == {LOT: 111}


def test_what_was_had_at_a_time_is_what_all_transactions_up_to_it_have_left(books: BooksStore) -> None:
    lived(books)
    history = History(books, ("ann",))
    for hours, (_, after) in enumerate(STATEMENT):
        for at in (NOON + timedelta(hours=hours), NOON + timedelta(hours=hours, minutes=59)):
            pockets = Counter[str]()
            for lot, amount in history.lots(at).items():
                pockets[lot.pocket] += amount
            assert {pocket: n for pocket, n in pockets.items() if n} == after
    held = history.lots(NOON + timedelta(hours=4))
    assert held[Lot(Pocket.HELD, "2026-12-31", hold="till")] == 5, "the very lots"
    assert history.lots(NOON - timedelta(seconds=1)) == {}
    assert history.lots() == history.lots(NOON + timedelta(days=99))


@pytest.mark.parametrize("text", ["", "x", "W10", "eyJhIjoxfQ", "不", "bnVsbA"])
def test_a_place_that_no_page_has_named_is_an_error(books: BooksStore, text: str) -> None:
    with pytest.raises(InvalidPlaceError):
        History(books, ("ann",)).page(Asking(5, after=text))


@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_page_of_a_statement_costs_as_much_among_many_as_among_few(
    books: BooksStore, *, oldest_first: bool
) -> None:
    """Each page, the first one and those that follow, with MANY transactions as with 30."""
    client = CapacityCounter(books.table.client)
    counted = replace(books, table=Table(books.table.name, client))
    costs = []
    for person, number in (("few", 30), ("many", MANY)):
        fill(books, person, number)
        history, asking = History(counted, (person,)), Asking(10, oldest_first=oldest_first)
        for _ in range(2):
            with client.counting():
                page = history.page(asking)
            assert len(page.lines) == 10
            costs.append(client.cost)
            asking = replace(asking, after=page.next)
        assert page.lines[-1].after[Pocket.AVAILABLE] == (20 if oldest_first else number - 19)

    assert costs[0] == costs[2]
    assert costs[1] == costs[3]
    assert costs[0][0] == {"batch_get_item": 2, "query": 1}


def fill(store: BooksStore, person: str, number: int) -> None:
    """So many earnings of one point, without posting each."""
    at, books = NOON, Books()
    rows = list[Row]()
    for one in range(number):
        at += timedelta(minutes=1)
        asked = Asked(f"{person}-{one}", Kind.EARN, at, Cause(f"event-{one}"), {}, day=f"{at:%Y-%m-%d}")
        moved = asked.with_postings(decide.earn(books, 1, LOT))
        books = books.after(moved)
        rows.append(transaction_row(person, moved))
    store.table.put_all([*rows, books_row(person, POINTS, books)])
