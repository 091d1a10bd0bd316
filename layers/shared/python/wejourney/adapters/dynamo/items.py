"""Rows as DynamoDB's items, and the part of a follower's rows that a decision reads.

A row is a dict of columns, a value's type decides its form. Without PynamoDB: the callback must start fast.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from wejourney.journeys.runs import FollowerState, LiveRun, OpenWait
from wejourney.people.followers import Follower
from wejourney.plain_data import from_plain, to_plain

FOLLOWER = "FOLLOWER"
"""What the sk of every row begins with that a decision needs, so that one query reads them."""

LIVE_RUN = f"{FOLLOWER}#RUN#"
WAIT = f"{FOLLOWER}#WAIT#"

type RawItem = dict[str, dict[str, Any]]
"""An item as DynamoDB gives it: `{"pk": {"S": "…"}}`."""

type Row = Mapping[str, Any]
"""A row's columns by name: `pk`, `sk`, and what it holds; a column that is None is absent."""

_JSON = frozenset(
    {
        "attributes",
        "back",
        "content",
        "date",
        "dates",
        "end",
        "ends",
        "event",
        "exits",
        "goal",
        "pattern",
        "question",
    }
    | {"reason", "refused", "run", "runs", "starts", "step_positions", "tries", "values", "wakes", "windows"}
)
"""The columns of the followers' table that hold JSON."""


def value_of(value: Any) -> dict[str, Any]:
    """A value in DynamoDB's form. Raises TypeError for a float: points and counts never pass through one."""
    if isinstance(value, set | frozenset):
        return {"SS": sorted(value)}
    plain = to_plain(value)
    match plain:
        case bool():
            return {"BOOL": plain}
        case int():
            return {"N": str(plain)}
        case str():
            return {"S": plain}
        case float():
            raise TypeError(f"{plain} is no whole number")
        case _:  # A list or a dict.
            return {"S": json.dumps(plain)}


def item_of(row: Row) -> RawItem:
    """The item of a row. Neither None nor an empty set can be stored."""
    return {
        name: value_of(value) for name, value in row.items() if value is not None and value != frozenset()
    }


def columns_of(item: RawItem) -> dict[str, Any]:
    """The row of an item of the followers' table, with its times as texts (ISO 8601)."""
    columns: dict[str, Any] = {}
    for name, typed in item.items():
        ((form, value),) = typed.items()
        if form == "NULL":
            continue
        if form == "N":
            columns[name] = int(value)
        elif form == "SS":
            columns[name] = frozenset(value)
        else:
            columns[name] = json.loads(value) if name in _JSON else value
    return columns


def read_row[T](kind: type[T], row: Row) -> T:
    """The dataclass whose fields are columns of a row."""
    fields: Mapping[str, Any] = vars(kind)["__dataclass_fields__"]
    return from_plain(kind, {name: row[name] for name in fields if name in row})


def state_of(items: Iterable[RawItem]) -> FollowerState:
    """The state in the raw items that begin with FOLLOWER.

    Raises KeyError, TypeError or ValueError for what we have not written.
    """
    follower: Follower | None = None
    live_runs: list[LiveRun] = []
    waits: list[OpenWait] = []
    for item in items:
        row = columns_of(item)
        if row["sk"] == FOLLOWER:
            follower = read_row(Follower, row)
        elif row["sk"].startswith(LIVE_RUN):
            live_runs.append(read_row(LiveRun, row))
        else:
            waits.append(read_row(OpenWait, row))
    return FollowerState(follower, tuple(live_runs), tuple(waits))
