"""That the books are what their transactions make them is proved from the table alone."""

from dataclasses import replace

import pytest

from tests.functional.test_long_histories import CapacityCounter
from tests.functional.test_statements import LOT, earn, fill, lived, merged, post
from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import json_text, partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, books_key, transaction_of
from wejourney.loyalty import books as decide
from wejourney.loyalty.replay import Comparison
from wejourney.loyalty.transactions import Kind
from workbench.operations.loyalty.auditing import audit_everybody, audit_person


def all_of(store: BooksStore) -> Comparison:
    told: list[int] = []
    audit = audit_everybody(store, told.append)
    assert told == sorted(told)
    return audit


def test_books_agree_with_their_transactions_whatever_happened(books: BooksStore) -> None:
    lived(books)
    for person in ("bea", "cid", "dee"):
        earn(books, f"{person}'s", 10, person=person)
    merged(books, "bea", "ann", 9)
    spent = decide.spend(books.books("cid"), 4)
    post(books, "spent", Kind.SPEND, spent, person="cid")
    post(
        books,
        "stamp",
        Kind.EARN,
        decide.earn(books.books("cid", "stamps"), 1, LOT),
        person="cid",
        asset="stamps",
    )

    assert all_of(books) == Comparison(books=5, transactions=14)
    assert audit_person(books, "cid") == Comparison(books=2, transactions=3)


@pytest.mark.parametrize(
    ("change", "accounts"),
    [
        ("a row is deleted", {"available|2027-01-31": (10, 3), "programme|issued": (-10, -3),
                              "earned|2026-11": (10, 3), "transactions": (2, 1)}),
        ("an amount is changed in a row", {"available|2027-01-31": (10, 12), "programme|issued": (-10, -12)}),
        ("an amount is changed in the books", {"available|2027-01-31": (99, 10),
                                               "programme|issued": (-99, -10)}),
        ("the books are deleted", {"available|2027-01-31": (0, 10), "programme|issued": (0, -10),
                                   "earned|2026-11": (0, 10), "transactions": (0, 2)}),
    ],
)  # fmt: skip
def test_what_somebody_has_changed_in_the_table_is_found_and_named(
    books: BooksStore, change: str, accounts: dict[str, tuple[int, int]]
) -> None:
    earn(books, "a", 3)
    earn(books, "b", 7)
    earn(books, "c", 5, person="bea")
    (row,) = [item for item in books.table.query(partition("ann"), "TX#") if transaction_of(item).id == "b"]
    key = {"pk": row["pk"]["S"], "sk": row["sk"]["S"]}
    match change:
        case "a row is deleted":
            books.table.delete(key)
        case "an amount is changed in a row":
            books.table.update(
                key, [Column("postings").set([["programme|issued", "available|2027-01-31", 9]])]
            )
        case "an amount is changed in the books":
            amounts = {"available|2027-01-31": 99, "programme|issued": -99}
            books.table.update(books_key("ann", "points"), [Column("amounts").set(json_text(amounts))])
        case _:
            books.table.delete(books_key("ann", "points"))

    audit = all_of(books)

    assert {(one.person_id, one.asset) for one in audit.differences} == {("ann", "points")}
    assert {one.account: (one.books, one.transactions) for one in audit.differences} == accounts
    assert audit_person(books, "ann").differences == audit.differences
    assert audit_person(books, "bea").differences == ()


def test_who_is_posted_for_while_the_table_is_read_has_no_difference(books: BooksStore) -> None:
    earn(books, "a", 3)
    once = iter([True])

    class Posting:
        """A client that posts after the first page of a scan was read."""

        def __getattr__(self, name: str) -> object:
            call = getattr(books.table.client, name)
            if name != "scan" or not next(once, False):
                return call

            def scan(**asked: object) -> object:
                page = call(**asked)
                earn(books, "b", 5)
                return page

            return scan

    store = replace(books, table=replace(books.table, client=Posting()))

    assert all_of(store).differences == ()


def test_an_audit_of_everybody_reads_each_row_once(books: BooksStore) -> None:
    fill(books, "ann", 300)
    fill(books, "bea", 10)
    client = CapacityCounter(books.table.client)
    with client.counting():
        audit = all_of(replace(books, table=replace(books.table, client=client)))

    assert audit == Comparison(2, 310)
    assert set(client.calls) == {"scan"}


def test_months_that_the_books_have_forgotten_are_no_difference(books: BooksStore) -> None:
    for number in range(40):
        earn(books, f"m{number}", 1, hours=number * 24 * 31)

    assert len(books.books("ann").earned) < 40
    assert all_of(books) == Comparison(1, 40)
