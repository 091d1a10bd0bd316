"""What the rows of the followers' table say to be counted.

A row with a `cohort` is counted, and an event with the journeys that it could have started (`refused`), and
with the waits that it has ended (`took`) and what it says of QR codes (`codes`), both marked as `counted`.
The filter of the stream in template.yaml says the same.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.items import GOAL_WINDOW, RawItem, columns_of
from wejourney.journeys.counting import (
    CAME,
    CODES,
    TIMED_OUT,
    Cohort,
    Counted,
    CountedCode,
    CountedGoal,
    CountedMessage,
    CountedRefusal,
    CountedRun,
    CountedWait,
    RowCounts,
)
from wejourney.journeys.runs import UNANSWERED, cohort_name, cohort_of
from wejourney.messaging.merge_fields import OTHER
from wejourney.messaging.sending import MessageStatus
from wejourney.reasons import HeldOut, reason_from

_READ = frozenset(
    {"at", "channel", "codes", "cohort", "end", "journey", "opening", "outcome", "reason", "refused"}
)
_READ |= {"held_out", "reached_at", "sk", "status", "step", "took"}
"""The columns that are read: an event's own are unpacked for nothing."""


def counted_in(item: RawItem | None) -> RowCounts:
    """What an item of the followers' table says to be counted. Raises KeyError, TypeError or ValueError."""
    row = columns_of({name: item[name] for name in _READ & item.keys()}) if item else {}
    if "cohort" in row:
        counted = _counted(row)
        return {Cohort(row["journey"], row["cohort"]): [counted] if counted else []}
    counts: dict[Cohort, list[Counted]] = {}
    for cohort, one in _counted_in_event(row):
        counts.setdefault(cohort, []).append(one)
    return counts


def _counted_in_event(row: Mapping[str, Any]) -> Iterator[tuple[Cohort, Counted]]:
    for journey, told in row.get("refused", {}).items():
        reason = reason_from(told)
        # Who is held out has a row of their own, and counts once.
        if not isinstance(reason, HeldOut):
            day = cohort_name(datetime.fromisoformat(row["at"]).astimezone(UTC).isoformat(), "")
            yield Cohort(journey, day), CountedRefusal(reason)
    for ended in rows.ends_of_waits(row):
        run = ended["run"]
        cohort = Cohort(run["journey"], cohort_of(run))
        if "name" not in ended:
            yield cohort, CountedWait(ended["step"], CAME)
        else:
            choice = ended["answer"] if ended["is_choice"] else OTHER
            yield cohort, CountedWait(ended["step"], CAME, ended["name"], choice)
    for told in rows.code_counts_in(row):
        for what, number in told.counts.items():
            yield Cohort(CODES, f"{told.day}#{told.code}"), CountedCode(what, told.facts, number)


def _counted(row: Mapping[str, Any]) -> Counted | None:
    if row["sk"].startswith(GOAL_WINDOW):
        return CountedGoal(row.get("held_out", False), "reached_at" in row)
    kind = row["sk"].partition("#")[0] + "#"
    if kind == rows.RUN:
        return CountedRun(reason_from(row["end"]) if "end" in row else None, "opening" in row)
    if kind == rows.MESSAGE:
        reason = reason_from(row["reason"]) if "reason" in row else None
        return CountedMessage(row["step"], MessageStatus(row["status"]), row["channel"], reason)
    if kind == rows.HOLDOUT:
        return CountedRefusal(HeldOut())
    if kind == rows.UNANSWERED_WAIT and row["outcome"] == UNANSWERED:
        return CountedWait(row["step"], TIMED_OUT)
    return None
