"""The stream of the followers' table, as Lambda hands its records over."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from wejourney.adapters.dynamo.counted_rows import counted_in
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.adapters.failures import is_lasting
from wejourney.events.event import InboundEvent
from wejourney.journeys.counting import Change, changed_counts, moved_counts


def readable[T](
    records: Iterable[Mapping[str, Any]],
    read: Callable[[Mapping[str, Any]], T],
    unreadable: Callable[[Exception], None],
) -> Iterator[T]:
    """What is read of each record; one that never can be would hold up all that come after it."""
    for record in records:
        try:
            found = read(record)
        except Exception as error:
            if not is_lasting(error):
                raise
            unreadable(error)
        else:
            yield found


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


def event_of(record: Mapping[str, Any]) -> tuple[InboundEvent, str] | None:
    """The event that a record puts on the timeline, and whose it is: empty for nobody's.

    None for a row that has moved to who somebody turned out to be: it was on the timeline before. Raises
    KeyError, TypeError, ValueError or MalformedEventError.
    """
    item = record["dynamodb"]["NewImage"]
    if "moved" in item:
        return None
    row, of_somebody = columns_of({name: item[name] for name in ("pk", "event")}), partition("")
    is_known = row["pk"].startswith(of_somebody)
    return InboundEvent.from_record(row["event"]), row["pk"].removeprefix(of_somebody) if is_known else ""
