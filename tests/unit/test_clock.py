import time
from datetime import UTC, datetime, timedelta

import pytest

from wejourney.clock import Clock

THEN = datetime(2026, 11, 22, 4, tzinfo=UTC)
HASTY = Clock(speed=3600, real=1_000_000.0, virtual=THEN.timestamp())


def test_an_hour_passes_in_a_second_of_the_machines() -> None:
    assert HASTY.virtual_at(1_000_000.0) == THEN
    assert HASTY.virtual_at(1_000_002.5) == THEN + timedelta(hours=2.5)


@pytest.mark.parametrize("clock", [Clock(), HASTY])
def test_the_machines_time_of_a_moment_is_when_the_clock_shows_it(clock: Clock) -> None:
    moment = THEN + timedelta(days=2, microseconds=500_000)

    assert clock.virtual_at(clock.real_at(moment)) == moment


def test_the_real_clock_shows_the_machines_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", THEN.timestamp)

    assert Clock().now() == Clock().real_now() == THEN
