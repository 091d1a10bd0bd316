"""The Lambda layers hold what functions import and nothing else."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.support.servers.dynamodb import ROOT

RUNTIME = ROOT / "layers/shared/python"
FUNCTIONS = sorted((ROOT / "functions").glob("*/app.py"))
MODULES = sorted(RUNTIME.rglob("*.py"))
REQUIREMENTS = (ROOT / "layers/deps/requirements.txt").read_text("utf-8")
IN_LAYER = frozenset(re.findall(r"^([\w.-]+)==", REQUIREMENTS, re.MULTILINE))
ABSENT = {
    "boto3",
    "botocore",
    "certifi",
    "dateutil",
    "pydantic",
    "pynamodb",
    "requests",
    "resvg_py",
    "rich",
    "ruamel",
    "segno",
    "typer",
    "urllib3",
    "wechatpy",
    "workbench",
    "yaml",
}
"""Installed here, not on Lambda, or there in another version."""

IMPORT_ALL = """
import importlib, json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(name)

absent, modules = json.loads(sys.stdin.read())
sys.meta_path.insert(0, Absent())
for module in modules:
    importlib.import_module(module)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def name_of(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def imported_names(node: ast.AST) -> Iterator[str]:
    """What a module imports when it runs, in its functions too; `from a import b` may mean a.b."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.module is not None
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from imported_names(child)


@cache
def needed_by_functions() -> frozenset[Path]:
    """The runtime's files in the import closure of all functions."""
    files = {name_of(path, RUNTIME): path for path in MODULES}
    found: set[Path] = set()
    waiting = list(FUNCTIONS)
    while waiting:
        for name in imported_names(ast.parse(waiting.pop().read_text("utf-8"))):
            parts = name.split(".")
            packages = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
            new = {files[package] for package in packages if package in files} - found
            found |= new
            waiting += new
    return frozenset(found)


@cache
def loaded_with_everything() -> frozenset[str]:
    """What Python loads with all functions and all modules of the layer, where ABSENT is not installed."""
    functions = [name_of(path, ROOT) for path in FUNCTIONS]
    modules = functions + [name_of(path, RUNTIME) for path in MODULES]
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", IMPORT_ALL],
        input=json.dumps([sorted(ABSENT), modules]),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout))


def test_every_module_of_the_layer_is_imported_by_a_function() -> None:
    assert len(FUNCTIONS) > 3
    assert sorted(set(MODULES) - needed_by_functions()) == []


def test_functions_and_layer_work_without_the_workbenchs_packages() -> None:
    assert {"wejourney", "aws_lambda_powertools", "cryptography"} <= loaded_with_everything()
    assert loaded_with_everything().isdisjoint(ABSENT)


def test_the_layer_of_dependencies_holds_every_package_that_the_runtime_loads() -> None:
    distributions = packages_distributions()
    loaded = {name for module in loaded_with_everything() for name in distributions.get(module, ())}
    missing = {name for name in loaded if name.replace("_", "-").lower() not in IN_LAYER}
    assert missing - {"wejourney"} == set()
    assert not ABSENT & IN_LAYER
