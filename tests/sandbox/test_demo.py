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
        ("1d 00:00", "lee", "follows store-SH01"),
        ("1d 00:40", "lee", "says 1"),
        ("1d 00:40", "lee", "message text"),
        ("2d 00:40", "lee", "message news"),
        ("2d 17:55", "lee", "■ welcome-from-store finished"),
        ("1d 00:55", "john", "message news"),
        ("1d 22:55", "john", "message msgmenu"),
        ("2d 16:55", "john", "■ welcome-back finished"),
    ):
        assert any(hours in line and name in line and what in line for line in shown), (hours, name, what)
