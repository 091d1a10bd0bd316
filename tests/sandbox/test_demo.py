"""What `make demo` shows, in the sandbox that all tests of this folder share."""

import re
from typing import Any

import pytest
from rich.console import Console

from infra.sandbox import demo
from tests.docs.samples import COLUMNS, demo_lines

pytestmark = pytest.mark.sandbox


def comparable(line: str) -> list[str]:
    """A line without dates, which differ per run, and tapped items, of which phones know labels only."""
    line = re.sub(r"(\d{4}-)?\d\d-\d\d \d\d:\d\d(:\d\d)?|(?<=taps: ).*", "", line)
    return sorted(line.split())  # a step adds its tags in any order


def test_the_demo_prints_what_the_readme_shows_and_the_simulator_foretells(
    sandbox: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "console", Console(width=COLUMNS))

    assert demo.Demo(sandbox.settings, "en").run() == 0

    shown = [comparable(line) for line in capsys.readouterr().out.splitlines()]
    foretold = demo_lines("en", demo.LONGEST)
    assert len(foretold) > 40
    assert [line for line in foretold if comparable(line) not in shown] == []
