"""The pages for authors: every example is what the page says of it, and no word is missing."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.support.cli import run
from tests.unit.language.test_schema import documented_fields
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.event_types import NARROWING_FIELDS
from wejourney.journeys.action_types import TellAction
from wejourney.messaging.contents import BYTE_LIMITS
from wejourney.messaging.merge_fields import LONGEST_VALUE
from wejourney.wire.official_account.subscribe_scenes import SOURCES
from workbench.checks.contents import FIELD_TYPES, MERGE_FIELDS
from workbench.checks.deployable import undeployable
from workbench.compiler.state_machine import compile_journey
from workbench.language.condition_fields import CONDITION_FIELDS
from workbench.language.durations import LONGEST, LONGEST_RUN
from workbench.language.journey import Journey
from workbench.language.reading import read_library, read_text
from workbench.language.step_fields import STEP_FIELDS
from workbench.proof.prove import prove
from workbench.simulator.persona import read_persona
from workbench.simulator.rates import read_rates
from workbench.simulator.scripted_events import ACTS

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = ("journeys.md", "journeys.zh-CN.md")
LIBRARY = read_library(ROOT)
SCHEMA = Draft202012Validator(json.loads((DOCS / "journey.schema.json").read_text("utf-8")))

DAY = 86_400
"""Seconds."""

NOT_DEPLOYABLE = ("cannot be deployed yet", "暂不能部署")
REFUSED = ("`check` rejects:", "`check` 会拒绝：")

_BLOCK = re.compile(r"^([^\n]+)\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_AROUND_A_TRIGGER = "title: T\ntrigger: {}\nsteps: [{{tag: a}}]\n"
_AROUND_A_CONDITION = """title: T
trigger: {{event: text, keywords: hello}}
steps:
  - ask: {{name: style, choices: {{bridal: 1, gifts: 2}}, within: 1h}}
  - branch: [{{when: {}, steps: [{{tag: a}}]}}]
"""


@dataclass(frozen=True)
class Example:
    """A journey of a page, and the line of the page that introduces it."""

    text: str
    introduction: str

    @property
    def deployable(self) -> bool:
        return not any(mark in self.introduction for mark in NOT_DEPLOYABLE)

    @property
    def refused(self) -> bool:
        return any(mark in self.introduction for mark in REFUSED)


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@cache
def plain(text: str) -> Any:
    return YAML(typ="safe").load(text)


def files(name: str) -> list[Example]:
    """The YAML of a page: journeys, a persona, rates."""
    return [Example(text, introduction) for introduction, text in _BLOCK.findall(page(name))]


def blocks(name: str) -> list[Example]:
    """The journeys of a page."""
    return [one for one in files(name) if "trigger" in plain(one.text)]


def other_file(name: str, field: str) -> str:
    """The one file of a page that is no journey and has this field."""
    (found,) = [one.text for one in files(name) if one not in blocks(name) and field in plain(one.text)]
    return found


def in_tables(name: str) -> Iterator[Example]:
    """The triggers and conditions in the last cells of tables, each in a journey of its own."""
    for row in re.findall(r"^\| .* \|$", page(name), re.MULTILINE):
        found = re.fullmatch(r"`(\{.*\})`", row.strip("| ").rpartition(" | ")[2])
        if found is not None:
            is_trigger = re.match(r"\{event: \w", found[1]) is not None
            around = _AROUND_A_TRIGGER if is_trigger else _AROUND_A_CONDITION
            yield Example(around.format(found[1]), row)


EXAMPLES = [
    pytest.param(example, id=f"{name} {number}")
    for name in PAGES
    for number, example in enumerate((*blocks(name), *in_tables(name)), start=1)
]


@cache
def journey_of(text: str) -> Journey:
    reading = read_text(text, "example", "example.yaml", LIBRARY)
    assert reading.mistakes == ()
    assert reading.journey is not None
    return reading.journey


def words_in(data: Any) -> Iterator[str]:
    """All names of fields, and all kinds of events, in the data of a file."""
    if isinstance(data, dict):
        yield from (str(name) for name in data)
        yield from (value for name, value in data.items() if name == "event" and isinstance(value, str))
    for one in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from words_in(one)


def shape(data: Any) -> Any:
    """The fields of a file without what is translated."""
    if isinstance(data, dict):
        return {name: shape(value) for name, value in data.items()}
    return [shape(one) for one in data] if isinstance(data, list) else type(data).__name__


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_read_without_mistakes_and_fits_the_schema(example: Example) -> None:
    assert journey_of(example.text).steps
    assert [error.message for error in SCHEMA.iter_errors(plain(example.text))] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_compiles_unless_the_page_says_that_it_cannot_be_deployed_yet(example: Example) -> None:
    journey = journey_of(example.text)

    assert example.deployable == (not list(undeployable(journey)))
    if example.deployable:
        assert compile_journey(journey, "example.yaml")["States"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_proved_unless_the_page_shows_it_as_rejected(example: Example) -> None:
    assert example.refused == bool(prove(journey_of(example.text), RULE_SETS["current"]))


@pytest.mark.parametrize("name", PAGES)
def test_the_rejected_example_is_followed_by_what_check_prints(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (refused,) = [example for example in blocks(name) if example.refused]
    (printed,) = re.findall(r"```text\n(.*?)```", page(name), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("promise.yaml").write_text(refused.text, "utf-8")

    result = run("check", "promise.yaml", "--lang", "zh" if "zh" in name else "en")

    # A table fills the width with blanks.
    told = "".join(f"{line.rstrip()}\n" for line in result.stderr.splitlines())
    assert (result.exit_code, told) == (1, printed)


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_name_every_field_of_a_persona(name: str) -> None:
    personas = [plain(path.read_text("utf-8")) for path in sorted((ROOT / "infra/personas").glob("*.yaml"))]

    assert personas
    assert {field for persona in personas for field in persona} <= set(re.findall(r"`(\w+)`", page(name)))


@pytest.mark.parametrize("name", PAGES)
def test_the_persona_and_the_rates_of_the_pages_are_read_without_mistakes(name: str, tmp_path: Path) -> None:
    persona, rates = tmp_path / "mei.yaml", tmp_path / "rates.yaml"
    persona.write_text(other_file(name, "about"), "utf-8")
    rates.write_text(other_file(name, "unfollow"), "utf-8")

    assert read_persona(persona).mistakes == ()
    assert read_rates(rates).mistakes == ()


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_have_an_example_of_every_act_of_a_persona(name: str, tmp_path: Path) -> None:
    rows = re.findall(r"^\| (`\w+`(?:(?:, |、)`\w+`)*) \| `(\w+: [^|]*)` \|", page(name), re.MULTILINE)
    acts = tmp_path / "acts.yaml"
    acts.write_text("".join(["acts:\n", *(f"  - {example}\n" for _, example in rows)]), "utf-8")

    assert read_persona(acts).mistakes == ()
    assert {act for first, _ in rows for act in re.findall(r"\w+", first)} == {*ACTS}


@pytest.mark.parametrize("name", PAGES)
def test_every_field_of_the_language_is_in_an_example(name: str) -> None:
    used = {word for example in (*blocks(name), *in_tables(name)) for word in words_in(plain(example.text))}
    words = {name for name, _ in documented_fields()}

    assert words >= {*STEP_FIELDS, *CONDITION_FIELDS}
    assert words - used == set()


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_name_every_event(name: str) -> None:
    assert {*NARROWING_FIELDS} <= set(re.findall(r"`([\w.]+)`", page(name)))


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_name_every_event_for_other_systems(name: str) -> None:
    assert {*get_args(TellAction.__annotations__["event_name"])} <= set(re.findall(r"`(\w+)`", page(name)))


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_name_every_source_merge_field_and_field_of_a_template(name: str) -> None:
    text = page(name)

    assert all(f"`{source}`" in text for source in SOURCES.values())
    assert all(f"`{{{field}|" in text for field in MERGE_FIELDS)
    assert all(f"`{kind}`" in text for kind in FIELD_TYPES)


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_name_every_limit(name: str) -> None:
    numbers = {int(number) for number in re.findall(r"\d+", page(name))}

    assert {*BYTE_LIMITS.values(), LONGEST_VALUE, LONGEST // DAY, LONGEST_RUN // DAY} <= numbers


def test_both_languages_have_the_same_sections_examples_and_tables() -> None:
    english, chinese = (page(name) for name in PAGES)
    fences = [re.findall(r"^```(\w+)$", text, re.MULTILINE) for text in (english, chinese)]
    rows = [re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE) for text in (english, chinese)]
    levels = [re.findall(r"^(#+) ", text, re.MULTILINE) for text in (english, chinese)]

    assert fences[0] == fences[1]
    assert [len(row.split("`")) for row in rows[0]] == [len(row.split("`")) for row in rows[1]]
    assert levels[0] == levels[1]
    assert [shape(plain(one.text)) for one in blocks(PAGES[0])] == [
        shape(plain(one.text)) for one in blocks(PAGES[1])
    ]
    assert [one.text for one in in_tables(PAGES[0])] == [one.text for one in in_tables(PAGES[1])]
