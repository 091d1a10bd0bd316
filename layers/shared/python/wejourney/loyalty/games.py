"""Games: which rounds count on a leader board, and in which order people are on it.

A round counts on the board of the day on which it was played, in the programme's zone. Who has a higher score
is before the others; of equal scores, the one that was reached first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Self, assert_never
from zoneinfo import ZoneInfo

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import MiniProgramEvent
from wejourney.events.mini_program_events import GAME_SCORED
from wejourney.loyalty.earning_rules import Days
from wejourney.time_zones import moment_at

LATE = timedelta(hours=1)
"""For how long after its last day a board takes rounds that a phone has kept while it had no network."""

LOOKED_BACK = 14
"""Days: a board that closed earlier is not settled any more."""

_DIGITS = 18
_LARGEST = 10**_DIGITS - 1
"""Of a sum of scores: of 1,000 rounds an hour with the highest score that can be declared for a century."""


class Counts(StrEnum):
    """What of a person's scores counts: the best one, or all of them together."""

    BEST = "best"
    SUM = "sum"


class Every(StrEnum):
    """How often a new board begins; a week begins on Monday."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True)
class NamesShown:
    """The attribute of which others see the first character, of people who have agreed to `consent`."""

    attribute: str
    consent: str


@dataclass(frozen=True)
class GameTerms:
    """The leader board of a game.

    A score above `highest` does not count, nor more than `rounds_per_hour` rounds of a person in an hour of
    the clock. The board shows the `first` so many. Without `every` there is one board for all `days`.
    """

    highest: int
    rounds_per_hour: int
    counts: Counts = Counts.BEST
    every: Every | None = None
    first: int = 10
    days: Days = field(default_factory=Days)
    names: NamesShown | None = None


@dataclass(frozen=True)
class Board:
    """The board of a period of a game. It takes no round from `closes_at` (UTC) on; None: it never closes.

    Boards of the best scores and of their sums are different ones. A campaign of a game has the same board,
    identified by its `first_day`, also when it is extended; each of its periods has a result of its own.
    """

    game: str
    period: str
    closes_at: datetime | None = None
    counts: Counts = Counts.BEST
    first_day: str = ""

    @property
    def id(self) -> str:
        return f"{self.game}#{self.first_day or self.period}#{self.counts}"

    @property
    def result_id(self) -> str:
        return f"{self.game}#{self.period}#{self.counts}"

    @property
    def ends_at(self) -> datetime | None:
        """The last second of its last day (UTC)."""
        return self.closes_at - LATE - timedelta(seconds=1) if self.closes_at is not None else None

    def takes(self, now: datetime) -> bool:
        return self.closes_at is None or now < self.closes_at


def board_on(game: str, terms: GameTerms, day: date, zone: str) -> Board | None:
    """The board of a day; None: the game has none then, as no game has in the last year of the calendar."""
    if not terms.days.include(day) or day.year == MAXYEAR:
        return None
    first_day = ""
    match terms.every:
        case Every.DAY:
            period, last = day.isoformat(), day.isoformat()
        case Every.WEEK:
            year, week, weekday = day.isocalendar()
            period, last = f"{year}-W{week:02}", (day + timedelta(days=7 - weekday)).isoformat()
        case None:
            first_day, last = terms.days.first, terms.days.last
            period = f"{first_day}..{last}" if first_day or last else "all"
        case _:
            assert_never(terms.every)
    last = min(filter(None, (last, terms.days.last)), default="")
    return Board(game, period, _closes_at(last, zone), terms.counts, first_day)


def closed_boards(game: str, terms: GameTerms, today: date, now: datetime, zone: str) -> Iterator[Board]:
    """The boards that have closed by now, of the last LOOKED_BACK days, the oldest first."""
    days = (today - timedelta(days=back) for back in range(LOOKED_BACK, -1, -1))
    boards = dict.fromkeys(board_on(game, terms, day, zone) for day in days)
    return (board for board in boards if board is not None and not board.takes(now))


def _closes_at(last: str, zone: str) -> datetime | None:
    """None after the last day of the calendar, which has no next one."""
    if not last or last == date.max.isoformat():
        return None
    return moment_at(date.fromisoformat(last) + timedelta(days=1), 0, ZoneInfo(zone)) + LATE


@dataclass(frozen=True)
class Round:
    """A round of a game, as an event tells it: `at` (UTC) is when it was played."""

    game: str
    id: str
    score: int
    at: datetime
    event_id: str

    @classmethod
    def of(cls, event: InboundEvent) -> Self | None:
        """The round of an event; of one that tells no round's id, the event is its id."""
        body = event.body
        if not isinstance(body, MiniProgramEvent) or body.name != GAME_SCORED or event.history:
            return None
        details = body.details
        score = details.get("score", "")
        if not score.isdecimal():
            return None
        return cls(details.get("game", ""), details.get("round") or event.id, int(score), event.at, event.id)

    @property
    def hour(self) -> str:
        return self.at.astimezone(UTC).strftime("%Y-%m-%dT%H")


@dataclass(frozen=True)
class Standing:
    """What somebody has reached on a board, `at` a moment (UTC), by the round of this event."""

    score: int
    at: datetime
    event_id: str

    @property
    def place(self) -> str:
        """A text that sorts before those of all who are behind."""
        return f"{_LARGEST - self.score:0{_DIGITS}}#{self.at.astimezone(UTC).isoformat()}#{self.event_id}"

    @classmethod
    def at_place(cls, place: str) -> Self:
        below, at, event_id = place.split("#", 2)
        return cls(_LARGEST - int(below), datetime.fromisoformat(at), event_id)

    def is_before(self, other: "Standing") -> bool:
        return self.place < other.place

    def after(self, played: Round, counts: Counts) -> "Standing":
        """The standing with one more round, the same whatever the order of the rounds is."""
        mine = Standing(played.score, played.at, played.event_id)
        match counts:
            case Counts.BEST:
                return mine if mine.is_before(self) else self
            case Counts.SUM:
                at, event_id = max((self.at, self.event_id), (mine.at, mine.event_id))
                return Standing(self.score + mine.score, at, event_id)
            case _:
                assert_never(counts)


class WhyUnranked(StrEnum):
    """Why a round does not count on a board."""

    SCORE_TOO_HIGH = "score_too_high"
    TOO_MANY_ROUNDS = "too_many_rounds"
    BOARD_CLOSED = "board_closed"
    NO_BOARD = "no_board"
    """The game has none on the day of the round."""
    COUNTED_BEFORE = "counted_before"
    """Another event has told the same round."""


@dataclass(frozen=True)
class Played:
    """What is on record of somebody before a round.

    `rounds` of its hour have counted; if the round itself has, it was told by the event `counted_by`.
    """

    standing: Standing | None = None
    rounds: int = 0
    counted_by: str = ""

    def why_unranked(self, played: Round, terms: GameTerms) -> WhyUnranked | None:
        """Why a round does not count; None: it does."""
        if played.score > terms.highest:
            return WhyUnranked.SCORE_TOO_HIGH
        if self.counted_by:
            return WhyUnranked.COUNTED_BEFORE
        return WhyUnranked.TOO_MANY_ROUNDS if self.rounds >= terms.rounds_per_hour else None

    def after(self, played: Round, terms: GameTerms) -> Standing:
        """Where they stand with a round that counts."""
        alone = Standing(played.score, played.at, played.event_id)
        return alone if self.standing is None else self.standing.after(played, terms.counts)
