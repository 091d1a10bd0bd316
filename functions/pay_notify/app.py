"""The notices that WeChat Pay sends: POST /pay/{merchant}."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private
from wejourney.bootstrap import pay_notices
from wejourney.errors import CallbackRefusedError, WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.metrics import Metric
from wejourney.observability import EVENT_ID, AccountLog, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.payments.receive_pay_notice import ReceivePayNotice
from wejourney.wire.http import Answer, notice_from_gateway

SERVICE = "pay_notify"

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


class LoggedNotices:
    """One log line for everything that happens, and a metric where it counts."""

    def received(self, event: InboundEvent, merchant_id: str) -> None:
        logger.info("event received", extra={EVENT_ID: event.id, "merchant": merchant_id, "kind": event.kind})
        meter.count(Metric.EVENT_RECEIVED)

    def not_matched(self, event_id: str, merchant_id: str) -> None:
        logger.warning("refund before its payment", extra={EVENT_ID: event_id, "merchant": merchant_id})

    def rejected(self, event_id: str, merchant_id: str) -> None:
        logger.info("refund of somebody unknown", extra={EVENT_ID: event_id, "merchant": merchant_id})
        meter.count(Metric.EVENTS_REJECTED)

    def refused(self, refusal: CallbackRefusedError, merchant_id: str | None) -> None:
        """A request was refused. Nothing of it is logged: it may hold anything."""
        extra = {"merchant": merchant_id, "status": refusal.status, "reason": refusal.reason}
        logger.warning("notice refused", extra=extra)
        meter.count(Metric.PAY_NOTICE_REFUSED)

    def failed(self, error: WejourneyError, merchant_id: str | None) -> None:
        logger.error("notice failed", extra={"merchant": merchant_id, "reason": str(error)})
        meter.count(Metric.CALLBACK_FAILED)


watch = LoggedNotices()


@cache
def receive_pay_notice() -> ReceivePayNotice:
    return pay_notices.receive_pay_notice(watch, AccountLog(logger, meter))


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    try:
        request = notice_from_gateway(event)
    except CallbackRefusedError as refusal:
        watch.refused(refusal, None)
        return Answer(refusal.status, "refused").to_gateway()
    return receive_pay_notice()(request).to_gateway()


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Before the first request, in Lambda's start phase: it has a whole CPU and is not on WeChat's clock.
    receive_pay_notice()
