"""The orders that were paid, in the followers' table: two rows for each order of somebody who is known.

One is found by the order's number and leads to the payer. The other stands in the payer's partition and leads
to the first, so that an erasure finds it. Both expire by themselves.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from wejourney.adapters.dynamo.items import Row, columns_of, partition, row_key
from wejourney.adapters.dynamo.payments.open_orders import OpenOrderStore
from wejourney.adapters.dynamo.table import Table, Transaction
from wejourney.adapters.failures import aws_errors, cause_of
from wejourney.events.event import Subject
from wejourney.services.ports.open_orders import OpenOrder
from wejourney.services.ports.orders import ORDER_KEPT, Order, OrdersUnreadableError

ORDER = "ORDER#"
"""The beginning of the first row's pk, and of the second row's sk."""

_PAYER = "PAYER"
_FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True)
class OrderStore:
    table: Table

    def find(self, merchant: str, number: str) -> Order | None:
        try:
            item = self.table.get(_key(merchant, number))
        except aws_errors() as error:
            raise OrdersUnreadableError(cause_of("GetItem", error)) from error
        if item is None:
            return None
        row = columns_of(item)
        payer = Subject(row["app_id"], row["openid"]) if "openid" in row else None
        return Order(merchant, number, payer)

    def keep(self, order: Order, person_id: str | None, paid_at: datetime) -> None:
        """Write both rows or none: what names a payer can always be found by an erasure."""
        names, expires_at = (order.merchant, order.number), int((paid_at + ORDER_KEPT).timestamp())
        row: Row = {**_key(*names), "expires_at": expires_at}
        if order.payer is None or person_id is None:
            self.table.put(row)
            return
        key = row_key(partition(person_id), ORDER, _digest(order.payer), *names)
        numbers = {"merchant": order.merchant, "number": order.number}
        write = Transaction(self.table)
        write.put({**key, **numbers, "expires_at": expires_at})
        write.put({**row, **vars(order.payer)})
        write.commit()

    def announce(self, order: OpenOrder) -> None:
        OpenOrderStore(self.table).open(order)

    def forget(self, person_ids: Iterable[str], payer: Subject) -> bool:
        """That an order was paid stays: its refund, which is about nobody then, need not wait for it."""
        return all(self._forget(person_id, payer) for person_id in person_ids)

    def _forget(self, person_id: str, payer: Subject) -> bool:
        theirs = f"{ORDER}{_digest(payer)}#"
        found = self.table.newest(partition(person_id), theirs, page=_FORGOTTEN_AT_ONCE)
        rows = [columns_of(item) for item in islice(found, _FORGOTTEN_AT_ONCE)]
        for row in rows:
            self.table.put({**_key(row["merchant"], row["number"]), "expires_at": row["expires_at"]})
            self.table.delete(row)
        return len(rows) < _FORGOTTEN_AT_ONCE


def _digest(payer: Subject) -> str:
    """What the orders of one contact have in common: the person may have others."""
    return hashlib.sha256(f"{payer.app_id}#{payer.openid}".encode()).hexdigest()[:16]


def _key(merchant: str, number: str) -> Row:
    return row_key(f"{ORDER}{merchant}#{number}", _PAYER)
