"""The stream of the followers' table as Lambda hands it over, from the changes of rows in memory."""

import json
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.infra.template import RESOURCES
from tests.support.fakes.followers import RowChange
from wejourney.adapters.aws.table_stream import change_of
from wejourney.journeys.counting import Change, Cohort, CohortCounts
from workbench.trace.funnel import Funnel, counted_funnel

CREATED = datetime(2026, 11, 25, tzinfo=UTC)


def record(sequence: int, change: RowChange, at: datetime = CREATED) -> dict[str, Any]:
    """A record of a change; bytes are in base64, as JSON has them."""
    before, after = change
    images = {"OldImage": before, "NewImage": after}
    item = after or before
    assert item is not None
    written = {
        "SequenceNumber": str(sequence),
        "ApproximateCreationDateTime": at.timestamp(),
        "Keys": {name: item[name] for name in ("pk", "sk")},
        **{name: image for name, image in images.items() if image is not None},
    }
    name = "REMOVE" if after is None else "MODIFY" if before else "INSERT"
    text = json.dumps({"eventName": name, "dynamodb": written}, default=lambda raw: b64encode(raw).decode())
    read: dict[str, Any] = json.loads(text)
    return read


def records(stream: Iterable[RowChange]) -> list[dict[str, Any]]:
    """The records that the filter of the template lets pass."""
    return passed(PATTERNS, (record(number, change) for number, change in enumerate(stream, start=1)))


def changes(stream: Iterable[RowChange]) -> list[Change]:
    return list(map(change_of, records(stream)))


def counts_of(stream: Iterable[RowChange]) -> dict[Cohort, CohortCounts]:
    """What is counted of these changes."""
    cohorts: dict[Cohort, CohortCounts] = {}
    for change in changes(stream):
        for cohort in change.counts:
            before = cohorts.get(cohort, CohortCounts())
            cohorts[cohort] = before.after(cohort, "shard", [change])
    return cohorts


def funnel_of(stream: Iterable[RowChange], journey: str) -> Funnel:
    """The funnel of a journey, of all days."""
    counts = counts_of(stream).items()
    return counted_funnel((cohort.name, one.counts) for cohort, one in counts if cohort.group == journey)


_MAPPING = RESOURCES["CountJourneysFunction"]["Properties"]["Events"]["Changes"]["Properties"]
PATTERNS = [json.loads(one["Pattern"]) for one in _MAPPING["FilterCriteria"]["Filters"]]


def passed(patterns: Iterable[Any], records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records that one of the patterns of a filter lets pass."""
    return [one for one in records if any(_fits(one, pattern) for pattern in patterns)]


def _fits(value: Any, pattern: Any) -> bool:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html"""
    if isinstance(pattern, dict):
        return all(_fits(value.get(name) if value else None, inner) for name, inner in pattern.items())
    (rule,) = pattern
    match rule:
        case str():
            return bool(value == rule)
        case {"exists": True}:
            return value is not None
        case {"prefix": prefix}:
            return isinstance(value, str) and value.startswith(prefix)
        case _:
            raise NotImplementedError(rule)
