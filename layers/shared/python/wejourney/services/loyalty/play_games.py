"""After an event is on record: count the round of a game that it tells on the leader board."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wejourney.errors import StaleFollowerError
from wejourney.events.event import InboundEvent
from wejourney.loyalty.games import Board, Played, Round, Standing, WhyUnranked, board_on
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import Pause, until_done
from wejourney.services.loyalty.ports import People


class RoundRecords(Protocol):
    def played(self, person_id: str, board: Board, played: Round) -> Played:
        """What is on record of somebody before a round."""

    def count(
        self, person_id: str, board: Board, played: Round, before: Played, after: Standing, most: int
    ) -> None:
        """Count a round, as one of at most so many of its hour, all or nothing.

        Raises StaleBooksError when it is not as `before` any more, StaleFollowerError when the person was
        erased, or merged into another one.
        """


class Timeline(Protocol):
    def note_unranked(self, event: InboundEvent, follower: Follower, why: WhyUnranked) -> None:
        """Note on record of an event why its round does not count. Done again, it changes nothing."""


@dataclass(frozen=True)
class PlayGames:
    records: RoundRecords
    people: People
    timeline: Timeline
    programme: Programme
    now: Callable[[], datetime]
    pause: Pause = time.sleep

    def __call__(self, event: InboundEvent, person: Follower) -> None:
        """Count the round of an event, once, or note why it does not count.

        Asks nothing of AWS where the event tells no round of a game that has a board. Raises LedgerBusyError.
        """
        played = Round.of(event)
        terms = self.programme.games.get(played.game) if played is not None else None
        if played is None or terms is None:
            return
        board = board_on(played.game, terms, self.programme.day_of(played.at), self.programme.zone)
        if board is None:
            self.timeline.note_unranked(event, person, WhyUnranked.NO_BOARD)
            return
        person_id = person.person_id

        def attempt() -> WhyUnranked | None:
            nonlocal person_id
            before = self.records.played(person_id, board, played)
            if before.counted_by == event.id:
                return None
            why = before.why_unranked(played, terms)
            if why is None and not board.takes(self.now()):
                why = WhyUnranked.BOARD_CLOSED
            if why is not None:
                return why
            after = before.after(played, terms)
            try:
                self.records.count(person_id, board, played, before, after, terms.rounds_per_hour)
            except StaleFollowerError:
                found = self.people.person(person_id)
                if found is None:  # They were erased meanwhile.
                    return None
                person_id = found.person_id
                raise
            return None

        if (why := until_done(attempt, event.id, self.pause)) is not None:
            self.timeline.note_unranked(event, person, why)
