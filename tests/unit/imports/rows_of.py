"""Mappings and rows to test with."""

import hashlib
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.builders import APP_ID, NOON
from wejourney.people.phones import normalised
from workbench.imports.mapping import ImportMapping
from workbench.imports.mapping_file import read_mapping
from workbench.imports.row_events import ImportedRow, RejectedRowError, RowReader
from workbench.imports.rows import Row, open_rows

ORDERS = """
source: shop
time_zone: Asia/Shanghai
person: {member: buyer}
events:
  - order.paid:
      key: number
      at: paid_at
      total: {column: amount, unit: yuan}
      order: number
      marketplace: {value: shop}
"""


def mapping_of(folder: Path, text: str) -> ImportMapping:
    file = folder / "mapping.yaml"
    file.write_text(text, "utf-8")
    reading = read_mapping(file)
    assert reading.mistakes == ()
    assert reading.value is not None
    return reading.value


def hashed(text: str, region: str) -> str:
    return hashlib.sha256(normalised(text, region).encode()).hexdigest()


def reader_of(mapping: ImportMapping, at: datetime | None = None) -> RowReader:
    return RowReader(mapping, hashed, APP_ID, NOON, at)


def read(mapping: ImportMapping, at: datetime | None = None, /, **cells: str) -> ImportedRow:
    return reader_of(mapping, at).read(Row(2, cells))


def reason(mapping: ImportMapping, at: datetime | None = None, /, **cells: str) -> tuple[str, str]:
    """The column and the reason for which a row is rejected."""
    with pytest.raises(RejectedRowError) as raised:
        read(mapping, at, **cells)
    error = raised.value
    assert not any(len(value) > 3 and value in str(error) for value in cells.values()), "nothing is quoted"
    return error.column, error.reason.code.removeprefix("import ")


def rows_of(file: Path, mapping: ImportMapping) -> list[Row]:
    with open_rows(file, mapping) as opened:
        return list(opened.rows)
