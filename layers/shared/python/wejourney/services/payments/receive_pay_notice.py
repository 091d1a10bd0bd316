"""Receive a notice of WeChat Pay: refuse it, or queue its events and answer within WeChat's 5 seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wejourney.errors import (
    CallbackRefusedError,
    InvalidSettingError,
    MissingSettingError,
    UnknownAccountError,
)
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import Refunded
from wejourney.merchants import Merchant, is_merchant_id
from wejourney.services.ports.accounts import AccountUnavailableError
from wejourney.services.ports.inbox import Inbox, InboxUnavailableError
from wejourney.services.ports.merchants import Merchants, NoticeWatch
from wejourney.services.ports.orders import OrderReader, OrdersUnreadableError
from wejourney.services.ports.payment_reports import PaymentReports, PaymentSource, Report
from wejourney.wire.http import JSON, LARGEST_BODY, Answer, NoticeRequest
from wejourney.wire.pay.events import PayEvent, read_events, unknown
from wejourney.wire.pay.notice import Notice, UnreadableNoticeError, open_notice

SUCCESS = Answer(200, '{"code":"SUCCESS"}', JSON)

REFUND_WAITS = timedelta(hours=3)
"""How long after a refund its payment may still be on its way; WeChat delivers ten times in these hours."""

_OUR_FAULT = (
    AccountUnavailableError,
    InboxUnavailableError,
    InvalidSettingError,
    MissingSettingError,
    OrdersUnreadableError,
    UnreadableNoticeError,
)


@dataclass(frozen=True)
class ReceivePayNotice:
    """The notices of all merchants of a deployment.

    What is about nobody is kept under the account `app_id`, that of the deployment. `tolerance` is how far a
    notice's timestamp may be from `now()`.
    """

    merchants: Merchants
    orders: OrderReader
    reports: PaymentReports
    inbox: Inbox
    watch: NoticeWatch
    app_id: str
    now: Callable[[], datetime]
    tolerance: timedelta

    def __call__(self, request: NoticeRequest) -> Answer:
        """Answer a notice: 200 when it is queued. After anything else WeChat delivers again, for a day."""
        known: str | None = None
        try:
            merchant = self._merchant(request)
            known = merchant.id
            notice = open_notice(request, merchant, self.now(), self.tolerance)
            queued = [self._queue(event, notice, merchant) for event in read_events(notice, merchant)]
        except CallbackRefusedError as refusal:
            return self._refuse(refusal, known)
        except UnknownAccountError:
            return self._refuse(CallbackRefusedError(404, "no such merchant in this deployment"), known)
        except _OUR_FAULT as error:
            self.watch.failed(error, known)
            return _failure(503, "try again")
        return SUCCESS if all(queued) else _failure(409, "the payment is not known yet")

    def _merchant(self, request: NoticeRequest) -> Merchant:
        if len(request.body) > LARGEST_BODY:
            raise CallbackRefusedError(413, f"the body is larger than {LARGEST_BODY} bytes")
        if not is_merchant_id(request.merchant):
            raise CallbackRefusedError(404, "the path does not hold a merchant's number")
        return self.merchants.get(request.merchant)

    def _refuse(self, refusal: CallbackRefusedError, known: str | None) -> Answer:
        self.watch.refused(refusal, known)
        return _failure(refusal.status, "refused")

    def _queue(self, told: PayEvent, notice: Notice, merchant: Merchant) -> bool:
        """Queue an event for its payer; whether WeChat need not deliver it again."""
        payer = told.payer
        if isinstance(told.body, Refunded):
            order = self.orders.find(told.body.merchant, told.body.order)
            if order is None and self.now() - told.at < REFUND_WAITS:
                self.watch.not_matched(told.id, merchant.id)
                return False
            if order is not None and order.payer is None:
                self.watch.rejected(told.id, merchant.id)
                return True
            if order is None:
                told = unknown(notice, notice.resource)
            else:
                payer = order.payer
        first = self.reports.first(told.id, Report(told.at, told.body.amount or 0, PaymentSource.NOTICE))
        if first.source is not PaymentSource.NOTICE:
            # Found by a query or in a bill before this notice, and queued from there.
            return True
        event = InboundEvent(told.id, payer or Subject(self.app_id, merchant.id), first.at, told.body)
        self.inbox.put(event, None)
        self.watch.received(event, merchant.id)
        return True


def _failure(status: int, message: str) -> Answer:
    return Answer(status, f'{{"code":"FAIL","message":"{message}"}}', JSON)
