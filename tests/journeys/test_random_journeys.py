"""Compiled journeys mean what their steps mean, whatever is written and whatever happens."""

from typing import Any

from hypothesis import given, settings

from infra.asl.check import problems
from tests.support.asl import Act, World, follow, refused_by_engine
from tests.support.interpreter import Interpreter
from tests.support.journeys import behaviours, journeys, troubles
from wejourney.domain.errors import WeChatError
from wejourney.domain.journeys import Journey
from wejourney.domain.routing import entry_of
from wejourney.language.compiling import compile_journey, definition_json
from wejourney.language.durations import time_limit
from wejourney.language.naming import LONGEST


@settings(max_examples=200, deadline=None)
@given(journeys)
def test_every_journey_compiles_to_a_sound_definition(journey: Journey) -> None:
    definition = compile_journey(journey, "random.yaml")

    assert problems(definition) == []
    assert refused_by_engine(definition) == ""
    assert all(len(name) <= LONGEST for name in definition["States"])
    assert definition_json(journey, "random.yaml") == definition_json(journey, "random.yaml")


@settings(max_examples=400, deadline=None)
@given(journeys, behaviours, troubles)
def test_a_compiled_journey_does_what_its_steps_say(
    journey: Journey, acts: list[Act], errors: list[WeChatError | None]
) -> None:
    def world() -> World:
        made = World((entry_of(journey, "v", time_limit(journey.steps)),), [follow("store-SH01"), *acts])
        made.wechat.errors = list(errors)
        return made

    said = world()
    interpreter = Interpreter(said, journey)
    done = world()
    execution = done.run(compile_journey(journey, "random.yaml"))

    assert execution.error is None
    output: Any = execution.output
    assert done.heard == said.heard
    assert done.tags == said.tags
    assert done.points == said.points
    if done.records.follower is not None:
        assert output["answers"] == interpreter.run.answers
        assert output.get("stopped") == interpreter.reason
