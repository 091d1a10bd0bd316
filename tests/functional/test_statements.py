"""What people at a terminal see of a person's books, on a real table."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functional.test_long_histories import MANY, CapacityCounter
from tests.support.builders import NOON
from wejourney.adapters.dynamo.items import Row, partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, books_row, transaction_row
from wejourney.adapters.dynamo.table import Table
from wejourney.errors import TooLittleError
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting, Transaction
from wejourney.services.loyalty.ports import Entry
from workbench.operations.loyalty.auditing import audit_person
from workbench.operations.loyalty.histories import Asking, History, InvalidPlaceError, Line, _Bookmark

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
@pytest.mark.complaint(number="15")
def test_a_statement_has_every_transaction_also_expiries_with_the_balance_after_it(
    books: BooksStore,
) -> None:
    lived(books)
    history = History(books, ("ann",))
    for most in (1, 2, 3, 100):
        assert told(pages(history, Asking(most, oldest_first=True))) == STATEMENT
        assert told(pages(history, Asking(most))) == STATEMENT[::-1]
    assert told(history.lines()) == STATEMENT, "an export has all of them, too"


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


type Act = Callable[[Books, int], tuple[Posting, ...]]

ACTS: dict[str, Act] = {
    "earn": lambda books, amount: decide.earn(books, amount, LOT),
    "wait": lambda books, amount: decide.earn(books, amount, Lot(Pocket.PENDING, "2027-01-31", "2026-11-30")),
    "unclaimed": lambda books, amount: decide.earn(books, amount, Lot(Pocket.UNCLAIMED)),
    "claim": lambda books, _: decide.claim(books),
    "mature": lambda books, _: decide.mature(books, "2026-12-01", Pocket.AVAILABLE),
    "take": lambda books, amount: decide.adjust(books, -amount, LOT),
    "hold": lambda books, amount: decide.hold(books, amount, f"hold-{amount}"),
    "expire": lambda books, _: decide.expire(books, "2027-02-01"),
}
LIVES = st.lists(
    st.tuples(
        st.sampled_from(sorted(ACTS)), st.sampled_from(["ann", "bea"]), st.integers(1, 60), st.integers(0, 6)
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(life=LIVES, most=st.integers(1, 9), hours=st.integers(0, 6))
def test_each_balance_of_any_life_is_the_sum_of_all_transactions_up_to_it(
    books: BooksStore, life: list[tuple[str, str, int, int]], most: int, hours: int
) -> None:
    """Whatever order it was posted in, of a person who was known as two."""
    posted = put_life(books, life)
    sums, expected = Counter[str](), []
    for transaction in sorted(posted, key=lambda one: (one.effective_at, one.id)):
        for lot, amount in by_lot(transaction):
            sums[lot.pocket] += amount
        expected.append((transaction.id, {pocket: n for pocket, n in sums.items() if n}))
    history = History(books, ("ann", "bea"))

    assert told(pages(history, Asking(most, oldest_first=True))) == expected
    assert told(pages(history, Asking(most))) == expected[::-1]
    until, lots = NOON + timedelta(hours=hours), Counter[Lot]()
    for transaction in posted:
        if transaction.effective_at <= until:
            lots.update(dict(by_lot(transaction)))
    assert history.lots(until) == {lot: amount for lot, amount in lots.items() if amount}
    assert [audit_person(books, one).differences for one in ("ann", "bea")] == [(), ()]


def put_life(store: BooksStore, life: Iterable[tuple[str, str, int, int]]) -> list[Transaction]:
    """The transactions of a life, in the order of their posting; there is no other on the table then."""
    items = chain.from_iterable(store.table.query(partition(one)) for one in ("ann", "bea"))
    store.table.delete_all({"pk": item["pk"]["S"], "sk": item["sk"]["S"]} for item in items)
    posted, had, rows = list[Transaction](), {"ann": Books(), "bea": Books()}, list[Row]()
    for number, (act, person, amount, hour) in enumerate(life):
        with suppress(TooLittleError):
            at = NOON + timedelta(hours=hour)
            asked = Asked(f"{number:02}", Kind.EARN, at, Cause(f"{number}"), {}, day=f"{at:%Y-%m-%d}")
            if moves := ACTS[act](had[person], amount):
                posted.append(asked.with_postings(moves))
                had[person] = had[person].after(posted[-1])
                rows.append(transaction_row(person, posted[-1]))
    rows += [books_row(person, POINTS, one) for person, one in had.items() if one.rev]
    store.table.put_all(rows)
    return posted


def by_lot(transaction: Transaction) -> list[tuple[Lot, int]]:
    return [(place, amount) for place, amount in transaction.moved.items() if isinstance(place, Lot)]


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from([*Pocket]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from([*Pocket]), inner)
    ),
    max_leaves=8,
)
AMOUNT = '["2026-11-28T12:00:00+00:00#a", "seal", {"available": %s}]'
TOKENS = [
    *("", "x", "W10", "eyJhIjoxfQ", "不", "bnVsbA", "=", "====", "a" * 10_001, "\0"),
    *(encoded(AMOUNT % amount) for amount in ("Infinity", "-Infinity", "NaN", "1e999", "null", '"x"', "[]")),
    *(encoded(AMOUNT % ("[" * 20_000)), encoded(AMOUNT % ("9" * 5_000)), encoded('["a", "b", {"c": 1}]')),
    *(encoded(text) for text in ('["a"]', '["a", "b", []]', '["a", "b", 1]', '["a", "b", {}, 1]', "{")),
]


@pytest.mark.parametrize("text", TOKENS, ids=range(len(TOKENS)))
def test_a_place_that_no_page_has_named_is_an_error(books: BooksStore, text: str) -> None:
    with pytest.raises(InvalidPlaceError):
        History(books, ("ann",)).page(Asking(5, after=text))


@given(JSON.map(json.dumps) | st.lists(JSON, min_size=3, max_size=3).map(json.dumps))
def test_whatever_else_is_told_for_a_place_is_an_error_or_a_page(told: str) -> None:
    with suppress(InvalidPlaceError):
        _Bookmark.parse(encoded(told))


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
