"""docs/commands.md has every command with its options, and no other."""

from collections import defaultdict

import pytest

from tests.docs.pages import page
from tests.docs.test_pages import COMMANDS, command_in

PAGES = ("docs/commands.md", "docs/commands.zh-CN.md")
GROUPS = (
    ("init", "check", "compile", "simulate", "graph", "estimate", "diff", "schema", "trade-bill"),
    (
        "profile",
        "explain",
        "segments",
        "funnel",
        "set-profile",
        "emit",
        "identities",
        "import",
        "media",
        "uploads",
        "export",
        "erase",
        "dead-letters",
        "doctor",
    ),
    (
        "points statement",
        "points balance",
        "points adjust",
        "points trial-balance",
        "points liability",
        "points check",
        "programme backfill",
        "programme simulate",
        "leaders",
    ),
    ("qr create", "qr batch", "qr list", "qr show", "qr report"),
)
"""The commands of the sections; `all of them` and 全部 mean those of the second."""


def spans(cell: str) -> list[str]:
    return cell.split("`")[1::2]


@pytest.mark.parametrize("name", PAGES)
def test_every_command_has_a_row(name: str) -> None:
    rows = [
        command_in(row[0].strip("`").removeprefix("uv run wejourney "))
        for row in page(name).rows
        if "uv run" in row[0]
    ]

    assert rows == [command for group in GROUPS for command in group]
    assert {command for group in GROUPS for command in group} == set(COMMANDS)


@pytest.mark.parametrize("name", PAGES)
def test_every_option_has_a_row_that_names_its_commands(name: str) -> None:
    described: dict[str, set[str]] = defaultdict(set)
    for row in page(name).rows:
        if row[0].startswith("`-"):
            for command in spans(row[1]) or GROUPS[1]:
                described[command].update(spans(row[0]))

    for command, known in COMMANDS.items():
        options = {option for param in known.params for option in param.opts if option.startswith("-")}
        assert described[command] == options, command


@pytest.mark.parametrize("name", PAGES)
def test_every_option_of_true_or_false_and_no_other_has_no_value(name: str) -> None:
    """A canary: options are flags or take one value, so that the page need not say which."""
    flags = {
        param.opts[0]
        for known in COMMANDS.values()
        for param in known.params
        if getattr(param, "is_flag", False)
    }
    assert flags == {
        *(
            "--check",
            "--csv",
            "--dry-run",
            "--history",
            "--json",
            "--masked",
            "--oldest-first",
            "--post",
            "--summary",
            "--update",
            "--yes",
        )
    }
    assert all(flag in page(name).prose for flag in flags)
