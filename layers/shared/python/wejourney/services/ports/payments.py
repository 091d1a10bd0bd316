"""What was told of payments and refunds: by notices, answers to queries, the trade bill, and tills."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from wejourney.errors import WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.wire.pay.trade_bill import OddRow


class PaymentSource(StrEnum):
    NOTICE = "notice"
    QUERY = "query"
    BILL = "bill"
    TILL = "till"


@dataclass(frozen=True)
class Report:
    """What a source tells of a payment or a refund; `total` is in fen."""

    at: datetime
    total: int
    source: PaymentSource


class PaymentReports(Protocol):
    def first(self, event_id: str, report: Report) -> Report:
        """What was told first of a payment, a refund or what no type stands for: this report, if nothing was.

        Its time is the time of the event, whoever tells of it: sources may differ by a second. Raises
        OrdersUnreadableError.
        """


class MerchantDirectory(Protocol):
    def ids(self) -> tuple[str, ...]:
        """The merchants of this deployment, by their numbers. Raises AccountUnavailableError."""


@dataclass(frozen=True)
class BillProgress:
    """How many of a bill's events are queued, and whether that is all."""

    events: int = 0
    is_done: bool = False


class TradeBills(Protocol):
    """The bills that were imported."""

    def progress(self, merchant_id: str, day: date) -> BillProgress: ...

    def save(self, merchant_id: str, day: date, progress: BillProgress) -> None: ...


class PaymentWatch(Protocol):
    """Who is told what happened: logs and metrics. Nothing that it is told names a payer or an order."""

    def received(self, event: InboundEvent, merchant_id: str) -> None: ...

    def rejected(self, event_id: str, merchant_id: str) -> None:
        """A refund of somebody who is not known, or was erased."""

    def differs(self, event_id: str, merchant_id: str, first: Report, now: Report) -> None:
        """Another amount than was told first, which stays."""

    def odd(self, merchant_id: str, day: date, row: OddRow) -> None:
        """A row of a bill that cannot be read."""

    def imported(self, merchant_id: str, day: date, progress: BillProgress) -> None: ...

    def failed(self, error: WejourneyError, merchant_id: str) -> None:
        """WeChat Pay could not be asked, or we could not do our part; the next run tries again."""
