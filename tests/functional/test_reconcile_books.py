"""The books are compared with their transactions, and with what people are told, by themselves."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest

from tests.functional.test_keep_books import LOT, Stores
from tests.support.builders import NOON
from tests.support.fakes.clock import FakeClock
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import CallCounter
from tests.support.world import World
from wejourney.adapters.dynamo.calendar_store import CalendarStore
from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS, FOLLOWER, json_text, partition, row_key, shard_of
from wejourney.adapters.dynamo.loyalty import all_books_store
from wejourney.adapters.dynamo.loyalty.all_books_store import AllBooksStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, books_key
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.replay import Difference
from wejourney.services.loyalty.reconcile_books import EVERY, ReconcileBooks


@dataclass
class Watch:
    found: list[Difference] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)

    def differs(self, difference: Difference) -> None:
        self.found.append(difference)

    def failed(self, person_id: str, error: Exception) -> None:
        self.failures.append((person_id, error))


@dataclass
class Reconciled(Stores):
    passes: Watch = field(default_factory=Watch)

    @property
    def reconcile(self) -> ReconcileBooks:
        assert isinstance(self.records, BooksStore)
        records = AllBooksStore(self.records.table, self.records.followers)
        return ReconcileBooks(records, CalendarStore(records.followers), self.clock, self.passes)

    def differences(self) -> set[tuple[str, str, str]]:
        """Compare all shards; the person, the asset and the account of each difference."""
        self.passes.found.clear()
        for shard in range(CALENDAR_SHARDS):
            self.reconcile(shard, lambda: True)
        return {(one.person_id, one.asset, one.account) for one in self.passes.found}

    def change(self, person: str, columns: dict[str, object]) -> None:
        """What nobody but a mistake or somebody at the table does."""
        assert isinstance(self.records, BooksStore)
        changes = [Column(name).set(value) for name, value in columns.items()]
        self.records.table.update(books_key(person, "points"), changes)


@pytest.fixture
def lived(books: BooksStore, followers: FollowerStore) -> Reconciled:
    stores = Reconciled(books, followers, clock=FakeClock(NOON + timedelta(days=20)))
    stores.earn(50)
    stores.earn(7, Lot(Pocket.PENDING, "2027-01-31", "2026-12-02"))
    stores.earn(3, Lot(Pocket.UNCLAIMED, ""), "bea")
    stores.earn(4, LOT, "ann", "stamps")
    stores.earn(5, LOT, "somebody-erased")
    stores.swept()
    return stores


def test_books_that_are_what_their_transactions_say_have_no_difference(lived: Reconciled) -> None:
    assert lived.differences() == set()
    assert lived.passes.failures == []


def test_an_amount_that_no_transaction_moved_is_found_and_named(lived: Reconciled) -> None:
    lived.change("bea", {"amounts": json_text({"unclaimed": 9, "programme|issued": -9})})

    accounts = {account for _, _, account in lived.differences()}
    assert {one[:2] for one in lived.differences()} <= {("bea", "points")}
    assert accounts == {"unclaimed", "programme|issued", "told"}


def test_a_transaction_that_is_missing_is_found(lived: Reconciled) -> None:
    assert isinstance(lived.records, BooksStore)
    (first, *_) = lived.records.table.query(partition("ann"), "TX#stamps#")
    lived.records.table.delete({"pk": first["pk"]["S"], "sk": first["sk"]["S"]})

    assert {one[:2] for one in lived.differences()} == {("ann", "stamps")}


def test_a_balance_that_people_are_told_and_the_books_do_not_have_is_found(lived: Reconciled) -> None:
    assert isinstance(lived.followers, FollowerStore)
    told = Column("balance:points").set(json.dumps({"available": 1_000_000}))
    lived.followers.table.update(row_key(partition("ann"), FOLLOWER), [told])

    assert lived.differences() == {("ann", "points", "told")}


def test_everybody_is_compared_once_a_week(lived: Reconciled) -> None:
    assert isinstance(lived.followers, FollowerStore)
    lived.differences()
    with CallCounter().listening(lived.followers.table.client) as counted:
        lived.clock.pass_(hours=1)
        lived.differences()
    assert counted.operations == ["GetItem"] * CALENDAR_SHARDS

    lived.change("bea", {"rev": 9})
    assert lived.differences() == set()
    lived.clock.at += EVERY
    assert lived.differences() == {("bea", "points", "transactions")}


def test_a_pass_goes_on_after_the_last_page_that_was_done_however_often_it_is_killed(
    lived: Reconciled, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_books_store, "_PAGE", 2)
    people = [name for number in range(60) if shard_of(name := f"person{number}") == 0][:5]
    for person in people:
        lived.earn(5, LOT, person)
        lived.change(person, {"rev": 9})
    place = 0
    while True:
        lived.passes.found.clear()
        lived.clock.at += 2 * EVERY
        with Hazard(place).in_dynamodb(world):
            try:
                lived.reconcile(0, lambda: True)
            except Killed:
                pass
            else:
                break
        lived.reconcile(0, lambda: True)
        assert {one.person_id for one in lived.passes.found} == set(people), place
        place += 1

    assert place > 15


def test_a_page_that_takes_longer_than_there_is_time_is_gone_on_with_after_the_last_person(
    lived: Reconciled,
) -> None:
    people = [name for number in range(60) if shard_of(name := f"person{number}") == 0][:5]
    for person in people:
        lived.earn(5, LOT, person)
        lived.change(person, {"rev": 9})
    found = []
    for _ in people:
        lived.passes.found.clear()
        times = iter([True, True, False])
        lived.reconcile(0, lambda times=times: next(times))  # type: ignore[misc] # one person for each call
        found += [one.person_id for one in lived.passes.found]

    assert sorted(found) == sorted(people)
    lived.passes.found.clear()
    lived.reconcile(0, lambda: True)
    assert lived.passes.found == [], "the pass is over"


def test_who_is_posted_for_while_they_are_compared_has_no_difference(lived: Reconciled) -> None:
    numbers = iter(range(100, 100 + 4))
    client = lived.reconcile.records.table.client  # type: ignore[attr-defined] # it is the store
    before = partial(next, numbers, None)

    def happens(operation: str = "", **_: object) -> None:
        if operation == "Query" and (number := before()) is not None:
            lived.earn(number, LOT, "bea")

    with client.told(happens):
        assert lived.differences() == set()


def test_what_is_changed_in_the_table_while_others_post_is_found_in_the_end(lived: Reconciled) -> None:
    lived.change("bea", {"rev": 9})
    lived.earn(6, LOT, "ann")

    assert lived.differences() == {("bea", "points", "transactions")}
