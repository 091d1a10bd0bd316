"""Rows of holds, gifts and group-buys: due at a time, and deleted some time after they are settled."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.loyalty.books_store import DUE
from wejourney.adapters.dynamo.table import Table

KEPT = timedelta(days=400)
"""For how long such a row is on record after it was settled: WeChat Pay refunds for a year."""


def due_ids(table: Table, shard: str, prefix: str, now: datetime) -> Iterator[str]:
    """What follows `prefix` in the pk of the rows of a shard that are due by now, the longest due first."""
    is_due: Condition = Column("due_shard") == shard
    items = table.index_items(DUE, is_due & (Column("due_on") <= now.isoformat()))
    return (item["pk"]["S"].removeprefix(prefix) for item in items)


def deleted_at(settled: datetime) -> int:
    """`expires_at` of a row, in seconds since 1970."""
    return int((settled + KEPT).timestamp())
