"""The ledger in memory. `tests/functional/test_contracts.py` holds it to what the table does."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.support.fakes.followers import FakeFollowers, posted, posted_before
from wejourney.adapters.dynamo.items import shard_of
from wejourney.errors import (
    AlreadyDoneError,
    PostingConflictError,
    RunEndedError,
    StaleBooksError,
    StaleFollowerError,
)
from wejourney.journeys.runs import Run
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import due_on
from wejourney.loyalty.ledger import Posting, StatementLine, person_account
from wejourney.loyalty.transactions import Transaction
from wejourney.services.loyalty.ports import Entry, Posted


@dataclass
class FakeLedger:
    """The postings that `records` hold, of runs that live as these have it."""

    records: FakeFollowers

    @property
    def postings(self) -> dict[tuple[str, str], Posting]:
        return self.records.postings

    def post(self, posting: Posting, run: Run | None = None) -> bool:
        before = posted_before(self.postings, posting)
        if any(one.contents_hash != posting.contents_hash for one in before):
            raise PostingConflictError(posting.key)
        merged = run.follower.merged if run is not None else ()
        if before or any((person_account(one), posting.key) in self.postings for one in merged):
            return False
        if run is not None and not self.records.lives(run):
            raise RunEndedError
        self.postings.update(posted(posting))
        return True

    def balance(self, account: str) -> int:
        return sum(line.points for line in self.statement(account))

    def statement(self, account: str) -> list[StatementLine]:
        lines = (
            StatementLine(posting.at, posting.key, posting.reason, entry.points)
            for (of, _), posting in self.postings.items()
            for entry in posting.entries
            if of == entry.account == account
        )
        return sorted(lines, key=lambda line: (line.at, line.key))


@dataclass
class FakeBooks:
    """The books of the people that `followers` have."""

    followers: FakeFollowers
    by_person: dict[tuple[str, str], Books] = field(default_factory=dict)
    transactions: dict[str, Posted] = field(default_factory=dict)
    not_told: dict[str, str] = field(default_factory=dict)

    def books(self, person_id: str, asset: str = POINTS) -> Books:
        return self.by_person.get((person_id, asset), Books())

    def posted(self, transaction_id: str) -> Posted | None:
        return self.transactions.get(transaction_id)

    def post(self, *entries: Entry) -> None:
        if any(entry.transaction.id in self.transactions for entry in entries):
            raise AlreadyDoneError
        people = {entry.person_id: self.followers.person(entry.person_id) for entry in entries}
        if any(person is not None and person.person_id != id_ for id_, person in people.items()):
            raise StaleFollowerError
        if any(
            one.person_rev is not None and (person := people[one.person_id]) and person.rev != one.person_rev
            for one in entries
        ):
            raise StaleFollowerError
        if not all(map(self._is_unchanged, entries)):
            raise StaleBooksError
        for entry in entries:
            self._write(entry)
            if (person := people[entry.person_id]) is not None:
                self.followers.tell_balance(person, entry.transaction.asset, entry.after.balance)

    def due(self, shard: int, today: str) -> Iterator[tuple[str, str]]:
        first = ((due_on(books), key) for key, books in self.by_person.items() if shard_of(key[0]) == shard)
        return iter([key for day, key in sorted(first) if day and day <= today])

    def untold(self, shard: int) -> Iterator[str]:
        return iter([id_ for id_, person in self.not_told.items() if shard_of(person) == shard])

    def told(self, transaction_id: str) -> None:
        self.not_told.pop(transaction_id, None)

    def newest(self, person_id: str, asset: str = POINTS) -> Iterator[Transaction]:
        of_person = (one for one in self.transactions.values() if one.person_id == person_id)
        found = [one.transaction for one in of_person if one.transaction.asset == asset]
        return iter(sorted(found, key=lambda one: (one.effective_at, one.id), reverse=True))

    def _is_unchanged(self, entry: Entry) -> bool:
        moved = entry.transaction
        original = self.transactions.get(moved.reverses)
        return self.books(entry.person_id, moved.asset).rev == entry.before.rev and (
            not moved.reverses or (original is not None and original.reversed == entry.reversed_before)
        )

    def _write(self, entry: Entry) -> None:
        moved = entry.transaction
        self.by_person[entry.person_id, moved.asset] = entry.after
        if entry.untold:
            self.not_told[moved.id] = entry.person_id
        self.transactions[moved.id] = Posted(
            entry.person_id, moved, entry.inputs_hash, balance=entry.after.available
        )
        if moved.reverses:
            original = self.transactions[moved.reverses]
            self.transactions[moved.reverses] = replace(original, reversed=original.reversed + moved.amount)
