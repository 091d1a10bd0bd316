"""Whether the books are what their transactions make them: the proof for an auditor."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby

from wejourney.adapters.dynamo.items import RawItem, partition
from wejourney.adapters.dynamo.loyalty.books_store import (
    BOOKS,
    TRANSACTION,
    BooksStore,
    books_of,
    transaction_of,
)
from wejourney.loyalty.books import Books
from wejourney.loyalty.replay import Comparison, compared
from wejourney.loyalty.transactions import Transaction
from wejourney.services.loyalty.reconcile_books import compare
from workbench.operations.loyalty.parts import Tell, in_parts

SEGMENTS = 8
"""Into how many parts a table is read at once."""


def audit_person(store: BooksStore, person_id: str) -> Comparison:
    """Compare the books of one person with their transactions, all of which are read."""

    def transactions() -> Iterator[Transaction]:
        return map(transaction_of, store.table.oldest(partition(person_id), TRANSACTION))

    return compare(person_id, lambda: store.all_books(person_id), transactions)


def audit_everybody(store: BooksStore, tell: Tell) -> Comparison:
    """Compare the books of everybody with their transactions: this reads the whole table, in parts at once.

    `tell` is told how many items were read so far.
    """
    return sum(in_parts(SEGMENTS, partial(_audit_segment, store), tell), Comparison())


def _audit_segment(store: BooksStore, segment: int, tell: Tell) -> Comparison:
    """What belongs to one partition is read together, and the books before their transactions."""
    audit = Comparison()
    for pk, items in groupby(_scanned(store, segment, tell), key=lambda item: item["pk"]["S"]):
        person_id, books = pk.removeprefix(partition("")), dict[str, Books]()
        found = compared(person_id, books, _transactions(items, books))
        # Who posts while the table is read is looked at again.
        audit += audit_person(store, person_id) if found.differences else found
    return audit


def _transactions(items: Iterable[RawItem], books: dict[str, Books]) -> Iterator[Transaction]:
    """The transactions of items of one person; their books are put into `books`."""
    for item in items:
        sk = item["sk"]["S"]
        if sk.startswith(BOOKS):
            books[sk.removeprefix(BOOKS)] = books_of(item)
        elif sk.startswith(TRANSACTION):
            yield transaction_of(item)


def _scanned(store: BooksStore, segment: int, tell: Tell) -> Iterator[RawItem]:
    """The items of people in a part of the table."""
    asked = {
        "TableName": store.table.name,
        "ConsistentRead": True,
        "FilterExpression": "begins_with(pk, :person)",
        "ExpressionAttributeValues": {":person": {"S": partition("")}},
        "Segment": segment,
        "TotalSegments": SEGMENTS,
    }
    start = None
    while True:
        page = store.table.client.scan(**asked, **({"ExclusiveStartKey": start} if start else {}))
        tell(page["ScannedCount"])
        yield from page["Items"]
        start = page.get("LastEvaluatedKey")
        if not start:
            return
