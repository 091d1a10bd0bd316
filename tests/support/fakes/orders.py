"""The orders that were paid, in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from wejourney.events.event import Subject
from wejourney.services.ports.open_orders import OpenOrder
from wejourney.services.ports.orders import Order


@dataclass
class FakeOrders:
    paid: dict[tuple[str, str], Order] = field(default_factory=dict)
    payers: dict[tuple[str, str], str | None] = field(default_factory=dict)
    announced: list[OpenOrder] = field(default_factory=list)

    def find(self, merchant: str, number: str) -> Order | None:
        return self.paid.get((merchant, number))

    def keep(self, order: Order, person_id: str | None, paid_at: datetime) -> None:
        assert paid_at.tzinfo is not None
        self.paid[order.merchant, order.number] = order
        self.payers[order.merchant, order.number] = person_id

    def announce(self, order: OpenOrder) -> None:
        self.announced.append(order)

    def forget(self, person_ids: Iterable[str], payer: Subject) -> bool:
        people = set(person_ids)
        for names, order in self.paid.items():
            if order.payer == payer and self.payers[names] in people:
                self.paid[names] = Order(*names, None)
        return True
