"""What notices of WeChat Pay did not tell: the daily trade bill, and a query for each order that is open.

Two schedules call it, with {"do": "import_trade_bills"} and {"do": "sweep_orders"}.
"""

from datetime import date
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private
from wejourney.bootstrap import pay_queries
from wejourney.errors import WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.metrics import Metric
from wejourney.observability import EVENT_ID, AccountLog, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.ports.payment_reports import Report
from wejourney.services.ports.payments import BillProgress
from wejourney.wire.pay.trade_bill import OddRow

SERVICE = "reconcile_payments"

RESERVE = 60_000
"""Milliseconds before the time limit: what is under way by then ends within them, nothing new begins."""

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


class LoggedPayments:
    """One log line for everything that happens, and a metric where it counts."""

    def received(self, event: InboundEvent, merchant_id: str) -> None:
        logger.info("event received", extra={EVENT_ID: event.id, "merchant": merchant_id, "kind": event.kind})
        meter.count(Metric.EVENT_RECEIVED)

    def rejected(self, event_id: str, merchant_id: str) -> None:
        logger.info("refund of somebody unknown", extra={EVENT_ID: event_id, "merchant": merchant_id})
        meter.count(Metric.EVENTS_REJECTED)

    def differs(self, event_id: str, merchant_id: str, first: Report, now: Report) -> None:
        told = {"first": first.total, "first_source": first.source, "now": now.total, "source": now.source}
        logger.error("amounts differ", extra={EVENT_ID: event_id, "merchant": merchant_id, **told})
        meter.count(Metric.PAYMENTS_DIFFER)

    def odd(self, merchant_id: str, day: date, row: OddRow) -> None:
        extra = {"merchant": merchant_id, "day": day.isoformat(), "line": row.line, "column": row.column}
        logger.error("row of a trade bill not read", extra=extra)
        meter.count(Metric.PAYMENTS_DIFFER)

    def imported(self, merchant_id: str, day: date, progress: BillProgress) -> None:
        extra = {"merchant": merchant_id, "day": day.isoformat(), "events": progress.events}
        logger.info("trade bill imported", extra=extra)

    def failed(self, error: WejourneyError, merchant_id: str) -> None:
        logger.error("WeChat Pay not asked", extra={"merchant": merchant_id, "reason": str(error)})
        meter.count(Metric.PAY_QUERY_FAILED)


@cache
def reconcile_payments() -> pay_queries.PayReconciliation:
    return pay_queries.reconcile_payments(LoggedPayments(), AccountLog(logger, meter))


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > RESERVE

    payments = reconcile_payments()
    match event.get("do"):
        case "import_trade_bills":
            payments.import_trade_bills(has_time)
        case "sweep_orders":
            payments.sweep_orders(has_time)
        case _:  # a call that warms the function up
            return
