"""Compiled journeys mean what their steps mean, whatever is written and whatever happens."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings

from tests.support.examples.journeys import (
    LIVES,
    OTHER,
    Lived,
    journeys,
    journeys_with_starts,
    lives,
    steps_around_branches,
)
from tests.support.virtual_time.agreement import Agreement, decided_by_tasks
from tests.support.virtual_time.asl import Act, click, refused_by_engine, say, tell
from tests.support.virtual_time.asl_check import problems
from tests.support.virtual_time.traces import comparable, on_record, recorded, since_erasure
from wejourney.errors import ContentRejectedError, WeChatError
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Text
from workbench.compiler import blocks
from workbench.compiler.catalogue import catalogue_of
from workbench.compiler.naming import LONGEST
from workbench.compiler.state_machine import compile_journey, definition_json
from workbench.estimate.estimate import Extremes, fewest_and_most
from workbench.estimate.prices import TRANSITIONS, load_prices
from workbench.estimate.usage import Model, load_measured
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Case, Send, Share, Split, Step, Tag, Wait, WaitEvent


@settings(max_examples=100, deadline=None)
@given(journeys)
def test_every_journey_compiles_to_a_sound_definition(journey: Journey) -> None:
    definition = compile_journey(journey, "random.yaml")

    assert problems(definition) == []
    assert refused_by_engine(definition) == ""
    assert all(len(name) <= LONGEST for name in definition["States"])
    again = definition_json(journey, "random.yaml")
    assert again == json.dumps(definition, ensure_ascii=False, indent=2) + "\n"


@settings(max_examples=100, deadline=None)
@given(journeys)
def test_no_path_takes_more_transitions_because_tasks_decide_branches(journey: Journey) -> None:
    transitions = _transitions(journey)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "goes_on_at_once", lambda _branch: False)
        with_choices = _transitions(journey)

    assert transitions.fewest <= with_choices.fewest
    assert transitions.most <= with_choices.most


def _transitions(journey: Journey) -> Extremes:
    (entry,) = catalogue_of([journey])
    model = Model(load_prices().assumptions, load_measured())
    return fewest_and_most(compile_journey(journey, "random.yaml"), entry, model, TRANSITIONS)


PAIRS = 400
"""Journeys with a behaviour that are compared: as many as some seconds of one core allow."""


@pytest.mark.long
@settings(max_examples=PAIRS // LIVES, deadline=None)
@given(journeys_with_starts(), lives)
def test_the_simulator_the_compiled_journey_and_its_records_make_the_same_of_every_life(
    made: tuple[Journey, Act], lived: list[Lived]
) -> None:
    journey, start = made
    both = Agreement.of(journey, OTHER)

    for acts, errors, rules in lived:
        life = [start, *acts]
        played, world = both.played(life, errors, rules), both.lived(life, errors, rules)
        trace = played.play()
        assert both.seen_by(played, trace) == both.seen_in(world)
        assert comparable(on_record(since_erasure(trace))) == comparable(recorded(world, journey, OTHER))


@pytest.mark.long
@settings(max_examples=50, deadline=None)
@given(journeys_with_starts(steps_around_branches), lives)
def test_the_simulator_and_the_tasks_that_decide_branches_take_the_same_cases(
    made: tuple[Journey, Act], lived: list[Lived]
) -> None:
    journey, start = made
    both = Agreement.of(journey, OTHER)
    assert decided_by_tasks(both.machines[journey.name])

    for acts, errors, rules in lived:
        life = [start, *acts]
        assert both.simulated(life, errors, rules) == both.deployed(life, errors, rules)


HOUR = timedelta(hours=1)
REFUSED = ContentRejectedError(45002, "content size out of limit")
ANYTHING, CLICK = EventPattern("text", keywords=("*",)), EventPattern("click")
NAMED = Send(Text({"any": "a"}), name="m")
OR_ELSE = Send(Text({"any": "b"}), not_sent=(Tag(("not-sent",)),))
CLICKED_OR_NOT = WaitEvent(CLICK, 3600, otherwise=(Tag(("not-clicked",)),))


def since(step: str) -> Branch:
    """Tags who has written since a step."""
    return Branch((Case(Condition(events=(EventCount(ANYTHING, scope=step),)), (Tag(("wrote",)),)),))


@pytest.mark.parametrize(
    ("steps", "acts", "errors", "tags"),
    [
        ((NAMED, OR_ELSE, Wait(7200), since("m")), [say("x", HOUR)], [None, REFUSED], {"not-sent", "wrote"}),
        ((Ask("q", 3600, Text({"any": "q"})), Wait(7200), since("q")), [say("x", 2 * HOUR)], [], {"wrote"}),
        (
            (NAMED, Ask("q", 3600), Wait(3600), since("m")),
            [click("MENU", 0.5 * HOUR), say("x", 1.5 * HOUR)],
            [],
            {"wrote"},
        ),
        (
            (Ask("q", 3600, Text({"any": "q"})), Wait(7200), since("q")),
            [say("x", 2 * HOUR)],
            [REFUSED],
            set(),
        ),
        (
            (Wait(7200), Ask("q", 3600, Text({"any": "q"}), unanswered=(OR_ELSE, CLICKED_OR_NOT))),
            [click("MENU", HOUR)],
            [REFUSED, REFUSED],
            {"not-sent", "not-clicked"},
        ),
    ],
    ids=[
        "before a refused message",
        "of a question without an answer",
        "before a time limit",
        "of a refused question",
        "a closed wait",
    ],
)
def test_what_a_task_has_done_counts_also_when_its_run_goes_another_way(
    steps: tuple[Step, ...], acts: list[Act], errors: list[WeChatError | None], tags: set[str]
) -> None:
    """An engine goes on after an error with what it had given to the task, not with what that made of it."""
    both = Agreement.of(Journey("random", {"any": "R"}, Trigger("text", keywords=("hello",)), steps), OTHER)
    life = [say("hello", timedelta()), *acts]

    played = both.simulated(life, errors, "current")
    assert played == both.deployed(life, errors, "current")
    assert played.profile is not None
    assert set(played.profile["tags"]) == tags


VIP = Branch((Case(Condition(tags=("vip",)), (Tag(("seen",)),)),))
ANSWERED_YES = Condition(answers={"q": "yes"})


@pytest.mark.parametrize(
    "steps",
    [
        (Wait(7200), Split("s", (Share(50, (VIP,)), Share(50, (VIP,))))),
        (Ask("q", 3600, choices={"yes": ("yes",)}), Wait(7200), Branch((Case(ANSWERED_YES, (VIP,)),))),
        (Ask("q", 3600, choices={"yes": ("yes",)}), Wait(7200), Branch((), (Branch((), (VIP,)),))),
    ],
    ids=["a share", "a case", "otherwise"],
)
def test_a_way_that_begins_after_a_wait_looks_at_the_profile_as_it_is_then(steps: tuple[Step, ...]) -> None:
    both = Agreement.of(Journey("random", {"any": "R"}, Trigger("text", keywords=("hello",)), steps), OTHER)
    life = [say("hello", timedelta()), say("yes", 0.5 * HOUR), tell("tag", HOUR, tag="vip")]

    played = both.simulated(life, [], "current")
    assert played == both.deployed(life, [], "current")
    assert played.profile is not None
    assert set(played.profile["tags"]) == {"vip", "seen"}
