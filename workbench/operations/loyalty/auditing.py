"""Whether the books are what their transactions make them: the proof for an auditor."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby

from wejourney.adapters.dynamo.items import RawItem, partition
from wejourney.adapters.dynamo.loyalty.books_store import (
    BOOKS,
    TRANSACTION,
    BooksStore,
    books_of,
    transaction_of,
)
from wejourney.loyalty.books import Books
from wejourney.loyalty.replay import Difference, Replay
from wejourney.loyalty.transactions import Transaction
from workbench.operations.loyalty.parts import Tell, in_parts

SEGMENTS = 8
"""Into how many parts a table is read at once."""

_ATTEMPTS = 5
"""At reading the books and the transactions of somebody while others post."""


@dataclass(frozen=True)
class Audit:
    """How many books were compared with how many transactions, and where these differ."""

    books: int = 0
    transactions: int = 0
    differences: tuple[Difference, ...] = ()

    def __add__(self, other: "Audit") -> "Audit":
        return Audit(
            self.books + other.books,
            self.transactions + other.transactions,
            self.differences + other.differences,
        )


def audit_person(store: BooksStore, person_id: str) -> Audit:
    """Compare the books of one person with their transactions, all of which are read."""
    pk = partition(person_id)
    for _ in range(_ATTEMPTS):
        books = store.all_books(person_id)
        found = _audit(person_id, books, map(transaction_of, store.table.oldest(pk, TRANSACTION)))
        if not found.differences or store.all_books(person_id) == books:
            break
    return found


def audit_everybody(store: BooksStore, tell: Tell) -> Audit:
    """Compare the books of everybody with their transactions: this reads the whole table, in parts at once.

    `tell` is told how many items were read so far.
    """
    return sum(in_parts(SEGMENTS, partial(_audit_segment, store), tell), Audit())


def _audit_segment(store: BooksStore, segment: int, tell: Tell) -> Audit:
    """What belongs to one partition is read together, and the books before their transactions."""
    audit = Audit()
    for pk, items in groupby(_scanned(store, segment, tell), key=lambda item: item["pk"]["S"]):
        person_id, books = pk.removeprefix(partition("")), dict[str, Books]()
        found = _audit(person_id, books, _transactions(items, books))
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


def _audit(person_id: str, books: Mapping[str, Books], transactions: Iterable[Transaction]) -> Audit:
    replays = defaultdict[str, Replay](Replay)
    for transaction in transactions:
        replays[transaction.asset].add(transaction)
    differences = (
        replays[asset].differences(person_id, asset, books.get(asset, Books()))
        for asset in sorted(books.keys() | replays.keys())
    )
    found = tuple(chain.from_iterable(differences))
    return Audit(len(books), sum(replay.number for replay in replays.values()), found)


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
