"""Tests that say by a mark what they show: `@pytest.mark.capability(row="C18")`."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

TESTS = Path(__file__).parents[1]


def shown_by(mark: str, keyword: str) -> Mapping[str, Sequence[str]]:
    """What tests name by a mark, and the tests: `functional/test_earning.py::test_…`."""
    shown = defaultdict[str, list[str]](list)
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text("utf-8")
        if f"mark.{mark}(" in text:
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef):
                    for name in _named(node, mark, keyword):
                        shown[name].append(f"{path.relative_to(TESTS)}::{node.name}")
    return shown


def _named(test: ast.FunctionDef, name: str, keyword: str) -> Iterator[str]:
    for mark in test.decorator_list:
        if not isinstance(mark, ast.Call) or not ast.unparse(mark.func).endswith(f"mark.{name}"):
            continue
        match mark.keywords:
            case [ast.keyword(arg, ast.Constant(str() as named))] if arg == keyword:
                yield named
            case _:
                raise ValueError(f'{test.name}: it is written `{name}({keyword}="…")`')
