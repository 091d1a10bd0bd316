"""What was told first of each payment and refund, in the followers' table: a row each, which names nobody."""

from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import Row, columns_of
from wejourney.adapters.dynamo.table import RefusedWriteError, Table
from wejourney.adapters.failures import aws_errors, cause_of
from wejourney.services.ports.orders import ORDER_KEPT, OrdersUnreadableError
from wejourney.services.ports.payment_reports import PaymentSource, Report

PAYMENT = "PAYMENT#"
"""The beginning of a pk: the id of the event follows."""


@dataclass(frozen=True)
class PaymentReportStore:
    table: Table

    def first(self, event_id: str, report: Report) -> Report:
        key: Row = {"pk": PAYMENT + event_id, "sk": "REPORT"}
        row = {
            **key,
            "at": report.at.isoformat(),
            "total": report.total,
            "source": report.source.value,
            "expires_at": int((report.at + ORDER_KEPT).timestamp()),
        }
        try:
            self.table.put(row, Column("pk").does_not_exist())
        except RefusedWriteError:
            return self._read(key) or report
        except aws_errors() as error:
            raise OrdersUnreadableError(cause_of("PutItem", error)) from error
        return report

    def _read(self, key: Row) -> Report | None:
        """The report; None where it has just expired."""
        try:
            item = self.table.get(key)
        except aws_errors() as error:
            raise OrdersUnreadableError(cause_of("GetItem", error)) from error
        if item is None:
            return None
        row = columns_of(item)
        return Report(datetime.fromisoformat(row["at"]), row["total"], PaymentSource(row["source"]))
