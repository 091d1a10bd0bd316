"""What orders have given, in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from wejourney.loyalty.earning import Sale


@dataclass
class FakeSales:
    by_order: dict[str, Sale] = field(default_factory=dict)

    def find(self, order: str) -> Sale:
        return self.by_order.get(order, Sale())

    def paid(self, order: str, total: int, earned_by: Iterable[str]) -> Sale:
        sale = self.find(order)
        ids = tuple(sorted({*sale.earned_by, *earned_by}))
        return self._keep(order, replace(sale, paid=total, earned_by=ids))

    def returned(self, order: str, event_id: str, amount: int | None) -> Sale:
        sale = self.find(order)
        return self._keep(order, replace(sale, returned={**sale.returned, event_id: amount}))

    def _keep(self, order: str, sale: Sale) -> Sale:
        self.by_order[order] = sale
        return sale
