"""docs/deploying.md agrees with the template, the accounts and the rule sets."""

import json
import re
import shlex
import subprocess
import sys

import pytest

from tests.docs.pages import FOR_PEOPLE, page
from tests.infra.template import TEMPLATE
from wejourney.accounts import Account
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.mini_program_events import FORMS
from wejourney.merchants import Merchant, StoreRule
from wejourney.messaging.account_settings import AccountSettings

PAGES = ("docs/deploying.md", "docs/deploying.zh-CN.md")
FORMS_IN_DOCS = {
    "": "text",
    **dict.fromkeys(("number", "数字"), "number"),
    **dict.fromkeys(("moment", "时刻"), "date_time"),
}
_NAME_IN_TEMPLATE = re.compile(r"[A-Z][A-Za-z]*[a-z][A-Za-z]*")


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_parameters_has_all_but_the_sandboxs_with_their_defaults(name: str) -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    (sandbox,) = [group["Parameters"] for group in groups if "sandbox" in group["Label"]["default"]]
    rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", page(name).prose, re.MULTILINE)
    defaults = {
        parameter: str(described.get("Default", ""))
        for parameter, described in TEMPLATE["Parameters"].items()
        if parameter not in sandbox
    }

    assert dict(row for row in rows if row[0] in TEMPLATE["Parameters"]) == defaults


@pytest.mark.parametrize("name", [name for name in FOR_PEOPLE if "deploying" in name or "operating" in name])
def test_names_that_look_like_the_templates_are_in_the_template(name: str) -> None:
    known = {*TEMPLATE["Parameters"], *TEMPLATE["Outputs"], *TEMPLATE["Resources"]}
    named = {span for span in page(name).spans if _NAME_IN_TEMPLATE.fullmatch(span)}

    assert named
    assert named <= known


@pytest.mark.parametrize("name", PAGES)
def test_every_rule_set_is_in_the_table(name: str) -> None:
    assert all(f"`{rules}`" in page(name).prose for rules in RULE_SETS)


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_events_of_mini_programs_is_that_of_the_code(name: str) -> None:
    def properties(cell: str) -> tuple[dict[str, str], str | None]:
        """The properties in a cell with their forms, and the key that stands behind them."""
        listed, _, key = cell.partition(" and " if " and " in cell else " 和 ")
        spans = re.findall(r"`(\w+)`(?: ?[(（](number|数字|moment|时刻)[)）])?", listed)
        return {span: FORMS_IN_DOCS[form] for span, form in spans}, key.strip("` ") or None

    rows = re.findall(r"^\| `([a-z]+\.[a-z]+)` \|(.*)\|(.*)\|$", page(name).prose, re.MULTILINE)
    told = {event: (properties(required), properties(more)[0]) for event, required, more in rows}
    known = {event: ((dict(form.required), form.key), dict(form.optional)) for event, form in FORMS.items()}
    assert told == known


def secrets_of(name: str) -> list[list[str]]:
    """The keys of the secrets that a page shows: an account's and a merchant's."""
    blocks = [block for language, block in page(name).blocks if language == "json"]
    return [re.findall(r'^  "(\w+)":', block, re.MULTILINE) for block in blocks]


@pytest.mark.parametrize("name", PAGES)
def test_the_secret_of_a_merchant_has_the_keys_that_are_read(name: str) -> None:
    _, keys = secrets_of(name)
    rule = {f"store_{field.replace('source', 'from')}" for field in StoreRule.__dataclass_fields__}
    request_key = {"private_key", "certificate_serial"}
    fields = set(Merchant.__dataclass_fields__) - {"id", "store", "request_key", "expires_at"}
    assert set(keys) == rule | request_key | fields


@pytest.mark.parametrize("name", PAGES)
def test_the_secret_of_an_account_has_the_keys_that_are_read(name: str) -> None:
    keys, _ = secrets_of(name)
    read = {*Account.__dataclass_fields__, *AccountSettings.__dataclass_fields__} - {"app_id", "settings"}
    assert set(keys) == read
    assert keys[:3] == ["token", "encoding_aes_key", "app_secret"]


@pytest.mark.parametrize("name", PAGES)
def test_the_command_for_token_and_key_prints_these_two_and_no_other_secret(name: str) -> None:
    blocks = [block for language, block in page(name).blocks if language == "sh"]
    (command,) = [block for block in blocks if "get-secret-value" in block]
    prints = command.partition(" | ")[2].replace("python3", shlex.quote(sys.executable), 1)
    secret = json.dumps({"token": "the-token", "encoding_aes_key": "the-key", "app_secret": "hidden"})

    assert "secretsmanager get-secret-value --secret-id wejourney/wechat/" in command
    printed = subprocess.run(prints, shell=True, input=secret, capture_output=True, text=True, check=True)  # noqa: S602 - ours
    assert printed.stdout.split() == ["the-token", "the-key"]
