"""The fields of an event that `emit` queues."""

import pytest
import typer

from wejourney.events.event_types import EVENT_TYPES, MiniProgramEvent
from workbench.cli.commands.inbox_commands import _fields


def test_what_is_no_field_of_a_mini_programs_event_is_one_of_its_details() -> None:
    fields = _fields("mini_program", ["name=cart.left", "order=7", "value=20000", "delivery=express"])
    assert EVENT_TYPES["mini_program"].read(fields) == MiniProgramEvent(
        "cart.left", order="7", details={"value": "20000", "delivery": "express"}
    )


@pytest.mark.parametrize("kind", ["payment", "mini_program"])
def test_a_field_that_is_given_twice_is_rejected(kind: str) -> None:
    with pytest.raises(typer.Exit):
        _fields(kind, ["order=1", "order=2"])


@pytest.mark.parametrize(
    ("kind", "text"), [("payment", "value=5"), ("tag", "color=red"), ("mini_program", "a b=1")]
)
def test_an_unknown_field_is_rejected_where_an_event_has_no_details(kind: str, text: str) -> None:
    with pytest.raises(typer.Exit):
        _fields(kind, [text])
