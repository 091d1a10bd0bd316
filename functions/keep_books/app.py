"""The books by themselves: post what has expired and what is not pending any more, one shard at a time."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private, reason_of
from wejourney.bootstrap import workers
from wejourney.metrics import Metric
from wejourney.observability import PERSON_ID, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.loyalty.keep_books import KeepBooks
from wejourney.services.loyalty.ports import Entry

SERVICE = "keep_books"

ENOUGH_MS = 10_000
"""Milliseconds that the books of one person may take; with less left the next sweep goes on."""

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


class LoggedBooks:
    """A log line for what is posted, and a metric for whose books could not be kept."""

    def posted(self, entry: Entry) -> None:
        moved = entry.transaction
        told = {"kind": moved.kind, "asset": moved.asset, "amount": moved.amount}
        logger.info("posted", extra={PERSON_ID: entry.person_id, **told})

    def failed(self, person_id: str, error: Exception) -> None:
        logger.error("books not kept", extra={PERSON_ID: person_id, "reason": reason_of(error)})
        meter.count(Metric.BOOKS_NOT_KEPT)


@cache
def keep_books() -> KeepBooks:
    return workers.keep_books(LoggedBooks())


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Sweep the shard that the schedule names."""
    if event.get("warm"):
        keep_books()
        return
    keep_books()(event["shard"], lambda: context.get_remaining_time_in_millis() > ENOUGH_MS)
