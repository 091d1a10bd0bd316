"""Merchants, their trade bills, and who is told what becomes of payments."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from wejourney.errors import WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.services.ports.payment_reports import Report
from wejourney.wire.pay.trade_bill import OddRow


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
