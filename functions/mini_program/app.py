"""What mini programs send, and what WeChat pushes about them: the paths under /mini/."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import aws_errors, private, reason_of
from wejourney.bootstrap import mini_program
from wejourney.errors import CallbackRefusedError, WeChatBusyError, WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.metrics import Metric
from wejourney.observability import EVENT_ID, AccountLog, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.receive_mini_program import ReceiveMiniProgram
from wejourney.wire.http import Answer
from wejourney.wire.mini_program.requests import Batch, GiftOperation, answer, request_from_gateway

SERVICE = "mini_program"

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


class LoggedMiniPrograms:
    """One log line and a metric for everything that happens; no openid, code, session, number or address."""

    def logged_in(self, app_id: str) -> None:
        logger.info("logged in", extra={"app_id": app_id})

    def phone_told(self, app_id: str) -> None:
        logger.info("phone told", extra={"app_id": app_id})
        meter.count(Metric.EVENT_RECEIVED)

    def address_told(self, app_id: str) -> None:
        logger.info("address told", extra={"app_id": app_id})
        meter.count(Metric.EVENT_RECEIVED)

    def taken(self, batch: Batch, app_id: str) -> None:
        events = [event.id for event in batch.events]
        logger.info("events received", extra={"app_id": app_id, "event_ids": events})
        for _ in events:
            meter.count(Metric.EVENT_RECEIVED)
        for rejected in batch.rejected:
            logger.warning("event refused", extra={"app_id": app_id, "reason": rejected.reason})
            meter.count(Metric.MINI_PROGRAM_REFUSED)

    def gift_asked(self, operation: GiftOperation, status: int, app_id: str) -> None:
        logger.info("gift asked", extra={"app_id": app_id, "operation": operation, "status": status})

    def upload_asked(self, status: int, app_id: str) -> None:
        logger.info("upload asked", extra={"app_id": app_id, "status": status})

    def leaders_asked(self, status: int, app_id: str) -> None:
        logger.info("leader board asked", extra={"app_id": app_id, "status": status})

    def session_over(self) -> None:
        logger.info("session over")

    def request_refused(self, status: int, reason: str, app_id: str | None) -> None:
        logger.warning("request refused", extra={"app_id": app_id, "status": status, "reason": reason})
        meter.count(Metric.MINI_PROGRAM_REFUSED)

    def unavailable(self, error: WejourneyError, app_id: str | None) -> None:
        logger.error("request failed", extra={"app_id": app_id, "reason": str(error)})
        if not isinstance(error, WeChatBusyError):
            meter.count(Metric.CALLBACK_FAILED)

    # --- pushes, as the callback has them ---------------------------------------------------------

    def verified(self, app_id: str) -> None:
        logger.info("url verified", extra={"app_id": app_id})
        meter.count(Metric.URL_VERIFIED, app_id=app_id)

    def received(self, event: InboundEvent, _opening: str | None) -> None:
        about = {EVENT_ID: event.id, "app_id": event.subject.app_id, "kind": event.kind}
        logger.info("event received", extra=about)
        meter.count(Metric.EVENT_RECEIVED)

    def refused(self, refusal: CallbackRefusedError, app_id: str | None) -> None:
        extra = {"app_id": app_id, "status": refusal.status, "reason": refusal.reason}
        logger.warning("push refused", extra=extra)
        meter.count(Metric.CALLBACK_REFUSED)

    def replayed(self, app_id: str) -> None:
        logger.error("signature used again with another body", extra={"app_id": app_id})
        meter.count(Metric.SIGNATURE_REPLAYED)

    def failed(self, error: WejourneyError, app_id: str | None) -> None:
        logger.error("push failed", extra={"app_id": app_id, "reason": str(error)})
        meter.count(Metric.CALLBACK_FAILED)

    def opening_undecided(self, event: InboundEvent, error: WejourneyError) -> None:
        """No push is answered with an opening."""


watch = LoggedMiniPrograms()


@cache
def receive_mini_program() -> ReceiveMiniProgram:
    return mini_program.receive_mini_program(watch, AccountLog(logger, meter))


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    try:
        request = request_from_gateway(event)
    except CallbackRefusedError as refusal:
        watch.request_refused(refusal.status, refusal.reason, None)
        return Answer(refusal.status, "refused").to_gateway()
    try:
        return receive_mini_program()(request).to_gateway()
    except aws_errors() as error:
        logger.error("request failed", extra={"reason": reason_of(error)})  # noqa: TRY400 - see reason_of
        meter.count(Metric.CALLBACK_FAILED)
        return answer(503, error="try again").to_gateway()


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Before the first request, in Lambda's start phase.
    receive_mini_program()
