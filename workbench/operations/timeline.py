"""The timeline for people to read: rows as plain entries, `{"at", "kind", "openid", ...}`.

Kinds are `event`, `run`, `message`, `answer`, `change` and `holdout`; the other fields are those of the rows.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from pynamodb.expressions.condition import Condition

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of
from wejourney.adapters.dynamo.table import Column
from wejourney.events.event_types import Followed

_KINDS = {
    rows.EVENT: "event",
    rows.RUN: "run",
    rows.MESSAGE: "message",
    rows.ANSWER: "answer",
    rows.STEP: "change",
    rows.HOLDOUT: "holdout",
}
_PRIVATE = {"pk", "sk", "shard", "token", "starts", "wakes", "ends", "taken_by"}


def timeline_of(followers: FollowerStore, app_id: str, openid: str) -> list[dict[str, Any]]:
    """All that happened with a follower, by time."""
    return sorted(entries_of(followers.table.query(rows.partition(app_id, openid))), key=order)


def journey_rows(
    followers: FollowerStore, journey: str, since: datetime | None = None
) -> list[dict[str, Any]]:
    """All runs, messages and answers of a journey, and whom it is kept from, with what the index holds.

    What began earlier than `since` is not read.
    """
    found: list[dict[str, Any]] = []
    for shard in range(rows.SHARDS):
        key: Condition = Column("shard") == f"{journey}#{shard}"
        if since is not None:
            key &= Column("at") >= since.astimezone(UTC).isoformat()
        found += entries_of(followers.table.query_index(rows.BY_JOURNEY, key))
    return found


def entries_of(items: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The entries among the items of the followers' table, in their order."""
    for item in items:
        row = columns_of(item)
        kind = next((kind for prefix, kind in _KINDS.items() if row["sk"].startswith(prefix)), None)
        if kind is not None:
            shown = {name: value for name, value in row.items() if name not in _PRIVATE}
            for name, value in shown.items():
                shown[name] = sorted(value) if isinstance(value, frozenset) else value
            yield {"kind": kind, "openid": row["pk"].partition("#")[2], **shown}


def order(entry: dict[str, Any]) -> tuple[str, int]:
    """By time; within a second first what caused, then what followed from it."""
    if entry["kind"] == "event" and entry["event"]["kind"] == Followed.kind:
        return entry["at"], 0
    caused = {"run": 1, "message": 2 if entry.get("channel") == "passive" else 5, "event": 3, "answer": 4}
    return entry["at"], caused.get(entry["kind"], 5)
