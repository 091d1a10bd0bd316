"""Queue a payment or a refund that WeChat Pay was asked for: the same event as its notice, one effect."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import Paid, Refunded
from wejourney.services.ports.inbox import Inbox
from wejourney.services.ports.orders import OrderReader
from wejourney.services.ports.payment_reports import PaymentReports, PaymentSource, Report
from wejourney.services.ports.payments import PaymentWatch
from wejourney.wire.pay.events import PayEvent

STARTS_JOURNEYS_FOR = timedelta(days=2)
"""What is told later, such as by the bills of the week before a merchant was added, is history by then."""


@dataclass(frozen=True)
class ReportPayment:
    reports: PaymentReports
    orders: OrderReader
    inbox: Inbox
    watch: PaymentWatch
    now: Callable[[], datetime]

    def __call__(self, told: PayEvent, source: PaymentSource, merchant_id: str) -> bool:
        """Queue it, unless it has been processed. Raises OrdersUnreadableError or InboxUnavailableError.

        It is recorded first and queued then: who calls this has to call again until it succeeds. False: it is
        a refund of an order of which nobody has told yet, and nothing is recorded.
        """
        assert isinstance(told.body, Paid | Refunded)  # noqa: S101 - nothing else is read of answers and bills
        order = self.orders.find(told.body.merchant, told.body.order)
        if order is None and told.payer is None:
            return False
        report = Report(told.at, told.body.total, source)
        first = self.reports.first(told.id, report)
        if first.total != report.total:
            self.watch.differs(told.id, merchant_id, first, report)
        if isinstance(told.body, Paid) and order is not None:
            return True
        payer = order.payer if order is not None else told.payer
        if payer is None:
            self.watch.rejected(told.id, merchant_id)
            return True
        is_history = self.now() - first.at > STARTS_JOURNEYS_FOR
        event = InboundEvent(told.id, payer, first.at, told.body, history=is_history)
        self.inbox.put(event, None)
        self.watch.received(event, merchant_id)
        return True
