"""The orders that were paid, in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from wejourney.events.event import Subject
from wejourney.services.ports.orders import Order


@dataclass
class FakeOrders:
    paid: dict[tuple[str, str], Order] = field(default_factory=dict)

    def find(self, merchant: str, number: str) -> Order | None:
        return self.paid.get((merchant, number))

    def keep(self, order: Order, paid_at: datetime) -> None:
        assert paid_at.tzinfo is not None
        self.paid[order.merchant, order.number] = order

    def forget(self, payer: Subject) -> bool:
        for order in [order for order in self.paid.values() if order.payer == payer]:
            self.paid[order.merchant, order.number] = Order(order.merchant, order.number, None)
        return True
