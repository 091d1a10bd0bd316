"""The callback that WeChat calls: GET and POST /wechat/{app_id}."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private
from wejourney.bootstrap import callback
from wejourney.errors import CallbackRefusedError, WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.metrics import Metric
from wejourney.observability import EVENT_ID, AccountLog, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.receive_callback import ReceiveCallback
from wejourney.wire.http import Answer, from_gateway

SERVICE = "wechat_callback"

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


class LoggedWatch:
    """One log line and one metric for everything that happens."""

    def verified(self, app_id: str) -> None:
        logger.info("url verified", extra={"app_id": app_id})
        meter.count(Metric.URL_VERIFIED, app_id=app_id)

    def received(self, event: InboundEvent, opening: str | None) -> None:
        logger.info("event received", extra={**_about(event), "opening": opening})
        meter.count(Metric.EVENT_RECEIVED)
        if opening is not None:
            meter.count(Metric.OPENING_ANSWERED)

    def refused(self, refusal: CallbackRefusedError, app_id: str | None) -> None:
        """A request was refused. Nothing of it is logged: it may hold anything."""
        extra = {"app_id": app_id, "status": refusal.status, "reason": refusal.reason}
        logger.warning("callback refused", extra=extra)
        meter.count(Metric.CALLBACK_REFUSED)

    def replayed(self, app_id: str) -> None:
        logger.error("signature used again with another body", extra={"app_id": app_id})
        meter.count(Metric.SIGNATURE_REPLAYED)

    def opening_undecided(self, event: InboundEvent, error: WejourneyError) -> None:
        logger.error("event queued without an opening", extra={**_about(event), "reason": str(error)})
        meter.count(Metric.OPENING_UNDECIDED)

    def failed(self, error: WejourneyError, app_id: str | None) -> None:
        logger.error("callback failed", extra={"app_id": app_id, "reason": str(error)})
        meter.count(Metric.CALLBACK_FAILED)


watch = LoggedWatch()


@cache
def receive_callback() -> ReceiveCallback:
    return callback.receive_callback(watch, AccountLog(logger, meter))


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    try:
        request = from_gateway(event)
    except CallbackRefusedError as refusal:
        watch.refused(refusal, None)
        return Answer(refusal.status, "refused").to_gateway()
    return receive_callback()(request).to_gateway()


def _about(event: InboundEvent) -> dict[str, str]:
    return {EVENT_ID: event.id, "app_id": event.subject.app_id, "kind": event.kind}


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Before the first request, in Lambda's start phase: it has a whole CPU and is not on WeChat's clock.
    receive_callback()
