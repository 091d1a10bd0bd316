"""The leader board of a game as a mini program shows it, and the place of whose session it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from wejourney.events.event import Subject
from wejourney.people.identities import openid_identity
from wejourney.services.loyalty.leader_boards import LeaderBoards
from wejourney.services.ports.mini_programs import Owners
from wejourney.wire.http import Answer
from wejourney.wire.mini_program.requests import answer


@dataclass(frozen=True)
class ServeLeaders:
    boards: LeaderBoards
    owners: Owners
    now: Callable[[], datetime]

    def __call__(self, subject: Subject, game: str, day: date | None) -> Answer:
        """The board of a day, today by default. Somebody who is not among the first has no rank in it."""
        board = self.boards.board(game, day or self.boards.programme.day_of(self.now()))
        if board is None:
            return answer(404, error="the game has no leader board on this day", reason="no_board")
        leaders = self.boards.first(board)
        mine = self.owners.owner(openid_identity(subject.app_id, subject.openid))
        own: dict[str, Any] | None = None
        if (leader := next((leader for leader in leaders if leader.person_id == mine), None)) is not None:
            own = {"rank": leader.rank, "score": leader.score}
        elif mine is not None and (standing := self.boards.records.standing(mine, board)):
            own = {"rank": None, "score": standing.score}
        shown = [
            {"rank": leader.rank, "score": leader.score, "name": leader.name, "own": leader.person_id == mine}
            for leader in leaders
        ]
        closes_at = board.closes_at.isoformat() if board.closes_at is not None else None
        return answer(200, game=game, period=board.period, closes_at=closes_at, leaders=shown, own=own)
