"""What is read and written of a person and of a segment costs the same however much is on record.

Each test compares 10 events, or 200 people, with MANY, which are more than a page of DynamoDB's (1 MB): a
query that reads all of them shows by its calls and by the units that DynamoDB counts.
`WEJOURNEY_LONG_HISTORY=100000` compares with so many.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.follower_rows import event_row
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import Row
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.segment_store import SEGMENTS, SHARDS, SegmentStore, _count_key, _member_key
from wejourney.adapters.dynamo.table import Table
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import EventBody, MiniProgramEvent, ProfileChanged, TextReceived
from wejourney.journeys.receiving import Received
from workbench.operations.timeline import newest_page

MANY = int(os.environ.get("WEJOURNEY_LONG_HISTORY", "4000"))


@dataclass
class CapacityCounter:
    """A client whose calls, and the units that DynamoDB counts for them, are counted by operation."""

    client: Any
    calls: Counter[str] = field(default_factory=Counter)
    units: float = 0

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        def call(**asked: Any) -> dict[str, Any]:
            answer: dict[str, Any] = getattr(self.client, name)(**asked, ReturnConsumedCapacity="TOTAL")
            consumed = answer["ConsumedCapacity"]
            self.calls[name] += 1
            self.units += sum(
                one["CapacityUnits"] for one in (consumed if isinstance(consumed, list) else [consumed])
            )
            return answer

        return call

    @contextmanager
    def counting(self) -> Iterator[None]:
        self.calls, self.units = Counter(), 0
        yield

    @property
    def cost(self) -> tuple[dict[str, int], float]:
        return dict(self.calls), self.units


def happened(number: int) -> InboundEvent:
    """Each is earlier than those before it."""
    body = MiniProgramEvent("product.viewed", details={"product": f"R-{number % 97}", "category": "rings"})
    return own_event(body, str(number), SUBJECT, NOON - timedelta(seconds=number + 1))


@dataclass
class Measured:
    """A follower whose history can be made longer, and what is read and written of them."""

    world: World
    counter: CapacityCounter
    events: int = 0

    @property
    def followers(self) -> FollowerStore:
        return FollowerStore(Table(self.world.followers.table.name, self.counter), "LedgerTable")

    def grow_to(self, number: int) -> None:
        follower = self.world.follower()
        past = map(happened, range(self.events, number))
        self.world.followers.table.put_all(event_row(Received(one, follower, follower)) for one in past)
        self.events = number

    def cost(self, act: Callable[[FollowerStore], object]) -> tuple[dict[str, int], float]:
        with self.counter.counting():
            act(self.followers)
        return self.counter.cost


@pytest.fixture
def measured(followers: FollowerStore, ledger: BooksStore) -> Measured:
    return Measured(new_world(followers, ledger), CapacityCounter(followers.table.client))


def applied(measured: Measured, body: EventBody, cause: str) -> Callable[[FollowerStore], object]:
    """An event as the inbox takes it: whose it is, what is known of them, and all that it changes."""

    def act(followers: FollowerStore) -> None:
        measured.world.followers, real = followers, measured.world.followers
        measured.world.takes(own_event(body, cause, SUBJECT, measured.world.clock.now()))
        measured.world.followers = real

    return act


def page_of(before: datetime) -> Callable[[FollowerStore], object]:
    """The 50 events before this moment."""

    def act(followers: FollowerStore) -> None:
        page = newest_page(followers, followers.read(APP_ID, OPENID), SUBJECT, 50, before)
        assert len(page.entries) == 50

    return act


@pytest.mark.capability(row="35")
@pytest.mark.long
def test_a_person_a_new_event_and_a_page_cost_the_same_in_a_long_history(measured: Measured) -> None:
    """A person takes two calls. No page reads what lies before or after it, the newest or an early one."""
    costs = []
    measured.cost(applied(measured, TextReceived("hello"), "the first, which opens an allowance"))
    for number in (100, MANY):
        measured.grow_to(number)
        early = NOON - timedelta(seconds=measured.events - 50)
        costs.append(
            {
                "a person": measured.cost(lambda followers: followers.read(APP_ID, OPENID)),
                "an event that is kept": measured.cost(
                    applied(measured, TextReceived("hello"), f"{number:06}")
                ),
                "an event that changes them": measured.cost(
                    applied(measured, ProfileChanged({"city": f"{number:06}"}), f"{number:06}")
                ),
                "the newest page": measured.cost(page_of(NOON)),
                "an early page": measured.cost(page_of(early)),
            }
        )

    assert costs[0] == costs[1]
    assert sum(costs[1]["a person"][0].values()) == 2
    # A page of 50 small events is some 20 KB, read in pieces of 4 KB.
    assert costs[1]["the newest page"][1] < 20


def everyone_in(segment: str, number: int) -> Iterator[Row]:
    people = [f"person-{one:06}" for one in range(number)]
    yield from (_member_key(segment, person_id) for person_id in people)
    by_shard = Counter(_count_key(segment, person_id)["sk"] for person_id in people)
    yield from ({"pk": SEGMENTS, "sk": shard, "people": count} for shard, count in by_shard.items())


@pytest.mark.long
def test_a_segment_is_counted_and_listed_by_pages_at_the_same_cost_however_many_are_in_it(
    measured: Measured,
) -> None:
    """A page has a query for each of the shards that it touches, of which few people have more."""
    lists = SegmentStore(measured.followers.table)
    most = []
    for segment, number in (("few", 400), ("many", MANY)):
        measured.world.followers.table.put_all(everyone_in(segment, number))
        found, after, costs = list[str](), None, Counter[tuple[int, float]]()
        while True:
            with measured.counter.counting():
                page = lists.members(segment, 100, after)
            costs[measured.counter.calls["query"], measured.counter.units] += 1
            found += page.person_ids
            after = page.after
            if after is None:
                break
        assert len(found) == len(set(found)) == number
        assert set(measured.counter.calls) == {"query"}
        most.append((max(calls for calls, _ in costs), max(units for _, units in costs)))
        with measured.counter.counting():
            assert lists.counts()[segment] == number
        assert measured.counter.calls == {"query": 1}

    (few_calls, few_units), (many_calls, many_units) = most
    assert many_calls <= few_calls <= SHARDS
    assert many_units <= few_units
