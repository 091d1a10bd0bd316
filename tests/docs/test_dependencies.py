"""What is installed, and what the decision about it says."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DECISION = (ROOT / "docs/decisions/0010-dependencies-and-their-reasons.md").read_text("utf-8")
ON_LAMBDA, FOR_DEVELOPERS = DECISION.split("On a developer's machine:")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def names(requirements: Iterable[Any]) -> set[str]:
    """The packages of requirements; an entry that includes another group is no package."""
    found = (re.match(r"[\w.-]+", one) for one in requirements if isinstance(one, str))
    return {one.group() for one in found if one}


def explained(tables: str) -> Iterator[str]:
    """The packages in the first cells of rows that are about Python."""
    for cell in re.findall(r"^\| ([^|]+) \| [^|]+ \|$", tables, re.MULTILINE):
        if not cell.startswith(("npm", "package", "---")):
            yield from cell.split(", ")


@pytest.mark.parametrize(
    ("tables", "installed"),
    [
        (ON_LAMBDA, names(PROJECT["project"]["dependencies"])),
        (FOR_DEVELOPERS, names(one for group in PROJECT["dependency-groups"].values() for one in group)),
    ],
    ids=["on Lambda", "for developers"],
)
def test_each_direct_dependency_has_its_reason_and_no_other(tables: str, installed: set[str]) -> None:
    assert sorted(explained(tables)) == sorted(installed)


def test_the_decision_counts_what_is_on_lambda() -> None:
    assert f"{len(PROJECT['project']['dependencies'])} direct dependencies on Lambda" in DECISION
