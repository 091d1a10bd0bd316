"""How a function with an API in JSON answers: whatever happens, as its document says."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from wejourney.adapters.failures import aws_errors, reason_of
from wejourney.metrics import Metric
from wejourney.observability import CloudWatchMeter
from wejourney.wire.http import Answer
from wejourney.wire.json_api import RequestRejectedError, unavailable


def answer_or_reject(
    answer: Callable[[], Answer],
    rejection: Callable[[RequestRejectedError], Answer],
    logger: Logger,
    meter: CloudWatchMeter,
) -> dict[str, Any]:
    """The answer in API Gateway's format. `rejection` renders one that the API's use cases did not."""
    try:
        return answer().to_gateway()
    except RequestRejectedError as error:
        logger.warning("request rejected", extra={"status": error.status, "reason": error.code})
        return rejection(error).to_gateway()
    except aws_errors() as error:
        logger.error("request failed", extra={"reason": reason_of(error)})  # noqa: TRY400 - see reason_of
        meter.count(Metric.CALLBACK_FAILED)
        return rejection(unavailable()).to_gateway()
