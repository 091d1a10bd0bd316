"""The trade bills that were imported, in the accounts' table: a row for each merchant and day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from wejourney.adapters.dynamo.items import Row, columns_of
from wejourney.adapters.dynamo.table import Table
from wejourney.services.ports.payments import BillProgress

BILL = "BILL#"
_KEPT = timedelta(days=100)
"""From the day of the bill on: WeChat Pay has bills of three months."""


@dataclass(frozen=True)
class TradeBillStore:
    table: Table

    def progress(self, merchant_id: str, day: date) -> BillProgress:
        item = self.table.get(_key(merchant_id, day))
        if item is None:
            return BillProgress()
        row = columns_of(item)
        return BillProgress(row["events"], row["is_done"])

    def save(self, merchant_id: str, day: date, progress: BillProgress) -> None:
        expires = datetime.combine(day, time(), UTC) + _KEPT
        self.table.put({**_key(merchant_id, day), **vars(progress), "expires_at": int(expires.timestamp())})


def _key(merchant_id: str, day: date) -> Row:
    return {"pk": BILL + merchant_id, "sk": day.isoformat()}
