"""Commands, options, make targets, files, links and tests that pages name exist; both languages agree."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.docs.pages import (
    BOTH_LANGUAGES,
    DECISIONS,
    FOR_PEOPLE,
    PAGES,
    ROOT,
    anchor,
    chinese,
    page,
    without_comments,
)
from tests.docs.samples import rendered
from workbench.cli.main import FUNCTIONS, load

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COMMANDS: Mapping[str, Any] = {name: load(name) for name in FUNCTIONS}


def command_in(typed: str) -> str:
    """The command at the beginning of what is typed: one word, or two."""
    one, two = (" ".join(typed.split()[:number]) for number in (1, 2))
    return two if two in COMMANDS else one


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_make_targets_and_their_settings_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    variables = set(re.findall(r"\$\(([A-Z_]+)\)", MAKEFILE)) | {"JOURNEYS"}
    named = [line.split() for line in page(name).command_lines if re.match(r"make [a-z]", line)]

    for _make, target, *settings in named:
        assert target in targets
        assert {setting.partition("=")[0] for setting in settings} <= variables
    for language, block in page(name).blocks:
        comments = [line.partition("#")[2] for line in block.splitlines() if line.startswith("make")]
        assert language != "sh" or set(re.findall(r"([A-Z_]+)=", " ".join(comments))) <= variables


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_commands_and_their_options_exist(name: str) -> None:
    for line in page(name).command_lines:
        for typed in re.findall(r"wejourney ([a-z][a-z-]*(?: [^|&]*)?)", line):
            options = {option for param in COMMANDS[command_in(typed)].params for option in param.opts}
            assert set(re.findall(r"--[a-z-]+", typed)) <= options, line


@pytest.mark.parametrize("name", PAGES)
def test_relative_links_and_anchors_resolve(name: str) -> None:
    for link in page(name).links:
        target, _, fragment = link.partition("#")
        if "://" in target:
            continue
        linked = ((ROOT / name).parent / target if target else ROOT / name).resolve()
        assert linked.exists(), link
        if fragment:
            headings = page(str(linked.relative_to(ROOT))).headings
            assert fragment in [anchor(text) for _level, text in headings], link


WRITTEN_BY_THE_READER = ("a-first-journey.yaml", "points-word.yaml", "personas/lin.yaml")


@pytest.mark.parametrize("name", PAGES)
def test_files_that_are_named_exist(name: str) -> None:
    """Files in code spans, from the root or from the package."""
    roots = (ROOT, ROOT / "layers/shared/python", ROOT / "infra/sandbox")
    for span in page(name).spans:
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)+\.(py|md|yaml|json|txt|sh)", span) and not span.endswith(
            WRITTEN_BY_THE_READER
        ):
            assert any((root / span).exists() for root in roots), span


@pytest.mark.parametrize("name", DECISIONS)
def test_tests_that_a_decision_names_exist(name: str) -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

    for span in page(name).spans:
        if re.fullmatch(r"test_\w+", span):
            assert f"def {span}(" in code, span


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_sample_output_is_what_the_command_prints(name: str) -> None:
    assert rendered(page(name).text) == page(name).text, "run `uv run python -m tests.docs.samples`"


@pytest.mark.parametrize("name", BOTH_LANGUAGES)
def test_both_languages_have_the_same_sections_blocks_tables_and_links(name: str) -> None:
    english, translated = page(name), page(chinese(name))

    assert [level for level, _ in translated.headings] == [level for level, _ in english.headings]
    assert list(map(untranslated, translated.blocks)) == list(map(untranslated, english.blocks))
    assert list(map(len, translated.rows)) == list(map(len, english.rows))
    assert list(map(in_english, translated.links))[1:] == list(map(in_english, english.links))[1:]


def untranslated(block: tuple[str, str]) -> tuple[str, list[str]]:
    """A block without what is translated: comments, descriptions, texts of journeys and labels."""
    language, text = block
    match language:
        case "text":
            return language, [line.split()[0] for line in text.splitlines()]
        case "console" | "":
            return language, []
        case "yaml":
            return language, re.findall(r"([a-z_]+):", re.sub(r'"[^"]*"', "", text))
        case "mermaid":
            return language, re.findall(r"^\s+(\w+)|(-\.->|-->)", text, re.MULTILINE)
        case _:
            return language, without_comments(text).splitlines()


def in_english(link: str) -> str:
    """A link as the English page has it. A fragment is the translation of a heading."""
    target, hash_sign, _fragment = link.replace(".zh-CN.", ".").partition("#")
    return target + hash_sign
