"""The rows of a file, read one after the other: CSV and JSON lines, of any size, in constant memory."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from wejourney.text import stripped
from workbench.imports.mapping import Format, ImportMapping
from workbench.wording.phrases import Phrase, phrase

LONGEST_ROW = 1_000_000
"""Characters of a row, and of each of its lines. No row of an order or a contact comes near it."""

_FORMATS: Mapping[str, Format] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
}
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SPREADSHEET = b"PK\x03\x04"
"""How a file in Excel's format begins, whatever its name says."""


class UnreadableFileError(Exception):
    """A file of which no row can be imported."""

    def __init__(self, problem: Phrase) -> None:
        super().__init__(problem.in_words("en"))
        self.problem = problem


@dataclass(frozen=True)
class Row:
    """A row by its columns. `number` counts the rows as a spreadsheet does: a header is row 1.

    `problem` says why it cannot be read. `lines` are the first and the last line of the file that it has
    taken, where that is known: a quote can swallow many.
    """

    number: int
    cells: Mapping[str, str]
    problem: Phrase | None = None
    lines: tuple[int, int] | None = None


class _RowTooLongError(Exception):
    """A line that is longer than a row can be; it has been skipped."""


class _Lines:
    """The lines of a stream, none longer than LONGEST_ROW: reading goes on after one that is."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        if len(line) <= LONGEST_ROW:
            return line
        while line and not line.endswith("\n"):
            line = self._stream.readline(LONGEST_ROW)
        raise _RowTooLongError


@dataclass(frozen=True)
class OpenFile:
    """A file that is read. `position` says how many of its bytes are."""

    rows: Iterator[Row]
    position: Callable[[], int]


@contextmanager
def open_rows(file: Path, mapping: ImportMapping) -> Iterator[OpenFile]:
    """Open a file to read its rows. Raises OSError, and UnreadableFileError before the first row.

    A byte that the encoding does not have is kept as a surrogate: only the values are rejected that have one.
    """
    form = mapping.format or _FORMATS.get(file.suffix.casefold())
    if form is None:
        raise UnreadableFileError(phrase("import no format", file=str(file), names=tuple(_FORMATS)))
    with file.open("rb") as binary:
        start = binary.read(len(_SPREADSHEET))
        binary.seek(0)
        if not start:
            raise UnreadableFileError(phrase("import empty file", file=str(file)))
        if start == _SPREADSHEET:
            raise UnreadableFileError(phrase("import spreadsheet", file=str(file)))
        if start[:2] in _BYTE_ORDER_MARKS:
            raise UnreadableFileError(phrase("import utf-16", file=str(file)))
        encoding = "utf-8-sig" if mapping.encoding == "utf-8" else mapping.encoding
        with io.TextIOWrapper(binary, encoding, errors="surrogateescape", newline="") as stream:
            lines = _Lines(stream)
            rows = _csv_rows(lines, file, mapping) if form == "csv" else _json_rows(lines)
            yield OpenFile(rows, binary.tell)


# --- CSV -----------------------------------------------------------------------------------------


def _csv_rows(lines: _Lines, file: Path, mapping: ImportMapping) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_ROW)
    reader = csv.reader(lines, delimiter=mapping.delimiter, strict=True)
    try:
        header = next((cells for cells in reader if cells), None)
    except (csv.Error, _RowTooLongError) as error:
        raise UnreadableFileError(phrase("import no header", file=str(file))) from error
    names = [stripped(name) for name in header or ()]
    _require(names, file, mapping)
    return _read_csv(reader, names)


def _require(names: list[str], file: Path, mapping: ImportMapping) -> None:
    """Raises UnreadableFileError unless the header has each column of the mapping once."""
    if any("\udc80" <= letter <= "\udcff" for name in names for letter in name):
        problem = phrase("import header encoding", file=str(file), encoding=mapping.encoding)
        raise UnreadableFileError(problem)
    if missing := sorted(mapping.columns - set(names)):
        here = phrase("import missing columns", file=str(file), names=tuple(missing), columns=tuple(names))
        raise UnreadableFileError(here)
    if twice := sorted(name for name in mapping.columns if names.count(name) > 1):
        raise UnreadableFileError(phrase("import duplicate columns", file=str(file), names=tuple(twice)))


def _read_csv(reader: Any, names: list[str]) -> Iterator[Row]:
    number = 1
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _RowTooLongError:
            number += 1
            yield Row(number, {}, phrase("import row too long", most=LONGEST_ROW))
            continue
        except csv.Error:
            number += 1
            yield Row(number, {}, phrase("import broken quotes"), lines=(first, reader.line_num))
            continue
        if not cells:
            continue  # A blank line is no row.
        number += 1
        extra = [cell for cell in cells[len(names) :] if cell.strip()]
        if len(cells) < len(names) or extra:
            ragged = phrase("import ragged row", columns=len(names))
            yield Row(number, {}, ragged, lines=(first, reader.line_num))
        else:
            named = dict(zip(names, cells, strict=False))
            yield Row(number, named, lines=(first, reader.line_num))


# --- JSON lines ----------------------------------------------------------------------------------


def _json_rows(lines: _Lines) -> Iterator[Row]:
    number = 0
    while True:
        number += 1
        try:
            line = next(lines)
        except StopIteration:
            return
        except _RowTooLongError:
            yield Row(number, {}, phrase("import row too long", most=LONGEST_ROW))
            continue
        if not line.strip():
            continue
        try:
            # Numbers stay as they are written: an amount never passes through a float.
            data = json.loads(line, strict=False, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError):
            yield Row(number, {}, phrase("import no JSON"))
            continue
        if isinstance(data, dict):
            yield Row(number, _Fields(data))
        else:
            yield Row(number, {}, phrase("import no JSON object"))


class _Fields(Mapping[str, str]):
    """The values of a JSON object by field, or by the way to it: `order.buyer.id`."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def __getitem__(self, name: str) -> str:
        found: Any = self._data
        if name in self._data:
            return _cell(self._data[name])
        for part in name.split("."):
            if isinstance(found, list) and part.isdecimal() and int(part) < len(found):
                found = found[int(part)]
            elif isinstance(found, dict) and part in found:
                found = found[part]
            else:
                raise KeyError(name)
        return _cell(found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


def _cell(value: Any) -> str:
    """A value as a cell of CSV would have it; a list of texts with commas between them."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case list() if all(isinstance(part, str) for part in value):
            return ",".join(value)
        case _:  # a number, an object or another list
            return json.dumps(value, ensure_ascii=False)
