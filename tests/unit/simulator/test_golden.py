"""The transcripts of this repository's journeys, word for word.

`WEJOURNEY_UPDATE_GOLDEN=1 uv run pytest tests/unit/simulator/test_golden.py` writes them anew; the diff
shows what a change does to whom.
"""

import os
from pathlib import Path

import pytest

from tests.support.cli import run

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).with_name("golden")
JOURNEYS = sorted((ROOT / "infra/journeys").glob("*.yaml"))
LANGUAGES = {"lee": "zh", "john": "en", "anna": "en"}


@pytest.mark.parametrize("persona", LANGUAGES)
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda path: path.stem)
def test_a_transcript_is_as_it_was(journey: Path, persona: str) -> None:
    told = run("simulate", journey, "--persona", persona, "--lang", LANGUAGES[persona], "--root", ROOT)
    assert told.exit_code == 0, told.output
    lines = "".join(f"{line.rstrip()}\n" for line in told.stdout.splitlines())
    golden = GOLDEN / f"{journey.stem}.{persona}.txt"
    if os.environ.get("WEJOURNEY_UPDATE_GOLDEN"):
        golden.write_text(lines, "utf-8")

    assert lines == golden.read_text("utf-8")
