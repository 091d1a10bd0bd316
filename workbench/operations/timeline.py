"""The timeline for people to read: rows as plain entries, `{"at", "kind", ...}`.

Kinds are `event`, `run`, `message`, `answer`, `change` and `goal`; the other fields are those of the rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.follower_store import FollowerStore, past_event
from wejourney.adapters.dynamo.items import GOAL_WINDOW, columns_of, item_of, partition
from wejourney.events.event import Subject
from wejourney.events.event_types import Followed
from wejourney.events.positions import Position
from wejourney.journeys.runs import ANSWERED, FollowerState
from wejourney.messaging.sending import PASSIVE
from wejourney.people.identities import openid_identity
from wejourney.people.profile_fields import HIDDEN

_KINDS = {
    rows.EVENT: "event",
    rows.RUN: "run",
    rows.MESSAGE: "message",
    rows.UNANSWERED_WAIT: "answer",
    rows.STEP: "change",
    GOAL_WINDOW: "goal",
}
_PRIVATE = {"pk", "sk", "cohort", "token", "starts", "wakes", "ends", "took", "counted", "quiet", "moved"}
_PRIVATE |= {"changes", "opening", "goal", "seal_key", "gives", "calendar", "look_at"}


def timeline_of(followers: FollowerStore, app_id: str, openid: str) -> list[dict[str, Any]]:
    """All that happened with a follower, by time."""
    person_id = followers.person_id_of(openid_identity(app_id, openid))
    pk = partition(person_id) if person_id is not None else rows.timeline_pk(Subject(app_id, openid), None)
    return sorted(entries_of(followers.table.query(pk)), key=order)


@dataclass(frozen=True)
class Page:
    """A part of a timeline, by time.

    `since` is the time of its first event; `earlier` the same if there are earlier ones: the next page's end.
    """

    entries: list[dict[str, Any]]
    since: datetime | None
    earlier: datetime | None


def newest_page(
    followers: FollowerStore,
    state: FollowerState,
    subject: Subject,
    last: int,
    before: datetime | None = None,
) -> Page:
    """The last events (before a second, UTC), and the runs that they started, woke or ended.

    Without `before`, the runs that are live belong to it, too. Each run is there as a whole, so that each of
    its records is on the page of the event that started it; but an answer is on that of the event that gave
    it, and a window in which a goal counts on that of its entry. Events of one second are not parted.
    """
    pk = rows.timeline_pk(subject, state.follower)
    end = f"{rows.EVENT}{Position.at(before)}" if before is not None else None
    items: list[dict[str, Any]] = []
    runs = set() if before is not None else {run.run_id for run in state.live_runs}
    since: datetime | None = None
    earlier: datetime | None = None
    for item in followers.table.newest(pk, rows.EVENT, before=end, page=last + 1):
        past = past_event(item)
        if len(items) >= last and past.event.position.second != since:
            earlier = since
            break
        since = past.event.position.second
        runs |= past.runs | {ended["run_id"] for ended in columns_of(item).get("ends", ())}
        items.append(item)
    for run in sorted(runs):
        items += followers.table.query(pk, f"{rows.RUN}{run}")
        for prefix in (rows.MESSAGE, rows.UNANSWERED_WAIT, rows.STEP):
            items += followers.table.query(pk, f"{prefix}{run}#")
    for window in state.goal_windows:
        if since is not None and since <= window.at and (before is None or window.at < before):
            items.append(item_of(rows.goal_window_row(pk, window)))
    return Page(sorted(entries_of(items), key=order), since, earlier)


def entries_of(items: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The entries among the items of the followers' table, in their order.

    A message comes after its `changes`, an opening after its run.
    """
    for item in items:
        row = columns_of(item)
        kind = next((kind for prefix, kind in _KINDS.items() if row["sk"].startswith(prefix)), None)
        if kind is not None:
            for change in row.get("changes", ()):
                yield {"kind": "change", "run_id": row["run_id"], **change}
            shown = {name: value for name, value in row.items() if name not in _PRIVATE}
            for name, value in shown.items():
                shown[name] = sorted(value) if isinstance(value, frozenset) else value
            if "coupons" in row:
                shown["coupons"] = {name: code and HIDDEN for name, code in row["coupons"].items()}
            yield {"kind": kind, **shown}
            for opening in rows.openings_of(row):
                yield {"kind": "message", **opening}
            for ended in rows.ends_of_waits(row):
                told = {name: value for name, value in ended.items() if name not in ("run", "is_choice")}
                told |= {"journey": ended["run"]["journey"], "outcome": ANSWERED}
                yield {"kind": "answer", **told}


def order(entry: dict[str, Any]) -> tuple[str, int, str]:
    """By time; within a second first what caused, then what followed from it, and events as they arrived."""
    arrival = entry["event"].get("arrival", "") if entry["kind"] == "event" else ""
    if entry["kind"] == "event" and entry["event"]["kind"] == Followed.kind:
        return entry["at"], 0, arrival
    caused = {"run": 1, "message": 2 if entry.get("channel") == PASSIVE else 5, "event": 3, "answer": 4}
    return entry["at"], caused.get(entry["kind"], 5), arrival
