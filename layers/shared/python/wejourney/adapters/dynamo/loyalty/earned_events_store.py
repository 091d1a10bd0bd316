"""Events that give something, from the index of the followers' table by when they were recorded."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from wejourney.adapters.dynamo.calendar_store import INDEX
from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.follower_rows import EARNED
from wejourney.adapters.dynamo.items import Row, columns_of, partition
from wejourney.adapters.dynamo.loyalty.books_store import ASKED, asked_key
from wejourney.adapters.dynamo.table import Table
from wejourney.services.loyalty.reconcile_events import EarnedEvent, EventPage, EventsPass

LOOKED_AT = "EVENTS-RECONCILED#"
"""The beginning of the pk of a shard's own row."""

_PAGE = 100


@dataclass(frozen=True)
class EarnedEventsStore:
    """`table` has the books, `followers` the people and their events."""

    table: Table
    followers: Table

    def page(self, shard: int, one: EventsPass) -> EventPage:
        start = json.loads(one.cursor) if one.cursor else None
        last = one.until - timedelta(microseconds=1)
        recorded: Condition = Column("calendar") == f"{EARNED}{shard}"
        recorded &= Column("look_at").between(one.since.isoformat(), last.isoformat())
        keys, cursor = self.followers.index_page(INDEX, recorded, start, _PAGE)
        rows = self.followers.get_all({"pk": key["pk"]["S"], "sk": key["sk"]["S"]} for key in keys)
        events = sorted(map(_event, map(columns_of, rows)), key=lambda event: event.event_id)
        return EventPage(tuple(events), json.dumps(cursor) if cursor else "")

    def posted(self, transaction_ids: list[str]) -> frozenset[str]:
        items = self.table.get_all(map(asked_key, transaction_ids))
        return frozenset(item["pk"]["S"].removeprefix(ASKED) for item in items)

    def last_pass(self, shard: int) -> EventsPass | None:
        row = columns_of(self.table.get(_key(shard)) or {})
        if not row:
            return None
        since, until = (datetime.fromisoformat(row[name]) for name in ("since", "until"))
        return EventsPass(since, until, row.get("cursor", ""))

    def save_pass(self, shard: int, one: EventsPass) -> None:
        progress = {"since": one.since, "until": one.until, "cursor": one.cursor or None}
        self.table.put({**_key(shard), **progress})


def _event(row: Row) -> EarnedEvent:
    nothing = row.get("nothing", {})
    gives = {rule: id_ for rule, id_ in row.get("gives", {}).items() if rule not in nothing}
    return EarnedEvent(row["pk"].removeprefix(partition("")), row["event"]["id"], gives)


def _key(shard: int) -> Row:
    return {"pk": f"{LOOKED_AT}{shard}", "sk": LOOKED_AT}
