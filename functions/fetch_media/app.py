"""The queue of files that people have sent: fetch each from WeChat before it is deleted there."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.aws.media_queue import wanted_in
from wejourney.adapters.failures import private
from wejourney.bootstrap import workers
from wejourney.errors import StaleFollowerError, WeChatError
from wejourney.metrics import Metric
from wejourney.observability import EVENT_ID, PERSON_ID, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.media.fetch_media import FetchMedia

SERVICE = "fetch_media"

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


@cache
def fetch_media() -> FetchMedia:
    return workers.fetch_media(metrics)


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Fetch one file; what WeChat does not hand over now, the queue delivers again an hour later."""
    if event.get("warm"):
        fetch_media()
        return {}
    (record,) = event["Records"]
    wanted = wanted_in(record["body"])
    logger.append_keys(**{EVENT_ID: wanted.event.mark, PERSON_ID: wanted.person_id})
    try:
        outcome = fetch_media()(wanted)
    except (WeChatError, StaleFollowerError) as error:
        logger.warning("file not fetched now", extra={"reason": f"{type(error).__name__}: {error}"})
        meter.count(Metric.MEDIA_DELAYED)
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    logger.info("file fetched", extra={"outcome": outcome.name.lower()})
    return {"batchItemFailures": []}
