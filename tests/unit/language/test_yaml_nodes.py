"""libyaml and ruamel.yaml read every file alike; only the slow one is asked for what is wrong."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples.wrecks import wrecked
from workbench.language import yaml_diagnostics
from workbench.language.mistakes import InWords
from workbench.language.yaml_nodes import Node, ScalarNode, SequenceNode, UnsupportedYamlError, compose

ROOT = Path(__file__).parents[3]
FILES = [
    path.read_text("utf-8")
    for path in (
        *sorted((ROOT / "infra/journeys").glob("*.yaml")),
        *sorted((ROOT / "infra/personas").glob("*.yaml")),
        *sorted((ROOT / "workbench/gallery").glob("*/journey.yaml")),
        Path(__file__).parent / "everything.yaml",
    )
]
SIGNS = [
    *(
        "a",
        "b: c",
        "- ",
        "  ",
        "\n",
        ": ",
        ":",
        ",",
        "[",
        "]",
        "{",
        "}",
        "#",
        " #",
        "|",
        ">",
        "'",
        '"',
        "!",
        "&",
    ),
    *("*", "?", "? ", "%", "@", "`", "~", "\t", "\r", "---", "...", "\x85", "\u2028", "\ufeff", "\x07", "\\"),
    *(
        "é",
        "你好",
        "😀",
        "yes",
        "No",
        "0o17",
        "017",
        "1.5",
        "1e3",
        ".inf",
        "0x1F",
        "12:30",
        "null",
        "<<",
        "=",
        "-",
    ),
    *(
        "true",
        "!!int ",
        "!!str ",
        "! ",
        "|-\n  ",
        ">+\n  ",
        "http://a.b/c",
        "\n- ",
        "\n  - ",
        "\nb: ",
        "\n  c: ",
    ),
]


type Outcome = Node | tuple[str, InWords | None] | None


def outcome(text: str, parser: Callable[[str], Node | None]) -> Outcome:
    """The nodes of a text, or its mistake and the hint."""
    try:
        return parser(text)
    except UnsupportedYamlError as exc:
        return str(exc), exc.hint


def assert_read_alike(text: str) -> None:
    assert outcome(text, compose) == outcome(text, yaml_diagnostics.compose)


@pytest.mark.parametrize("text", FILES)
def test_the_files_of_the_repository_are_read_alike(text: str) -> None:
    assert_read_alike(text)


@pytest.mark.parametrize(
    "text",
    [
        "a\t",
        "\x85? #\nb: ",
        "b: c{\u2028d: e",
        ">#",
        "|-\n  \n    a",
        "- !",
        "&a12:30<<\n\r}",
        "---",
        "a:",
        "- ",
    ],
)
def test_what_libyaml_reads_differently_is_left_to_the_slow_parser(text: str) -> None:
    assert_read_alike(text)


@settings(max_examples=25, deadline=None)
@given(st.one_of([wrecked(text.splitlines()) for text in FILES]))
def test_damaged_files_are_read_alike(text: str) -> None:
    assert_read_alike(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(SIGNS), max_size=12).map("".join))
def test_any_sequence_of_the_signs_of_yaml_is_read_alike(text: str) -> None:
    assert_read_alike(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_read_alike(text: str) -> None:
    assert_read_alike(text)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        *(
            (word, "str")
            for word in ("yes", "no", "on", "off", "y", "12:30", "2026-11-27", "<<", "=", "1_0a")
        ),
        *((word, "bool") for word in ("true", "False", "TRUE")),
        *((word, "int") for word in ("7", "-7", "017", "0o17", "0x1F", "1_000")),
        *((word, "float") for word in ("1.5", ".5", "1e3", "-.inf", ".nan")),
        *((word, "null") for word in ("~", "null", "NULL")),
        *((f'"{word}"', "str") for word in ("true", "7", "~", "")),
    ],
)
def test_words_mean_what_yaml_1_2_says(text: str, tag: str) -> None:
    node = compose(f"- {text}")

    assert isinstance(node, SequenceNode)
    assert isinstance(node.value[0], ScalarNode)
    assert node.value[0].tag == f"tag:yaml.org,2002:{tag}"


def test_only_a_file_with_a_mistake_loads_the_slow_parser() -> None:
    script = """
import sys
from pathlib import Path
from workbench.language.yaml_nodes import UnsupportedYamlError, compose
for path in sorted(Path("infra/journeys").glob("*.yaml")):
    compose(path.read_text("utf-8"))
print("ruamel.yaml" in sys.modules)
try:
    compose("a: b: c")
except UnsupportedYamlError:
    print("ruamel.yaml" in sys.modules)
"""
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603 - ours

    assert run.stdout.split() == ["False", "True"]
