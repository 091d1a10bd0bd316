"""The calendar in memory, over the fake records of followers."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.support.fakes.followers import FakeFollowers
from wejourney.adapters.dynamo.items import partition, shard_of
from wejourney.errors import StaleFollowerError
from wejourney.people.followers import Follower
from wejourney.services.ports.calendars import Page, Review


@dataclass
class FakeCalendars:
    """`page_size` is how many people a page has."""

    followers: FakeFollowers
    reviews: dict[int, Review] = field(default_factory=dict)
    page_size: int = 100

    def _of(self, shard: int) -> list[tuple[datetime, str]]:
        known = (records.follower for records in self.followers.partitions.values())
        return sorted(
            (one.look_at, one.person_id)
            for one in known
            if one is not None and one.look_at is not None and shard_of(one.person_id) == shard
        )

    def due(self, shard: int, now: datetime) -> Iterator[str]:
        yield from [person_id for look_at, person_id in self._of(shard) if look_at <= now]

    def page(self, shard: int, cursor: str) -> Page:
        left = [one for one in self._of(shard) if not cursor or _name(one) > cursor]
        people, more = left[: self.page_size], left[self.page_size :]
        return Page(tuple(person_id for _, person_id in people), _name(people[-1]) if more else None)

    def person(self, person_id: str) -> Follower | None:
        records = self.followers.partitions.get(partition(person_id))
        return records.follower if records is not None else None

    def plan(self, follower: Follower, look_at: datetime) -> None:
        records = self.followers.partitions.get(partition(follower.person_id))
        if records is None or records.follower is None or records.follower.rev != follower.rev:
            raise StaleFollowerError
        records.follower = replace(records.follower, look_at=look_at, rev=follower.rev + 1)

    def review(self, shard: int) -> Review | None:
        return self.reviews.get(shard)

    def save_review(self, shard: int, review: Review) -> None:
        self.reviews[shard] = review


def _name(one: tuple[datetime, str]) -> str:
    return f"{one[0].isoformat()} {one[1]}"
