"""The orders that were paid: a refund does not say whose it is, and finds its payment here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from wejourney.errors import WejourneyError
from wejourney.events.event import Subject
from wejourney.services.ports.open_orders import OpenOrder

ORDER_KEPT = timedelta(days=380)
"""How long after the payment: WeChat takes refunds for a year, and delivers what it was given for a day.

https://pay.weixin.qq.com/docs/merchant/apis/refund/refunds/create.html
"""


class OrdersUnreadableError(WejourneyError):
    """Whether an order was paid could not be found out."""


@dataclass(frozen=True)
class Order:
    """An order of a merchant that was paid; `payer` is None for somebody who is not known, or was erased."""

    merchant: str
    number: str
    payer: Subject | None


class OrderReader(Protocol):
    def find(self, merchant: str, number: str) -> Order | None:
        """The order, if its payment has been processed. Raises OrdersUnreadableError."""


class Orders(Protocol):
    def keep(self, order: Order, person_id: str | None, paid_at: datetime) -> None:
        """Write who paid an order, for ORDER_KEPT. Done again, it changes nothing.

        `person_id` is our own id of the payer; None: nobody who is known.
        """

    def announce(self, order: OpenOrder) -> None:
        """Let WeChat Pay be asked for an order whose notice does not come. Done again, it changes nothing."""

    def forget(self, person_ids: Iterable[str], payer: Subject) -> bool:
        """Make what this contact of these people has paid nobody's, or much of it. Whether none is left."""
