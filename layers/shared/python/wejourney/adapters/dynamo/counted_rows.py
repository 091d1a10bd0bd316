"""What the rows of the followers' table say to be counted.

A row with a `cohort` is counted, and an event with the journeys that it could have started (`refused`). The
filter of the stream in template.yaml says the same.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.items import RawItem, columns_of
from wejourney.journeys.counting import (
    CAME,
    TIMED_OUT,
    Cohort,
    Counted,
    CountedMessage,
    CountedRefusal,
    CountedRun,
    CountedWait,
    RowCounts,
)
from wejourney.journeys.runs import ANSWERED, UNANSWERED, cohort_name
from wejourney.messaging.merge_fields import OTHER
from wejourney.messaging.sending import MessageStatus
from wejourney.reasons import HeldOut, reason_from

_READ = frozenset({"answer", "at", "channel", "cohort", "end", "is_choice", "journey", "name", "outcome"})
_READ |= {"opening", "reason", "refused", "sk", "status", "step"}
"""The columns that are read: an event's own are unpacked for nothing."""


def counted_in(item: RawItem | None) -> RowCounts:
    """What an item of the followers' table says to be counted. Raises KeyError, TypeError or ValueError."""
    row = columns_of({name: item[name] for name in _READ & item.keys()}) if item else {}
    if "refused" in row:
        day = cohort_name(datetime.fromisoformat(row["at"]).astimezone(UTC).isoformat(), "")
        reasons = {journey: reason_from(reason) for journey, reason in row["refused"].items()}
        return {
            # Who is held out has a row of their own, and counts once.
            Cohort(journey, day): [CountedRefusal(reason)]
            for journey, reason in reasons.items()
            if not isinstance(reason, HeldOut)
        }
    if "cohort" not in row:
        return {}
    counted = _counted(row)
    return {Cohort(row["journey"], row["cohort"]): [counted] if counted else []}


def _counted(row: Mapping[str, Any]) -> Counted | None:
    kind = row["sk"].partition("#")[0] + "#"
    if kind == rows.RUN:
        return CountedRun(reason_from(row["end"]) if "end" in row else None, "opening" in row)
    if kind == rows.MESSAGE:
        reason = reason_from(row["reason"]) if "reason" in row else None
        return CountedMessage(row["step"], MessageStatus(row["status"]), row["channel"], reason)
    if kind == rows.HOLDOUT:
        return CountedRefusal(HeldOut())
    if kind == rows.ANSWER and row["outcome"] == UNANSWERED:
        return CountedWait(row["step"], TIMED_OUT)
    if kind == rows.ANSWER and row["outcome"] == ANSWERED:
        if "name" not in row:
            return CountedWait(row["step"], CAME)
        return CountedWait(row["step"], CAME, row["name"], row["answer"] if "is_choice" in row else OTHER)
    return None
