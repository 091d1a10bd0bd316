"""A deployment with merchants whose books WeChat Pay keeps: what is told, asked, imported and queued."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

from infra.sandbox.fake_wechat.merchant_api import MerchantApi
from tests.support.builders import APP_ID, NOON
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.payments import FakeOpenOrders, FakeReports, FakeTradeBills
from tests.support.servers.pay_notices import MERCHANT, SELLER
from wejourney.errors import CallbackRefusedError, UnknownAccountError, WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import Paid, Refunded
from wejourney.merchants import Merchant
from wejourney.services.payments.import_trade_bills import ImportTradeBills
from wejourney.services.payments.receive_pay_notice import ReceivePayNotice
from wejourney.services.payments.report_payment import ReportPayment
from wejourney.services.payments.sweep_orders import SweepOrders
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.services.ports.merchants import BillNotReadyError, PayUnavailableError
from wejourney.services.ports.orders import Order
from wejourney.services.ports.payment_reports import Report
from wejourney.services.ports.payments import BillProgress
from wejourney.wire.http import FRESHNESS, Answer, NoticeRequest
from wejourney.wire.pay.trade_bill import BEIJING, OddRow


@dataclass
class PayWorld:
    """`fails` puts so many events less into the queue; `error`: what WeChat Pay answers.

    `errors` is what it answers to single merchants.
    `elsewhere` are the orders of the other merchants by number.
    """

    now: datetime = NOON
    books: MerchantApi = field(default_factory=lambda: MerchantApi(SELLER))
    merchants: dict[str, Merchant] = field(default_factory=lambda: {MERCHANT.id: MERCHANT})
    orders: FakeOrders = field(default_factory=FakeOrders)
    reports: FakeReports = field(default_factory=FakeReports)
    open_orders: FakeOpenOrders = field(default_factory=FakeOpenOrders)
    bills: FakeTradeBills = field(default_factory=FakeTradeBills)
    elsewhere: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    files: dict[date, str] = field(default_factory=dict)
    queued: list[InboundEvent] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    fails: int = 0
    error: PayUnavailableError | None = None
    errors: dict[str, PayUnavailableError] = field(default_factory=dict)

    # --- what we do --------------------------------------------------------------------------------

    def hears(self, notice: NoticeRequest) -> Answer:
        receive = ReceivePayNotice(
            self, self.orders, self.reports, self, self, APP_ID, lambda: self.now, FRESHNESS
        )  # fmt: skip
        return receive(notice)

    def imports(self, has_time: Any = lambda: True) -> None:
        ImportTradeBills(
            self, self, self, self.bills, self.open_orders, self._report, self, lambda: self.now
        )(has_time)  # fmt: skip

    def sweeps(self, has_time: Any = lambda: True) -> None:
        SweepOrders(
            self, self, self, self.orders, self.open_orders, self._report, self, lambda: self.now
        )(has_time)  # fmt: skip

    def processes(self) -> None:
        """What the queue holds is applied: orders are known by then."""
        for event in self.queued:
            if isinstance(event.body, Paid):
                self.orders.keep(
                    Order(event.body.merchant, event.body.order, event.subject), "person", event.at
                )

    @property
    def _report(self) -> ReportPayment:
        return ReportPayment(self.reports, self.orders, self, self, lambda: self.now)

    @property
    def effects(self) -> list[tuple[str, datetime, Any]]:
        """The payments and refunds that differ for the timeline: an id, at a time, of somebody."""
        known = (event for event in self.queued if isinstance(event.body, Paid | Refunded))
        return sorted({(event.id, event.at, event.subject.openid) for event in known})

    # --- merchants ---------------------------------------------------------------------------------

    def ids(self) -> tuple[str, ...]:
        return tuple(self.merchants)

    def get(self, merchant_id: str) -> Merchant:
        if merchant_id not in self.merchants:
            raise UnknownAccountError(merchant_id)
        return self.merchants[merchant_id]

    def adds(self, merchant_id: str, **changes: Any) -> None:
        self.merchants[merchant_id] = replace(MERCHANT, id=merchant_id, **changes)

    # --- WeChat Pay --------------------------------------------------------------------------------

    def order(self, merchant: Merchant, seller: str, number: str) -> Mapping[str, Any] | None:
        self._ask(merchant, seller, number)
        return (self.books.paid if merchant.id == SELLER.id else self.elsewhere).get(number)

    def refund(self, merchant: Merchant, seller: str, number: str) -> Mapping[str, Any] | None:
        self._ask(merchant, seller, number)
        found = self.books.refunds.get(number)
        return {**found, "status": found["refund_status"]} if found else None

    def trade_bill(self, merchant: Merchant, day: date, file: BinaryIO) -> bool:
        self._ask(merchant, "bill", day.isoformat())
        ready = datetime(day.year, day.month, day.day, 10, tzinfo=BEIJING) + timedelta(days=1)
        if self.now < ready:
            raise BillNotReadyError("STATEMENT_CREATING")
        text = self.files.get(day) or self.books.bill(day)
        if merchant.id != SELLER.id or text.count("\n") == 3:
            return False
        file.write(gzip.compress(text.encode()))
        return True

    def _ask(self, merchant: Merchant, seller: str, what: str) -> None:
        self.asked.append((merchant.id, seller, what))
        if (error := self.errors.get(merchant.id, self.error)) is not None:
            raise error

    # --- the queue, and who is told ----------------------------------------------------------------

    def put(self, event: InboundEvent, opening: str | None) -> None:
        assert opening is None
        if self.fails:
            self.fails -= 1
            raise InboxUnavailableError("SendMessage")
        self.queued.append(event)

    def received(self, event: InboundEvent, merchant_id: str) -> None:
        self.seen.append(f"received {event.kind}")

    def rejected(self, event_id: str, merchant_id: str) -> None:
        self.seen.append("rejected")

    def not_matched(self, event_id: str, merchant_id: str) -> None:
        self.seen.append("not matched")

    def differs(self, event_id: str, merchant_id: str, first: Report, now: Report) -> None:
        self.seen.append(f"{first.total} by {first.source}, {now.total} by {now.source}")

    def odd(self, merchant_id: str, day: date, row: OddRow) -> None:
        self.seen.append(f"line {row.line}: {row.column}")

    def imported(self, merchant_id: str, day: date, progress: BillProgress) -> None:
        self.seen.append(f"{day:%d}: {progress.events}")

    def refused(self, refusal: CallbackRefusedError, merchant_id: str | None) -> None:
        self.seen.append(refusal.reason)

    def failed(self, error: WejourneyError, merchant_id: str | None) -> None:
        self.seen.append(f"{merchant_id}: {type(error).__name__}")
