"""The less exact proof, where there are too many paths: it may reject more, and never accepts more."""

from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples.long_journeys import has_too_many_paths, long_journeys
from tests.support.examples.small_journeys import small_journey
from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import RULE_SETS, Act, Reading
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Trigger
from wejourney.messaging.contents import Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Wait, WaitEvent
from workbench.proof.facts import FALSE, TRUE
from workbench.proof.program import program
from workbench.proof.prove import MOST_WORK, Search, prove
from workbench.proof.state import ProofState, covers, moment, worst_of

CURRENT = RULE_SETS["current"]
kinds = st.frozensets(st.sampled_from(["text", "scan"]))


@st.composite
def states(draw: st.DrawFn) -> ProofState:
    at = draw(st.integers(0, 3)) * 3600
    windows = st.builds(
        lambda left, lasts: (left, moment(at) + timedelta(seconds=lasts)),
        st.none() | st.integers(0, 5),
        st.sampled_from([-60, 5, 60, 7200, 172_800]),
    )
    opened = draw(st.dictionaries(st.sampled_from([Act.MESSAGE, Act.CLICK, Act.SCAN]), windows))
    clock = draw(st.none() | st.sampled_from([0, 3600]))
    ages = draw(st.lists(st.integers(0, 3), max_size=3).map(sorted))
    facts = st.dictionaries(st.sampled_from([("tag", "a"), ("tag", "b")]), st.sampled_from([TRUE, FALSE]))
    return ProofState(
        at,
        tuple(Window(act, *window) for act, window in opened.items()),
        draw(facts),
        clock=clock,
        slack=0 if clock is None else draw(st.sampled_from([0, 60])),
        changed=draw(st.booleans()),
        early=draw(kinds),
        entered=draw(kinds),
        fresh=draw(st.booleans()),
        menus=draw(st.frozensets(st.just(("yes", ("Yes",))))),
        sent=tuple(at - age for age in ages),
    )


@pytest.mark.parametrize(("since", "kept"), [("step", set()), ("entry", {"scan"})])
def test_what_came_before_a_question_is_kept_after_it_only_by_a_wait_that_looks_at_the_whole_run(
    since: Literal["step", "entry"], kept: set[str]
) -> None:
    steps = Wait(60), Ask("size", 3600, Text({"any": "?"})), WaitEvent(EventPattern("scan"), 3600, since)
    _, wait, question, _ = program(Journey("j", {"any": "J"}, Trigger("follow"), steps))

    assert wait.heard == set()
    assert wait.heard_at_once == {"scan"}
    assert question.heard == set()
    assert question.heard_since_start == kept


@settings(max_examples=100)
@given(states(), states())
def test_what_two_states_become_covers_both(first: ProofState, second: ProofState) -> None:
    both = worst_of(first, second)

    assert covers(both, first)
    assert covers(both, second)


@pytest.mark.parametrize("most_states", [1, 3])
def test_what_is_rejected_is_rejected_by_the_less_exact_proof(most_states: int) -> None:
    accepted, roughly = set(), set()
    for number in range(300):
        journey, rules = small_journey(number), CURRENT.read_as(tuple(Reading)[number % 2])
        if not prove(journey, rules):
            accepted.add(number)
        if not Search.of(journey, rules).roughly(MOST_WORK, (most_states,)):
            roughly.add(number)

    assert roughly <= accepted
    assert len(roughly) > len(accepted) * 0.8


def test_no_journey_of_95_steps_has_too_many_paths_for_a_fifth_of_the_work() -> None:
    assert not any(has_too_many_paths(journey, MOST_WORK // 5) for journey in long_journeys(12))
