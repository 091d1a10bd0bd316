"""Whatever is given to a command has a bound, and what is above it is rejected before it costs time."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import run
from workbench.checks import conditions, journey
from workbench.language import yaml_nodes
from workbench.language.reading import read_file, read_text
from workbench.language.source import Source
from workbench.simulator.persona import read_persona
from workbench.simulator.rates import read_rates

HEAD = "title: T\ntrigger: {event: follow}\nsteps:\n"

NESTED: dict[str, Callable[[int], str]] = {
    "flow lists": lambda depth: "[" * depth + "]" * depth,
    "flow lists that are not closed": lambda depth: "[" * depth,
    "flow mappings": lambda depth: "{a: " * depth + "b" + "}" * depth,
    "flow mappings that are not closed": lambda depth: "{" * depth,
    "block lists": lambda depth: "- " * depth + "a",
    "complex keys": lambda depth: "? " * depth + "a",
    "branches": lambda depth: (
        HEAD.rstrip() + " " + "[{branch: [{when: {tag: a}, steps: " * depth + "[{tag: a}]" + "}]}]" * depth
    ),
    "branches in blocks": lambda depth: HEAD + "".join(
        f"{'    ' * at}- branch:\n{'    ' * at}  - when: {{tag: a}}\n{'    ' * at}    steps:\n"
        for at in range(depth)
    ),
    "conditions": lambda depth: (
        "title: T\ntrigger: {event: follow, when: " + "{not: " * depth + "{tag: a}" + "}" * depth + "}\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("prefix", "depth"), [("", 200), ("", 1_000), ("", 3_000), ("# a tab:\t\n", 400), ("\ufeff", 400)]
)
@pytest.mark.parametrize("shape", NESTED)
def test_a_deep_file_is_given_up_at_its_150th_level(shape: str, depth: int, prefix: str) -> None:
    """A tab or a byte-order mark has the other parser read it."""
    text = prefix + NESTED[shape](depth)
    if len(text) > yaml_nodes.LARGEST_FILE:
        text = text[: yaml_nodes.LARGEST_FILE]

    assert [found.message for found in read_text(text, "deep", "deep.yaml").mistakes] == ["nested too deeply"]


READERS: dict[str, Callable[[Path], Any]] = {
    "a journey": read_file,
    "a persona": read_persona,
    "rates": read_rates,
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("sign", ["[", "#", "a: b\n", "\\", "\x00", "é"])
def test_no_more_of_a_file_is_read_than_its_bound(kind: str, sign: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    size = yaml_nodes.LARGEST_FILE
    for length in (size, size + 1, 30 * size):
        text = (sign * length).encode()[:length]
        file.write_bytes(text if sign != "é" else b"# " + text[: length - 2])
        found = [mistake.message for mistake in READERS[kind](file).mistakes]
        assert ("the file is larger than 300 KB" in found) is (length > size)


def test_what_has_no_end_is_not_read_to_it() -> None:
    done = run("check", "/dev/zero")
    assert (done.exit_code, "larger than 300 KB" in done.stderr) == (1, True)


WIDE: dict[str, tuple[int, Callable[[int], str]]] = {
    "steps": (journey.MOST_STEPS, lambda count: HEAD + "  - tag: a\n" * count),
    "nested steps": (
        journey.MOST_STEPS,
        lambda count: (
            f"{HEAD}  - branch:\n    - when: {{tag: b}}\n      steps:\n" + "        - tag: a\n" * (count - 1)
        ),
    ),
    "tags of a condition": (
        conditions.MOST_PARTS,
        lambda count: "title: T\ntrigger: {event: follow, when: {tag: ["
        + ", ".join(f"t{number}" for number in range(count))
        + "]}}\nsteps: [{tag: a}]\n",
    ),
    "alternatives of a condition": (
        conditions.MOST_PARTS,
        lambda count: "title: T\ntrigger: {event: follow, when: {any: ["
        + ", ".join(f"{{tag: t{number}}}" for number in range(count))
        + "]}}\nsteps: [{tag: a}]\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WIDE)
def test_a_journey_has_a_bound_to_its_parts(what: str) -> None:
    most, text = WIDE[what]

    assert read_text(text(most), "wide", "wide.yaml").mistakes == ()
    (mistake,) = read_text(text(most + 1), "wide", "wide.yaml").mistakes
    assert f"{most}" in mistake.message


@pytest.mark.parametrize("prefix", ["", "# a tab:\t\n"], ids=["plain", "tab"])
def test_a_document_has_a_bound_to_its_values(prefix: str) -> None:
    most = yaml_nodes.MOST_NODES
    for count in (most - 1, most):
        source = Source("wide.yaml", "wide")
        source.compose(prefix + "- a\n" * count)
        found = [mistake.message for mistake in source.mistakes]
        assert found == (["the file has more than 20,000 values"] if count == most else [])


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "--population", "1000001"),
        ("simulate", "--population", "1000000000"),
        ("simulate", "--population", "9" * 5000),
        ("simulate", "--population", "0"),
        ("estimate", "--runs", "1000000001"),
        ("estimate", "--runs", "9" * 400),
        ("estimate", "--burst", "9" * 400),
        ("estimate", "--burst", "-1"),
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_a_number_out_of_its_bounds_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    command, *options = arguments
    done = run(command, "infra/journeys/welcome-back.yaml", *options)

    assert done.exit_code == 2
    assert "is invalid: " in done.stderr


def test_a_wide_file_does_not_hide_what_is_wrong_with_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "wide.yaml").write_text("[" * 10_240)
    (tmp_path / "good.yaml").write_text(HEAD + "  - tag: a\n")

    assert run("check", tmp_path / "good.yaml").exit_code == 0
    both = run("check", tmp_path / "good.yaml", tmp_path / "wide.yaml")
    assert (both.exit_code, both.stderr.count("\n")) == (1, 1)


CASE = "      - when: {{tag: t{}}}\n        steps: [{{send: {{text: m}}}}, {{stop: x}}]\n"
CASES = "".join(CASE.format(number) for number in range(60)) + "      - otherwise: [{stop: y}]\n"
REJECTED_OFTEN = HEAD + "  - wait: 1m\n" * 40 + "  - branch:\n" + CASES


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_many_errors_the_first_are_printed_and_how_many_more_there_are(
    language: str, tmp_path: Path
) -> None:
    file, fine = tmp_path / "often.yaml", tmp_path / "fine.yaml"
    file.write_text(REJECTED_OFTEN)
    fine.write_text(HEAD + "  - tag: a\n")

    lines = run("check", file, "--lang", language).stderr.splitlines()
    errors = json.loads(run("check", file, "--lang", language, "--json").stdout)
    compared = run("diff", fine, file, "--lang", language).stdout
    as_json = json.loads(run("diff", fine, file, "--lang", language, "--json").stdout)["rules"]["new"]

    assert len([line for line in lines if line.startswith(str(file))]) == 50
    assert lines[-1] == {"en": "… and 10 more", "zh": "……另有 10 个"}[language]
    assert len(lines) < 1_000
    assert [bool(error["path"]) for error in errors] == [True] * 10 + [False] * 50
    assert (len(as_json), as_json[-1] in compared) == (11, True)
    assert "50" in as_json[-1]


def test_thousands_of_mistakes_in_a_file_are_counted_not_printed(tmp_path: Path) -> None:
    for count, printed in ((49, 49), (50, 50), (51, 51), (3_000, 51)):
        file = tmp_path / f"bad-{count}.yaml"
        file.write_text(HEAD + "  - sent: a\n" * count)
        for command in ("check", "graph", "simulate", "estimate"):
            people = ("--population", "3") if command == "simulate" else ()
            assert len(run(command, file, *people).stderr.splitlines()) == printed
