"""What `make demo` shows, in a sandbox of its own: it deploys another project, at another time."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from infra.sandbox import demo
from infra.sandbox.processes import running_sandbox
from infra.sandbox.settings import ROOT, Settings
from tests.docs.samples import COLUMNS, demo_lines
from tests.support.servers.dynamodb import free_port

pytestmark = pytest.mark.sandbox


@pytest.fixture
def settings() -> Iterator[Settings]:
    settings = replace(
        demo.demo_settings(),
        directory=ROOT / ".sandbox" / "demo",
        api_port=free_port(),
        fake_port=free_port(),
    )
    with running_sandbox(settings):
        yield settings


def comparable(line: str) -> list[str]:
    """A line without times, which may be seconds later, and without what phones know only themselves.

    These are labels of tapped items, and the code that a till has shown.
    """
    line = re.sub(r"(\d{4}-)?\d\d-\d\d \d\d:\d\d(:\d\d)?|(?<=taps: ).*|(?<=visit-)\S+", "", line)
    return sorted(line.split())  # a step adds its tags in any order


def test_the_demo_prints_what_the_readme_shows_and_the_simulator_foretells(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "console", Console(width=COLUMNS))

    assert demo.Demo(settings, "en").run() == 0

    printed = capsys.readouterr().out.splitlines()
    shown = [comparable(line) for line in printed]
    foretold = demo_lines("en", demo.SHOWN)
    assert len(foretold) > 100
    assert [line for line in foretold if comparable(line) not in shown] == []
    assert [line for line in printed if "Mei" in line and "-5000 → 5000" in line], "her points are a tote"
