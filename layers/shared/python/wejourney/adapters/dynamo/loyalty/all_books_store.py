"""The books of everybody, page by page, and how far they were compared with their transactions."""

import json
from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.items import Row, columns_of
from wejourney.adapters.dynamo.loyalty.books_store import DUE, BooksStore, account_of
from wejourney.services.loyalty.reconcile_books import Account, AccountPage, Reconciliation

RECONCILED = "RECONCILED#"
"""The beginning of the pk of a shard's own row."""

_PAGE = 100


@dataclass(frozen=True)
class AllBooksStore(BooksStore):
    def page(self, shard: int, cursor: str) -> AccountPage:
        start = json.loads(cursor) if cursor else None
        condition: Condition = Column("due_shard") == str(shard)
        items, last = self.table.index_page(DUE, condition, start, _PAGE)
        # The index has nothing but keys, by which a query of it goes on.
        accounts = (Account(*account_of(item), json.dumps(item)) for item in items)
        return AccountPage(tuple(accounts), json.dumps(last) if last else None)

    def reconciliation(self, shard: int) -> Reconciliation | None:
        row = columns_of(self.table.get(_key(shard)) or {})
        return Reconciliation(datetime.fromisoformat(row["at"]), row.get("cursor")) if row else None

    def save_reconciliation(self, shard: int, progress: Reconciliation) -> None:
        self.table.put({**_key(shard), "at": progress.began_at, "cursor": progress.cursor})


def _key(shard: int) -> Row:
    return {"pk": f"{RECONCILED}{shard}", "sk": RECONCILED}
