"""The API for tills: the paths under /store/, whose requests are signed with the key of their store."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private
from wejourney.adapters.json_function import answer_or_reject
from wejourney.bootstrap import store_api
from wejourney.errors import WejourneyError
from wejourney.metrics import Metric
from wejourney.observability import AccountLog, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.till.answer_request import AnswerRequest
from wejourney.wire.store_api.requests import SignedRequest, read_request, rejection

SERVICE = "store_api"

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


class LoggedTill:
    """One log line for each request, with its store and till: nothing of what was sent or shown."""

    def answered(self, request: SignedRequest) -> None:
        logger.info("answered", extra=_about(request))

    def rejected(self, request: SignedRequest, status: int, code: str) -> None:
        logger.warning("request rejected", extra={**_about(request), "status": status, "reason": code})

    def failed(self, request: SignedRequest, error: WejourneyError) -> None:
        logger.error("request failed", extra={**_about(request), "reason": str(error)})
        meter.count(Metric.CALLBACK_FAILED)


def _about(request: SignedRequest) -> dict[str, str]:
    """The store is as the request says: without a right signature it may be anybody's."""
    return {"operation": request.operation.name, "store": request.who.store, "till": request.who.till}


watch = LoggedTill()


@cache
def answer_request() -> AnswerRequest:
    return store_api.answer_request(watch, AccountLog(logger, meter))


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    if event.get("warm"):
        answer_request()
        return {}
    return answer_or_reject(lambda: answer_request()(read_request(event)), rejection, logger, meter)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Before the first request, in Lambda's start phase.
    answer_request()
