"""The first of the leader board of a game. When it has closed, each of them receives an event, once."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.events.mini_program_events import GAME_RANKED
from wejourney.loyalty.games import Board, GameTerms, NamesShown, Standing, board_on, closed_boards
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower
from wejourney.services.loyalty.ports import People, heard_by
from wejourney.services.ports.inbox import Announcements

MASK = "**"

IN_PROCESS = timedelta(minutes=5)
"""How long after a board has closed a round that came in time may still be written, and the index may lag."""


@dataclass(frozen=True)
class Winner:
    """Somebody by our own id, and the score with which they are in the place of this number."""

    person_id: str
    rank: int
    score: int


@dataclass(frozen=True)
class Result:
    """The first of a board that has closed, as they were then; whether they have been told."""

    winners: tuple[Winner, ...]
    is_told: bool = False


class Leader(NamedTuple):
    """Somebody on a board: `name` is what others see of it."""

    person_id: str
    rank: int
    score: int
    name: str | None


class BoardRecords(Protocol):
    """The boards. Their order may lag behind by a moment."""

    def standings(self, board: Board, at_once: int) -> Iterator[tuple[str, Standing]]:
        """Who is on a board, the first one first, read as they are asked for, so many at once."""

    def standing(self, person_id: str, board: Board) -> Standing | None: ...


class ResultRecords(BoardRecords, Protocol):
    def results(self, boards: list[Board]) -> Mapping[str, Result]:
        """The results of those of these boards that have one, by their `result_id`."""

    def fix(self, board: Board, result: Result) -> Result:
        """Keep a result, if the board has none yet; returns the one that it has then."""

    def told(self, board: Board) -> None:
        """Note that its winners have been told."""


class PeopleByIds(Protocol):
    def people(self, person_ids: Collection[str]) -> Mapping[str, Follower]:
        """Those of these people who are there, by our own ids."""


@dataclass(frozen=True)
class LeaderBoards:
    records: BoardRecords
    people: PeopleByIds
    programme: Programme

    def board(self, game: str, day: date) -> Board | None:
        """The board of a game on a day; None: there is none."""
        terms = self.programme.games.get(game)
        return board_on(game, terms, day, self.programme.zone) if terms is not None else None

    def first(self, board: Board) -> list[Leader]:
        """The first of a board, as many as the programme says; more people make it no dearer."""
        terms = self.programme.games[board.game]
        found = first_of(self.records, board, terms, lambda person_id: person_id)
        people = self.people.people([winner.person_id for winner in found]) if terms.names is not None else {}
        return [
            Leader(**vars(winner), name=_name(people.get(winner.person_id), terms.names)) for winner in found
        ]


type BoardFailed = Callable[[Board, str, Exception], None]
"""Receives a board that could not be settled, which winner could not be told, by our own id, and why.

The id is empty where it is not about one winner.
"""


def _raise(_board: Board, _person_id: str, error: Exception) -> None:
    raise error


@dataclass(frozen=True)
class RankGames:
    records: ResultRecords
    people: People
    programme: Programme
    inbox: Announcements
    now: Callable[[], datetime]
    failed: BoardFailed = _raise

    def settle_due(self, has_time: Callable[[], bool] = lambda: True) -> int:
        """Tell the first of each board that has closed, by the same event if again; of how many boards.

        A board is settled when all of them are told; until then the next call tries again. It can stop
        at any point and run again: who they are is fixed before anybody is told.
        """
        done = 0
        due = self._due()
        results = self.records.results(due)
        for board in due:
            result = results.get(board.result_id)
            if result is not None and result.is_told:
                continue
            if not has_time():
                break
            try:
                done += self._settle(board, result)
            except Exception as error:  # noqa: BLE001 - the boundary of a board: the others are settled
                self.failed(board, "", error)
        return done

    def _due(self) -> list[Board]:
        closed = self.now() - IN_PROCESS
        today, zone = self.programme.day_of(closed), self.programme.zone
        games = self.programme.games.items()
        return [board for name, terms in games for board in closed_boards(name, terms, today, closed, zone)]

    def _settle(self, board: Board, result: Result | None) -> bool:
        """Whether all of its winners are told."""
        if result is None:
            terms = self.programme.games[board.game]
            winners = first_of(self.records, board, terms, self._id_of)
            result = self.records.fix(board, Result(tuple(winners)))
        untold = [winner for winner in result.winners if not self._is_told(board, winner)]
        if not untold:
            self.records.told(board)
        return not untold

    def _is_told(self, board: Board, winner: Winner) -> bool:
        try:
            self._tell(board, winner)
        except Exception as error:  # noqa: BLE001 - the boundary of a winner: the others are told
            self.failed(board, winner.person_id, error)
            return False
        return True

    def _tell(self, board: Board, winner: Winner) -> None:
        person = self.people.person(winner.person_id)
        if person is None or board.ends_at is None:
            return
        details = {"game": board.game, "period": board.period}
        details |= {"rank": str(winner.rank), "score": str(winner.score)}
        body = MiniProgramEvent(GAME_RANKED, "", "", details)
        cause = f"ranked {board.result_id} {winner.rank}"
        # The same event, whichever contact of the person hears it.
        ranked = own_event(body, cause, Subject("", ""), board.ends_at)
        self.inbox.tell([replace(ranked, subject=heard_by(person))])

    def _id_of(self, person_id: str) -> str | None:
        person = self.people.person(person_id)
        return person.person_id if person is not None else None


def first_of(
    records: BoardRecords, board: Board, terms: GameTerms, id_of: Callable[[str], str | None]
) -> list[Winner]:
    """The first of a board, each once: `id_of` says who a person is by now; None: they were erased."""
    found: dict[str, Winner] = {}
    for person_id, standing in records.standings(board, terms.first):
        known = id_of(person_id)
        if known is not None and known not in found:
            found[known] = Winner(known, len(found) + 1, standing.score)
        if len(found) == terms.first:
            break
    return list(found.values())


def _name(person: Follower | None, names: NamesShown | None) -> str | None:
    """The first character of a name, of people who have agreed to that."""
    if person is None or names is None or not person.has_agreed_to(names.consent):
        return None
    value = person.attributes.get(names.attribute, "").strip()
    return value[0] + MASK if value else None
