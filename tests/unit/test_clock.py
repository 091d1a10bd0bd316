import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wejourney.clock import Clock, clock_from_environment

THEN = datetime(2026, 11, 22, 4, tzinfo=UTC)


def test_the_real_clock_shows_the_machines_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", THEN.timestamp)
    monkeypatch.delenv("CLOCK", raising=False)

    assert clock_from_environment().now() == Clock().real_now() == THEN


def test_with_a_file_the_time_is_what_the_file_says_at_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clock"
    monkeypatch.setenv("CLOCK", str(file))
    monkeypatch.setattr(time, "time", (THEN + timedelta(days=1)).timestamp)
    clock = clock_from_environment()

    for moment in (THEN, THEN + timedelta(hours=48)):
        file.write_text(f"{moment.timestamp():.0f}")
        assert clock.now() == moment
    assert clock.real_now() == THEN + timedelta(days=1), "tokens live in real time all the same"
