"""What `make demo` shows, in the sandbox that all tests of this folder share."""

from typing import Any

import pytest

from infra.sandbox.demo import Demo

pytestmark = pytest.mark.sandbox


def test_the_people_of_the_demo_complete_their_journeys_to_the_minute(
    sandbox: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Demo(sandbox.settings, "en").run() == 0
    shown = capsys.readouterr().out.splitlines()
    for hours, name, what in (
        ("1d 00:00", "Lee", "follows: store-SH01"),
        ("1d 00:40", "Lee", "says: 1"),
        ("1d 00:40", "Lee", "(message, 4 left)"),
        ("2d 01:55", "Lee", "taps: 温润的黄金"),
        ("2d 17:55", "Lee", "welcome-from-store: finished"),
        ("1d 00:55", "John", "[The rest of the story"),
        ("1d 22:55", "John", "Your next cleaning"),
        ("2d 16:55", "John", "welcome-back: finished"),
    ):
        assert any(hours in line and name in line and what in line for line in shown), (hours, name, what)
