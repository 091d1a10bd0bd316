"""What has been seen of the apps' union ids, in the accounts' table: a row for each app."""

from dataclasses import dataclass, field
from datetime import date, datetime

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import Row, columns_of, read_row, value_of
from wejourney.adapters.dynamo.table import Table
from wejourney.people.bindings import Binding

BINDINGS = "BINDINGS"
"""The pk of all of them: they are few."""


@dataclass(frozen=True)
class BindingStore:
    """`noted` is what this process has noted already, by day: a follow costs no further call for it."""

    table: Table
    noted: set[tuple[date, str]] = field(default_factory=set)

    def note(self, app_id: str, open_platform: str, *, has_union_id: bool, at: datetime) -> None:
        told = "told_at" if has_union_id else "not_told_at"
        self._note(app_id, {"app_id": app_id, "open_platform": open_platform, told: at}, told, at)

    def note_payment(self, app_id: str, merchant: str, at: datetime) -> None:
        row: Row = {"app_id": app_id, "merchant": merchant, "paid_at": at}
        self._note(f"{merchant}#{app_id}", row, "paid_at", at)

    def _note(self, sk: str, row: Row, what: str, at: datetime) -> None:
        key = (at.date(), f"{sk} {what}")
        if key in self.noted:
            return
        actions = [Column(name).set(value_of(value)) for name, value in row.items()]
        self.table.update({"pk": BINDINGS, "sk": sk}, actions)
        self.noted.add(key)

    def all(self) -> list[Binding]:
        return [read_row(Binding, columns_of(item)) for item in self.table.query(BINDINGS)]
