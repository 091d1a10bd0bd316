"""Group-buys on a real table: who joins, who comes too late, and what each of them hears of it, once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from tests.support.builders import NOON
from tests.support.fakes.inbox import FakeInbox
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import TableSnapshot
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.group_store import GroupStore
from wejourney.errors import StaleBooksError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.loyalty.benefits.groups import Group, GroupTerms
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower
from wejourney.services.loyalty.group_buys import GroupBuys, GroupRecords

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def person(name: str) -> Follower:
    return Follower("wxmini", f"o-{name}", name, contact_id=f"c-{name}", known_since=NOON)


@dataclass
class People:
    """People by our own ids: everybody is somebody, `merged` are who turned out to be somebody else."""

    merged: dict[str, str] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)

    def person(self, person_id: str) -> Follower | None:
        by = self.merged.get(person_id, person_id)
        ids = frozenset(one for one, into in self.merged.items() if into == by)
        return None if by in self.erased else replace(person(by), merged=ids)


@dataclass
class World:
    records: GroupRecords
    size: int = 3
    at: datetime = NOON
    people: People = field(default_factory=People)
    inbox: FakeInbox = field(default_factory=FakeInbox)

    def buys(self, records: GroupRecords | None = None) -> GroupBuys:
        programme = Programme(groups={"rings": GroupTerms(self.size, 24 * 3600)})
        return GroupBuys(
            records or self.records, self.people, programme, self.inbox, lambda: self.at, lambda _: None
        )

    def event(
        self, name: str, order: str = "", *, group: str = "G-1", at: datetime | None = None
    ) -> InboundEvent:
        body = MiniProgramEvent("group.joined", order or f"O-{name}", "", {"offer": "rings", "group": group})
        return own_event(body, f"{name} {order} {group}", Subject("wxmini", f"o-{name}"), at or self.at)

    def join(self, name: str, order: str = "", *, group: str = "G-1", at: datetime | None = None) -> None:
        known = self.people.person(name)
        assert known is not None
        self.buys().joined(self.event(name, order, group=group, at=at), known)

    @property
    def group(self) -> Group:
        found = self.records.group("rings", "G-1")
        assert found is not None
        return found

    def heard(self) -> list[tuple[str, str, str]]:
        """Who has heard what of which order, each event once."""
        told = {event.id: event for event in self.inbox.told}
        bodies = [(event.subject.openid, event.body) for event in told.values()]
        return sorted(
            (openid.removeprefix("o-"), body.name.removeprefix("group."), body.order)
            for openid, body in bodies
            if isinstance(body, MiniProgramEvent)
        )


@pytest.fixture
def world(ledger: BooksStore, followers: FollowerStore) -> World:
    return World(GroupStore(ledger.table))


@pytest.mark.capability(row="49")
def test_the_last_who_is_missing_completes_the_group_and_each_of_them_hears_it(world: World) -> None:
    for name in ("ann", "bob"):
        world.join(name)
        assert world.heard() == []
    assert (world.group.missing, len(world.group.joiners)) == (1, 2)
    world.join("cho")
    world.join("dan")

    done = [(name, "completed", f"O-{name}") for name in ("ann", "bob", "cho")]
    assert world.heard() == [*done, ("dan", "failed", "O-dan")]


@pytest.mark.capability(row="49")
def test_nobody_is_in_a_group_twice_and_a_second_order_has_failed(world: World) -> None:
    world.join("ann")
    world.join("ann")
    assert world.heard() == []
    world.join("ann", "O-2")

    assert len(world.group.joiners) == 1
    assert world.heard() == [("ann", "failed", "O-2")]


@pytest.mark.capability(row="49")
def test_who_turns_out_to_be_somebody_in_the_group_leaves_a_place(world: World) -> None:
    world.join("ann")
    world.join("bob")
    world.people.merged["bob"] = "ann"
    world.join("cho")

    assert [joiner.person_id for joiner in world.group.joiners] == ["ann", "cho"]
    assert world.heard() == [("ann", "failed", "O-bob")]
    world.join("dan")
    assert [what for _, what, _ in world.heard()] == ["completed", "failed", "completed", "completed"]


@pytest.mark.capability(row="49")
def test_of_fifty_who_join_at_once_as_many_are_in_as_fit_and_each_hears_one_thing(world: World) -> None:
    world.size = 20
    gate = threading.Barrier(50)

    def join(number: int) -> None:
        gate.wait()
        world.join(f"p{number:02}")

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(join, range(50)))

    assert Counter(what for _, what, _ in world.heard()) == {"completed": 20, "failed": 30}
    assert len({name for name, _, _ in world.heard()}) == 50
    assert len(world.group.joiners) == 20


@pytest.mark.capability(row="49")
def test_a_group_whose_time_is_over_has_failed_for_everybody_in_it_once(world: World) -> None:
    world.join("ann")
    world.join("bob")
    world.at = NOON + DAY - SECOND
    assert world.buys().settle_due() == 0
    world.at = NOON + DAY
    assert world.buys().settle_due() == 1
    assert world.buys().settle_due() == 0
    world.join("cho")

    assert world.heard() == [(name, "failed", f"O-{name}") for name in ("ann", "bob", "cho")]


def test_who_has_joined_in_time_is_in_although_it_is_known_late(world: World) -> None:
    world.join("ann")
    world.at = NOON + DAY + timedelta(minutes=1)
    world.join("bob", at=NOON + DAY - SECOND)
    world.join("cho", at=NOON + DAY)

    assert [joiner.person_id for joiner in world.group.joiners] == ["ann", "bob"]
    assert world.heard() == [("cho", "failed", "O-cho")]


def test_groups_of_one_offer_are_apart(world: World) -> None:
    for number, name in enumerate(("ann", "bob", "cho")):
        world.join(name, group=f"G-{number}")
    assert world.heard() == []


def test_who_was_erased_hears_nothing_and_their_order_is_reported_if_the_group_fails(world: World) -> None:
    world.join("ann")
    world.join("bob")
    world.people.erased.add("ann")
    world.at = NOON + DAY
    reported = list[tuple[str, str]]()
    buys = replace(world.buys(), failed=lambda person_id, error: reported.append((person_id, str(error))))
    assert buys.settle_due() == 1
    assert [name for name, _, _ in world.heard()] == ["bob"]
    assert reported == [("ann", "group-buy rings has failed for order O-ann, whose buyer has left")]


def test_who_joins_again_with_the_same_order_is_in_the_group_and_nothing_has_failed(world: World) -> None:
    world.join("ann")
    again = replace(world.event("ann"), id="0" * 32)
    world.buys().joined(again, person("ann"))
    assert len(world.group.joiners) == 1
    assert world.heard() == []


def test_an_order_is_in_a_group_once_whoever_names_it(world: World) -> None:
    world.join("ann")
    world.join("bob", "O-ann")
    assert [joiner.person_id for joiner in world.group.joiners] == ["ann"]
    assert world.heard() == [("bob", "failed", "O-ann")]


def test_who_joins_by_an_offer_that_is_gone_hears_that_it_failed(world: World) -> None:
    body = MiniProgramEvent("group.joined", "O-1", "", {"offer": "gone", "group": "G-1"})
    event = own_event(body, "1", Subject("wxmini", "o-ann"), NOON)
    world.buys().joined(event, person("ann"))
    world.buys().joined(event, person("ann"))
    assert world.heard() == [("ann", "failed", "O-1")]
    assert len({(told.id, told.at) for told in world.inbox.told}) == 1


@pytest.mark.parametrize("late", [timedelta(), timedelta(minutes=7)])
def test_a_refusal_that_is_told_again_is_the_same_event_at_the_same_place(
    world: World, late: timedelta
) -> None:
    world.join("ann")
    event = world.event("ann", "O-2")
    for _ in range(2):
        world.buys().joined(event, person("ann"))
        world.at += late
    assert len({(told.id, told.place_on_record) for told in world.inbox.told}) == 1


def test_a_group_on_record_names_no_openid(world: World) -> None:
    world.join("ann")
    assert "o-ann" not in repr(world.group)


def test_history_opens_no_group(world: World) -> None:
    world.buys().joined(replace(world.event("ann"), history=True), person("ann"))
    assert world.records.group("rings", "G-1") is None
    assert world.heard() == []


class KilledError(Exception):
    """The worker dies here."""


@dataclass
class Dying:
    """Records whose worker dies before or after a write of this number."""

    records: GroupRecords
    number: int
    after: bool
    writes: int = 0

    def group(self, offer: str, group_id: str) -> Group | None:
        return self.records.group(offer, group_id)

    def due_group(self, key: str) -> Group | None:
        return self.records.due_group(key)

    def due(self, now: datetime) -> Iterator[str]:
        return self.records.due(now)

    def keep(self, group: Group) -> None:
        self._write(lambda: self.records.keep(group))

    def told(self, group: Group) -> None:
        self._write(lambda: self.records.told(group))

    def _write(self, write: Callable[[], None]) -> None:
        self.writes += 1
        if self.writes == self.number and not self.after:
            raise KilledError
        write()
        if self.writes == self.number and self.after:
            raise KilledError


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("again", ["delivered", "swept"])
def test_a_worker_that_dies_while_it_completes_a_group_leaves_what_is_told_later(
    world: World, number: int, when: str, again: str
) -> None:
    world.join("ann")
    world.join("bob")
    event, cho = world.event("cho"), person("cho")
    with pytest.raises(KilledError):
        world.buys(Dying(world.records, number, when == "after")).joined(event, cho)
    if again == "delivered" or (number, when) == (1, "before"):
        world.buys().joined(event, cho)
    world.at += timedelta(minutes=1)
    world.buys().settle_due()

    assert world.heard() == [(name, "completed", f"O-{name}") for name in ("ann", "bob", "cho")]
    assert list(world.records.due(world.at + 2 * DAY)) == []


@pytest.mark.capability(row="49")
def test_the_job_that_ends_groups_is_killed_at_each_call_and_run_again(
    world: World, tables: str, ledger: BooksStore
) -> None:
    """One group fails; of another, which is complete, nobody has heard yet."""
    for name in ("ann", "bob"):
        world.join(name)
    for name in ("cho", "dan"):
        world.join(name, group="G-2")
    with pytest.raises(KilledError):
        world.buys(Dying(world.records, 1, after=True)).joined(world.event("eve", group="G-2"), person("eve"))
    world.at += DAY
    before, place, was_killed = TableSnapshot(tables, "LedgerTable"), 0, True
    while was_killed:
        before.restore()
        world.inbox, hazard, was_killed = FakeInbox(), Hazard(place), False
        with ledger.table.client.told(hazard.require_alive), ledger.table.client.told(hazard):
            try:
                replace(world.buys(), inbox=hazard.around(world.inbox)).settle_due()
            except Killed:
                was_killed = True
        world.buys().settle_due()
        complete = [(name, "completed", f"O-{name}") for name in ("cho", "dan", "eve")]
        assert world.heard() == sorted([*complete, ("ann", "failed", "O-ann"), ("bob", "failed", "O-bob")])
        assert list(world.records.due(world.at)) == [], place
        place += 1

    assert place > 8


def test_a_group_that_changes_while_it_is_written_is_looked_at_again(world: World) -> None:
    world.join("ann")
    stale = world.group
    world.join("bob")
    with pytest.raises(StaleBooksError):
        world.records.keep(stale.failed(NOON))
