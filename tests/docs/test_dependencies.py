"""What is installed, and what the decision about it says."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
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


LAYER = names(PROJECT["dependency-groups"]["layer"])
WHEEL = names(PROJECT["project"]["dependencies"])
GROUPS = names(requirement for group in PROJECT["dependency-groups"].values() for requirement in group)


def imported(folder: Path) -> Iterator[str]:
    """The top-level modules that are imported anywhere in a folder."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0]


@pytest.mark.parametrize(
    ("tables", "installed"),
    [(ON_LAMBDA, LAYER), (FOR_DEVELOPERS, (WHEEL | GROUPS) - LAYER)],
    ids=["on Lambda", "for developers"],
)
def test_each_direct_dependency_has_its_reason_and_no_other(tables: str, installed: set[str]) -> None:
    assert sorted(explained(tables)) == sorted(installed)


def test_the_wheel_wants_the_same_versions_as_the_layer() -> None:
    assert set(PROJECT["dependency-groups"]["layer"]) < set(PROJECT["project"]["dependencies"])


@pytest.mark.parametrize(
    ("folders", "installed"),
    [(("layers/shared/python", "functions"), LAYER), (("layers/shared/python", "workbench"), WHEEL)],
    ids=["layer", "wheel"],
)
def test_what_is_imported_is_declared_and_not_left_to_other_packages(
    folders: tuple[str, ...], installed: set[str]
) -> None:
    distributions = packages_distributions()
    found = {
        name.replace("_", "-").lower()
        for folder in folders
        for module in imported(ROOT / folder)
        for name in distributions.get(module, ())
    }
    assert {"aws-lambda-powertools", "cryptography"} <= found
    # The same project as pydantic, which pins its version.
    assert found - installed - {PROJECT["project"]["name"], "pydantic-core"} == set()


def test_the_decision_counts_what_is_on_lambda() -> None:
    assert f"{len(LAYER)} direct dependencies on Lambda" in DECISION
