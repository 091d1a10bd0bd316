"""Leader boards in memory. tests/functional/test_leader_boards.py holds them to the table."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from wejourney.errors import StaleBooksError, StaleFollowerError
from wejourney.loyalty.games import Board, Played, Round, Standing
from wejourney.people.followers import Follower
from wejourney.services.loyalty.leader_boards import Result


@dataclass
class FakeGames:
    """Boards, rounds and hours by person, with the people themselves."""

    there: dict[str, Follower] = field(default_factory=dict)
    into: dict[str, str] = field(default_factory=dict)
    boards: dict[tuple[str, str], Standing] = field(default_factory=dict)
    rounds: dict[tuple[str, str, str], str] = field(default_factory=dict)
    hours: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    fixed: dict[str, Result] = field(default_factory=dict)

    # --- rounds ----------------------------------------------------------------------------------

    def played(self, person_id: str, board: Board, played: Round) -> Played:
        return Played(
            self.boards.get((board.id, person_id)),
            self.hours[(person_id, played.game, played.hour)],
            self.rounds.get((person_id, played.game, played.id), ""),
        )

    def count(
        self, person_id: str, board: Board, played: Round, before: Played, after: Standing, most: int
    ) -> None:
        if person_id not in self.there:
            raise StaleFollowerError
        now, hour = self.played(person_id, board, played), (person_id, played.game, played.hour)
        is_changed = before.standing not in {now.standing, after}
        if now.counted_by or self.hours[hour] >= most or is_changed:
            raise StaleBooksError
        self.rounds[(person_id, played.game, played.id)] = played.event_id
        self.hours[hour] += 1
        if after != before.standing:
            self.boards[(board.id, person_id)] = after

    # --- boards ----------------------------------------------------------------------------------

    def standings(self, board: Board, at_once: int) -> Iterator[tuple[str, Standing]]:
        assert at_once > 0
        found = [(who, standing) for (id_, who), standing in self.boards.items() if id_ == board.id]
        return iter(sorted(found, key=lambda one: one[1].place))

    def standing(self, person_id: str, board: Board) -> Standing | None:
        return self.boards.get((board.id, person_id))

    def results(self, boards: list[Board]) -> Mapping[str, Result]:
        return {id_: self.fixed[id_] for board in boards if (id_ := board.result_id) in self.fixed}

    def fix(self, board: Board, result: Result) -> Result:
        return self.fixed.setdefault(board.result_id, result)

    def told(self, board: Board) -> None:
        id_ = board.result_id
        self.fixed[id_] = replace(self.fixed[id_], is_told=True)

    # --- people ----------------------------------------------------------------------------------

    def person(self, person_id: str) -> Follower | None:
        return self.there.get(self.into.get(person_id, person_id))

    def people(self, person_ids: Collection[str]) -> Mapping[str, Follower]:
        return {person_id: self.there[person_id] for person_id in person_ids if person_id in self.there}

    def add(self, person: Follower) -> None:
        self.there[person.person_id] = person

    def merge(self, younger: str, older: str) -> None:
        for one, other in list(self.into.items()):
            self.into[one] = older if other == younger else other
        self.into[younger] = older
        del self.there[younger]
        for board, standing in [(id_, one) for (id_, who), one in self.boards.items() if who == younger]:
            del self.boards[(board, younger)]
            theirs = self.boards.get((board, older))
            if theirs is None or standing.is_before(theirs):
                self.boards[(board, older)] = standing
        for who, game, round_ in [key for key in self.rounds if key[0] == younger]:
            self.rounds.setdefault((older, game, round_), self.rounds.pop((who, game, round_)))
        for who, game, hour in [key for key in self.hours if key[0] == younger]:
            number = self.hours.pop((who, game, hour))
            self.hours[(older, game, hour)] = max(number, self.hours[(older, game, hour)])

    def erase(self, person_id: str) -> None:
        del self.there[person_id]
        self.boards = {key: value for key, value in self.boards.items() if key[1] != person_id}
        self.rounds = {key: value for key, value in self.rounds.items() if key[0] != person_id}
        self.hours = Counter({key: value for key, value in self.hours.items() if key[0] != person_id})
