"""The stream of the followers' table: count what happens to runs and what QR codes bring, without names."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.aws.table_stream import change_of, readable
from wejourney.adapters.failures import private, reason_of
from wejourney.bootstrap import counting
from wejourney.metrics import Metric
from wejourney.observability import CloudWatchMeter, make_logger, make_metrics
from wejourney.services.count_journeys import CountJourneys

SERVICE = "count_journeys"

logger = make_logger(SERVICE)
metrics = make_metrics()


@cache
def count_journeys() -> CountJourneys:
    return counting.count_journeys()


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Count a batch, which comes again until that has succeeded.

    The event has its shard because the mapping has a tumbling window, whose state is not used.
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
    """
    if event.get("warm"):
        count_journeys()
        return {}
    changes = list(readable(event["Records"], change_of, _unreadable))
    count_journeys()(event["shardId"], changes)
    return {"state": {}}


def _unreadable(error: Exception) -> None:
    logger.error("change not counted", extra={"reason": reason_of(error)})
    CloudWatchMeter(metrics).count(Metric.CHANGES_UNREADABLE)
