"""The journeys of this repository: what is committed is what their files say, sound and within budget."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.virtual_time.asl import refused_by_engine
from tests.support.virtual_time.asl_check import problems
from tests.support.virtual_time.asl_lint import lint_definition
from wejourney.journeys.routing import JourneyEntry
from wejourney.messaging.channels import CHANNELS
from wejourney.plain_data import from_plain
from workbench.compiler.catalogue import catalogue_of
from workbench.compiler.transitions import most_transitions
from workbench.language.step_types import Ask, Branch, Send, Wait
from workbench.language.traversal import contents_of, steps_of
from workbench.project import CATALOGUE, TEMPLATE, differing, outputs_of, read_project

ROOT = Path(__file__).parents[2]
PROJECT = read_project(ROOT)
DEFINITIONS = sorted((ROOT / "infra/statemachines").glob("*.asl.json"))
REFERENCE = {"welcome-back", "welcome-from-store"}

MOST_TRANSITIONS = 8
"""The budget of the reference journeys: every transition costs money, $25 a million."""


def definition(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


def test_what_is_committed_is_what_the_journeys_compile_to() -> None:
    assert PROJECT.mistakes == ()
    assert differing(PROJECT, outputs_of(PROJECT)) == [], "run `uv run wejourney compile`"


def test_compiling_twice_gives_the_same_bytes() -> None:
    assert outputs_of(read_project(ROOT)) == outputs_of(PROJECT)


def test_every_journey_has_its_definition_and_its_resource() -> None:
    assert {path.name.removesuffix(".asl.json") for path in DEFINITIONS} == {
        journey.name for journey in PROJECT.journeys
    }
    assert {TEMPLATE, CATALOGUE} <= outputs_of(PROJECT).keys()


def test_the_catalogue_reads_as_what_was_written() -> None:
    entries = json.loads((ROOT / CATALOGUE).read_text("utf-8"))

    assert [from_plain(JourneyEntry, entry) for entry in entries] == catalogue_of(PROJECT.journeys)


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)
def test_a_definition_is_sound(path: Path) -> None:
    assert problems(definition(path)) == []
    assert lint_definition(definition(path)) == []
    assert refused_by_engine(definition(path)) == ""


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)
def test_a_reference_journey_stays_within_its_transitions(path: Path) -> None:
    assert most_transitions(definition(path)) <= MOST_TRANSITIONS


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_a_reference_journey_is_as_rich_as_the_budget_assumes(name: str) -> None:
    journey = next(one for one in PROJECT.journeys if one.name == name)
    kinds = [type(step) for step in journey.steps]

    assert kinds.count(Wait) == 2
    assert kinds.count(Ask) == 2
    assert kinds.count(Branch) == 2
    assert journey.opening is not None
    assert sum(isinstance(step, Send | Ask) for _, step in steps_of(journey)) >= 6


def test_the_journeys_show_every_kind_of_content_that_needs_no_upload() -> None:
    shown = {content.kind for journey in PROJECT.journeys for _, content in contents_of(journey)}

    deployable = {kind for kind, channel in CHANNELS.items() if channel.deployable}
    assert shown == deployable - {"image"}


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "missing start": ({"StartAt": "Nope"}, "StartAt: no state Nope"),
    "missing target": ({"States": {"A": {"Type": "Wait", "Seconds": 1, "Next": "B"}}}, "A: no state B"),
    "never reached": (
        {"States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}},
        "B: never reached",
    ),
    "leads on from an end": (
        {"States": {"A": {"Type": "Succeed", "Next": "A"}}},
        "A: leads on although it ends",
    ),
    "no way on": ({"States": {"A": {"Type": "Pass"}}}, "A: has both or neither of Next and End"),
    "no default": ({"States": {"A": {"Type": "Choice", "Choices": []}}}, "A: has no Default"),
    "no time limit": ({"States": {"A": {"Type": "Task", "End": True}}}, "A: has no TimeoutSeconds"),
    "unknown error": (
        {
            "States": {
                "A": {
                    "Type": "Task",
                    "TimeoutSeconds": 1,
                    "End": True,
                    "Retry": [{"ErrorEquals": ["WeChatBuzyError", "States.ALL"]}],
                }
            }
        },
        "A: nothing raises WeChatBuzyError",
    ),
    "no JSONata": (
        {"States": {"A": {"Type": "Succeed", "Output": "{% 1 + %}"}}},
        "/States/A/Output: not JSONata",
    ),
    "substitution in JSONata": (
        {"States": {"A": {"Type": "Succeed", "Output": "{% '${Partition}' %}"}}},
        "/States/A/Output: CloudFormation would substitute inside JSONata",
    ),
}


@pytest.mark.parametrize(("broken", "problem"), BROKEN.values(), ids=BROKEN.keys())
def test_the_static_checks_find_what_is_broken(broken: dict[str, Any], problem: str) -> None:
    found = problems({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}} | broken)

    assert any(one.startswith(problem) for one in found), found


def test_cfn_lint_reads_the_definition() -> None:
    broken = {"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": {"Type": "Succeed", "Foo": 1}}}

    assert any("Foo" in one for one in lint_definition(broken))
