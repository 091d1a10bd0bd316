"""What orders have given, and what came back of them: in the ledger's table, a row for each."""

from collections.abc import Iterable
from dataclasses import dataclass

from wejourney.adapters.dynamo.expressions import Action, Column
from wejourney.adapters.dynamo.items import RawItem, Row, columns_of, row_key
from wejourney.adapters.dynamo.table import Table
from wejourney.loyalty.earning import Sale

_RETURNED = "returned:"
_ALL = -1


@dataclass(frozen=True)
class SaleStore:
    """`table` is the ledger's. A row names an order by its hash, and nobody."""

    table: Table

    def find(self, order: str) -> Sale:
        return _sale_of(self.table.get(_key(order)) or {})

    def paid(self, order: str, total: int, earned_by: Iterable[str]) -> Sale:
        """Note that an order was paid, and the transactions that it gives. Done again, it changes nothing."""
        return self._after(order, Column("paid").set(total), Column("earned_by").add(frozenset(earned_by)))

    def returned(self, order: str, event_id: str, amount: int | None) -> Sale:
        """Note what came back of it (None: all) by an event. Done again, it changes nothing."""
        return self._after(order, Column(f"{_RETURNED}{event_id}").set(_ALL if amount is None else amount))

    def _after(self, order: str, *actions: Action) -> Sale:
        return _sale_of(self.table.updated(_key(order), actions))


def _key(order: str) -> Row:
    return row_key(f"SALE#{order}", "SALE")


def _sale_of(item: RawItem) -> Sale:
    row = columns_of(item)
    returned = {
        name.removeprefix(_RETURNED): None if amount == _ALL else amount
        for name, amount in row.items()
        if name.startswith(_RETURNED)
    }
    return Sale(row.get("paid"), tuple(sorted(row.get("earned_by", ()))), returned)
