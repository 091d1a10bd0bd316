"""Visits, the nonces of tills and the orders that they told, in the followers' table.

Rows expire by themselves: a visit a day after it was opened, a nonce when its signature is too old anyway,
and an order when nobody can tell of it any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import Row, columns_of, read_row, row_key
from wejourney.adapters.dynamo.table import RefusedWriteError, Table
from wejourney.loyalty.till.visits import Visit
from wejourney.people.erasure import FORGOTTEN_AFTER
from wejourney.plain_data import to_plain
from wejourney.services.till.ports import NotedSale

VISIT, NONCE, SALE = "VISIT#", "NONCE#", "SALE#"
"""The beginnings of the rows' pks."""

VISIT_KEPT = timedelta(days=1)
SALE_KEPT = FORGOTTEN_AFTER + timedelta(days=1)


@dataclass(frozen=True)
class VisitStore:
    table: Table

    def add(self, visit: Visit) -> None:
        self.table.put(_row(visit), Column("pk").does_not_exist())

    def find(self, visit_id: str) -> Visit | None:
        item = self.table.get(_key(visit_id))
        if item is None:
            return None
        return read_row(Visit, columns_of(item))

    def take(self, visit: Visit) -> bool:
        try:
            self.table.put(_row(visit), Column("pk").exists() & Column("scanned_at").does_not_exist())
        except RefusedWriteError:
            return False
        return True


@dataclass(frozen=True)
class NonceStore:
    table: Table

    def use(self, store: str, nonce: str, until: datetime) -> bool:
        row = row_key(f"{NONCE}{store}#{nonce}", NONCE)
        try:
            self.table.put({**row, "expires_at": int(until.timestamp())}, Column("pk").does_not_exist())
        except RefusedWriteError:
            return False
        return True


@dataclass(frozen=True)
class ToldSaleStore:
    """What each order was told to be. Nothing else is in a row than a hash and what was answered."""

    table: Table

    def find(self, store: str, order: str) -> NotedSale | None:
        row = columns_of(self.table.get(_order_key(store, order)) or {})
        return NotedSale(row["digest"], row.get("status", "")) if row else None

    def note(self, store: str, order: str, sale: NotedSale, at: datetime) -> bool:
        kept = {"digest": sale.content, "expires_at": int((at + SALE_KEPT).timestamp())}
        try:
            condition = Column("pk").does_not_exist() | (Column("digest") == sale.content)
            row = {**_order_key(store, order), **kept, "status": sale.status or None}
            self.table.put(row, condition)
        except RefusedWriteError:
            return False
        return True


def _order_key(store: str, order: str) -> Row:
    return row_key(f"{SALE}{store}#{order}", SALE)


def _key(visit_id: str) -> Row:
    return row_key(f"{VISIT}{visit_id}", VISIT)


def _row(visit: Visit) -> Row:
    expires_at = int((visit.opened_at + VISIT_KEPT).timestamp())
    return {**_key(visit.id), **to_plain(visit), "expires_at": expires_at}
