"""The timeline for people to read: rows as plain entries, `{"at", "kind", "openid", ...}`.

Kinds are `event`, `run`, `message`, `answer`, `change` and `holdout`; the other fields are those of the rows.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.table import Row
from wejourney.events.event_types import Followed

_KINDS: dict[str, tuple[str, type[Row]]] = {
    rows.EVENT: ("event", rows.EventRow),
    rows.RUN: ("run", rows.RunRow),
    rows.MESSAGE: ("message", rows.MessageRow),
    rows.ANSWER: ("answer", rows.AnswerRow),
    rows.STEP: ("change", rows.StepRow),
    rows.HOLDOUT: ("holdout", rows.HoldoutRow),
}
_PRIVATE = {"pk", "sk", "shard", "token", "starts", "wakes", "ends", "taken_by"}


def entries_of(items: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The entries among the raw items of the followers' table, in their order."""
    for raw in items:
        for prefix, (kind, row) in _KINDS.items():
            if raw["sk"]["S"].startswith(prefix):
                yield {"kind": kind, "openid": raw["pk"]["S"].partition("#")[2], **_shown(row, raw)}


def _shown(row: type[Row], raw: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, set) else value
        for name, value in row.from_raw_data(raw).attribute_values.items()
        if name not in _PRIVATE
    }


def order(entry: dict[str, Any]) -> tuple[str, int]:
    """By time; within a second first what caused, then what followed from it."""
    if entry["kind"] == "event" and entry["event"]["kind"] == Followed.kind:
        return entry["at"], 0
    caused = {"run": 1, "message": 2 if entry.get("channel") == "passive" else 5, "event": 3, "answer": 4}
    return entry["at"], caused.get(entry["kind"], 5)
