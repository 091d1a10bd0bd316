"""The registry of QR codes in the followers' table: a row by app and scene, and one in the list of the app.

The first is what an event finds. The second is not written for codes of one visit or one person, of which
there may be very many.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import RawItem, Row, columns_of, packed, row_key
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import AlreadyDoneError
from wejourney.people.codes import Code
from wejourney.people.erasure import MARK_LASTS
from wejourney.plain_data import from_plain

CODE, CODES = "CODE#", "CODES#"
"""The beginnings of the rows' pks."""


@dataclass(frozen=True)
class CodeStore:
    table: Table

    def find(self, app_id: str, scene: str) -> Code | None:
        item = self.table.get(row_key(f"{CODE}{app_id}#{scene}", CODE))
        return None if item is None else _code_of(item)

    def all(self, app_id: str) -> Iterator[Code]:
        """The codes of an app by name, without those of one visit or one person."""
        return map(_code_of, self.table.query(f"{CODES}{app_id}"))

    def add(self, code: Code) -> None:
        write = Transaction(self.table)
        first, *listed = _rows(code)
        write.put(first, Column("pk").does_not_exist())
        for row in listed:
            write.put(row)
        try:
            write.commit()
        except RefusedWriteError as error:
            raise AlreadyDoneError from error

    def save(self, code: Code) -> None:
        write = Transaction(self.table)
        for row in _rows(code):
            write.put(row)
        write.commit()


def _rows(code: Code) -> list[Row]:
    """The rows of a code. A temporary one is deleted when no event through it can be under way any more."""
    over = code.expires_at or (code.created_at + timedelta(seconds=code.lasts) if code.lasts else None)
    kept = {"data": packed(code), "expires_at": int((over + MARK_LASTS).timestamp()) if over else None}
    found = {**row_key(f"{CODE}{code.app_id}#{code.scene}", CODE), **kept}
    return [found] if code.is_personal else [found, {**row_key(f"{CODES}{code.app_id}", code.name), **kept}]


def _code_of(item: RawItem) -> Code:
    return from_plain(Code, columns_of(item)["data"])
