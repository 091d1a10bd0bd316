"""The stream of the followers' table: tell the brand's other systems of each event that is on record."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.aws.event_bus import EventBus
from wejourney.adapters.aws.table_stream import event_of, readable
from wejourney.adapters.failures import private, reason_of
from wejourney.bootstrap import publishing
from wejourney.metrics import Metric
from wejourney.observability import CloudWatchMeter, make_logger, make_metrics
from wejourney.people.disclosure.published_event import published_event

SERVICE = "publish_events"

logger = make_logger(SERVICE)
metrics = make_metrics()


@cache
def event_bus() -> EventBus:
    return publishing.event_bus()


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Publish a batch in its order. It comes again until that has succeeded, so each event is told."""
    if event.get("warm"):
        event_bus()
        return
    event_bus().publish_all(_events(event["Records"]))


def _events(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for found in readable(records, event_of, _unreadable):
        if found is not None:
            told, person_id = found
            yield told.kind, published_event(told, person_id)


def _unreadable(error: Exception) -> None:
    logger.error("event not published", extra={"reason": reason_of(error)})
    CloudWatchMeter(metrics).count(Metric.CHANGES_UNREADABLE)
