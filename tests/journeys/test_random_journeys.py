"""Compiled journeys mean what their steps mean, whatever is written and whatever happens."""

from collections.abc import Iterator

import pytest
import sfnx.testing
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from infra.asl.check import problems
from tests.support.agreement import deployed, simulated
from tests.support.asl import Act, refused_by_engine
from tests.support.journeys import (
    OTHER,
    behaviours,
    journeys,
    journeys_with_starts,
    shows_balance_after_award,
    troubles,
)
from wejourney.domain.errors import WeChatError
from wejourney.domain.journeys import Journey
from wejourney.domain.rules import RULE_SETS
from wejourney.language.compiling import compile_journey, definition_json
from wejourney.language.naming import LONGEST


@settings(max_examples=200, deadline=None)
@given(journeys)
def test_every_journey_compiles_to_a_sound_definition(journey: Journey) -> None:
    definition = compile_journey(journey, "random.yaml")

    assert problems(definition) == []
    assert refused_by_engine(definition) == ""
    assert all(len(name) <= LONGEST for name in definition["States"])
    assert definition_json(journey, "random.yaml") == definition_json(journey, "random.yaml")


@pytest.fixture(scope="module")
def checked_once() -> Iterator[None]:
    """Without sfnx's check of the definition in every run, most of its time: the test above does it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sfnx.testing, "check", lambda _definition: None)
        yield


@pytest.mark.usefixtures("checked_once")
@settings(max_examples=300, deadline=None)
@given(journeys_with_starts(), behaviours, troubles, st.sampled_from(sorted(RULE_SETS)))
def test_the_simulator_and_the_compiled_journey_make_the_same_of_every_life(
    made: tuple[Journey, Act], acts: list[Act], errors: list[WeChatError | None], rules: str
) -> None:
    journey, start = made
    # The runtime loses sight of a new balance until the inbox has heard of it: see the report.
    assume(not shows_balance_after_award(journey))

    real = deployed((journey, OTHER), [start, *acts], errors, rules)
    played = simulated((journey, OTHER), [start, *acts], errors, rules)

    assert played == real
