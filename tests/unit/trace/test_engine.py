"""What the history of an engine tells."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wejourney.events.positions import Position
from wejourney.journeys.action_types import BranchAction
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.runs import Run
from wejourney.people.followers import Follower
from workbench.compiler.state_machine import compile_journey
from workbench.compiler.task_states import actions_of
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Case, Tag
from workbench.trace.engine import Compiled, StateEntered, engine_trace
from workbench.trace.trace_events import BranchTaken

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_a_branch_is_told_once_although_its_state_is_entered_again_when_an_answer_beats_a_time_limit() -> (
    None
):
    choices = {"yes": ("1",), "no": ("2",)}
    branch = Branch((Case(Condition(answers={"first": "yes"}), (Tag(("keen",)),)),))
    steps = (Ask("first", 3600, choices=choices), branch, Ask("second", 3600, choices=choices))
    journey = Journey("quiz", {"any": "Quiz"}, Trigger("text", keywords=("quiz",)), steps)
    (decides,) = (
        name
        for name, state in compile_journey(journey, "")["States"].items()
        if any(isinstance(action, BranchAction) for action in actions_of(state))
    )
    run = Run("run", "quiz", "v", Position.at(NOON), Follower("app", "lee", "person"), {"first": "yes"})
    history = [StateEntered(decides, NOON + timedelta(hours=hour), run.to_dict()) for hour in (0, 1)]

    told = [
        event for event in engine_trace(Compiled.of(journey), [history], ()) if isinstance(event, BranchTaken)
    ]
    assert [(event.step, event.way, event.number, event.at) for event in told] == [("2", "case", 1, NOON)]


@pytest.mark.parametrize(
    "offers", [{}, {"tote": False}, {"tote": True}, {"tote": True, "tea": True}], ids=str
)
def test_a_branch_on_offers_is_told_as_the_run_has_found_them_then(offers: Mapping[str, bool]) -> None:
    wanted = Condition(any=(Condition(offers=("tote", "tea")), Condition(offers=("mug",))))
    journey = Journey("j", {"any": "J"}, Trigger("scan"), (Branch((Case(wanted, (Tag(("a",)),)),)),))
    (chooses,) = (
        name for name, state in compile_journey(journey, "")["States"].items() if state["Type"] == "Choice"
    )
    run = Run("run", "j", "v", Position.at(NOON), Follower("app", "lee", "person"))
    found = replace(run, offers=offers)
    history = [StateEntered(chooses, NOON, found.to_dict())]

    (told,) = (
        event for event in engine_trace(Compiled.of(journey), [history], ()) if isinstance(event, BranchTaken)
    )
    (verdict,) = told.verdicts
    parts = {part.name: part.holds for inner in verdict.parts[0].inner for part in inner.inner}
    assert verdict.holds is (offers == {"tote": True, "tea": True})
    assert parts == {"tote": False, "tea": False, "mug": False, **offers}
