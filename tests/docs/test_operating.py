"""docs/operating.md: a row for each alarm and command, a policy that allows what the rows say."""

import json
import re

import pytest

from tests.docs.pages import page
from tests.docs.test_pages import COMMANDS, command_in
from tests.infra.template import TEMPLATE

PAGES = ("docs/operating.md", "docs/operating.zh-CN.md")
USE_A_DEPLOYMENT = {
    name for name, command in COMMANDS.items() if any(param.name == "stack" for param in command.params)
}


def permissions(name: str) -> list[tuple[str, list[str]]]:
    """The rows of the table: a command, or nothing for the one before it, and the actions."""
    rows = [(row[0], re.findall(r"`(\w+:\w+)`", row[1])) for row in page(name).rows if len(row) == 3]
    return [(command, actions) for command, actions in rows if actions]


@pytest.mark.parametrize("name", PAGES)
def test_every_alarm_of_the_template_has_a_row(name: str) -> None:
    alarms = [
        alarm
        for alarm, described in TEMPLATE["Resources"].items()
        if described["Type"] == "AWS::CloudWatch::Alarm"
    ]
    rows = [row for row in page(name).rows if row[0].endswith("Alarm`")]

    assert [row[0].strip("`") for row in rows] == alarms
    assert all(len(row) == 3 and all(row) for row in rows)


@pytest.mark.parametrize("name", PAGES)
def test_each_command_that_uses_a_deployment_has_its_permissions(name: str) -> None:
    named = {
        command_in(span) for command, _ in permissions(name) for span in re.findall("`([^`]+)`", command)
    }
    assert named == USE_A_DEPLOYMENT


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_allows_what_the_table_names_and_no_more(name: str) -> None:
    statements = json.loads(page(name).block("json"))["Statement"]
    allowed = {
        action
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert allowed == {action for _, actions in permissions(name) for action in actions}
    for condition in (statement.get("Condition", {}) for statement in statements):
        for operator in [one for one in condition if one.startswith("ForAllValues:")]:
            assert condition["Null"] == dict.fromkeys(condition[operator], "false")


def test_both_languages_name_the_same_permissions() -> None:
    english, chinese = ([actions for _, actions in permissions(name)] for name in PAGES)
    assert chinese == english
