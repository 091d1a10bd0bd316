"""The queue of pictures that phones have uploaded: have WeChat check each before it counts."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.aws.upload_bucket import stored_in
from wejourney.adapters.failures import private
from wejourney.bootstrap import workers
from wejourney.errors import StaleFollowerError, WeChatError
from wejourney.observability import make_logger, make_metrics
from wejourney.services.uploads.check_uploads import CheckUploads
from wejourney.services.uploads.ports import NotCopiedError

SERVICE = "check_uploads"

logger = make_logger(SERVICE)
metrics = make_metrics()


@cache
def check_uploads() -> CheckUploads:
    return workers.check_uploads(metrics)


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Ask WeChat about one picture; what it does not take now, the queue delivers again."""
    if event.get("warm"):
        check_uploads()
        return {}
    (record,) = event["Records"]
    for stored in stored_in(record["body"]):
        try:
            outcome = check_uploads()(stored)
        except (WeChatError, NotCopiedError, StaleFollowerError) as error:
            logger.warning("picture not checked now", extra={"reason": f"{type(error).__name__}: {error}"})
            return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
        logger.info("picture uploaded", extra={"outcome": outcome})
    return {"batchItemFailures": []}
