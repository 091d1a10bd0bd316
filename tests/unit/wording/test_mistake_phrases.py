"""Every mistake is said in English and in Chinese, each with its own words and punctuation."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
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
from workbench.wording.mistake_phrases import NOUNS
from workbench.wording.phrases import CATALOGUE, TABLES, spaced
from workbench.wording.picture_phrases import LANGUAGES

WORKBENCH = Path(__file__).parents[3] / "workbench"


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    return tuple((path.name, ast.parse(path.read_text("utf-8"))) for path in WORKBENCH.rglob("*.py"))


def codes_of(node: ast.expr) -> set[str]:
    """The codes that an expression can be; those of a text with gaps are all that fit it."""
    match node:
        case ast.Constant(value=str() as code):
            return {code}
        case ast.IfExp():
            return codes_of(node.body) | codes_of(node.orelse)
        case ast.JoinedStr():
            pattern = "".join(map(fitting, node.values))
            return {code for code in CATALOGUE if re.fullmatch(pattern, code)}
        case _:  # a name: the codes stand elsewhere
            return set()


def fitting(part: ast.expr) -> str:
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"


def uses() -> Iterator[tuple[str, ast.expr, set[str]]]:
    """Where the code uses a phrase, the expression of its code, and the names of its values."""
    for name, module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "phrase":
                values = {str(keyword.arg) for keyword in node.keywords}
                yield f"{name}:{node.lineno}", node.args[0], values


def values_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def is_right(node: ast.expr, given: set[str]) -> bool:
    """Whether every code that is written out, or one that a text with gaps can be, has these values."""
    codes = codes_of(node)
    fit = [code in CATALOGUE and given == values_of("".join(CATALOGUE[code])) for code in codes]
    return any(fit) if isinstance(node, ast.JoinedStr) else all(fit)


def test_every_phrase_that_the_code_uses_is_in_the_catalogue_with_its_values() -> None:
    wrong = [
        (place, codes_of(node))
        for place, node, given in uses()
        if "None" not in given and not is_right(node, given)
    ]

    assert sum(1 for _ in uses()) > 450
    assert wrong == []


def test_the_catalogue_has_no_phrase_that_nothing_uses() -> None:
    tables = {"mistake_phrases.py", "command_phrases.py", "proof_phrases.py", "help_phrases.py"}
    written = {
        node.value
        for name, module in modules()
        if name not in tables
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert CATALOGUE.keys() - {code for _, node, _ in uses() for code in codes_of(node)} - written == set()


def test_no_code_has_two_meanings() -> None:
    codes = Counter(code for table in TABLES for code in table)
    assert [code for code, times in codes.items() if times > 1] == []


def test_every_form_of_a_profile_field_has_a_phrase() -> None:
    for name in ("customer", "member", "language", "time_zone", "date.birthday"):
        expected = form_expected(name, "?")
        assert expected is not None
        assert all(expected.in_words(language) for language in LANGUAGES)


def test_both_languages_tell_the_same_details() -> None:
    told = {code: [values_of(text) for text in pair] for code, pair in CATALOGUE.items()}
    assert [code for code, (english, chinese) in told.items() if english != chinese] == []


def test_english_and_chinese_words_are_not_mixed() -> None:
    found = {
        (code, language): foreign(text, language)
        for code, pair in [*CATALOGUE.items(), *NOUNS.items()]
        for language, text in zip(LANGUAGES, pair, strict=True)
    }
    assert {where: words for where, words in found.items() if words} == {}


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
