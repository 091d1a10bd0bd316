"""Who told first of a payment or a refund: notices, answers to queries, the trade bill, and tills."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


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
