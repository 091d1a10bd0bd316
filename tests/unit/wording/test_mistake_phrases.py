"""Every mistake is said in English and in Chinese, each with its own words and punctuation."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given

from tests.support.examples.wrecks import wrecked
from tests.support.languages import foreign
from tests.unit.language.test_mistakes import CASES
from tests.unit.language.test_reading import EVERYTHING
from workbench.language.parse_values import form_expected
from workbench.language.reading import read_text
from workbench.wording.mistake_phrases import MISTAKES, NOUNS
from workbench.wording.phrases import spaced
from workbench.wording.picture_phrases import LANGUAGES

WORKBENCH = Path(__file__).parents[3] / "workbench"
BY_NAME = {f"form of {name}" for name in ("customer", "member", "language", "time_zone", "date")}


def uses() -> Iterator[tuple[str, str, set[str]]]:
    """Where the code uses a phrase, its code, and the names of its values."""
    for path in WORKBENCH.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "phrase":
                place = f"{path.name}:{node.lineno}"
                for code in ast.walk(node.args[0]):
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        yield place, code.value, {str(keyword.arg) for keyword in node.keywords}


USES = [use for use in uses() if use[1] not in ("form of ", ".", "date.")]


def values_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_phrase_that_the_code_uses_is_in_the_catalogue_with_its_values() -> None:
    wrong = [
        (place, code, given)
        for place, code, given in USES
        if code not in MISTAKES or given != values_of(MISTAKES[code][0])
    ]

    assert len(USES) > 250
    assert wrong == []


def test_the_catalogue_has_no_phrase_that_nothing_uses() -> None:
    assert MISTAKES.keys() - {code for _, code, _ in USES} - BY_NAME == set()


def test_every_form_of_a_profile_field_has_a_phrase() -> None:
    for name in ("customer", "member", "language", "time_zone", "date.birthday"):
        expected = form_expected(name, "?")
        assert expected is not None
        assert all(expected.in_words(language) for language in LANGUAGES)


@pytest.mark.parametrize("pair", [*MISTAKES.values(), *NOUNS.values()], ids=[*MISTAKES, *NOUNS])
def test_english_and_chinese_words_are_not_mixed(pair: tuple[str, str]) -> None:
    assert values_of(pair[1]) <= values_of(pair[0])
    assert [foreign(text, language) for text, language in zip(pair, LANGUAGES, strict=True)] == [[], []]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("`a b` 写错了 the text is empty", "zh", ["the text is empty"]),
        ("请写 `a: b`: 好", "zh", [":"]),
        ("太长(最多 90d)", "zh", ["("]),
        ("too long：at most", "en", ["："]),
        ("too long 了", "en", ["了"]),
    ],
)
def test_what_is_in_the_other_language_is_found(text: str, language: str, found: list[str]) -> None:
    assert foreign(text, language)[: len(found)] == found


@pytest.mark.parametrize("marked", [case[0] for case in CASES.values()], ids=CASES.keys())
def test_every_known_mistake_is_told_in_chinese(marked: str) -> None:
    assert_told_in_both(marked.replace("‸", ""))


@given(wrecked(EVERYTHING.splitlines()))
def test_every_mistake_in_a_wrecked_file_is_told_in_chinese(text: str) -> None:
    assert_told_in_both(text)


def assert_told_in_both(text: str) -> None:
    for mistake in read_text(text, "file", "file.yaml").mistakes:
        for said in (mistake.problem, mistake.advice):
            if said is not None and "`" not in "".join(str(value) for _, value in getattr(said, "data", ())):
                assert foreign(said.in_words("zh"), "zh") == []
        assert mistake.message == mistake.problem.in_words("en")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("没有`a`的", "没有 `a` 的"),
        ("`a`的", "`a` 的"),
        ("没有 `a`", "没有 `a`"),
        ("no `a`b", "no `a`b"),
        ("`", "`"),
    ],
)
def test_names_in_backquotes_have_a_space_beside_chinese(text: str, right: str) -> None:
    assert spaced(text) == right
