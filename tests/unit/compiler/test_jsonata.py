from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonata.jsonata import Jsonata

from tests.support.builders import NOON
from wejourney.adapters.sealed_runs import sealed
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import BEGINNING, Position
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.receiving import resume
from wejourney.journeys.runs import OpenWait, Run
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from workbench.compiler.jsonata import drawn_below, looks_at_profile, verdict_of
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.language.questions import question_of
from workbench.language.step_types import Ask, Step, Tag

NAMES = st.sampled_from(["3.case1", "half", "welcome-back#tone", 'a "quoted" 名字'])
KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="


def run_with(**fields: Any) -> Run:
    return Run("r", "j", "v", BEGINNING, Follower("wx", "lee", "p"), seal_key=KEY, **fields)


def evaluated(expression: str, run: Run) -> object:
    return Jsonata(expression.replace("$states.", "$$.")).evaluate({"input": sealed(run)})


@given(NAMES, st.booleans())
def test_a_verdict_is_what_a_task_has_left_and_false_where_none_has(name: str, verdict: bool) -> None:  # noqa: FBT001 - drawn
    assert evaluated(verdict_of(name), run_with(facts={name: verdict})) is verdict
    assert evaluated(verdict_of(name), run_with(facts={"other": True})) is False
    assert evaluated(verdict_of(name), run_with()) is False


@given(NAMES, st.integers(0, 9_999))
def test_a_lot_is_below_each_bucket_after_it_and_none_where_it_is_not_drawn(name: str, lot: int) -> None:
    run = run_with(draws={name: lot})

    assert evaluated(drawn_below(name, lot + 1), run) is True
    assert evaluated(drawn_below(name, lot), run) is False
    assert evaluated(drawn_below(name, 10_000), run_with()) is False


def test_answers_and_events_are_no_part_of_the_profile() -> None:
    spoken = Condition(answers={"q": "yes"}, events=(EventCount(EventPattern("view")),))

    assert not looks_at_profile(Condition(any=(spoken,), none=spoken))
    assert looks_at_profile(Condition(any=(spoken, Condition(none=Condition(points_to=3)))))


def test_a_question_is_asked_again_by_its_last_answer() -> None:
    number = Ask("size", 3600, Text({"any": "Which size?"}), parse="number", retries=1)
    steps: tuple[Step, ...] = (number, Tag(("told",)))
    machine = compile_journey(Journey("sizes", {"any": "T"}, Trigger("follow"), steps), "sizes.yaml")
    choices = [state["Choices"] for state in machine["States"].values() if state["Type"] == "Choice"]
    [[rule]] = choices
    expression = rule["Condition"].removeprefix("{%").removesuffix("%}")
    run = run_with()
    for answer in ("other", "52", "other"):
        wait = OpenWait(run.id, "1", NOON, "t", run.to_wait(), "size", question_of(number, {}))
        run = resume(wait, run.follower, Position.at(NOON), answer)
        assert evaluated(expression, run) is (answer == "other")
