"""Rows of big and odd files: each is read or rejected by itself, in constant memory."""

import csv
import io
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.imports.rows_of import ORDERS, mapping_of, rows_of
from workbench.imports.mapping import ImportMapping
from workbench.imports.rows import LONGEST_ROW, UnreadableFileError, open_rows

HEADER = "buyer,number,paid_at,amount"
ROW = "M1,A-1,2026-01-02,9.90"
CELLS = dict(zip(HEADER.split(","), ROW.split(","), strict=True))


@pytest.fixture
def mapping(tmp_path: Path) -> ImportMapping:
    return mapping_of(tmp_path, ORDERS)


def file_of(folder: Path, data: bytes | str, name: str = "rows.csv") -> Path:
    file = folder / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "import empty file"),
        ("\ufeff" + HEADER, None),
        ("\ufeff\ufeff\u200b" + HEADER + "\u200b", None),
        (HEADER.encode("utf-16"), "import utf-16"),
        (b"PK\x03\x04\x14\x00\xff", "import spreadsheet"),
        ("a,b", "import missing columns"),
        ("\n\n", "import missing columns"),
        (f"{HEADER},number", "import duplicate columns"),
        (f"{HEADER},other,other", None),
        (f"买家,{HEADER}".encode("gb18030"), "import header encoding"),
        ('"' + HEADER, "import no header"),
        ("x" * (LONGEST_ROW + 1), "import no header"),
        (HEADER, None),
    ],
)
def test_a_file_of_which_no_row_can_be_imported_says_why(
    mapping: ImportMapping, tmp_path: Path, data: bytes | str, why: str | None
) -> None:
    file = file_of(tmp_path, data)
    if why is None:
        assert rows_of(file, mapping) == []
        return
    with pytest.raises(UnreadableFileError) as error:
        rows_of(file, mapping)
    assert error.value.problem.code == why
    assert str(file) in error.value.problem.in_words("zh")


def test_a_file_of_unknown_form_says_which_there_are(mapping: ImportMapping, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"\.jsonl"):
        rows_of(file_of(tmp_path, HEADER, "rows.xlsx"), mapping)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("M1,A-1,2026-01-02", "import ragged row"),
        (f"{ROW},more", "import ragged row"),
        ('M1,"A"x,2026-01-02,9.90', "import broken quotes"),
        ("x" * 10_000_000, "import row too long"),
        ('"' + "x" * 10_000_000 + '",A,2026,1', "import row too long"),
    ],
)
def test_an_odd_row_is_rejected_and_the_next_ones_are_read(
    mapping: ImportMapping, tmp_path: Path, line: str, why: str
) -> None:
    before, odd, after = rows_of(file_of(tmp_path, f"{HEADER}\n{ROW}\n{line}\n{ROW}\n"), mapping)

    assert (before.cells, after.cells) == (CELLS, CELLS)
    assert odd.problem is not None
    assert (odd.problem.code, odd.number, after.number) == (why, 3, 4)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n\n", "\r\n,,,,\r\n"])
def test_blank_cells_after_the_last_column_are_nothing(
    mapping: ImportMapping, tmp_path: Path, end: str
) -> None:
    first = rows_of(file_of(tmp_path, f"{HEADER}\n{ROW},,{end}{ROW}{end}"), mapping)[0]

    assert first.cells == CELLS


_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")


@given(
    st.lists(st.lists(st.text(_CHARACTERS), min_size=4, max_size=4), max_size=5),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_rows_come_out_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]], encoding: str, delimiter: str, end: str
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    named = "gb18030" if encoding == "gb18030" else "utf-8"
    text = f"{ORDERS}encoding: {named}\ndelimiter: {json.dumps(delimiter)}\n"
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([HEADER.split(","), *cells])
    file = file_of(folder, written.getvalue().encode(encoding))

    found = rows_of(file, mapping_of(folder, text))
    assert [list(row.cells.values()) for row in found] == cells
    assert [row.number for row in found] == list(range(2, len(cells) + 2))


def test_a_byte_that_the_encoding_does_not_have_spoils_its_row_alone(
    mapping: ImportMapping, tmp_path: Path
) -> None:
    data = f"{HEADER}\n{ROW}\n".encode() + "M二,A-1,2026-01-02,9.90\n".encode("gb18030") + f"{ROW}\n".encode()
    first, odd, last = rows_of(file_of(tmp_path, data), mapping)

    assert first.cells == last.cells == CELLS
    assert "\udcb6" in odd.cells["buyer"]


def test_json_lines_are_rows_whose_numbers_stay_as_they_are_written(
    mapping: ImportMapping, tmp_path: Path
) -> None:
    lines = [
        '{"amount": 12.10, "order": {"id": 123456789012345678901, "tags": ["a", "b"]}, "x": null}',
        "",
        "not JSON",
        "[1]",
        '{"list": [{"no": 7}], "flag": true, "a.b": "dotted", "note": "a\tb\x1d"}',
        "[" * 100_000,
        '{"x": "' + "x" * LONGEST_ROW + '"}',
        "{}",
    ]
    rows = rows_of(file_of(tmp_path, "\n".join(lines), "rows.jsonl"), mapping)

    problems = [row.problem.code if row.problem else "" for row in rows]
    bad = ["import no JSON", "import no JSON object"]
    assert problems == ["", *bad, "", "import no JSON", "import row too long", ""]
    assert [row.number for row in rows] == [1, 3, 4, 5, 6, 7, 8]
    first, fourth = rows[0].cells, rows[3].cells
    assert first["amount"] == "12.10"
    assert first["order.id"] == "123456789012345678901"
    assert (first["order.tags"], first["order.tags.1"], first["x"]) == ("a,b", "b", "")
    assert (fourth["list.0.no"], fourth["flag"], fourth["a.b"]) == ("7", "true", "dotted")
    for missing in ("order.name", "order.tags.2", "order.id.x", "y"):
        assert first.get(missing, "") == ""


def test_a_large_file_is_read_in_constant_memory(mapping: ImportMapping, tmp_path: Path) -> None:
    sizes = []
    for rows in (2_000, 40_000):
        file = file_of(tmp_path, f"{HEADER}\n" + f"{ROW}\n" * rows)
        tracemalloc.start()
        with open_rows(file, mapping) as opened:
            assert sum(1 for _ in opened.rows) == rows
            assert opened.position() == file.stat().st_size
        sizes.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert sizes[1] < sizes[0] * 1.2


def test_a_quote_that_is_never_closed_says_which_lines_it_has_swallowed(
    mapping: ImportMapping, tmp_path: Path
) -> None:
    swallowed = f'{HEADER}\n{ROW}\nM1,"A-2,2026-01-02,9.90\n{ROW}\n{ROW}\n'
    first, odd = rows_of(file_of(tmp_path, swallowed), mapping)

    assert first.cells == CELLS
    assert odd.problem is not None
    assert (odd.problem.code, odd.lines) == ("import broken quotes", (3, 5))
