"""The calendar: an index over the rows of followers, by shard and by when they are to be looked at.

The index has keys only, and a follower's row is in it as long as it exists: an erasure leaves nothing there.
It has CALENDAR_SHARDS partitions, because DynamoDB writes at most 1,000 units a second to one.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.follower_rows import follower_row
from wejourney.adapters.dynamo.items import (
    FOLLOWER,
    Row,
    calendar_of,
    columns_of,
    partition,
    person_of,
    row_key,
    value_of,
)
from wejourney.adapters.dynamo.table import RefusedWriteError, Table
from wejourney.errors import StaleFollowerError
from wejourney.people.followers import Follower
from wejourney.services.ports.calendars import Page, Review

INDEX = "calendar"

REVIEW = "CALENDAR#"
"""The beginning of the pk of a shard's own row."""

_PAGE = 100
_PERSON = partition("")


@dataclass(frozen=True)
class CalendarStore:
    table: Table

    def due(self, shard: int, now: datetime) -> Iterator[str]:
        condition: Condition = Column("calendar") == calendar_of(shard)
        # Rows have whole seconds, and their texts sort like the moments.
        due = condition & (Column("look_at") <= now.replace(microsecond=0).isoformat())
        for item in self.table.index_items(INDEX, due):
            yield item["pk"]["S"].removeprefix(_PERSON)

    def page(self, shard: int, cursor: str) -> Page:
        start = json.loads(cursor) if cursor else None
        condition: Condition = Column("calendar") == calendar_of(shard)
        items, last = self.table.index_page(INDEX, condition, start, _PAGE)
        person_ids = tuple(item["pk"]["S"].removeprefix(_PERSON) for item in items)
        return Page(person_ids, json.dumps(last) if last else None)

    def person(self, person_id: str) -> Follower | None:
        row = columns_of(self.table.get(row_key(partition(person_id), FOLLOWER)) or {})
        return person_of(row) if "contacts" in row and "merged_into" not in row else None

    def plan(self, follower: Follower, look_at: datetime) -> None:
        planned = [Column("look_at").set(value_of(look_at)), Column("rev").add(1)]
        unchanged: Condition = Column("rev") == follower.rev
        try:
            self.table.update(follower_row(follower), planned, unchanged)
        except RefusedWriteError as refused:
            raise StaleFollowerError from refused

    def review(self, shard: int) -> Review | None:
        item = self.table.get(_review_key(shard))
        if item is None:
            return None
        row = columns_of(item)
        return Review(row["triggers"], row.get("cursor"), row.get("day", ""))

    def save_review(self, shard: int, review: Review) -> None:
        progress = {"triggers": review.triggers, "cursor": review.cursor, "day": review.day or None}
        self.table.put({**_review_key(shard), **progress})


def _review_key(shard: int) -> Row:
    return {"pk": f"{REVIEW}{shard}", "sk": REVIEW}
