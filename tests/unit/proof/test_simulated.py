"""The proof against the simulator: what it accepts has an allowance for whatever people do, and when."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.examples.extreme_people import (
    ExtremePerson,
    deployment_of,
    edge_journey,
    fitted,
    refusals,
    sends_after_waits,
    speaks_after_waiting,
)
from tests.support.examples.journeys import journeys
from tests.support.examples.small_journeys import small_journey
from wejourney.allowances.wechat_rules import RULE_SETS, Allowance, Reading, RuleSet
from workbench.language.journey import Journey
from workbench.trace.trace_events import TraceEvent

NAMES = tuple(RULE_SETS)
CURRENT = RULE_SETS["current"]
NUMBERS = tuple(number for number in range(2, 660) if speaks_after_waiting(small_journey(number)))
"""The small journeys that are worth a try: hundreds."""

STRETCHED = 15
"""One journey of so many is brought to the very edge of what the proof accepts, which takes many proofs."""
LIVES = 8


def rules_of(number: int) -> RuleSet:
    """Three journeys of four under the rules of today, the rest under all of them in turn."""
    return RULE_SETS["current" if number % 4 else NAMES[number // 4 % len(NAMES)]]


def lives_of(journey: Journey, rules: RuleSet, seed: int) -> Iterator[list[TraceEvent]]:
    """What happens to some people, each with habits of their own."""
    deployment = deployment_of(journey, rules, tuple(Reading)[seed % len(Reading)])
    for number in range(LIVES):
        yield ExtremePerson(deployment, Random(f"{seed}/{number}")).live()  # noqa: S311


def refused_to_anybody(journey: Journey, rules: RuleSet, seed: int) -> list[TraceEvent]:
    return [one for lived in lives_of(journey, rules, seed) for one in refusals(journey, lived)]


@pytest.mark.long
def test_nobody_is_refused_an_allowance_in_a_journey_that_was_accepted() -> None:
    waited = sent = 0
    for number in NUMBERS:
        rules = rules_of(number)
        journey = edge_journey(number, rules, stretched=number % STRETCHED == 0)
        lives = list(lives_of(journey, rules, number))
        wrong = [one for lived in lives for one in refusals(journey, lived)]
        assert not wrong, f"journey {number} under {rules.name}: {wrong[0]}"
        late = sum(len(sends_after_waits(journey, lived)) for lived in lives)
        waited, sent = waited + (late > 0), sent + late

    assert waited > len(NUMBERS) * 2 / 3 > 150
    assert sent > 3 * len(NUMBERS)


# Not made smaller when it fails: each try is many proofs.
@settings(max_examples=40, derandomize=True, deadline=None, phases=[Phase.generate])
@given(journeys, st.integers(0, 99))
def test_nobody_is_refused_an_allowance_in_a_journey_of_all_kinds_of_steps(made: Journey, seed: int) -> None:
    rules = rules_of(seed)
    journey = fitted(made, rules, Random(seed))  # noqa: S311

    assert refused_to_anybody(journey, rules, seed) == []


@pytest.mark.parametrize(("seconds", "messages"), [(1, 0), (0, 1)], ids=["a second", "a message"])
def test_a_proof_that_counted_on_more_than_there_is_would_be_found_out(seconds: int, messages: int) -> None:
    more = {
        act: Allowance((one.count or 0) + messages, one.lasts + timedelta(seconds=seconds))
        for act, one in CURRENT.opens.items()
    }
    rules = replace(CURRENT, opens=more)
    accepted = ((number, edge_journey(number, rules, stretched=seconds > 0)) for number in NUMBERS)

    assert any(refused_to_anybody(journey, CURRENT, number) for number, journey in accepted)
