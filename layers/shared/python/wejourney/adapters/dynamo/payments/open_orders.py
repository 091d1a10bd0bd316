"""What WeChat Pay is to be asked for, in the followers' table: one partition in the order of what is due.

It takes a row for each order whose notice is a few minutes away, far fewer than a partition's 1,000 writes a
second. Rows name no person. What is never closed expires.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import Row, columns_of, row_key
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.services.ports.open_orders import OpenOrder

OPEN_ORDERS = "OPEN_ORDERS"
_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class OpenOrderStore:
    table: Table

    def open(self, order: OpenOrder) -> None:
        self.table.put(_row(order))

    def due(self, now: datetime, most: int) -> Iterator[OpenOrder]:
        for item in islice(self.table.between(OPEN_ORDERS, "0", f"{now.isoformat()}#\uffff"), most):
            row = columns_of(item)
            times = {name: datetime.fromisoformat(row[name]) for name in ("since", "due")}
            yield OpenOrder(row["kind"], row["merchant"], row["number"], tries=row["tries"], **times)

    def postpone(self, order: OpenOrder, until: datetime, *, asked: bool) -> None:
        """Nothing happens where another run of the sweep was faster."""
        write = Transaction(self.table)
        write.delete(_row(order), Column("pk").exists())
        write.put(_row(replace(order, due=until, tries=order.tries + asked)))
        try:
            write.commit()
        except RefusedWriteError:
            return

    def close(self, order: OpenOrder) -> None:
        self.table.delete(_row(order))


def _row(order: OpenOrder) -> Row:
    names = {"kind": order.kind, "merchant": order.merchant, "number": order.number}
    return {
        **row_key(OPEN_ORDERS, "", order.due.isoformat(), *names.values()),
        **names,
        "tries": order.tries,
        "since": order.since.isoformat(),
        "due": order.due.isoformat(),
        "expires_at": int((order.since + _KEPT).timestamp()),
    }
