"""The permissions of operators: a row for each command, a policy that allows what the rows say."""

import json
import re
from pathlib import Path

import pytest
import typer

from workbench.cli.main import app

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("operating.md", "operating.zh-CN.md")
SPEAK_TO_AWS = {
    name
    for name, command in vars(typer.main.get_command(app))["commands"].items()
    if any(parameter.name == "stack" for parameter in command.params)
}


def table(page: str) -> list[tuple[str, list[str]]]:
    """The rows: a command, or nothing for the one before it, and the actions."""
    rows = re.findall(r"^\| ([^|]*)\| ([^|]+) \| [^|]+ \|$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    return [(first.strip(), re.findall(r"`(\w+:\w+)`", actions)) for first, actions in rows[2:]]


@pytest.mark.parametrize("page", PAGES)
def test_each_command_that_speaks_to_a_deployment_has_its_permissions(page: str) -> None:
    named = {name.partition(" ")[0] for first, _ in table(page) for name in re.findall("`([^`]+)`", first)}
    assert named == SPEAK_TO_AWS
    assert all(actions for _, actions in table(page))


@pytest.mark.parametrize("page", PAGES)
def test_the_policy_allows_what_the_table_names_and_no_more(page: str) -> None:
    (text,) = re.findall(r"```json\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    statements = json.loads(text)["Statement"]
    allowed = {
        action
        for one in statements
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert allowed == {action for _, actions in table(page) for action in actions}


def test_both_languages_say_the_same() -> None:
    english, chinese = ([actions for _, actions in table(page)] for page in PAGES)
    assert chinese == english
