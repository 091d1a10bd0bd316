"""Reading what a decision about a follower needs, from raw items: without PynamoDB, for the callback's sake.

The rows are written by `wejourney.adapters.dynamo.follower_rows`.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Condition, EventPattern, Exit
from wejourney.messaging.allowance_windows import Window
from wejourney.people.followers import DateWait, Follower, FollowerState, LiveRun, OpenWait
from wejourney.plain_data import from_plain

FOLLOWER = "FOLLOWER"
"""What the sk of every row begins with that a decision needs, so that one query reads them."""

LIVE_RUN = f"{FOLLOWER}#RUN#"
WAIT = f"{FOLLOWER}#WAIT#"

TIMES = ("followed_at", "known_since", "erased_at")
"""The attributes of a follower that are times, ISO 8601."""

type RawItem = dict[str, dict[str, Any]]
"""An item as DynamoDB gives it: `{"pk": {"S": "…"}}`."""


def state_of(items: Iterable[RawItem]) -> FollowerState:
    """The state in the raw items that begin with FOLLOWER.

    Raises KeyError, TypeError or ValueError for what we have not written.
    """
    follower: Follower | None = None
    live_runs: list[LiveRun] = []
    waits: list[OpenWait] = []
    for raw in items:
        sk = raw["sk"]["S"]
        if sk == FOLLOWER:
            follower = follower_of(raw)
        elif sk.startswith(LIVE_RUN):
            live_runs.append(_live_run(_values(raw)))
        else:
            waits.append(_wait(_values(raw)))
    return FollowerState(follower, tuple(live_runs), tuple(waits))


def follower_of(raw: RawItem) -> Follower:
    """The follower of a raw item."""
    row = _values(raw)
    known = {name: row[name] for name in Follower.__dataclass_fields__ if name in row}
    for name in ("attributes", "dates"):
        if name in known:
            known[name] = json.loads(known[name])
    if "windows" in known:
        known["windows"] = tuple(from_plain(Window, window) for window in json.loads(known["windows"]))
    for name in TIMES:
        known[name] = time_of(row.get(name))
    return Follower(**known)


def _values(item: RawItem) -> dict[str, Any]:
    """An item without DynamoDB's type marks, of those types that the followers table has."""
    values: dict[str, Any] = {}
    for name, typed in item.items():
        ((mark, value),) = typed.items()
        if mark == "N":
            values[name] = int(value)
        elif mark == "SS":
            values[name] = frozenset(value)
        elif mark != "NULL":
            values[name] = value
    return values


def _live_run(row: Mapping[str, Any]) -> LiveRun:
    return LiveRun(
        journey=row["journey"],
        run_id=row["run_id"],
        event_id=row["event_id"],
        expires_at=time_of(row.get("expires_at")),
        key=row.get("key", ""),
        started_at=time_of(row.get("started_at")),
        goal=from_plain(Condition, json.loads(row["goal"])) if "goal" in row else None,
        exits=from_plain(tuple[Exit, ...], json.loads(row.get("exits", "[]"))),
        retain_after_end=row.get("retain_after_end", False),
        ended=row.get("ended", False),
    )


def _wait(row: Mapping[str, Any]) -> OpenWait:
    return OpenWait(
        run_id=row["run_id"],
        step=row["step"],
        asked_at=datetime.fromisoformat(row["asked_at"]),
        token=row["token"],
        run=json.loads(row["run"]),
        name=row.get("name", ""),
        question=from_plain(Question, json.loads(row["question"])) if "question" in row else None,
        pattern=from_plain(EventPattern, json.loads(row["pattern"])) if "pattern" in row else None,
        date=from_plain(DateWait, json.loads(row["date"])) if "date" in row else None,
    )


def time_of(text: str | None) -> datetime | None:
    """The moment of an attribute that may be absent."""
    return datetime.fromisoformat(text) if text else None
