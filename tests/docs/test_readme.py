"""What the pages for users and contributors claim: commands, paths, names, links and the example."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from samtranslator.yaml_helper import yaml_parse

from wejourney.accounts import Account
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.rule_sets import RULE_SETS
from workbench.cli.main import app
from workbench.compiler.state_machine import compile_journey
from workbench.language.reading import read_text

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TEMPLATE: Mapping[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
COMMANDS: Mapping[str, Any] = vars(typer.main.get_command(app))["commands"]

READMES = ("README.md", "README.zh-CN.md")
CONTRIBUTING = ("CONTRIBUTING.md", "CONTRIBUTING.zh-CN.md")
JOURNEYS = ("docs/journeys.md", "docs/journeys.zh-CN.md")
DECISIONS = tuple(
    path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs/decisions").glob("*.md"))
)
PAGES = (*READMES, *CONTRIBUTING, *JOURNEYS, "CHANGELOG.md", *DECISIONS)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_COMMENT = re.compile(r"\s+#.*$", re.MULTILINE)
_NAME_IN_TEMPLATE = re.compile(r"[A-Z][A-Za-z]*[a-z][A-Za-z]*")


@dataclass(frozen=True)
class Page:
    """A page, and what stands in it outside its code blocks."""

    text: str

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """Language and contents of the code blocks."""
        return _FENCE.findall(self.text)

    @property
    def prose(self) -> str:
        return _FENCE.sub("", self.text)

    @property
    def spans(self) -> list[str]:
        return _SPAN.findall(self.prose)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.prose)

    @property
    def headings(self) -> list[tuple[str, str]]:
        """Level and text of the headings."""
        return _HEADING.findall(self.prose)

    @property
    def command_lines(self) -> Iterator[str]:
        """Whatever the reader may type, without comments."""
        yield from self.spans
        for language, block in self.blocks:
            if language == "sh":
                yield from _COMMENT.sub("", block).splitlines()

    def block(self, language: str) -> str:
        """The one code block in this language."""
        (found,) = [block for name, block in self.blocks if name == language]
        return found


@cache
def page(name: str) -> Page:
    return Page((ROOT / name).read_text("utf-8"))


def anchor(heading: str) -> str:
    """The fragment that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# --- commands --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*READMES, *CONTRIBUTING])
def test_every_make_target_that_is_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    variables = set(re.findall(r"^([A-Z_]+) \?=", MAKEFILE, re.MULTILINE))
    named = [line.split() for line in page(name).command_lines if re.match(r"make [a-z]", line)]

    assert named
    for _make, target, *settings in named:
        assert target in targets
        assert {setting.partition("=")[0] for setting in settings} <= variables


@pytest.mark.parametrize("name", READMES)
def test_a_setting_that_a_comment_on_a_make_target_names_exists(name: str) -> None:
    lines = [line for language, block in page(name).blocks if language == "sh" for line in block.splitlines()]
    named = {found for line in lines if line.startswith("make") for found in re.findall(r"([A-Z_]+)=", line)}

    assert named == {"DEMO_LANG", "SPEED"}
    assert all(f"{setting} ?=" in MAKEFILE for setting in named)


@pytest.mark.parametrize("name", [*READMES, *CONTRIBUTING, *JOURNEYS])
def test_every_command_of_ours_and_its_options_exist(name: str) -> None:
    for line in page(name).command_lines:
        for command, rest in re.findall(r"wejourney ([a-z][a-z-]*)((?: [^|&]*)?)", line):
            options = {option for param in COMMANDS[command].params for option in param.opts}
            assert set(re.findall(r"--[a-z-]+", rest)) <= options


@pytest.mark.parametrize("name", READMES)
def test_the_readme_names_every_command(name: str) -> None:
    lines = "\n".join(page(name).command_lines)

    assert all(f"uv run wejourney {command}" in lines for command in COMMANDS)


@pytest.mark.parametrize("name", READMES)
def test_options_named_apart_from_their_command_exist(name: str) -> None:
    options = {option for command in COMMANDS.values() for param in command.params for option in param.opts}
    named = {span.split()[0] for span in page(name).spans if span.startswith("--")}

    assert named - {"--parameter-overrides"} <= options


# --- paths and links ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READMES)
def test_every_path_of_the_layout_exists(name: str) -> None:
    lines = page(name).block("text").splitlines()

    assert all((ROOT / line.split()[0]).exists() for line in lines)
    assert all(len(line.split()) > 1 for line in lines)


@pytest.mark.parametrize("name", CONTRIBUTING)
def test_every_folder_of_the_ladder_exists_and_none_is_missing(name: str) -> None:
    named = {span for span in page(name).spans if re.fullmatch(r"tests/\w+", span)}
    folders = {
        f"tests/{path.name}"
        for path in (ROOT / "tests").iterdir()
        if path.is_dir() and not path.name.startswith("_")
    }

    assert named == folders


@pytest.mark.parametrize("name", PAGES)
def test_every_relative_link_and_anchor_resolves(name: str) -> None:
    for link in page(name).links:
        target, _, fragment = link.partition("#")
        if "://" in target:
            continue
        linked = (ROOT / name).parent / target if target else ROOT / name
        assert linked.exists(), link
        if fragment:
            assert fragment in [anchor(text) for _level, text in page(str(linked.relative_to(ROOT))).headings]


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_is_named_exists(name: str) -> None:
    """Files in code spans, from the root or from the package."""
    roots = (ROOT, ROOT / "layers/shared/python")
    for span in page(name).spans:
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)+\.(py|md|yaml|json|txt|sh)", span):
            assert any((root / span).exists() for root in roots), span


@pytest.mark.parametrize("name", DECISIONS)
def test_every_test_that_a_decision_names_exists(name: str) -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

    for span in page(name).spans:
        if re.fullmatch(r"test_\w+", span):
            assert f"def {span}(" in code, span


# --- the example, and names of the product -----------------------------------------------------------


@pytest.mark.parametrize("name", READMES)
def test_the_journey_has_ten_lines_and_compiles(name: str) -> None:
    example = page(name).block("yaml")
    reading = read_text(example, "a-first-journey", "README.md")

    assert reading.mistakes == ()
    assert reading.journey is not None
    assert compile_journey(reading.journey, "README.md")["States"]
    assert len(example.splitlines()) == 10


@pytest.mark.parametrize("name", READMES)
def test_every_name_that_looks_like_the_templates_is_in_the_template(name: str) -> None:
    names = {*TEMPLATE["Parameters"], *TEMPLATE["Outputs"], *TEMPLATE["Resources"]}
    named = {span for span in page(name).spans if _NAME_IN_TEMPLATE.fullmatch(span)}

    assert "CallbackUrl" in named
    assert named <= names


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_parameters_has_all_but_the_sandboxs_with_their_defaults(name: str) -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    (sandbox,) = [group["Parameters"] for group in groups if "sandbox" in group["Label"]["default"]]
    rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", page(name).prose, re.MULTILINE)
    defaults = {
        parameter: str(one.get("Default", ""))
        for parameter, one in TEMPLATE["Parameters"].items()
        if parameter not in sandbox
    }

    assert dict(row for row in rows if row[0] in TEMPLATE["Parameters"]) == defaults


@pytest.mark.parametrize("name", READMES)
def test_every_alarm_and_every_rule_set_is_explained(name: str) -> None:
    alarms = [
        alarm for alarm, one in TEMPLATE["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"
    ]
    rows = re.findall(r"^\| `(\w+Alarm)` \| ([^|]+) \| ([^|]+) \|$", page(name).prose, re.MULTILINE)

    assert [alarm for alarm, _what, _do in rows] == alarms
    assert all(f"`{rules}`" in page(name).prose for rules in RULE_SETS)


@pytest.mark.parametrize("name", READMES)
def test_the_secret_of_an_account_has_the_keys_that_are_read(name: str) -> None:
    keys = re.findall(r'^  "(\w+)":', page(name).block("json"), re.MULTILINE)

    fields = Account.__dataclass_fields__ | AccountSettings.__dataclass_fields__
    assert set(keys) == fields.keys() - {"app_id", "settings"}
    assert keys[:3] == ["token", "encoding_aes_key", "app_secret"]


@pytest.mark.parametrize("name", READMES)
def test_the_command_for_token_and_key_prints_these_two_and_no_other_secret(name: str) -> None:
    blocks = [block for language, block in page(name).blocks if language == "sh"]
    (command,) = [block for block in blocks if "get-secret-value" in block]
    prints = command.partition(" | ")[2].replace("python3", shlex.quote(sys.executable), 1)
    secret = json.dumps({"token": "the-token", "encoding_aes_key": "the-key", "app_secret": "hidden"})

    assert "secretsmanager get-secret-value --secret-id wejourney/wechat/" in command
    printed = subprocess.run(prints, shell=True, input=secret, capture_output=True, text=True, check=True)  # noqa: S602 - ours
    assert printed.stdout.split() == ["the-token", "the-key"]


# --- two languages, one content ------------------------------------------------------------------------


def test_both_languages_have_the_same_sections_blocks_tables_and_links() -> None:
    for english, chinese in (
        (page(READMES[0]), page(READMES[1])),
        (page(CONTRIBUTING[0]), page(CONTRIBUTING[1])),
    ):
        assert [level for level, _ in chinese.headings] == [level for level, _ in english.headings]
        assert list(map(without_words, chinese.blocks)) == list(map(without_words, english.blocks))
        assert rows_of(chinese) == rows_of(english)
        assert list(map(in_english, chinese.links))[1:] == list(map(in_english, english.links))[1:]


def without_words(block: tuple[str, str]) -> tuple[str, list[str]]:
    """A block without what is translated: comments, descriptions and labels."""
    language, text = block
    match language:
        case "text":
            return language, [line.split()[0] for line in text.splitlines()]
        case "":
            return language, []  # what a command printed
        case "yaml":
            return language, re.findall(r"([a-z_]+):", text)
        case "mermaid":
            return language, re.findall(r"^\s+(\w+)|(-\.->|-->)", text, re.MULTILINE)
        case _:
            return language, _COMMENT.sub("", text).splitlines()


def rows_of(one: Page) -> list[int]:
    """The number of cells in each row of each table."""
    return [line.count("|") for line in one.prose.splitlines() if line.startswith("|")]


def in_english(link: str) -> str:
    """A link as the English page has it; a fragment is the translation of a heading."""
    target, hash_sign, _fragment = link.replace(".zh-CN.", ".").partition("#")
    return target + hash_sign
