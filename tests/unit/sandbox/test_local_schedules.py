"""The local AWS's rules with a schedule: they fire at each moment that a row names, in the sandbox's time."""

import inspect
import threading
from pathlib import Path
from typing import Any

import pytest
from ministack.services import dynamodb, eventbridge

from infra.sandbox import ministack_patches
from infra.sandbox.timekeeper import Timekeeper
from wejourney.people.followers import NEVER

tables: Any = dynamodb
rules: Any = eventbridge

NOW = 1_795_680_000
PATIENCE = 5.0


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Timekeeper:
    for module, name in (
        (tables, "_emit_stream_event"),
        (rules, "_tick_scheduled_rules"),
        (rules, "_rules"),
        (rules, "_rule_last_fired"),
    ):
        value = getattr(module, name)
        monkeypatch.setattr(module, name, value if callable(value) else type(value)())
    clock = tmp_path / "clock"
    clock.write_text(str(NOW), "ascii")
    return Timekeeper(clock)


@pytest.fixture
def fired(keeper: Timekeeper, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The moments at which rules fired, in seconds from now."""
    moments: list[int] = []
    monkeypatch.setattr(rules, "_tick_scheduled_rules", lambda: moments.append(keeper.seconds - NOW))
    ministack_patches.patch_schedules(keeper)
    return moments


def write(named: str | None, before: str | None = None, column: str = "look_at") -> None:
    def item(value: str | None) -> dict[str, Any]:
        return {"pk": {"S": "p"}, **({column: {"S": value}} if value else {})}

    tables._emit_stream_event("followers", "MODIFY", item(before), item(named))


def test_ministack_still_has_what_is_replaced() -> None:
    assert tuple(inspect.signature(tables._emit_stream_event).parameters) == (
        "table_name", "event_name", "old_item", "new_item", "replicate",
    )  # fmt: skip
    assert tuple(inspect.signature(rules._tick_scheduled_rules).parameters) == ()
    assert "_rule_last_fired[state_key]" in inspect.getsource(rules._tick_scheduled_rules)


def test_rules_fire_once_at_each_moment_that_rows_name_and_never_by_themselves(
    keeper: Timekeeper, fired: list[int]
) -> None:
    rules._tick_scheduled_rules()
    write("2026-11-26T08:01:00+00:00")
    write("2026-11-26T08:01:00+00:00")
    write("2026-11-26T09:00:00+00:00", before="2026-11-26T08:01:00+00:00")
    write(NEVER.isoformat())
    write(None)
    keeper.advance(NOW + 86_400, PATIENCE)

    assert fired == [60, 3_600]


def test_rules_fire_when_a_day_begins_on_which_something_is_due_in_books(
    keeper: Timekeeper, fired: list[int]
) -> None:
    write("2026-11-27", column="due_on")
    write("9999-12-31", column="due_on")
    keeper.advance(NOW + 86_400, PATIENCE)

    assert fired == [8 * 3_600], "midnight in Shanghai"


def test_a_row_that_is_due_already_is_looked_at_at_once(keeper: Timekeeper, fired: list[int]) -> None:
    write("2026-11-26T07:00:00+00:00")
    keeper.advance(NOW, PATIENCE)

    assert fired == [0]


def test_time_stands_while_rules_fire(keeper: Timekeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    seen: list[int] = []

    def tick() -> None:
        goes_on.wait(PATIENCE)
        seen.append(keeper.seconds - NOW)

    monkeypatch.setattr(rules, "_tick_scheduled_rules", tick)
    ministack_patches.patch_schedules(keeper)
    write("2026-11-26T08:01:00+00:00")
    threading.Timer(0.2, goes_on.set).start()
    keeper.advance(NOW + 3_600, PATIENCE)

    assert seen == [60]
