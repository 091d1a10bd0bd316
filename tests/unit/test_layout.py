"""Folders stay small enough to be read at a glance."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_MODULES = 20


@pytest.mark.parametrize("source", ["functions", "infra", "layers", "tests/support", "workbench"])
def test_no_folder_of_the_source_has_more_than_twenty_modules(source: str) -> None:
    folders = {module.parent for module in (ROOT / source).rglob("*.py")}
    counts = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in folders}

    assert counts
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}
