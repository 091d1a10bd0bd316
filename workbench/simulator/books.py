"""The books, and what orders have given, in memory: what the runtime's services post to in a simulation.

`tests/functional/test_books.py` and `test_earning.py` hold them to what the tables do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from wejourney.errors import AlreadyDoneError, StaleBooksError, StaleFollowerError
from wejourney.loyalty.balance import POINTS, Balance
from wejourney.loyalty.benefits.offers import Given, OfferTerms
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import due_on
from wejourney.loyalty.earning import Sale
from wejourney.loyalty.transactions import Transaction
from wejourney.people.followers import Follower
from wejourney.services.loyalty.ports import Entry, Posted, merging


class SimulatedOffers:
    """No till takes part in a simulation: nobody has had an offer, and all of its stock is left."""

    def given(self, offers: Mapping[str, OfferTerms], person_ids: Iterable[str]) -> Given:  # noqa: ARG002 - of its port
        return Given()


@dataclass
class BookRows:
    """All books, by person and asset, and all transactions, by id."""

    by_person: dict[tuple[str, str], Books] = field(default_factory=dict)
    transactions: dict[str, Posted] = field(default_factory=dict)
    kept_by_id: set[str] = field(default_factory=set)
    not_told: dict[str, str] = field(default_factory=dict)
    """Transactions that nobody has told of, and whose they are."""

    def books(self, person_id: str, asset: str = POINTS) -> Books:
        return self.by_person.get((person_id, asset), Books())

    def are_posted(self, entries: Sequence[Entry]) -> bool:
        return any(entry.transaction.id in self.kept_by_id for entry in entries)

    def are_unchanged(self, entries: Sequence[Entry]) -> bool:
        """Whether the first entry of each books was decided on them, and what is taken back is as it was."""
        first = {(entry.person_id, entry.transaction.asset): entry for entry in reversed(entries)}
        of_entries = all(self.books(*place).rev == entry.before.rev for place, entry in first.items())
        reversing = (entry for entry in entries if entry.transaction.reverses)
        are_new = all(entry.transaction.id not in self.transactions for entry in entries)
        return (
            are_new
            and of_entries
            and all(
                self.transactions[entry.transaction.reverses].reversed == entry.reversed_before
                for entry in reversing
            )
        )

    def write(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            moved = entry.transaction
            self.by_person[entry.person_id, moved.asset] = entry.after
            if entry.is_kept_by_id:
                self.kept_by_id.add(moved.id)
            if entry.is_untold:
                self.not_told[moved.id] = entry.person_id
            self.transactions[moved.id] = Posted(
                entry.person_id, moved, entry.inputs_hash, balance=entry.after.available
            )
            if moved.reverses:
                original = self.transactions[moved.reverses]
                taken = original.reversed + moved.amount
                self.transactions[moved.reverses] = replace(original, reversed=taken)

    def move(self, younger_id: str, older_id: str, at: datetime) -> dict[str, Balance]:
        for (person_id, asset), theirs in list(self.by_person.items()):
            if person_id == younger_id and not theirs.is_empty:
                mine = self.books(older_id, asset)
                self.write(merging(younger_id, older_id, asset, theirs, mine, at))
        return {asset: books.balance for (id_, asset), books in self.by_person.items() if id_ == older_id}

    def newest(self, person_id: str, asset: str = POINTS) -> Iterator[Transaction]:
        of_person = (one for one in self.transactions.values() if one.person_id == person_id)
        found = [one.transaction for one in of_person if one.transaction.asset == asset]
        return iter(sorted(found, key=lambda one: (one.effective_at, one.id), reverse=True))


class PeopleWithBooks(Protocol):
    @property
    def book_rows(self) -> BookRows: ...

    def person(self, person_id: str) -> Follower | None: ...

    def tell_balance(self, person: Follower, asset: str, balance: Balance) -> None: ...


@dataclass
class SimulatedBooks:
    """The books of the people that `followers` have: `DueBooks` in one shard, whichever is asked for."""

    followers: PeopleWithBooks

    @property
    def rows(self) -> BookRows:
        return self.followers.book_rows

    def books(self, person_id: str, asset: str = POINTS) -> Books:
        return self.rows.books(person_id, asset)

    def posted(self, transaction_id: str) -> Posted | None:
        return self.rows.transactions[transaction_id] if transaction_id in self.rows.kept_by_id else None

    def post(self, *entries: Entry) -> None:
        if self.rows.are_posted(entries):
            raise AlreadyDoneError
        people = {entry.person_id: self.followers.person(entry.person_id) for entry in entries}
        if any(person is not None and person.person_id != id_ for id_, person in people.items()):
            raise StaleFollowerError
        if any(
            one.person_rev is not None and (person := people[one.person_id]) and person.rev != one.person_rev
            for one in entries
        ):
            raise StaleFollowerError
        if not self.rows.are_unchanged(entries):
            raise StaleBooksError
        self.rows.write(entries)
        for entry in entries:
            if (person := people[entry.person_id]) is not None:
                self.followers.tell_balance(person, entry.transaction.asset, entry.after.balance)

    def due(self, shard: int, today: str) -> Iterator[tuple[str, str]]:  # noqa: ARG002 - of its port
        first = ((due_on(one), place) for place, one in self.rows.by_person.items())
        return iter([place for day, place in sorted(first) if day and day <= today])

    def untold(self) -> Iterator[str]:
        return iter(list(self.rows.not_told))

    def told(self, transaction_id: str) -> None:
        self.rows.not_told.pop(transaction_id, None)

    def newest(self, person_id: str, asset: str = POINTS) -> Iterator[Transaction]:
        return self.rows.newest(person_id, asset)


@dataclass
class SimulatedSales:
    by_order: dict[str, Sale] = field(default_factory=dict)

    def find(self, order: str) -> Sale:
        return self.by_order.get(order, Sale())

    def paid(self, order: str, total: int, earned_by: Iterable[str]) -> Sale:
        sale = self.find(order)
        ids = tuple(sorted({*sale.earned_by, *earned_by}))
        return self._keep(order, replace(sale, paid=total, earned_by=ids))

    def returned(self, order: str, event_id: str, amount: int | None) -> Sale:
        sale = self.find(order)
        return self._keep(order, replace(sale, returned={**sale.returned, event_id: amount}))

    def _keep(self, order: str, sale: Sale) -> Sale:
        self.by_order[order] = sale
        return sale
