"""Import the trade bills: payments at tills, which have no notice, and whatever notices did not tell."""

import gzip
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import IO

from wejourney.errors import InvalidSettingError, MissingSettingError, UnknownAccountError
from wejourney.events.event_types import Refunded
from wejourney.merchants import Merchant
from wejourney.services.payments.report_payment import ReportPayment
from wejourney.services.ports.merchants import BillNotReadyError, Merchants, PayQueries, PayUnavailableError
from wejourney.services.ports.open_orders import OpenOrder, OpenOrders
from wejourney.services.ports.payment_reports import PaymentSource
from wejourney.services.ports.payments import BillProgress, MerchantDirectory, PaymentWatch, TradeBills
from wejourney.wire.pay.events import PayEvent
from wejourney.wire.pay.trade_bill import BEIJING, OddRow, PendingRefund, UnreadableBillError, read_bill

READY = timedelta(hours=10)
"""From when on WeChat Pay has the bill of the day before, in Beijing's time.

https://pay.weixin.qq.com/docs/merchant/apis/in-app-payment/get-trade-bill.html
"""

LOOKS_BACK = 7
"""Days whose bills are imported if they were not: nothing is lost while the function fails for some days."""

SAVED_EVERY = 200
"""Events of a bill between two records of the progress."""

_NEXT_TIME = (InvalidSettingError, MissingSettingError, PayUnavailableError, UnreadableBillError)


@dataclass(frozen=True)
class ImportTradeBills:
    directory: MerchantDirectory
    merchants: Merchants
    queries: PayQueries
    bills: TradeBills
    open_orders: OpenOrders
    report: ReportPayment
    watch: PaymentWatch
    now: Callable[[], datetime]

    def __call__(self, has_time: Callable[[], bool]) -> None:
        """Import what is there and was not imported, as long as there is time; the next call goes on.

        A bill that cannot be fetched does not hold up the others. Raises what AWS raises.
        """
        for merchant_id in self.directory.ids():
            try:
                merchant = self.merchants.get(merchant_id)
            except (InvalidSettingError, MissingSettingError, UnknownAccountError) as error:
                self.watch.failed(error, merchant_id)
                continue
            if merchant.request_key is None:
                continue
            for day in self._days():
                if not has_time():
                    return
                if not self.bills.progress(merchant_id, day).is_done:
                    self._fetch_and_import(merchant, day, has_time)

    def _days(self) -> list[date]:
        """The days whose bills can be there, the oldest first."""
        last = (self.now().astimezone(BEIJING) - READY).date() - timedelta(days=1)
        return [last - timedelta(days=days) for days in reversed(range(LOOKS_BACK))]

    def _fetch_and_import(self, merchant: Merchant, day: date, has_time: Callable[[], bool]) -> None:
        with tempfile.TemporaryFile() as file:
            try:
                is_there = self.queries.trade_bill(merchant, day, file)
                # Today's may not be there yet: that nothing was traded is believed tomorrow.
                if is_there or day != self._days()[-1]:
                    self._import(file if is_there else None, merchant, day, has_time)
            except BillNotReadyError as error:
                # Today's may take some hours; the schedule tries again.
                if day != self._days()[-1]:
                    self.watch.failed(error, merchant.id)
            except _NEXT_TIME as error:
                self.watch.failed(error, merchant.id)

    def _import(
        self, file: IO[bytes] | None, merchant: Merchant, day: date, has_time: Callable[[], bool]
    ) -> None:
        """Queue the events of a bill from where the last run stopped; None: nothing was traded that day."""
        queued = self.bills.progress(merchant.id, day).events
        for event in islice(self._events(file, merchant, day) if file else (), queued, None):
            self._take(event, merchant)
            queued += 1
            if queued % SAVED_EVERY == 0:
                self.bills.save(merchant.id, day, BillProgress(queued))
                if not has_time():
                    return
        done = BillProgress(queued, is_done=True)
        self.bills.save(merchant.id, day, done)
        self.watch.imported(merchant.id, day, done)

    def _events(self, file: IO[bytes], merchant: Merchant, day: date) -> Iterator[PayEvent | PendingRefund]:
        """The payments of a bill, then its refunds: a refund finds its payment. Rows are read one by one."""
        for wants_refunds in (False, True):
            file.seek(0)
            with gzip.open(file, "rt", encoding="utf-8", errors="replace", newline="\n") as lines:
                for row in read_bill(lines, merchant):
                    if isinstance(row, OddRow):
                        if not wants_refunds:
                            self.watch.odd(merchant.id, day, row)
                    elif wants_refunds == (isinstance(row, PendingRefund) or isinstance(row.body, Refunded)):
                        yield row

    def _take(self, event: PayEvent | PendingRefund, merchant: Merchant) -> None:
        if isinstance(event, PayEvent):
            self.report(event, PaymentSource.BILL, merchant.id)
            return
        pending = OpenOrder.begin("refund", event.merchant, event.number, self.now())
        self.open_orders.open(pending)
