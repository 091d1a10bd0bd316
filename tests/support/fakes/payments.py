"""Reports of payments, what WeChat Pay is to be asked for, and imported bills, in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from wejourney.services.ports.open_orders import OpenOrder
from wejourney.services.ports.payment_reports import Report
from wejourney.services.ports.payments import BillProgress


@dataclass
class FakeReports:
    told: dict[str, Report] = field(default_factory=dict)

    def first(self, event_id: str, report: Report) -> Report:
        return self.told.setdefault(event_id, report)


@dataclass
class FakeOpenOrders:
    rows: set[OpenOrder] = field(default_factory=set)

    def open(self, order: OpenOrder) -> None:
        self.rows.add(order)

    def due(self, now: datetime, most: int) -> Iterator[OpenOrder]:
        due = [order for order in self.rows if order.due <= now]
        yield from sorted(due, key=lambda order: (order.due, order.kind, order.merchant, order.number))[:most]

    def postpone(self, order: OpenOrder, until: datetime, *, asked: bool) -> None:
        if order in self.rows:
            self.rows.remove(order)
            self.rows.add(replace(order, due=until, tries=order.tries + asked))

    def close(self, order: OpenOrder) -> None:
        self.rows.discard(order)


@dataclass
class FakeTradeBills:
    saved: dict[tuple[str, date], BillProgress] = field(default_factory=dict)

    def progress(self, merchant_id: str, day: date) -> BillProgress:
        return self.saved.get((merchant_id, day), BillProgress())

    def save(self, merchant_id: str, day: date, progress: BillProgress) -> None:
        self.saved[merchant_id, day] = progress
