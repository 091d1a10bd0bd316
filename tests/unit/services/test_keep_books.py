"""What people have does not depend on when the books are kept, nor on how often."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.calendars import FakeCalendars
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.hazard import Hazard, Killed
from tests.support.keeping import Silent
from wejourney.adapters.dynamo.items import shard_of
from wejourney.errors import WejourneyError
from wejourney.events.event_types import PointsChanged
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.books import Books
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.replay import Replay
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import Bookkeeping, Decide
from wejourney.services.loyalty.keep_books import KeepBooks

ANN = Follower("wx1", "ann-openid", "ann", contact_id="c", following=True, followed_at=NOON, member=True)
FIRST = date(2027, 1, 1)


def day(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


def morning(number: int) -> datetime:
    """Ten in the morning in Shanghai."""
    return datetime(2027, 1, 1, 2, tzinfo=UTC) + timedelta(days=number)


LAST_DAYS = st.sampled_from(["", *map(day, range(6))])
AMOUNTS = st.integers(1, 40)
ACTS = st.one_of(
    st.tuples(st.just("earn"), AMOUNTS, LAST_DAYS),
    st.tuples(st.just("earn unclaimed"), AMOUNTS, LAST_DAYS),
    st.tuples(st.sampled_from(["spend", "hold", "adjust", "take back", "give back"]), AMOUNTS, st.just("")),
    st.tuples(st.sampled_from(["release", "capture", "claim"]), st.just(1), st.just("")),
)
LIVES = st.lists(st.tuples(st.integers(0, 7), ACTS), max_size=14).map(lambda acts: sorted(acts, key=_day_of))


def _day_of(act: tuple[int, object]) -> int:
    return act[0]


@dataclass
class Life:
    """Somebody's books, on which acts are posted; each is answered or refused."""

    followers: FakeFollowers = field(default_factory=FakeFollowers)
    answers: list[str] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)
    is_told: bool = True
    """Whether who posts tells of it."""

    def __post_init__(self) -> None:
        self.followers.save(None, ANN)
        self.books = FakeBooks(self.followers)
        self.inbox = FakeInbox()

    def act(self, number: int, today: int, what: str, amount: int, last_day: str) -> None:
        self.clock.at = morning(today)
        kind, reverses, decided = self._decision(number, what, amount, last_day)
        asked = Asked(
            f"act{number}", kind, morning(today), Cause(what), {}, day=day(today), reverses=reverses
        )
        bookkeeping = Bookkeeping(self.books, self.followers, pause=lambda _: None)
        try:
            posted = (
                bookkeeping.take_back(asked, amount, is_told=self.is_told)
                if reverses
                else bookkeeping.post("ann", asked, decided, is_told=self.is_told)
            )
        except WejourneyError as error:
            self.answers.append(type(error).__name__)
        else:
            moved = dict(posted.transaction.moved) if posted is not None else None
            self.answers.append(f"{moved}")

    def _decision(self, number: int, what: str, amount: int, last_day: str) -> tuple[Kind, str, Decide]:
        def of(kind: Kind) -> str:
            return next((id_ for id_, one in self._posted() if one == kind), "act-none")

        match what:
            case "earn" | "earn unclaimed":
                lot = Lot(Pocket.AVAILABLE if what == "earn" else Pocket.UNCLAIMED, last_day)
                return Kind.EARN, "", lambda books: decide.earn(books, amount, lot)
            case "spend":
                return Kind.SPEND, "", lambda books: decide.spend(books, amount)
            case "hold":
                return Kind.HOLD, "", lambda books: decide.hold(books, amount, f"h{number}")
            case "adjust":
                return Kind.ADJUST, "", lambda books: decide.adjust(books, -amount, Lot(Pocket.AVAILABLE))
            case "take back":
                return Kind.REVERSE, of(Kind.EARN), lambda _: ()
            case "give back":
                return Kind.REVERSE, of(Kind.SPEND), lambda _: ()
            case "claim":
                return Kind.CLAIM, "", decide.claim
            case "release":
                return Kind.RELEASE, "", lambda books: decide.release(books, _held(books))
            case _:
                return Kind.CAPTURE, "", lambda books: decide.capture(books, _held(books), amount)

    def _posted(self) -> list[tuple[str, Kind]]:
        return [(id_, one.transaction.kind) for id_, one in self.books.rows.transactions.items()]

    def keep(self, today: int, hazard: Hazard | None = None) -> None:
        """The sweep of a day; with a hazard it dies on its way."""
        self.clock.at = morning(today)
        outside = (self.books, self.inbox)
        books, inbox = outside if hazard is None else map(hazard.around, outside)
        people = FakeCalendars(self.followers)
        keep = KeepBooks(books, people, inbox, self.clock, Silent(), Programme(), lambda one: one.member)
        keep(shard_of("ann"), lambda: True)
        keep.tell(lambda: True)


def _held(books: Books) -> str:
    return next((lot.hold for lot in books.of(Pocket.HELD)), "none")


def lived(
    acts: list[tuple[int, tuple[str, int, str]]],
    sweeps: set[int],
    killed: int | None = None,
    *,
    is_told: bool = True,
) -> Life:
    """A life with sweeps at the beginning of these days; each is killed once before this call of it."""
    life = Life(is_told=is_told)
    for today in range(9):
        if today in sweeps:
            if killed is not None:
                with suppress(Killed):
                    life.keep(today, Hazard(killed))
            life.keep(today)
        for number, (when, (what, amount, last_day)) in enumerate(acts):
            if when == today:
                life.act(number, today, what, amount, last_day)
    life.keep(9)
    return life


@settings(max_examples=300)
@given(acts=LIVES, sweeps=st.sets(st.integers(0, 8)), killed=st.sampled_from([None, *range(8)]))
def test_who_is_swept_every_day_and_who_hardly_ever_is_have_the_same_and_are_answered_the_same(
    acts: list[tuple[int, tuple[str, int, str]]], sweeps: set[int], killed: int | None
) -> None:
    daily, sometimes = lived(acts, set(range(9))), lived(acts, sweeps, killed)

    assert sometimes.answers == daily.answers
    theirs, mine = daily.books.books("ann"), sometimes.books.books("ann")
    assert replace(theirs, rev=0) == replace(mine, rev=0)
    for life in (daily, sometimes):
        replay, books = Replay(), life.books.books("ann")
        for transaction in life.books.newest("ann"):
            replay.add(transaction)
        assert list(replay.differences("ann", "points", books)) == []
        assert sum(books.lots.values()) + sum(books.programme.values()) == 0
        person = life.followers.person("ann")
        assert person is not None
        assert person.points == books.available


@pytest.mark.parametrize("killed", range(8))
def test_of_points_that_expire_journeys_hear_once_wherever_the_sweep_is_killed(killed: int) -> None:
    life = lived([(0, ("earn", 30, day(0))), (0, ("earn", 5, ""))], {1}, killed)

    assert len({event.id for event in life.inbox.told}) == 1
    assert life.followers.person("ann") is not None


@settings(max_examples=300)
@given(acts=LIVES, sweeps=st.sets(st.integers(0, 8)), killed=st.sampled_from([None, *range(8)]))
def test_each_threshold_is_passed_for_journeys_as_often_as_the_balance_passes_it(
    acts: list[tuple[int, tuple[str, int, str]]], sweeps: set[int], killed: int | None
) -> None:
    """Whatever is posted, by whom and when it is told: the changes that are heard of join to the balance."""
    life = lived(acts, sweeps, killed, is_told=False)

    heard = {event.id: event.body for event in life.inbox.told}.values()
    changes = [(one.before, one.points) for one in heard if isinstance(one, PointsChanged)]
    has = life.books.books("ann").available
    for threshold in range(-100, 300):
        up = sum(before < threshold <= after for before, after in changes)
        down = sum(after < threshold <= before for before, after in changes)
        assert up - down == (has >= threshold) - (threshold <= 0), threshold
    assert list(life.books.untold()) == []
