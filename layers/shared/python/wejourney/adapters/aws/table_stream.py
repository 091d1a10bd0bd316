"""The stream of the followers' table, as Lambda hands its records over."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from wejourney.adapters.dynamo.counted_rows import counted_in
from wejourney.journeys.counting import Change, changed_counts, moved_counts


def change_of(record: Mapping[str, Any]) -> Change:
    """What a record changes of the counts. Raises KeyError, TypeError or ValueError.

    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    """
    changed = record["dynamodb"]
    before, after = changed.get("OldImage"), changed.get("NewImage")
    if before is None and after is not None and "moved" in after:
        counts = moved_counts(counted_in(after))
    else:
        counts = changed_counts(counted_in(before), None if after is None else counted_in(after))
    return Change(
        sequence=int(changed["SequenceNumber"]),
        at=datetime.fromtimestamp(changed["ApproximateCreationDateTime"], UTC),
        counts=counts,
    )
