"""The calendar's promises, of the store on a real table and of the fake alike, and what a sweep costs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, event
from tests.support.calendars import Watch, entries_of, is_told
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.calendars import FakeCalendars
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import CallCounter, client, empty
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.calendar_store import INDEX, CalendarStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS, shard_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.errors import StaleFollowerError
from wejourney.events.event_types import DateCame
from wejourney.journeys.definition import Trigger
from wejourney.people.erasure import Erasure
from wejourney.people.followers import NEVER, Follower
from wejourney.services.look_at_calendars import LookAtCalendars
from wejourney.services.ports.calendars import Calendars, Review
from wejourney.services.ports.followers import FollowerInbox

DAY = timedelta(days=1)
BIRTHDAY = entries_of({"birthday": Trigger("date", name="birthday", time=9 * 60, yearly=True)})
NINE = datetime.fromisoformat("2026-11-23T01:00:00+00:00")
"""Of the morning after NOON in Shanghai."""


@dataclass
class Stores:
    followers: FollowerInbox
    calendars: Calendars

    def known(self, number: int, look_at: datetime | None) -> Follower:
        """Somebody of the first shard."""
        names = (f"person-{number}-{more}" for more in range(1_000))
        person_id = next(name for name in names if shard_of(name) == 0)
        follower = Follower(APP_ID, f"oKnown{number:022}", person_id, following=True, look_at=look_at)
        self.followers.save(None, follower)
        return follower

    def due(self, now: datetime) -> list[str]:
        return list(self.calendars.due(0, now))

    def everybody(self) -> set[str]:
        found: set[str] = set()
        cursor: str | None = ""
        while cursor is not None:
            page = self.calendars.page(0, cursor)
            found, cursor = found | set(page.person_ids), page.cursor
        return found


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "in memory":
        followers = FakeFollowers()
        return Stores(followers, FakeCalendars(followers))
    store: FollowerStore = request.getfixturevalue("followers")
    return Stores(store, CalendarStore(store.table))


def test_whoever_is_due_is_found_the_longest_due_first_and_nobody_of_another_shard(stores: Stores) -> None:
    looks = [NOON + DAY, NOON - DAY, NOON, NOON - 2 * DAY, NEVER, None]
    people = [stores.known(number, look_at).person_id for number, look_at in enumerate(looks)]

    assert stores.due(NOON) == [people[3], people[1], people[2]]
    assert stores.due(NOON + timedelta(seconds=0.5)) == stores.due(NOON)
    assert stores.due(NOON - 3 * DAY) == []
    assert list(stores.calendars.due(1, NOON)) == []


def test_everybody_whom_an_event_was_applied_to_is_in_the_calendar_page_by_page(stores: Stores) -> None:
    people = {stores.known(number, NEVER).person_id for number in range(230)}
    stores.known(1_000, None)

    assert stores.everybody() == people


def test_a_plan_moves_when_somebody_is_due_and_is_their_next_revision(stores: Stores) -> None:
    lee = stores.known(1, NOON)
    stores.calendars.plan(lee, NOON + DAY)

    assert stores.due(NOON) == []
    assert stores.due(NOON + DAY) == [lee.person_id]
    assert stores.calendars.person(lee.person_id) == replace(lee, look_at=NOON + DAY, rev=1)


def test_a_plan_for_somebody_who_has_changed_or_is_gone_is_stale(stores: Stores) -> None:
    lee = stores.known(1, NOON)
    stores.followers.save(lee, lee.changed(tags=frozenset({"vip"})))
    with pytest.raises(StaleFollowerError):
        stores.calendars.plan(lee, NEVER)
    with pytest.raises(StaleFollowerError):
        stores.calendars.plan(replace(lee, person_id="nobody", openid="oNobody"), NEVER)
    assert stores.due(NOON) == [lee.person_id]


def test_who_decided_before_a_plan_decides_again(stores: Stores) -> None:
    lee = stores.known(1, NOON)
    stores.calendars.plan(lee, NOON + DAY)
    with pytest.raises(StaleFollowerError):
        stores.followers.save(lee, lee.changed(look_at=NEVER))


def test_who_is_erased_leaves_nothing_in_the_calendar(stores: Stores) -> None:
    lee = stores.known(1, NOON)
    stores.followers.erase(lee.subject, Erasure(NOON, person_ids=(lee.person_id,)))

    assert stores.due(NEVER) == []
    assert stores.everybody() == set()
    assert stores.calendars.person(lee.person_id) is None


@pytest.mark.parametrize("cursor", ["", "here", None])
def test_how_far_a_review_is_is_kept_by_shard(stores: Stores, cursor: str | None) -> None:
    assert stores.calendars.review(3) is None
    stores.calendars.save_review(3, Review("triggers", cursor, "2026-11-28"))

    assert stores.calendars.review(3) == Review("triggers", cursor, "2026-11-28")
    assert stores.calendars.review(2) is None


# --- on the table ----------------------------------------------------------------------------------------


@dataclass
class Sweeps:
    """The calendar on a real table."""

    world: World
    inbox: FakeInbox
    watch: Watch

    def __call__(self, shard: int) -> list[str]:
        """Sweep a shard; returns its calls to DynamoDB."""
        store = self.world.followers
        sweep = LookAtCalendars(
            FakeAccounts(),
            CalendarStore(store.table),
            self.inbox,
            self.world.clock,
            self.watch,
            BIRTHDAY,
        )
        with CallCounter().listening(store.table.client) as counted:
            sweep(shard, lambda: True)
        assert self.watch.failures == []
        return counted.operations


@pytest.fixture
def sweeps(world: World) -> Sweeps:
    return prepared(world)


def prepared(world: World) -> Sweeps:
    """Somebody with a birthday tomorrow, after the first sweep of all."""
    world.entries = BIRTHDAY
    world.takes(is_told(NOON + timedelta(minutes=2), birthday="1990-11-23"))
    sweeps = Sweeps(world, FakeInbox(), Watch())
    for shard in range(CALENDAR_SHARDS):
        sweeps(shard)
    return sweeps


def mine(world: World) -> int:
    return shard_of(world.follower().person_id)


QUIET = ["Query", "GetItem"]


@pytest.mark.parametrize("people", [0, 300])
def test_a_quiet_sweep_takes_two_calls_a_shard_however_many_people_there_are(
    sweeps: Sweeps, people: int
) -> None:
    stores = Stores(sweeps.world.followers, CalendarStore(sweeps.world.followers.table))
    for number in range(people):
        stores.known(number, NEVER)

    assert [sweeps(shard) for shard in range(CALENDAR_SHARDS)] == [QUIET] * CALENDAR_SHARDS


def test_whom_something_comes_for_takes_a_read_and_a_write(sweeps: Sweeps) -> None:
    sweeps.world.clock.at = NINE
    assert sweeps(mine(sweeps.world)) == ["Query", "GetItem", "UpdateItem", "GetItem"]
    (came,) = sweeps.inbox.queued
    assert (came.body, came.at, came.subject) == (DateCame("birthday"), NINE, SUBJECT)
    assert sweeps.world.follower().look_at == NINE.replace(year=2027)
    assert sweeps(mine(sweeps.world)) == QUIET


def test_what_came_starts_the_journey_and_its_repetition_nothing(sweeps: Sweeps) -> None:
    sweeps.world.clock.at = NINE
    sweeps(mine(sweeps.world))
    for _ in range(2):
        sweeps.world.takes(sweeps.inbox.queued[0])

    runs = [start.run for start in sweeps.world.runs.started.values()]
    assert [run.journey for run in runs if run.journey == "birthday"] == ["birthday"]


def test_a_sweep_that_is_killed_before_any_call_to_the_table_starts_the_journey_once_in_the_end(
    followers: FollowerStore, ledger: BooksStore, tables: str
) -> None:
    for place in range(4):
        empty(tables, "FollowersTable", "LedgerTable")
        sweeps = prepared(new_world(followers, ledger))
        sweeps.world.clock.at = NINE
        hazard = Hazard(place)
        with hazard.in_dynamodb(sweeps.world), pytest.raises(Killed):
            sweeps(mine(sweeps.world))
        sweeps(mine(sweeps.world))
        for queued in sweeps.inbox.queued:
            sweeps.world.takes(queued)

        runs = [start.run.journey for start in sweeps.world.runs.started.values()]
        assert runs.count("birthday") == 1, place
        assert sweeps.world.follower().look_at == NINE.replace(year=2027)


def scan(url: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client(url).scan(TableName="FollowersTable", **asked)["Items"]
    return found


def test_the_index_names_people_by_our_own_ids_and_knows_nothing_else_of_them(
    sweeps: Sweeps, tables: str
) -> None:
    assert {name for item in scan(tables, IndexName=INDEX) for name in item} == {
        "pk",
        "sk",
        "calendar",
        "look_at",
    }
    assert OPENID not in str(scan(tables, IndexName=INDEX))


def test_an_erasure_leaves_nothing_in_the_index(sweeps: Sweeps, tables: str) -> None:
    sweeps.world.takes(event("unsubscribe", NOON + timedelta(hours=1)))

    assert scan(tables, IndexName=INDEX) == []


type Move = Callable[[Sweeps], None]
MOVES: dict[str, tuple[dict[str, str], datetime]] = {
    "to another date": ({"birthday": "1990-11-30"}, NINE + 7 * DAY),
    "to another zone": ({"time_zone": "Europe/Paris"}, NINE + timedelta(hours=7)),
    "away": ({"birthday": ""}, NEVER),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_change_of_the_profile_moves_the_look_in_its_own_transaction(sweeps: Sweeps, name: str) -> None:
    told, look_at = MOVES[name]
    with CallCounter().listening(sweeps.world.followers.table.client) as counted:
        sweeps.world.takes(is_told(NOON + timedelta(minutes=3), **told))

    assert counted.operations == ["GetItem", "Query", "TransactWriteItems"]
    assert sweeps.world.follower().look_at == look_at
