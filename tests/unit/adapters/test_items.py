from datetime import UTC, datetime
from typing import Any

import pytest

from wejourney.adapters.dynamo.items import columns_of, item_of, value_of
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
        ({"at": AT, "tags": ("a",)}, {"S": '{"at": "2026-03-01T12:00:00+00:00", "tags": ["a"]}'}),
        (Condition(tags=("vip",)), {"S": '{"tags": ["vip"]}'}),
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
