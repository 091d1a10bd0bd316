from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.adapters.dynamo.items import (
    columns_of,
    item_of,
    packed,
    packed_token,
    unpacked_token,
    value_of,
)
from wejourney.journeys.definition import Condition

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (True, {"BOOL": True}),
        (7, {"N": "7"}),
        ("7", {"S": "7"}),
        (AT, {"S": "2026-03-01T12:00:00+00:00"}),
        (frozenset({"b", "a"}), {"SS": ["a", "b"]}),
        ({"at": AT, "tags": ("a",)}, {"S": '{"at":"2026-03-01T12:00:00+00:00","tags":["a"]}'}),
        (Condition(tags=("贵宾",)), {"S": '{"tags":["贵宾"]}'}),
        (Condition(), {"S": "{}"}),
    ],
)
def test_the_type_of_a_value_decides_its_form(value: Any, form: dict[str, Any]) -> None:
    assert value_of(value) == form


def test_a_float_is_rejected() -> None:
    with pytest.raises(TypeError, match="no whole number"):
        item_of({"points": 1.0})


def test_columns_without_a_value_are_absent_and_the_others_are_read_back() -> None:
    row = {"pk": "p", "sk": "s", "points": 0, "member": False, "tags": frozenset({"a"}), "tries": {"Busy": 1}}
    item = item_of({**row, "tier": None, "segments": frozenset()})
    assert item.keys() == row.keys()
    assert columns_of(item) == row


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())))
def test_what_is_packed_is_read_back_from_bytes_and_from_base64(data: dict[str, Any]) -> None:
    stored = value_of(packed(data))["B"]
    for form in (stored, b64encode(stored).decode()):
        assert columns_of({"data": {"B": form}}) == {"data": data}


def test_what_an_earlier_version_has_packed_is_read() -> None:
    """The words that compression refers to are part of the rows: change them, and open waits are lost."""
    stored = b64decode("q4YxEFrKU3OS84GuRTazzFCpthYA")
    assert columns_of({"data": {"B": stored}}) == {"data": {"run": {"journey": "welcome", "version": "v1"}}}


def test_what_we_have_not_packed_is_a_value_error() -> None:
    for stored in (b"", b"\xff", b"{}", packed({"run": {}})[:-3]):
        with pytest.raises(ValueError, match=r"."):
            columns_of({"data": {"B": stored}})


@given(st.text() | st.binary().map(lambda raw: b64encode(raw).decode()))
def test_a_token_is_read_back_as_it_was(token: str) -> None:
    assert unpacked_token(packed_token(token)) == token


def test_a_token_in_base64_takes_a_quarter_less() -> None:
    assert len(packed_token("AbC+" * 200)) == 600
