"""Points expire and mature by themselves: what the index finds; sweeps that die anywhere and run again."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.builders import NOON
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.calendars import FakeCalendars
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import CallCounter, TableSnapshot
from tests.support.turns import Work, every_order
from tests.support.world import World
from wejourney.adapters.dynamo.calendar_store import CalendarStore
from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS, FOLLOWER, partition, row_key, shard_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.errors import StaleFollowerError, TooLittleError
from wejourney.events.event_types import PointsChanged
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import due_on
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.keep_books import KeepBooks
from wejourney.services.loyalty.ports import DueBooks, Entry, KnownPeople

ANN = Follower("wx1", "ann-openid", "ann", contact_id="c", following=True, followed_at=NOON, member=True)
BEA = replace(ANN, openid="bea-openid", person_id="bea", contact_id="d", member=False)
LOT = Lot(Pocket.AVAILABLE, "2026-12-01")
MIDNIGHT = datetime(2026, 12, 1, 16, tzinfo=UTC)
"""The end of 1 December in Shanghai."""


@dataclass
class Watch:
    posts: list[tuple[str, Kind]] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)

    def posted(self, entry: Entry) -> None:
        self.posts.append((entry.person_id, entry.transaction.kind))

    def failed(self, person_id: str, error: Exception) -> None:
        self.failures.append((person_id, error))


@dataclass
class Stores:
    records: DueBooks
    followers: FollowerStore | FakeFollowers
    clock: FakeClock = field(default_factory=lambda: FakeClock(MIDNIGHT))
    watch: Watch = field(default_factory=Watch)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    is_heard: bool = False

    def __post_init__(self) -> None:
        for person in (ANN, BEA):
            self.followers.save(None, person)

    @property
    def bookkeeping(self) -> Bookkeeping:
        return Bookkeeping(self.records, self.followers, pause=lambda _: None)

    @property
    def sweep(self) -> KeepBooks:
        people: KnownPeople = (
            FakeCalendars(self.followers)
            if isinstance(self.followers, FakeFollowers)
            else CalendarStore(self.followers.table)
        )
        return KeepBooks(
            self.records,
            people,
            self.inbox,
            self.clock,
            self.watch,
            Programme(),
            lambda person: person.member,
            self.is_heard,
        )

    def swept(self) -> list[tuple[str, Kind]]:
        """Sweep all shards; what was posted."""
        self.watch.posts.clear()
        for shard in range(CALENDAR_SHARDS):
            self.sweep(shard, lambda: True)
        self.sweep.tell(lambda: True)
        return self.watch.posts

    def earn(self, amount: int, lot: Lot = LOT, person: str = "ann", asset: str = "points") -> None:
        def earned(books: Books) -> tuple[Posting, ...]:
            return decide.earn(books, amount, lot)

        id_ = f"{person}{asset}{lot}{amount}"
        asked = Asked(id_, Kind.EARN, NOON, Cause("order"), {"amount": amount}, day="2026-11-23", asset=asset)
        assert self.bookkeeping.post(person, asked, earned, is_told=True)

    def person(self, person_id: str) -> Follower:
        person = self.followers.person(person_id)
        assert person is not None
        return person


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "in memory":
        fakes = FakeFollowers()
        return Stores(FakeBooks(fakes), fakes)
    return Stores(request.getfixturevalue("books"), request.getfixturevalue("followers"))


def test_points_expire_at_the_end_of_their_last_day_and_the_person_sees_it(stores: Stores) -> None:
    stores.earn(50)
    stores.earn(7, Lot(Pocket.AVAILABLE, "2027-01-31"))

    stores.clock.at = MIDNIGHT - timedelta(microseconds=1)
    assert stores.swept() == []
    stores.clock.at = MIDNIGHT
    assert stores.swept() == [("ann", Kind.EXPIRE)]
    assert stores.swept() == []
    assert stores.person("ann").balances["points"] == Balance(
        7, expiring=7, expires_on="2027-01-31", earned={"2026-11": 57}
    )
    assert stores.records.books("ann").total(Pocket.EXPIRED) == 50


def test_each_asset_of_each_person_is_due_by_itself(stores: Stores) -> None:
    for person in ("ann", "bea"):
        for asset in ("points", "stamps"):
            stores.earn(5, LOT, person, asset)

    assert sorted(stores.swept()) == [(name, Kind.EXPIRE) for name in ("ann", "ann", "bea", "bea")]


def test_what_was_pending_becomes_available_to_members_and_waits_for_others(stores: Stores) -> None:
    pending = Lot(Pocket.PENDING, "2027-01-31", "2026-12-02")
    for person in ("ann", "bea"):
        stores.earn(5, pending, person)

    assert sorted(stores.swept()) == [("ann", Kind.MATURE), ("bea", Kind.MATURE)]
    assert stores.records.books("ann").lots == {Lot(Pocket.AVAILABLE, "2027-01-31"): 5}
    assert stores.records.books("bea").lots == {Lot(Pocket.UNCLAIMED, "2027-01-31"): 5}


def test_days_that_were_missed_are_posted_in_their_order(stores: Stores) -> None:
    stores.earn(5)
    for day in ("2026-11-30", "2026-12-02", "2026-12-04"):
        stores.earn(6, Lot(Pocket.PENDING, "", day))
    stores.clock.at = MIDNIGHT + timedelta(days=3)

    assert stores.swept() == [("ann", kind) for kind in (Kind.MATURE, Kind.EXPIRE, Kind.MATURE, Kind.MATURE)]
    books = stores.records.books("ann")
    assert (books.available, books.earned) == (18, {"2026-11": 11, "2026-12": 12})


def test_what_has_expired_cannot_be_spent_before_the_sweep_either(stores: Stores) -> None:
    stores.earn(50)
    stores.earn(7, Lot(Pocket.AVAILABLE, "2027-01-31"))

    def spend(amount: int, day: str) -> None:
        asked = Asked(f"till-{amount}", Kind.SPEND, MIDNIGHT, Cause("till"), {}, day=day)
        stores.bookkeeping.post("ann", asked, lambda books: decide.spend(books, amount))

    spend(10, "2026-12-01")
    with pytest.raises(TooLittleError):
        spend(8, "2026-12-02")
    spend(7, "2026-12-02")

    books = stores.records.books("ann")
    assert (books.available, books.total(Pocket.EXPIRED)) == (0, 40)
    assert stores.swept() == []


def test_the_books_of_somebody_who_was_erased_are_kept(stores: Stores) -> None:
    stores.earn(5, LOT, "somebody-erased")

    assert stores.swept() == [("somebody-erased", Kind.EXPIRE)]
    assert stores.watch.failures == []


def test_who_joins_while_their_points_mature_has_them_available_in_the_end(stores: Stores) -> None:
    """Unclaimed points that come after the claim would be unclaimed for ever."""
    stores.earn(5, Lot(Pocket.PENDING, "", "2026-12-02"), "bea")
    read = stores.person("bea")
    late = Entry(
        "bea",
        Asked("m", Kind.MATURE, MIDNIGHT, Cause("2026-12-02"), {}, day="2026-12-02").with_postings(
            decide.mature(stores.records.books("bea"), "2026-12-02", Pocket.UNCLAIMED)
        ),
        stores.records.books("bea"),
        person_rev=read.rev,
    )
    stores.followers.save(read, replace(read, member=True, rev=read.rev + 1))
    with pytest.raises(StaleFollowerError):
        stores.records.post(late)

    stores.swept()
    assert stores.records.books("bea").available == 5


def test_books_that_cannot_be_kept_are_reported_and_the_others_are_kept(stores: Stores) -> None:
    for person in ("ann", "bea", "cat"):
        stores.earn(5, LOT, person)
    records, post = stores.records, stores.records.post

    def fails(*entries: Entry) -> None:
        if entries[0].person_id == "bea":
            raise ValueError("a lot that nobody can read")
        post(*entries)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(records), "post", staticmethod(fails))
        assert {name for name, _ in stores.swept()} == {"ann", "cat"}
    assert [name for name, _ in stores.watch.failures] == ["bea"]
    assert stores.swept() == [("bea", Kind.EXPIRE)]


def test_a_sweep_that_runs_out_of_time_is_gone_on_with_by_the_next_one(stores: Stores) -> None:
    for number in range(5):
        stores.earn(5, LOT, "ann", f"asset{number}")
    shard, times = shard_of("ann"), iter([True, True, False])
    stores.sweep(shard, lambda: next(times))

    assert len(stores.watch.posts) == 2
    assert len(stores.swept()) == 3


def heard(stores: Stores) -> list[tuple[str, int, int, str | None]]:
    """Whom the events in the inbox are for, and what they say."""
    found = []
    for event in stores.inbox.queued:
        assert isinstance(event.body, PointsChanged)
        found.append((event.subject.openid, event.body.before, event.body.points, event.body.by))
    return found


def test_what_a_day_brings_is_told_to_journeys_that_listen_to_points(stores: Stores) -> None:
    stores.is_heard = True
    stores.earn(50)
    stores.earn(8, Lot(Pocket.PENDING, "", "2026-12-02"))
    stores.earn(9, LOT, "ann", "stamps")
    stores.earn(3, Lot(Pocket.UNCLAIMED, "2026-12-01"), "bea")
    stores.earn(4, Lot(Pocket.PENDING, "", "2026-12-02"), "bea")
    stores.swept()
    stores.swept()

    # Bea has none that she could spend, before and after; what she has earned may give her a tier.
    assert sorted(heard(stores)) == [
        ("ann-openid", 0, 8, "mature"),
        ("ann-openid", 50, 0, "expire"),
        ("bea-openid", 0, 0, "mature"),
    ]
    assert list(stores.records.untold()) == []


def test_a_sale_and_what_has_expired_before_it_are_told_by_the_next_sweep(stores: Stores) -> None:
    stores.is_heard = True
    stores.earn(50)
    stores.earn(7, Lot(Pocket.AVAILABLE, "2027-01-31"))
    asked = Asked("till", Kind.SPEND, MIDNIGHT, Cause("till"), {}, day="2026-12-02")
    stores.bookkeeping.post("ann", asked, lambda books: decide.spend(books, 2))
    assert stores.inbox.queued == []

    stores.swept()
    stores.swept()
    assert sorted(heard(stores)) == [("ann-openid", 7, 5, "spend"), ("ann-openid", 57, 7, "expire")]


# --- on the table ----------------------------------------------------------------------------------------


@pytest.fixture
def on_tables(books: BooksStore, followers: FollowerStore) -> Stores:
    return Stores(books, followers)


def test_a_sweep_asks_twice_when_nothing_is_due_and_reads_only_whose_books_are(on_tables: Stores) -> None:
    assert isinstance(on_tables.followers, FollowerStore)
    for number in range(40):
        on_tables.earn(5, Lot(Pocket.AVAILABLE, "2027-01-31"), f"person{number}")
    with CallCounter().listening(on_tables.followers.table.client) as quiet:
        on_tables.swept()
    on_tables.earn(5)
    on_tables.earn(5, Lot(Pocket.PENDING, "", "2026-12-02"))
    with CallCounter().listening(on_tables.followers.table.client) as due:
        on_tables.sweep(shard_of("ann"), lambda: True)

    assert quiet.operations == ["Query"] * 2 * CALENDAR_SHARDS  # What is due, and what is untold.
    posts = ["TransactWriteItems", "GetItem", "TransactWriteItems"]
    assert due.operations == ["Query", "GetItem", *posts]


def test_what_a_merge_is_about_to_move_is_left_to_it(on_tables: Stores) -> None:
    assert isinstance(on_tables.followers, FollowerStore)
    on_tables.earn(5)
    row = row_key(partition("ann"), FOLLOWER)
    on_tables.followers.table.update(row, [Column("merged_into").set("bea")])

    assert on_tables.swept() == []
    assert on_tables.watch.failures == []
    assert on_tables.records.books("ann").lots == {LOT: 5}


def test_a_sweep_that_is_killed_before_any_call_posts_everything_once_in_the_end(
    on_tables: Stores, world: World, tables: str
) -> None:
    on_tables.earn(50)
    on_tables.earn(6, Lot(Pocket.PENDING, "2027-01-31", "2026-12-01"))
    on_tables.earn(8, Lot(Pocket.PENDING, "2027-01-31", "2026-12-02"))
    on_tables.earn(9, LOT, "ann", "stamps")
    on_tables.is_heard = True
    before, place = TableSnapshot(tables, "FollowersTable", "LedgerTable"), 0
    while True:
        before.restore()
        on_tables.inbox = FakeInbox()
        hazard = Hazard(place)
        with hazard.in_dynamodb(world):
            try:
                replace(on_tables.sweep, inbox=hazard.around(on_tables.inbox))(shard_of("ann"), lambda: True)
            except Killed:
                pass
            else:
                break
        on_tables.swept()

        points, stamps = (on_tables.records.books("ann", asset) for asset in ("points", "stamps"))
        assert (points.available, points.total(Pocket.EXPIRED)) == (14, 50), place
        assert points.earned == {"2026-11": 50, "2026-12": 14}, place
        assert stamps.total(Pocket.EXPIRED) == 9, place
        assert on_tables.person("ann").points == 14, place
        kinds = [moved.kind for moved in on_tables.records.newest("ann")]
        assert sorted(kinds) == sorted([*3 * [Kind.EARN], Kind.EXPIRE, *2 * [Kind.MATURE]]), place
        assert due_on(points) > "2027-01-31", place
        told = {event.id: event.body for event in on_tables.inbox.told}.values()
        changes = [(one.before, one.points) for one in told if isinstance(one, PointsChanged)]
        assert sorted(changes) == [(6, 14), (50, 56), (56, 6)], place
        place += 1

    assert place == 18
    assert on_tables.watch.failures == []


def test_two_sweeps_at_once_post_everything_once_in_every_order_of_their_calls(
    on_tables: Stores, world: World, tables: str
) -> None:
    on_tables.earn(50)
    on_tables.earn(6, Lot(Pocket.PENDING, "2027-01-31", "2026-12-02"))
    before = TableSnapshot(tables, "FollowersTable", "LedgerTable")

    def sweep() -> None:
        on_tables.sweep(shard_of("ann"), lambda: True)

    def works(number: int) -> tuple[Work, Work]:
        if number:
            assert_posted_once(number)
        before.restore()
        return sweep, sweep

    def assert_posted_once(number: int) -> None:
        on_tables.swept()
        books = on_tables.records.books("ann")
        assert (books.available, books.total(Pocket.EXPIRED), books.rev) == (6, 50, 4), number

    orders = every_order(world, works)
    assert_posted_once(orders)
    assert orders > 10
    assert on_tables.watch.failures == []
