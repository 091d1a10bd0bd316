"""The API for the brand's own systems: the paths under /api/, which IAM authorises."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private
from wejourney.adapters.json_function import answer_or_reject
from wejourney.bootstrap import people_api
from wejourney.errors import WejourneyError
from wejourney.metrics import Metric
from wejourney.observability import PERSON_ID, AccountLog, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.people_api.answer_request import AnswerRequest
from wejourney.services.people_api.take_events import Taken
from wejourney.wire.people_api.answers import rejection
from wejourney.wire.people_api.requests import ApiRequest, read_request

SERVICE = "people_api"

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


class LoggedApi:
    """One log line for everything that happens, with who caused it: nothing of what was sent or shown."""

    def read(self, request: ApiRequest, person_id: str | None) -> None:
        logger.info("read", extra={**_about(request), PERSON_ID: person_id})

    def taken(self, request: ApiRequest, taken: Taken) -> None:
        events = [one.event.id for one in taken.events]
        extra = {**_about(request), "event_ids": events, "rejected": len(taken.problems)}
        logger.info("events received", extra=extra)
        for _ in events:
            meter.count(Metric.EVENT_RECEIVED)

    def issued(self, request: ApiRequest) -> None:
        logger.info("gift card issued", extra=_about(request))

    def rejected(self, request: ApiRequest, status: int) -> None:
        logger.warning("request rejected", extra={**_about(request), "status": status})

    def failed(self, request: ApiRequest, error: WejourneyError) -> None:
        logger.error("request failed", extra={**_about(request), "reason": str(error)})
        meter.count(Metric.CALLBACK_FAILED)


def _about(request: ApiRequest) -> dict[str, str]:
    return {"operation": request.name, "caller": request.caller, "request_id": request.id}


watch = LoggedApi()


@cache
def answer_request() -> AnswerRequest:
    return people_api.answer_request(watch, AccountLog(logger, meter))


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    return answer_or_reject(lambda: answer_request()(read_request(event)), rejection, logger, meter)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Before the first request, in Lambda's start phase.
    answer_request()
