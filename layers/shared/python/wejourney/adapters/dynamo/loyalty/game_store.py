"""Rounds of games, and where people stand on leader boards.

In the partition of a person: a row for each board they are on, one for each round that has counted, and one
for each hour of the clock with the number of its rounds. So merging moves them, and erasing deletes them. The
row of a board is in the index `leaders` by its `place`, in a shard of the board; of two people who become one
the better row stays, and of an hour the one with more rounds (`merges.py`). Who was first when a board closed
is a row of the ledger's table. Rows are deleted at `expires_at`, seconds since 1970.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.follower_rows import BOARD, GAME_HOUR
from wejourney.adapters.dynamo.items import (
    CALENDAR_SHARDS,
    FOLLOWER,
    RawItem,
    Row,
    columns_of,
    packed,
    partition,
    row_key,
    shard_of,
)
from wejourney.adapters.dynamo.loyalty.books_store import HERE
from wejourney.adapters.dynamo.loyalty.due_rows import deleted_at
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import StaleBooksError, StaleFollowerError
from wejourney.loyalty.games import Board, Played, Round, Standing
from wejourney.plain_data import from_plain
from wejourney.services.loyalty.leader_boards import Result

INDEX = "leaders"

_ROUND = "ROUND#"

RESULT = "GAME#"
"""The beginning of a pk in the table of the ledger."""

_ROUND_KEPT, _HOUR_KEPT = timedelta(days=90), timedelta(days=10)
"""An hour is kept for longer than an event can be late."""


@dataclass(frozen=True)
class BoardStore:
    """`followers` is the table of people."""

    followers: Table

    def standings(self, board: Board, at_once: int) -> Iterator[tuple[str, Standing]]:
        shards = (self._shard(board, shard, at_once) for shard in range(CALENDAR_SHARDS))
        for item in merge(*shards, key=lambda item: str(item["place"]["S"])):
            yield item["pk"]["S"].removeprefix(partition("")), Standing.at_place(item["place"]["S"])

    def _shard(self, board: Board, shard: int, at_once: int) -> Iterator[RawItem]:
        is_of_shard: Condition = Column("board") == _shard(board, shard)
        start: RawItem | None = None
        while True:
            items, start = self.followers.index_page(INDEX, is_of_shard, start, at_once)
            yield from items
            if start is None:
                return

    def standing(self, person_id: str, board: Board) -> Standing | None:
        item = self.followers.get(_board_key(person_id, board))
        return Standing.at_place(item["place"]["S"]) if item is not None else None


@dataclass(frozen=True)
class GameStore(BoardStore):
    """`ledger` is the table of the ledger."""

    ledger: Table

    def played(self, person_id: str, board: Board, played: Round) -> Played:
        keys = {
            "standing": _board_key(person_id, board),
            "rounds": _hour_key(person_id, played),
            "counted_by": _round_key(person_id, played),
        }
        by_sk = {item["sk"]["S"]: columns_of(item) for item in self.followers.get_all(keys.values())}
        found = {name: by_sk.get(key["sk"], {}) for name, key in keys.items()}
        place = found["standing"].get("place")
        return Played(
            Standing.at_place(place) if place is not None else None,
            found["rounds"].get("number", 0),
            found["counted_by"].get("event_id", ""),
        )

    def count(
        self, person_id: str, board: Board, played: Round, before: Played, after: Standing, most: int
    ) -> None:
        write, number = Transaction(self.followers), Column("number")
        write.check({"pk": partition(person_id), "sk": FOLLOWER}, HERE, StaleFollowerError)
        kept = _seconds(played.at + _ROUND_KEPT)
        round_row = {**_round_key(person_id, played), "event_id": played.event_id, "expires_at": kept}
        write.create(round_row, StaleBooksError)
        left: Condition = number.does_not_exist() | (number < most)
        ends = Column("expires_at").set(_seconds(played.at + _HOUR_KEPT))
        write.update(_hour_key(person_id, played), [number.add(1), ends], left, StaleBooksError)
        if after != before.standing:
            place = Column("place")
            same: Condition = (
                place == before.standing.place if before.standing is not None else place.does_not_exist()
            )
            write.put(_board_row(person_id, board, after), same, StaleBooksError)
        try:
            write.commit()
        except RefusedWriteError as refused:
            gone = any(why is StaleFollowerError for why, _ in refused.failed)
            raise (StaleFollowerError if gone else StaleBooksError) from refused

    def results(self, boards: list[Board]) -> Mapping[str, Result]:
        ids = {_result_key(board)["pk"]: board.result_id for board in boards}
        items = self.ledger.get_all([_result_key(board) for board in boards])
        return {ids[item["pk"]["S"]]: _result(item) for item in items}

    def fix(self, board: Board, result: Result) -> Result:
        try:
            self.ledger.put(_result_row(board, result), Column("pk").does_not_exist())
        except RefusedWriteError:
            item = self.ledger.get(_result_key(board))
            return result if item is None else _result(item)
        return result

    def told(self, board: Board) -> None:
        item = self.ledger.get(_result_key(board))
        if item is not None:
            result = _result(item)
            self.ledger.put(_result_row(board, Result(result.winners, is_told=True)))


def _shard(board: Board, shard: int) -> str:
    return f"{board.id}#{shard}"


def _board_key(person_id: str, board: Board) -> Row:
    return row_key(partition(person_id), BOARD, board.id)


def _board_row(person_id: str, board: Board, standing: Standing) -> Row:
    closes_at = board.closes_at
    return {
        **_board_key(person_id, board),
        "board": _shard(board, shard_of(person_id)),
        "place": standing.place,
        "expires_at": deleted_at(closes_at) if closes_at is not None else None,
    }


def _round_key(person_id: str, played: Round) -> Row:
    digest = hashlib.sha256(played.id.encode()).hexdigest()[:32]
    return row_key(partition(person_id), _ROUND, played.game, digest)


def _hour_key(person_id: str, played: Round) -> Row:
    return row_key(partition(person_id), GAME_HOUR, played.game, played.hour)


def _result_key(board: Board) -> Row:
    return row_key(f"{RESULT}{board.result_id}", RESULT)


def _result_row(board: Board, result: Result) -> Row:
    expires_at = deleted_at(board.closes_at) if board.closes_at is not None else None
    return {**_result_key(board), "data": packed(result), "expires_at": expires_at}


def _result(item: RawItem) -> Result:
    return from_plain(Result, columns_of(item)["data"])


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
