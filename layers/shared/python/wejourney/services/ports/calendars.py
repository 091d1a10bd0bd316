"""When the calendar looks at whom, and how far it has looked at everybody anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wejourney.people.followers import Follower


@dataclass(frozen=True)
class Review:
    """How far a shard was looked at anew since the journeys that the calendar starts, or tiers, have changed.

    `triggers` names these journeys' triggers and the tiers. `cursor` is where to go on: empty at first, None
    at the end. `day` (ISO) is that of the review, where there is one each day.
    """

    triggers: str
    cursor: str | None = ""
    day: str = ""


@dataclass(frozen=True)
class Page:
    """Some people of a shard, by our own ids, and where the next page begins (None: there is none)."""

    person_ids: tuple[str, ...]
    cursor: str | None


class Calendars(Protocol):
    """Everybody who was ever applied an event, by when the calendar looks at them (`Follower.look_at`).

    The index may lag behind: it may name somebody who was looked at a moment ago.
    """

    def due(self, shard: int, now: datetime) -> Iterator[str]:
        """Whom the calendar has to look at by now: our own ids, the longest due first, read as asked for."""

    def page(self, shard: int, cursor: str) -> Page:
        """Anybody of a shard, whenever the calendar looks at them."""

    def person(self, person_id: str) -> Follower | None:
        """Somebody as they are now, seen through any of their contacts; None: erased, or merged."""

    def plan(self, follower: Follower, look_at: datetime) -> None:
        """Write when the calendar looks at a follower next: their next revision.

        Raises StaleFollowerError when they are not as they were read any more.
        """

    def review(self, shard: int) -> Review | None: ...

    def save_review(self, shard: int, review: Review) -> None: ...
