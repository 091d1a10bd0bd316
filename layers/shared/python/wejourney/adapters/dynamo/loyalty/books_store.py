"""The books in DynamoDB: one item is what a person has of an asset, and decides on every transaction of it.

A transaction is a row that never changes, at its time. A row of its id, outside of the person's partition,
says for ever that it is posted, with the hash of what was asked, and how much of it was taken back.
The amounts of the books sum to zero with the programme's side of them, so that each item proves itself, and
nobody writes an item of the whole programme.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from wejourney.adapters.dynamo.expressions import Action, Column, Condition
from wejourney.adapters.dynamo.items import (
    CALENDAR_SHARDS,
    FOLLOWER,
    RawItem,
    Row,
    balance_columns,
    columns_of,
    partition,
    row_key,
    shard_of,
)
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import (
    AlreadyDoneError,
    FollowerGoneError,
    StaleBooksError,
    StaleFollowerError,
)
from wejourney.loyalty.accounts import NEVER, Lot, ProgrammeAccount, place_of, place_text
from wejourney.loyalty.balance import POINTS, Balance
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import due_on
from wejourney.loyalty.transactions import Cause, Kind, Posting
from wejourney.loyalty.transactions import Transaction as Moved
from wejourney.plain_data import from_plain
from wejourney.services.loyalty.ports import Entry, Posted, merging

BOOKS = "BOOKS#"
DUE = "due"
"""The index of all books by the day that brings something in them; it has keys only."""
TRANSACTION = "TX#"
ASKED = "ASKED#"
_PAGE = 100


@dataclass(frozen=True)
class BooksStore:
    """`table` has the books, `followers` the people."""

    table: Table
    followers: Table

    def books(self, person_id: str, asset: str = POINTS) -> Books:
        return books_of(self.table.get(books_key(person_id, asset)))

    def all_books(self, person_id: str) -> dict[str, Books]:
        """By asset."""
        items = self.table.query(partition(person_id), BOOKS)
        return {item["sk"]["S"].removeprefix(BOOKS): books_of(item) for item in items}

    def posted(self, transaction_id: str) -> Posted | None:
        asked = columns_of(self.table.get(asked_key(transaction_id)) or {})
        if not asked:
            return None
        item = self.table.get({"pk": asked["in_pk"], "sk": asked["in_sk"]})
        person_id = asked["in_pk"].removeprefix(partition(""))
        told = (asked["inputs_hash"], asked.get("reversed", 0), asked["balance"])
        return Posted(person_id, transaction_of(item or {}), *told)

    def post(self, *entries: Entry) -> None:
        gone = frozenset[str]()
        while True:
            write = Transaction(self.table)
            add_entries(write, entries, self.table)
            for person_id in {entry.person_id for entry in entries}:
                theirs = [entry for entry in entries if entry.person_id == person_id]
                self._tell_person(write, person_id, theirs, is_gone=person_id in gone)
            self.also(write, entries)
            try:
                return write.commit()
            except RefusedWriteError as refused:
                if not any(error is FollowerGoneError for error, _ in refused.failed):
                    raise_refused(refused)
                known, gone = gone, frozenset(entry.person_id for entry in entries if self._is_gone(entry))
                if gone == known:
                    raise_refused(refused)

    def move(self, younger_id: str, older_id: str, at: datetime) -> dict[str, Balance]:
        """Give all that somebody has to who they turned out to be; returns the balances of the latter.

        Nobody posts in the books of the younger one any more. Raises StaleFollowerError when the older one's
        books change meanwhile.
        """
        mine = self.all_books(older_id)
        for asset, theirs in self.all_books(younger_id).items():
            if theirs.is_empty:
                continue
            given, taken = merging(younger_id, older_id, asset, theirs, mine.get(asset, Books()), at)
            write = Transaction(self.table)
            add_entries(write, [given, taken], self.table)
            try:
                write.commit()
            except RefusedWriteError as refused:
                raise StaleFollowerError from refused
            mine[asset] = taken.after
        return {asset: books.balance for asset, books in mine.items()}

    def due(self, shard: int, today: str) -> Iterator[tuple[str, str]]:
        condition: Condition = Column("due_shard") == str(shard)
        return map(account_of, self.table.index_items(DUE, condition & (Column("due_on") <= today)))

    def untold(self) -> Iterator[str]:
        for shard in range(CALENDAR_SHARDS):
            condition: Condition = Column("due_shard") == _untold(shard)
            for item in self.table.index_items(DUE, condition):
                yield item["pk"]["S"].removeprefix(ASKED)

    def told(self, transaction_id: str) -> None:
        done = [Column("due_shard").remove(), Column("due_on").remove()]
        self.table.update(asked_key(transaction_id), done, Column("pk").exists())

    def also(self, write: Transaction, entries: Sequence[Entry]) -> None:
        """Add what is written together with one of these entries."""

    def newest(self, person_id: str, asset: str = POINTS) -> Iterator[Moved]:
        found = self.table.newest(partition(person_id), f"{TRANSACTION}{asset}#", page=_PAGE)
        return map(transaction_of, found)

    def _tell_person(
        self, write: Transaction, person_id: str, entries: Sequence[Entry], *, is_gone: bool
    ) -> None:
        """Write the balances to the person's row; of who was erased the books go on without a name."""
        key = row_key(partition(person_id), FOLLOWER)
        if is_gone:
            write.check(key, Column("pk").does_not_exist(), StaleFollowerError, self.followers)
            return
        balances = {entry.transaction.asset: entry.after.balance for entry in entries}
        told = (balance_actions(asset, balance) for asset, balance in balances.items())
        actions = [*chain.from_iterable(told), Column("rev").add(1)]
        revs = {entry.person_rev for entry in entries} - {None}
        is_read = HERE
        for rev in revs:
            is_read &= Column("rev") == rev
        write.update(key, actions, is_read, FollowerGoneError, self.followers)

    def _is_gone(self, entry: Entry) -> bool:
        return self.followers.get(row_key(partition(entry.person_id), FOLLOWER)) is None


HERE: Condition = Column("contacts").exists() & Column("merged_into").does_not_exist()
"""The condition on a person's row that they are there, and nobody else by now."""


def add_entries(write: Transaction, entries: Sequence[Entry], ledger: Table) -> None:
    """Add to a transaction of DynamoDB what posts entries, those of the same books one after the other.

    Whoever writes the person's row in it gives them the balance of the last. See `raise_refused`.
    """
    last = {(entry.person_id, entry.transaction.asset): entry for entry in entries}
    first = {(entry.person_id, entry.transaction.asset): entry for entry in reversed(entries)}
    for (person_id, asset), entry in last.items():
        rev = first[person_id, asset].before.rev
        same: Condition = Column("rev") == rev if rev else Column("pk").does_not_exist()
        write.put(books_row(person_id, asset, entry.after), same, StaleBooksError, ledger)
    for entry in entries:
        _add_transaction(write, entry, ledger)


def _add_transaction(write: Transaction, entry: Entry, ledger: Table) -> None:
    moved = entry.transaction
    row = transaction_row(entry.person_id, moved)
    if entry.is_kept_by_id:
        asked = {"in_pk": row["pk"], "in_sk": row["sk"], "inputs_hash": entry.inputs_hash}
        if entry.is_untold:
            asked |= {"due_shard": _untold(shard_of(entry.person_id)), "due_on": moved.effective_at}
        asked["balance"] = entry.after.available
        write.create({**asked_key(moved.id), **asked}, AlreadyDoneError, ledger)
    write.create(row, StaleBooksError, ledger)
    if moved.reverses:
        before, taken = entry.reversed_before, Column("reversed")
        unchanged = taken == before if before else taken.does_not_exist()
        now = [taken.set(before + moved.amount)]
        write.update(asked_key(moved.reverses), now, unchanged, StaleBooksError, ledger)


def raise_refused(refused: RefusedWriteError) -> None:
    """Raise what it means: AlreadyDoneError, then StaleFollowerError, then what is written beside it."""
    failed = {error for error, _ in refused.failed}
    if AlreadyDoneError in failed:
        raise AlreadyDoneError from refused
    if failed & {FollowerGoneError, StaleFollowerError}:
        raise StaleFollowerError from refused
    for error in failed - {StaleBooksError}:
        raise error from refused
    raise StaleBooksError from refused


def balance_actions(asset: str, balance: Balance) -> list[Action]:
    """What the row of a person says of an asset: a column for each, so that nobody need read the others."""
    actions = [Column(name).set(value) for name, value in balance_columns({asset: balance}).items()]
    return [*actions, Column("points").set(balance.available)] if asset == POINTS else actions


def account_of(item: RawItem) -> tuple[str, str]:
    """Whose books of which asset an item is, or an entry of the index."""
    return item["pk"]["S"].removeprefix(partition("")), item["sk"]["S"].removeprefix(BOOKS)


def books_of(item: RawItem | None) -> Books:
    row = columns_of(item or {})
    amounts = [(place_of(text), amount) for text, amount in row.get("amounts", {}).items()]
    lots = {place: amount for place, amount in amounts if isinstance(place, Lot)}
    programme = {place: amount for place, amount in amounts if isinstance(place, ProgrammeAccount)}
    return Books(lots, programme, row.get("earned", {}), row.get("rev", 0), row.get("used", {}))


def transaction_of(item: RawItem) -> Moved:
    row = columns_of(item)
    return Moved(
        row["id"],
        Kind(row["kind"]),
        row["asset"],
        tuple(Posting(place_of(source), place_of(to), amount) for source, to, amount in row["postings"]),
        datetime.fromisoformat(row["at"]),
        from_plain(Cause, row["cause"]),
        row.get("reverses", ""),
        row.get("earned", {}),
        row.get("used", {}),
    )


def books_row(person_id: str, asset: str, books: Books) -> Row:
    amounts = {place_text(place): amount for place, amount in _sorted(books)}
    row = {**books_key(person_id, asset), "amounts": amounts, "rev": books.rev}
    row |= {"earned": books.earned or None, "used": books.used or None}
    return {**row, "due_on": due_on(books) or NEVER, "due_shard": str(shard_of(person_id))}


def _sorted(books: Books) -> Iterable[tuple[Any, int]]:
    return (*sorted(books.lots.items()), *sorted(books.programme.items()))


def transaction_row(person_id: str, moved: Moved) -> Row:
    at = moved.effective_at
    postings = [[place_text(one.source), place_text(one.destination), one.amount] for one in moved.postings]
    return {
        **row_key(partition(person_id), TRANSACTION, moved.asset, at.isoformat(), moved.id),
        "id": moved.id,
        "kind": moved.kind,
        "asset": moved.asset,
        "postings": postings,
        "at": at,
        "cause": moved.cause,
        "reverses": moved.reverses or None,
        "earned": moved.earned or None,
        "used": moved.used or None,
    }


def books_key(person_id: str, asset: str) -> Row:
    return row_key(partition(person_id), BOOKS, asset)


def asked_key(transaction_id: str) -> Row:
    return row_key(f"{ASKED}{transaction_id}", "ASKED")


def _untold(shard: int) -> str:
    """What rows of transactions have in the column `due_shard` until somebody has told of them."""
    return f"untold{shard}"
