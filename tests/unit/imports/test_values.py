"""Amounts are exact, times have their zone, and what a spreadsheet has spoiled is not guessed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.imports.values import (
    InvalidValueError,
    date_of,
    fen_of,
    moment_of,
    number_of,
    text_of,
    yes_or_no,
)

SHANGHAI, PARIS = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@given(st.integers(0, 10**14), st.booleans(), st.sampled_from(["", "¥", "￥ "]))
def test_yuan_are_fen_exactly_whatever_the_amount(fen: int, grouped: bool, sign: str) -> None:  # noqa: FBT001 - an example
    yuan = Decimal(fen) / 100
    text = f"{sign}{yuan:,.2f}" if grouped else f"{sign}{yuan:.2f}"

    assert fen_of(text, "yuan") == fen
    assert fen_of(str(fen), "fen") == fen


@pytest.mark.parametrize(
    ("text", "unit", "fen"),
    [
        ("12", "yuan", 1200),
        ("12.3", "yuan", 1230),
        ("12.30元", "yuan", 1230),
        ("０．０１", "yuan", 1),
        ("0.1000", "yuan", 10),
        ("1,234,567.89", "yuan", 123456789),
        ("1200", "fen", 1200),
        ("1200.0", "fen", 1200),
    ],
)
def test_amounts_are_read_as_people_and_systems_write_them(text: str, unit: str, fen: int) -> None:
    assert fen_of(text, "yuan" if unit == "yuan" else "fen") == fen


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("12.345", "part of a fen"),
        ("-1", "negative amount"),
        *(
            (text, "no amount")
            for text in ("", "abc", "1,23", "1.2.3", "NaN", "Infinity", "1e3", "12,5", "9" * 16)
        ),
    ],
)
def test_what_is_no_exact_amount_is_rejected(text: str, why: str) -> None:
    with pytest.raises(InvalidValueError) as error:
        fen_of(text, "yuan")
    assert error.value.reason.code == f"import {why}"


UNSEEN = st.text("\u00a0\u200b\u200e\u202d\u202c\u2060\ufeff\u3000 \t\n")


@given(UNSEEN, st.sampled_from(["A-1", "王 芳", "👩\u200d👧", "é"]))
def test_what_cannot_be_seen_around_a_value_makes_no_other_value(around: str, value: str) -> None:
    hidden = f"{around}{value}{around}"
    for cell in (hidden, f'="{hidden}"', f"{around}'{hidden}"):
        assert text_of(cell) == value
    assert text_of(around) == ""


@pytest.mark.parametrize("blank", " \u200b")
def test_a_value_with_a_million_blanks_in_it_is_too_long(blank: str) -> None:
    """Blanks are looked for at both ends, not from each place on."""
    with pytest.raises(InvalidValueError) as error:
        text_of(f"a{blank * 999_000}b")
    assert error.value.reason.code == "import value too long"


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("2026-01-02 10:00:00", "", "2026-01-02T02:00:00"),
        ("2026-01-02T10:00:00+01:00", "", "2026-01-02T09:00:00"),
        ("2026-01-02T10:00:00Z", "", "2026-01-02T10:00:00"),
        ("2026/1/2 9:05", "", "2026-01-02T01:05:00"),
        ("2026年1月2日 9:05", "", "2026-01-02T01:05:00"),
        ("2026.01.02", "", "2026-01-01T16:00:00"),
        ("02/01/2026 10:00", "%d/%m/%Y %H:%M", "2026-01-02T02:00:00"),
        ("1767319200", "epoch", "2026-01-02T02:00:00"),
        ("1767319200000", "epoch_ms", "2026-01-02T02:00:00"),
    ],
)
def test_times_without_a_zone_are_those_of_the_mapping(text: str, form: str, moment: str) -> None:
    assert moment_of(text, form, SHANGHAI, NOW) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@given(st.integers(0, 800_000_000))
def test_a_time_that_is_written_with_its_zone_is_the_same_moment_in_every_mapping(seconds: int) -> None:
    aware = (NOW - timedelta(seconds=seconds)).astimezone(PARIS)

    assert moment_of(aware.isoformat(), "", SHANGHAI, NOW) == aware.astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "form", "why"),
    [
        *((text, "", "no time") for text in ("", "soon", "2026-13-01", "2026-02-30", "10:00", "1767319200")),
        ("2026-01-02", "%d/%m/%Y", "no time"),
        ("12h", "epoch", "no time"),
        ("9" * 13, "epoch", "no time"),
        ("1970-01-01 00:00:00", "", "time too old"),
        ("0001-01-01", "", "no time"),
        ((NOW + timedelta(minutes=1)).isoformat(), "", "time ahead"),
    ],
)
def test_what_is_no_time_of_the_past_is_rejected(text: str, form: str, why: str) -> None:
    with pytest.raises(InvalidValueError) as error:
        moment_of(text, form, SHANGHAI, NOW)
    assert error.value.reason.code == f"import {why}"


@pytest.mark.parametrize("text", ['="0012"', "'0012", "`0012", " 0012\t", "0012"])
def test_what_spreadsheets_put_around_a_number_is_taken_off(text: str) -> None:
    assert text_of(text) == "0012"


@pytest.mark.parametrize("text", ["1.23E+17", "1E+10", "6.2e+18"])
def test_a_number_that_a_spreadsheet_has_rounded_is_rejected(text: str) -> None:
    with pytest.raises(InvalidValueError):
        number_of(text)


@pytest.mark.parametrize("text", ["a\0b", "\x1b[1m", "\udc80", "x" * 10_001])
def test_a_value_that_no_row_of_a_table_should_have_is_rejected(text: str) -> None:
    with pytest.raises(InvalidValueError):
        text_of(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, "1990-01-05") for text in ("1990/1/5", "1990-01-05 00:00:00", "1990年1月5日")),
        *((text, text) for text in ("1990-01-05T18:00", "in spring", "")),
    ],
)
def test_a_date_of_a_profile_has_one_form(text: str, value: str) -> None:
    assert date_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("是", "true"), ("Yes", "true"), ("0", "false"), ("N", "false"), ("maybe", "maybe")]
)
def test_yes_and_no_are_true_and_false(text: str, value: str) -> None:
    assert yes_or_no(text) == value
