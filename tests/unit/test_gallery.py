"""The gallery: what `wejourney new` writes must be right as it is.

The golden transcripts are written again with `python -m tests.unit.test_gallery`.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.cli import run
from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.checks.deployable import undeployable
from workbench.compiler.state_machine import definition_json
from workbench.gallery import GALLERY, kinds, read_exhibit
from workbench.language.journey import Journey
from workbench.language.traversal import contents_of, localized_texts_of
from workbench.proof.prove import prove, violation_text
from workbench.simulator.deployment import SimulatedDeployment, simulated_account
from workbench.simulator.persona import read_persona
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import MessageSent, RunEnded, RunStarted


def journey_of(kind: str) -> Journey:
    journey = read_exhibit(kind).read(kind, kind).journey
    assert journey is not None
    return journey


PLAYED = [(kind, persona) for kind in kinds() for persona in read_exhibit(kind).personas]


def play(kind: str, persona: str) -> Simulator:
    read = read_persona(GALLERY / kind / "personas" / f"{persona}.yaml")
    assert read.value is not None, read.mistakes
    account = simulated_account()
    simulator = Simulator(SimulatedDeployment.of((journey_of(kind),), account), read.value.person(account))
    simulator.play()
    return simulator


def told(kind: str, persona: str) -> str:
    """What `wejourney simulate` prints, without the spaces at the ends of lines."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{kind}.yaml"
        file.write_text(read_exhibit(kind).text, "utf-8")
        people = GALLERY / kind / "personas" / f"{persona}.yaml"
        result = run("simulate", file, "--persona", people)
    assert result.exit_code == 0, result.stderr
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


def golden(kind: str, persona: str) -> Path:
    return GALLERY / kind / "golden" / f"{persona}.txt"


def test_the_gallery_has_the_journeys_that_most_brands_begin_with() -> None:
    assert kinds() == (
        "abandoned-cart",
        "birthday",
        "booking-reminder",
        "event-reminder",
        "my-points",
        "opt-in",
        "opt-out",
        "post-purchase",
        "welcome-by-source",
        "win-back",
    )


@pytest.mark.parametrize("kind", kinds())
def test_a_journey_has_no_mistake(kind: str) -> None:
    assert read_exhibit(kind).read(kind, kind).mistakes == ()


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("rules", ["2021-06", "2023-06", "current"])
def test_no_message_of_a_journey_leaves_without_an_allowance(kind: str, rules: str) -> None:
    assert [violation_text(one) for one in prove(journey_of(kind), RULE_SETS[rules])] == []


@pytest.mark.parametrize("kind", kinds())
def test_every_text_is_there_in_chinese_and_english(kind: str) -> None:
    journey = journey_of(kind)
    texts = [words for at, content in contents_of(journey) for _, _, words in localized_texts_of(content, at)]
    assert [set(words) for words in (journey.title, *texts)] == [{"en", "zh"}] * (len(texts) + 1)


@pytest.mark.parametrize("kind", kinds())
def test_a_journey_says_first_what_it_is_for_and_then_what_is_to_be_changed(kind: str) -> None:
    exhibit = read_exhibit(kind)
    assert exhibit.text.startswith("# ")
    assert exhibit.about.endswith(".")
    assert "# Yours to change: " in exhibit.text


@pytest.mark.parametrize("kind", kinds())
def test_two_people_try_out_a_journey_and_each_is_described_in_both_languages(kind: str) -> None:
    files = sorted((GALLERY / kind / "personas").glob("*.yaml"))
    assert len(files) == 2
    for file in files:
        read = read_persona(file)
        assert read.mistakes == ()
        assert read.value is not None
        assert set(read.value.about) == {"en", "zh"}


@pytest.mark.parametrize("kind", [kind for kind in kinds() if not any(undeployable(journey_of(kind)))])
def test_a_journey_that_can_be_deployed_compiles(kind: str) -> None:
    journey = journey_of(kind)
    states = json.loads(definition_json(journey, f"{kind}.yaml"))["States"]
    assert len(states) > len(journey.steps)


@pytest.mark.parametrize(("kind", "persona"), PLAYED)
def test_a_persona_lives_through_the_journey_to_an_end(kind: str, persona: str) -> None:
    happened = [type(one) for one in play(kind, persona).trace]
    assert happened.count(RunStarted) == happened.count(RunEnded) >= 1
    assert MessageSent in happened


@pytest.mark.parametrize(("kind", "persona"), PLAYED)
def test_a_persona_lives_through_what_the_golden_transcript_says(kind: str, persona: str) -> None:
    assert told(kind, persona) == golden(kind, persona).read_text("utf-8")


def test_there_is_no_golden_transcript_of_somebody_else() -> None:
    there = set(GALLERY.glob("*/golden/*"))
    assert there == {golden(kind, persona) for kind, persona in PLAYED}


if __name__ == "__main__":
    for each in PLAYED:
        golden(*each).parent.mkdir(exist_ok=True)
        golden(*each).write_text(told(*each), "utf-8", newline="\n")
