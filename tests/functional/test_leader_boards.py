"""Leader boards on a real table, and in memory: a board is what sorting all rounds that count gives."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functional.test_long_histories import MANY, CapacityCounter
from tests.support.builders import APP_ID, NOON, OPENID, erasure_of
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.loyalty.games import FakeGames
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import TableSnapshot, client
from tests.support.turns import Work, every_order
from tests.support.world import new_world, person_of
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.game_store import GameStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.events.matching import EventPattern
from wejourney.loyalty.earning import Earner, Earning, earnings
from wejourney.loyalty.earning_rules import Days, EarningRule
from wejourney.loyalty.expiry import Expiry
from wejourney.loyalty.games import Board, Counts, Every, GameTerms, NamesShown, Standing, WhyUnranked
from wejourney.loyalty.programme import Programme
from wejourney.people.consents import Consent
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind
from wejourney.services.loyalty.leader_boards import (
    IN_PROCESS,
    LeaderBoards,
    PeopleByIds,
    RankGames,
    Result,
    ResultRecords,
)
from wejourney.services.loyalty.play_games import PlayGames, RoundRecords
from wejourney.services.loyalty.serve_leaders import ServeLeaders
from workbench.operations.timeline import timeline_of
from workbench.trace.recorded import recorded_trace
from workbench.trace.transcript import transcript
from workbench.wording.picture_phrases import Language

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
TERMS = GameTerms(highest=500, rounds_per_hour=100, first=100)
HIDDEN = NamesShown("nickname", "leader-board")
AGREED = {"leader-board": Consent(given=True, at=NOON)}


class Records(RoundRecords, ResultRecords, Protocol):
    """All that is on record of games."""


class Stores(Protocol):
    """Where people, rounds and boards are."""

    @property
    def records(self) -> Records: ...

    @property
    def names(self) -> PeopleByIds: ...

    def person(self, person_id: str) -> Follower | None: ...

    def add(self, person: Follower) -> None: ...

    def merge(self, younger: str, older: str) -> None: ...

    def erase(self, person_id: str) -> None: ...


class InMemory(FakeGames):
    @property
    def records(self) -> Records:
        return self

    @property
    def names(self) -> PeopleByIds:
        return self


@dataclass
class OnTables:
    followers: FollowerStore
    records: Records

    @property
    def names(self) -> PeopleByIds:
        return PeopleStore(self.followers.table)

    def person(self, person_id: str) -> Follower | None:
        return self.followers.person(person_id)

    def add(self, person: Follower) -> None:
        self.followers.save(None, person)

    def merge(self, younger: str, older: str) -> None:
        one, other = self.followers.person(younger), self.followers.person(older)
        assert one is not None
        assert other is not None
        self.followers.merge(one, other, IdentityKind.PHONE, NOON)

    def erase(self, person_id: str) -> None:
        person = self.followers.person(person_id)
        assert person is not None
        for contact in person.contacts:
            erasure = erasure_of(person.person_id)
            assert self.followers.erase(contact.subject, replace(erasure, contact_id=contact.contact_id))


@dataclass
class Arcade:
    """People who play the game `rings`."""

    stores: Stores
    terms: GameTerms = TERMS
    at: datetime = NOON
    inbox: FakeInbox = field(default_factory=FakeInbox)
    why: dict[str, WhyUnranked] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=count)

    def note_unranked(self, event: InboundEvent, _follower: Follower, why: WhyUnranked) -> None:
        self.why[event.id] = why

    @property
    def programme(self) -> Programme:
        return Programme(zone="UTC", games={"rings": self.terms})

    def comes(self, name: str, **fields: Any) -> str:
        person = Follower("wxmini", f"o-{name}", name, contact_id=f"c-{name}", known_since=NOON)
        self.stores.add(replace(person, **fields))
        return name

    def event(self, score: int, round_: str, at: datetime, cause: str = "") -> InboundEvent:
        details = {"game": "rings", "score": str(score), "round": round_}
        body = MiniProgramEvent("game.scored", details=details)
        return own_event(body, cause or f"{round_} {score}", Subject("wxmini", "o"), at)

    def play(self, records: Records | None = None) -> PlayGames:
        return PlayGames(
            records or self.stores.records, self.stores, self, self.programme, lambda: self.at, lambda _: None
        )

    def plays(
        self, name: str, score: int, round_: str = "", at: datetime | None = None, cause: str = ""
    ) -> WhyUnranked | None:
        """Somebody plays a round, by default another one; why it does not count."""
        event = self.event(score, round_ or f"r{next(self.ids)}", at or self.at, cause)
        person = self.stores.person(name)
        assert person is not None
        self.why.pop(event.id, None)
        self.play()(event, person)
        return self.why.get(event.id)

    def board(self, day: datetime | None = None) -> Board:
        boards = LeaderBoards(self.stores.records, self.stores.names, self.programme)
        board = boards.board("rings", (day or self.at).date())
        assert board is not None
        return board

    def leaders(self, day: datetime | None = None) -> list[tuple[str, int]]:
        boards = LeaderBoards(self.stores.records, self.stores.names, self.programme)
        found = boards.first(self.board(day))
        assert [one.rank for one in found] == list(range(1, len(found) + 1))
        return [(one.person_id, one.score) for one in found]

    def rank(self) -> int:
        games = RankGames(self.stores.records, self.stores, self.programme, self.inbox, lambda: self.at)
        return games.settle_due()

    def heard(self) -> list[tuple[str, str, str, str]]:
        """Who has heard of which period that they are in which place, with which score, each event once."""
        told = {event.id: event for event in self.inbox.told}
        bodies = [(event.subject.openid.removeprefix("o-"), event.body) for event in told.values()]
        return [
            (who, body.details["period"], body.details["rank"], body.details["score"])
            for who, body in bodies
            if isinstance(body, MiniProgramEvent) and body.name == "game.ranked"
        ]


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "in memory":
        return InMemory()
    followers: FollowerStore = request.getfixturevalue("followers")
    ledger: BooksStore = request.getfixturevalue("ledger")
    return OnTables(followers, GameStore(followers.table, ledger.table))


@pytest.fixture
def arcade(stores: Stores) -> Arcade:
    arcade = Arcade(stores)
    for name in ("ann", "bob", "cho", "dan"):
        arcade.comes(name)
    return arcade


# --- what counts ---------------------------------------------------------------------------------


@pytest.mark.capability(row="37")
@pytest.mark.parametrize(
    ("counts", "expected"),
    [(Counts.BEST, [("bob", 60), ("ann", 50)]), (Counts.SUM, [("ann", 80), ("bob", 60)])],
)
def test_a_board_has_the_best_score_of_each_or_the_sum_of_all(
    arcade: Arcade, counts: Counts, expected: list[tuple[str, int]]
) -> None:
    arcade.terms = replace(TERMS, counts=counts)
    for name, score in (("ann", 30), ("bob", 60), ("ann", 50)):
        assert arcade.plays(name, score) is None
    assert arcade.leaders() == expected


@pytest.mark.capability(row="37")
@pytest.mark.parametrize("counts", Counts)
def test_a_round_counts_once_however_often_and_with_whatever_score_it_is_told(
    arcade: Arcade, counts: Counts
) -> None:
    arcade.terms = replace(TERMS, counts=counts)
    assert arcade.plays("ann", 50, "r-1") is None
    assert arcade.plays("ann", 50, "r-1") is None, "delivered again"
    assert arcade.plays("ann", 90, "r-1", NOON + 70 * MINUTE) is WhyUnranked.COUNTED_BEFORE
    assert arcade.plays("bob", 20, "r-1") is None, "another's round"
    assert arcade.leaders() == [("ann", 50), ("bob", 20)]


@pytest.mark.capability(row="37")
def test_a_score_that_is_not_plausible_counts_for_nothing(arcade: Arcade) -> None:
    assert arcade.plays("ann", 500) is None
    assert arcade.plays("bob", 501) is WhyUnranked.SCORE_TOO_HIGH
    assert arcade.leaders() == [("ann", 500)]


@pytest.mark.capability(row="37")
def test_no_more_rounds_count_in_an_hour_of_the_clock_than_the_limit(arcade: Arcade) -> None:
    arcade.terms = replace(TERMS, counts=Counts.SUM, rounds_per_hour=3)
    arcade.at = NOON + DAY
    found = [arcade.plays("ann", 1, at=NOON + minute * MINUTE) for minute in (0, 59, 30, 45, 60)]
    assert found == [None, None, None, WhyUnranked.TOO_MANY_ROUNDS, None]
    assert arcade.plays("bob", 1, at=NOON) is None, "of each person"
    assert arcade.leaders() == [("ann", 4), ("bob", 1)]


@pytest.mark.capability(row="37")
def test_a_round_counts_on_the_board_of_its_day_until_that_closes(arcade: Arcade) -> None:
    arcade.terms = replace(TERMS, every=Every.DAY)
    arcade.plays("ann", 10)
    closes_at = arcade.board().closes_at
    assert closes_at is not None
    arcade.at = closes_at - SECOND
    assert arcade.plays("bob", 20, at=NOON) is None
    assert arcade.plays("cho", 5) is None
    arcade.at = closes_at
    assert arcade.plays("dan", 30, at=NOON) is WhyUnranked.BOARD_CLOSED
    assert arcade.leaders(NOON) == [("bob", 20), ("ann", 10)]
    assert arcade.leaders() == [("cho", 5)]


def test_a_round_that_has_counted_is_known_also_after_the_board_has_closed(arcade: Arcade) -> None:
    arcade.terms = replace(TERMS, every=Every.DAY)
    arcade.plays("ann", 10, "r-1")
    arcade.at = NOON + 3 * DAY
    assert arcade.plays("ann", 10, "r-1", NOON) is None


def test_a_game_that_is_not_declared_has_no_board_and_asks_for_nothing(arcade: Arcade) -> None:
    event = arcade.event(5, "r", NOON)
    other = replace(event, body=MiniProgramEvent("game.scored", details={"game": "chess", "score": "5"}))
    ann = arcade.stores.person("ann")
    assert ann is not None
    nothing: Any = None
    PlayGames(nothing, nothing, nothing, arcade.programme, lambda: NOON)(other, ann)
    PlayGames(nothing, nothing, nothing, arcade.programme, lambda: NOON)(replace(event, history=True), ann)


def test_who_reached_a_score_first_is_before_who_reached_it_later(arcade: Arcade) -> None:
    arcade.plays("bob", 50, at=NOON - SECOND)
    arcade.plays("ann", 50, at=NOON - 2 * SECOND)
    arcade.plays("cho", 50, at=NOON - 3 * SECOND)
    assert [name for name, _ in arcade.leaders()] == ["cho", "ann", "bob"]


def test_a_board_shows_as_many_as_the_programme_says(arcade: Arcade) -> None:
    arcade.terms = replace(TERMS, first=2)
    for score, name in enumerate(("ann", "bob", "cho")):
        arcade.plays(name, score)
    assert arcade.leaders() == [("cho", 2), ("bob", 1)]


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "value", "consents", "shown"),
    [
        (None, "王小明", AGREED, None),
        (HIDDEN, "王小明", {}, None),
        (HIDDEN, "王小明", {"leader-board": Consent(given=False, at=NOON)}, None),
        (HIDDEN, "王小明", AGREED, "王**"),
        (HIDDEN, "  Kai ", AGREED, "K**"),
        (HIDDEN, "𠮷", AGREED, "𠮷**"),
        (HIDDEN, " ", AGREED, None),
        (HIDDEN, None, AGREED, None),
    ],
)
def test_others_see_of_a_name_the_first_character_and_only_of_who_has_agreed(
    stores: Stores,
    names: NamesShown | None,
    value: str | None,
    consents: dict[str, Consent],
    shown: str | None,
) -> None:
    arcade = Arcade(stores, replace(TERMS, names=names))
    arcade.comes("ann", attributes={"nickname": value} if value is not None else {}, consents=consents)
    arcade.plays("ann", 7)
    boards = LeaderBoards(stores.records, stores.names, arcade.programme)
    assert [one.name for one in boards.first(arcade.board())] == [shown]


# --- what a mini program shows -------------------------------------------------------------------


@dataclass
class Owners:
    """People whose openid is `o-` and their id."""

    stores: Stores

    def owner(self, identity: Identity) -> str | None:
        name = identity.value.rpartition("#o-")[2]
        return name if self.stores.person(name) is not None else None


def test_a_mini_program_shows_the_board_and_the_place_of_whose_session_it_is(arcade: Arcade) -> None:
    arcade.terms = replace(TERMS, first=2, every=Every.DAY)
    for name, score in (("ann", 10), ("bob", 30), ("cho", 20)):
        arcade.plays(name, score)
    boards = LeaderBoards(arcade.stores.records, arcade.stores.names, arcade.programme)
    serve = ServeLeaders(boards, Owners(arcade.stores), lambda: arcade.at)

    def shown(name: str, day: date | None = None) -> dict[str, Any]:
        answer = serve(Subject("wxmini", f"o-{name}"), "rings", day)
        assert answer.status == 200
        found: dict[str, Any] = json.loads(answer.body)
        return found

    closes_at = arcade.board().closes_at
    assert closes_at is not None
    first = [(1, 30), (2, 20)]
    assert shown("bob") == {
        "game": "rings",
        "period": "2026-11-22",
        "closes_at": closes_at.isoformat(),
        "leaders": [{"rank": r, "score": s, "name": None, "own": r == 1} for r, s in first],
        "own": {"rank": 1, "score": 30},
    }
    assert shown("ann")["own"] == {"rank": None, "score": 10}
    assert shown("dan")["own"] is None
    assert shown("nobody")["own"] is None
    assert not any(one["own"] for one in shown("ann")["leaders"])
    arcade.at += DAY
    assert shown("bob")["leaders"] == []
    assert shown("bob", NOON.date())["own"] == {"rank": 1, "score": 30}
    assert not any(name in json.dumps(shown("bob", NOON.date())) for name in ("ann", "bob", "cho"))


# --- the property --------------------------------------------------------------------------------


@dataclass
class Naive:
    """All rounds that have counted, by whom; of two people who are one, those of the better one."""

    rounds: dict[str, list[Standing]] = field(default_factory=dict)

    def add(self, name: str, standing: Standing) -> None:
        self.rounds.setdefault(name, []).append(standing)

    def of(self, name: str, counts: Counts) -> Standing:
        rounds = self.rounds[name]
        if counts is Counts.BEST:
            return min(rounds, key=lambda one: (-one.score, one.at, one.event_id))
        last = max(rounds, key=lambda one: (one.at, one.event_id))
        return replace(last, score=sum(one.score for one in rounds))

    def merge(self, younger: str, older: str, counts: Counts) -> None:
        both = [name for name in (younger, older) if name in self.rounds]
        if both:
            better = min(both, key=lambda name: self.of(name, counts).place)
            kept = self.rounds[better]
            self.rounds.pop(younger, None)
            self.rounds[older] = kept

    def board(self, counts: Counts) -> list[tuple[str, int]]:
        found = [(self.of(name, counts), name) for name in self.rounds]
        return [(name, one.score) for one, name in sorted(found, key=lambda one: one[0].place)]


type Act = tuple[Literal["play", "merge", "erase"], int, int, int, int]
ACTS: st.SearchStrategy[list[Act]] = st.lists(
    st.tuples(
        st.sampled_from(["play"] * 8 + ["merge", "erase"]),
        st.integers(0, 3),
        st.integers(0, 8),
        st.integers(0, 520),
        st.integers(-90, 0),
    ),
    min_size=1,
    max_size=25,
)


@pytest.mark.capability(row="37")
@pytest.mark.parametrize("counts", Counts)
def test_a_board_is_what_sorting_all_rounds_that_count_gives(stores: Stores, counts: Counts) -> None:
    """Whatever the order of rounds, repeated events, people who turn out to be one, and who is erased."""
    examples = count()

    @settings(
        max_examples=12 if isinstance(stores, OnTables) else 100,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(acts=ACTS)
    def board(acts: list[Act]) -> None:
        number = next(examples)
        at = NOON + number * DAY  # So that it is a board of its own.
        arcade = Arcade(stores, GameTerms(500, 4, counts, Every.DAY, 100), at)
        names = [arcade.comes(f"p{number}-{one}") for one in range(4)]
        into = {name: name for name in names}
        naive, there = Naive(), set(names)
        told: dict[str, dict[int, str]] = {name: {} for name in names}
        for act, one, other, score, minutes in acts:
            name = into[names[one]]
            if name not in there:
                continue
            if act == "play":
                when, cause = at + minutes * MINUTE, f"{names[one]} {other} {score} {minutes}"
                event = arcade.event(score, f"r{other}", when, cause)
                why, known = arcade.plays(name, score, f"r{other}", when, cause), told[name].get(other)
                if known is not None and score <= 500:
                    assert why is (None if known == event.id else WhyUnranked.COUNTED_BEFORE)
                elif why is None:
                    told[name][other] = event.id
                    naive.add(name, Standing(score, when, event.id))
                else:
                    assert why is (WhyUnranked.SCORE_TOO_HIGH if score > 500 else WhyUnranked.TOO_MANY_ROUNDS)
            elif act == "merge" and (older := into[names[other % 4]]) != name and older in there:
                arcade.stores.merge(name, older)
                naive.merge(name, older, counts)
                told[older] = told[name] | told[older]
                into = {key: older if value == name else value for key, value in into.items()}
                there.discard(name)
            elif act == "erase":
                arcade.stores.erase(name)
                naive.rounds.pop(name, None)
                there.discard(name)
        assert arcade.leaders() == naive.board(counts)

    board()


# --- many at once, and crashes -------------------------------------------------------------------


@pytest.mark.capability(row="37")
@pytest.mark.parametrize("counts", Counts)
def test_of_many_rounds_at_once_none_is_lost_and_none_counts_twice(
    followers: FollowerStore, ledger: BooksStore, counts: Counts
) -> None:
    stores = OnTables(followers, GameStore(followers.table, ledger.table))
    arcade = Arcade(stores, replace(TERMS, counts=counts))
    arcade.comes("ann")
    gate = threading.Barrier(20)

    def play(number: int) -> None:
        gate.wait()
        arcade.plays("ann", number // 2, f"r{number // 2}", cause=f"{number // 2}")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(play, range(20)))
    assert arcade.leaders() == [("ann", 9 if counts is Counts.BEST else 45)]


@pytest.mark.capability(row="37")
def test_of_many_rounds_at_once_as_many_count_as_the_limit_of_an_hour(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    stores = OnTables(followers, GameStore(followers.table, ledger.table))
    arcade = Arcade(stores, replace(TERMS, counts=Counts.SUM, rounds_per_hour=7))
    arcade.comes("ann")
    gate = threading.Barrier(20)

    def play(number: int) -> WhyUnranked | None:
        gate.wait()
        return arcade.plays("ann", 1, f"r{number}")

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(play, range(20)))
    assert found.count(WhyUnranked.TOO_MANY_ROUNDS) == 13
    assert arcade.leaders() == [("ann", 7)]


def test_who_is_merged_while_their_round_is_counted_has_it_as_who_they_are(arcade: Arcade) -> None:
    ann = arcade.stores.person("ann")
    assert ann is not None
    arcade.stores.merge("ann", "bob")
    arcade.play()(arcade.event(50, "r-1", NOON), ann)
    assert arcade.leaders() == [("bob", 50)]


def test_who_is_erased_while_their_round_is_counted_is_on_no_board(arcade: Arcade) -> None:
    ann = arcade.stores.person("ann")
    assert ann is not None
    arcade.stores.erase("ann")
    arcade.play()(arcade.event(50, "r-1", NOON), ann)
    assert arcade.leaders() == []
    assert arcade.why == {}


def test_nothing_of_games_is_left_of_who_was_erased(followers: FollowerStore, ledger: BooksStore) -> None:
    stores = OnTables(followers, GameStore(followers.table, ledger.table))
    arcade = Arcade(stores)
    arcade.comes("ann")
    arcade.plays("ann", 50)
    assert len(followers.table.query(partition("ann"), "")) == 4, "the person, a board, a round, an hour"
    stores.erase("ann")
    assert followers.table.query(partition("ann"), "") == []
    assert arcade.leaders() == []


@pytest.mark.capability(row="37")
@pytest.mark.parametrize(("younger", "older"), [(3, 1), (1, 3), (3, 0), (0, 3), (2, 2)])
def test_of_two_who_turn_out_to_be_one_the_larger_number_of_rounds_of_an_hour_counts(
    arcade: Arcade, younger: int, older: int
) -> None:
    arcade.terms = replace(TERMS, rounds_per_hour=4)
    for name, number in (("bob", younger), ("ann", older)):
        for _ in range(number):
            arcade.plays(name, 1)
    arcade.stores.merge("bob", "ann")
    left = 4 - max(younger, older)
    found = [arcade.plays("ann", 1) for _ in range(left + 1)]
    assert found == [None] * left + [WhyUnranked.TOO_MANY_ROUNDS]


@pytest.mark.parametrize("counts", Counts)
@pytest.mark.parametrize("better", ["younger", "older"])
def test_a_merge_that_is_killed_at_any_call_leaves_the_better_standing_when_it_is_done(
    followers: FollowerStore, ledger: BooksStore, tables: str, counts: Counts, better: str
) -> None:
    stores = OnTables(followers, GameStore(followers.table, ledger.table))
    arcade = Arcade(stores, replace(TERMS, counts=counts))
    for name, score in (("younger", 20), ("older", 10 if better == "younger" else 30)):
        arcade.comes(name)
        arcade.plays(name, score)
    best, before, place, was_killed = arcade.leaders()[0][1], TableSnapshot(tables, "FollowersTable"), 0, True
    while was_killed:
        before.restore()
        hazard, was_killed = Hazard(place), False
        with followers.table.client.told(hazard.require_alive), followers.table.client.told(hazard):
            try:
                stores.merge("younger", "older")
            except Killed:
                was_killed = True
        person = stores.person("younger") if was_killed else stores.person("older")
        assert person is not None
        if person.person_id == "older":
            assert arcade.leaders() == [("older", best)], place
        else:
            assert place < 3, "nothing has begun"
        place += 1
    assert place > 5


@pytest.mark.capability(row="37")
@pytest.mark.parametrize("counts", Counts)
def test_two_workers_count_two_rounds_of_one_person_in_every_order_of_their_calls(
    followers: FollowerStore, ledger: BooksStore, counts: Counts
) -> None:
    world = new_world(followers, ledger)
    on_tables = OnTables(followers, GameStore(followers.table, ledger.table))
    arcade = Arcade(on_tables, replace(TERMS, counts=counts))

    def all_counted(number: int) -> None:
        assert arcade.leaders()[0] == (f"ann{number}", 30 if counts is Counts.BEST else 50)
        on_tables.erase(f"ann{number}")

    def works(number: int) -> tuple[Work, Work]:
        if number:
            all_counted(number - 1)
        name = arcade.comes(f"ann{number}")
        return (
            lambda: arcade.plays(name, 20, f"{number} a"),
            lambda: arcade.plays(name, 30, f"{number} b"),
        )

    orders = every_order(world, works)
    all_counted(orders - 1)
    assert orders > 3


# --- what is on record ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["does not count on the leader board: the score is too high", "too many rounds in an hour"]),
        ("zh", ["未计入排行榜：分数过高", "未计入排行榜：一小时内局数过多"]),
    ],
)
def test_the_timeline_says_why_a_round_does_not_count(
    followers: FollowerStore, ledger: BooksStore, language: Language, told: list[str]
) -> None:
    world = new_world(followers, ledger)
    programme = Programme(games={"rings": replace(TERMS, rounds_per_hour=2)})
    games = GameStore(followers.table, ledger.table)
    world.consequences = (PlayGames(games, followers, followers, programme, world.clock.now),)
    for minute, score in enumerate((501, 10, 20, 30)):
        details = {"game": "rings", "score": str(score)}
        world.tells("mini_program", after_minutes=5 + minute, name="game.scored", details=details)

    board = LeaderBoards(games, PeopleStore(followers.table), programme).first(Board("rings", "all"))
    assert [(one.person_id, one.score) for one in board] == [(person_of(followers), 20)]
    rows = timeline_of(followers, APP_ID, OPENID)
    table = transcript(recorded_trace(rows), ZoneInfo("UTC"), language)
    lines = [" ".join(row) for row in zip(*(map(str, one.cells) for one in table.columns), strict=True)]
    assert [sum(words in line for line in lines) for words in told] == [1, 1]


# --- what it costs -------------------------------------------------------------------------------


def filled(followers: FollowerStore, board: Board, players: int) -> None:
    """A board that so many others are on."""
    rows = (
        {
            "pk": partition(f"x{number}"),
            "sk": f"BOARD#{board.id}",
            "board": f"{board.id}#{number % 8}",
            "place": Standing(number % 400, NOON, f"{number:032}").place,
        }
        for number in range(players)
    )
    followers.table.put_all(rows)


@pytest.mark.capability(row="37")
def test_a_round_and_a_board_cost_as_much_with_ten_players_as_with_thousands(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    counter = CapacityCounter(followers.table.client)
    records = GameStore(Table(followers.table.name, counter), Table(ledger.table.name, counter))
    arcade = Arcade(OnTables(followers, records), replace(TERMS, first=10))
    costs: list[Any] = []
    for number, players in enumerate((10, MANY)):
        name = arcade.comes(f"ann{number}")
        filled(followers, arcade.board(), players)
        for score in (420, 430, 10):
            with counter.counting():
                assert arcade.plays(name, score + number) is None
            costs.append((score, counter.cost))
        with counter.counting():
            assert arcade.leaders()[0] == (name, 430 + number)
        costs.append(("board", counter.cost))
    few, many = costs[:4], costs[4:]
    assert few == many
    # Reads of three rows, and at most 10 write units, as docs/costs.md says.
    assert max(units for _, (_, units) in few[:3]) <= 13
    assert [cost[0] for _, cost in few[:3]] == [{"batch_get_item": 1, "transact_write_items": 1}] * 3
    assert few[3][1][0] == {"query": 8}


# --- the end of a board --------------------------------------------------------------------------


@pytest.mark.capability(row="37")
def test_the_first_of_a_board_that_has_closed_hear_it_once(arcade: Arcade) -> None:
    arcade.terms = replace(TERMS, every=Every.DAY, first=2)
    for name, score in (("ann", 10), ("bob", 30), ("cho", 20)):
        arcade.plays(name, score)
    closes_at = arcade.board().closes_at
    assert closes_at is not None
    arcade.at = closes_at + IN_PROCESS - SECOND
    arcade.rank()
    assert arcade.heard() == []
    arcade.at += SECOND
    arcade.rank()
    first = [("bob", "2026-11-22", "1", "30"), ("cho", "2026-11-22", "2", "20")]
    assert arcade.heard() == first
    number = len(arcade.inbox.told)
    assert arcade.rank() == 0
    arcade.at += DAY
    arcade.rank()
    assert arcade.heard() == first
    assert len(arcade.inbox.told) == number


@pytest.mark.capability(row="37")
@pytest.mark.parametrize("every", [*Every, None])
def test_a_rule_with_the_days_of_the_game_gives_the_prize_on_the_last_day_of_the_board(
    arcade: Arcade, every: Every | None
) -> None:
    today = NOON.date().isoformat()
    days = Days(today, today)
    arcade.terms = replace(TERMS, every=every, days=days)
    arcade.plays("ann", 10)
    arcade.at += DAY
    arcade.rank()
    (ranked,) = arcade.inbox.told
    won = EventPattern("mini_program", name="game.ranked")
    programme = replace(
        arcade.programme, assets={"points": Expiry()}, rules={"prize": EarningRule(won, 500, days=days)}
    )
    (prize,) = earnings(programme, ranked, "ann", Earner(is_member=True, may_spend=True))
    assert isinstance(prize, Earning)
    assert prize.amount == 500
    assert programme.day_of(ranked.at) == NOON.date()


@pytest.mark.capability(row="37")
def test_a_campaign_that_is_extended_keeps_its_standings_and_one_that_follows_begins_anew(
    arcade: Arcade,
) -> None:
    one, two, three = (f"{NOON.date() + number * DAY}" for number in range(3))
    for number, days in enumerate((Days(one, one), Days(one, two), Days(three, three))):
        arcade.terms = replace(TERMS, days=days)
        arcade.at = NOON + number * DAY
        if not number:
            arcade.plays("bob", 20)
        arcade.plays("ann", 10 + number)
        arcade.at += DAY
        arcade.rank()
    assert arcade.heard() == [
        ("bob", f"{one}..{one}", "1", "20"),
        ("ann", f"{one}..{one}", "2", "10"),
        ("bob", f"{one}..{two}", "1", "20"),
        ("ann", f"{one}..{two}", "2", "11"),
        ("ann", f"{three}..{three}", "1", "12"),
    ]


def test_a_programme_without_games_asks_for_nothing_each_minute(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    counter = CapacityCounter(followers.table.client)
    records = GameStore(Table(followers.table.name, counter), Table(ledger.table.name, counter))
    nobody: Any = None
    games = RankGames(records, nobody, Programme(), FakeInbox(), lambda: NOON)
    with counter.counting():
        assert games.settle_due() == 0
    assert counter.cost == ({}, 0)


def test_a_board_of_all_days_ranks_nobody_as_long_as_it_has_no_last_day(arcade: Arcade) -> None:
    arcade.plays("ann", 10)
    arcade.at += 400 * DAY
    assert arcade.rank() == 0


class KilledError(Exception):
    """The worker dies here."""


@pytest.mark.parametrize("told", [0, 1, 2])
@pytest.mark.parametrize("then", ["again", "merged", "erased"])
def test_a_worker_that_dies_while_it_tells_the_first_leaves_what_is_told_later_to_the_same_people(
    arcade: Arcade, told: int, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arcade.terms = replace(TERMS, every=Every.DAY, first=3)
    for name, score in (("ann", 40), ("bob", 30), ("cho", 20), ("dan", 10)):
        arcade.plays(name, score)
    arcade.at = NOON + DAY
    whole = arcade.inbox.tell
    left = iter(range(told))

    def tell(events: Any) -> None:
        if next(left, None) is None:
            raise KilledError
        whole(events)

    dying = FakeInbox(arcade.inbox.told)
    monkeypatch.setattr(dying, "tell", tell)
    games = RankGames(arcade.stores.records, arcade.stores, arcade.programme, dying, lambda: arcade.at)
    with pytest.raises(KilledError):
        games.settle_due()
    if then == "merged":
        arcade.stores.merge("ann", "dan")
    elif then == "erased":
        arcade.stores.erase("ann")
    arcade.rank()
    who_is_dan = {"dan": "ann"} if then == "merged" else {}
    ranks = {rank: who_is_dan.get(who, who) for who, _, rank, _ in arcade.heard()}
    expected = {"1": "ann", "2": "bob", "3": "cho"}
    if then == "erased" and told == 0:
        del expected["1"]
    assert ranks == expected
    assert len(arcade.heard()) == len(expected)


def test_two_workers_at_once_fix_one_result(arcade: Arcade) -> None:
    board = replace(arcade.board(), closes_at=NOON)
    one, other = Result(()), Result((), is_told=True)
    records = arcade.stores.records
    assert records.fix(board, one) == one
    assert records.fix(board, other) == one
    assert records.results([board, replace(board, period="2026-11-01")]) == {board.result_id: one}
    records.told(board)
    assert records.results([board]) == {board.result_id: other}


def reporting(arcade: Arcade, reported: list[tuple[str, str, str]]) -> RankGames:
    """What settles boards, and says of which board, for whom and why it could not."""

    def failed(board: Board, person_id: str, error: Exception) -> None:
        reported.append((board.id, person_id, repr(error)))

    games = RankGames(arcade.stores.records, arcade.stores, arcade.programme, arcade.inbox, lambda: arcade.at)
    return replace(games, failed=failed)


def test_a_board_that_cannot_be_settled_is_reported_by_its_id_and_the_others_are(
    arcade: Arcade, monkeypatch: pytest.MonkeyPatch
) -> None:
    arcade.terms = replace(TERMS, every=Every.DAY)
    arcade.plays("ann", 10)
    broken = arcade.board().id
    arcade.at = NOON + DAY
    arcade.plays("bob", 20)
    arcade.at = NOON + 2 * DAY
    reported = list[tuple[str, str, str]]()
    with monkeypatch.context() as patched:
        fix = arcade.stores.records.fix

        def fails(board: Board, result: Result) -> Result:
            if board.id == broken:
                raise KilledError
            return fix(board, result)

        patched.setattr(type(arcade.stores.records), "fix", lambda _, *found: fails(*found))
        reporting(arcade, reported).settle_due()
    assert reported == [(broken, "", "KilledError()")]
    assert [who for who, *_ in arcade.heard()] == ["bob"]
    arcade.rank()
    assert [who for who, *_ in arcade.heard()] == ["bob", "ann"]


@pytest.mark.parametrize("unheard", ["ann", "bob", "cho"])
def test_a_winner_who_cannot_be_told_keeps_nobody_else_from_hearing_and_is_told_later(
    arcade: Arcade, unheard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arcade.terms = replace(TERMS, every=Every.DAY)
    for name, score in (("ann", 40), ("bob", 30), ("cho", 20)):
        arcade.plays(name, score)
    board, tell = arcade.board(), arcade.inbox.tell
    arcade.at = NOON + DAY
    reported = list[tuple[str, str, str]]()

    def tells(events: Any) -> None:
        if any(event.subject.openid == f"o-{unheard}" for event in events):
            raise KilledError
        tell(events)

    with monkeypatch.context() as patched:
        patched.setattr(arcade.inbox, "tell", tells)
        settled = reporting(arcade, reported).settle_due()
    assert reported == [(board.id, unheard, "KilledError()")]
    others = sorted({"ann", "bob", "cho"} - {unheard})
    assert sorted(who for who, *_ in arcade.heard()) == others
    assert arcade.rank() == 1, "all boards but this one were settled"
    assert settled > 1
    assert sorted(who for who, *_ in arcade.heard()) == ["ann", "bob", "cho"]
    assert arcade.rank() == 0


def test_what_is_kept_of_a_board_that_closes_is_deleted_later_and_nothing_of_one_that_does_not(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    stores = OnTables(followers, GameStore(followers.table, ledger.table))
    arcade = Arcade(stores)
    arcade.comes("ann")
    kept: dict[Any, bool] = {}
    for every in (None, Every.WEEK):
        arcade.terms = replace(TERMS, every=every)
        arcade.plays("ann", 5)
        key = {"pk": partition("ann"), "sk": f"BOARD#{arcade.board().id}"}
        item = followers.table.get(key)
        assert item is not None
        kept[every] = "expires_at" in item
    assert kept == {None: False, Every.WEEK: True}
    rows = client(followers.table.client._variables["AWS_ENDPOINT_URL"]).scan(TableName="FollowersTable")
    timed = [item for item in rows["Items"] if item["sk"]["S"].startswith(("ROUND#", "HOUR#"))]
    assert len(timed) == 3
    assert all("expires_at" in item for item in timed)
