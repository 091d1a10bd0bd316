"""What a population uses: small journeys whose states are counted by hand, for ten people."""

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from tests.support.events import body
from tests.support.virtual_time.simulated import journey as read_journey
from workbench.estimate.populations import StateCounts, usage_of
from workbench.estimate.prices import TRANSITIONS, Usage
from workbench.estimate.usage import Model
from workbench.language.journey import Journey
from workbench.simulator.deployment import SimulatedDeployment, simulated_account
from workbench.simulator.population import Population
from workbench.simulator.rates import ActRate, AnswerRate, Rates
from workbench.trace.funnel import Funnel, Outcome

PEOPLE = 10
ALL_ANSWER = Rates(otherwise=AnswerRate(answered=100, half_after=1), unfollow=0)
NOBODY_ANSWERS = Rates(otherwise=AnswerRate(answered=0), unfollow=0)
ALL_LEAVE = Rates(unfollow=100, unfollow_half_after=60)

ASK = "ask: {name: q, text: '?', choices: {yes: [y]}, within: 1d"
LOOKS = "1 Look at what happened"
GOAL = "{branch: [{when: {member: true}, steps: [{goal: done}]}]}"
LOOK = "{branch: [{when: {answer: {q: yes}}, steps: [{tag: a}]}, {otherwise: [{tag: b}]}]}"


class Case(NamedTuple):
    """A journey, how its people behave, the states that do something and how often they are entered.

    `ended` runs went to a state that only ends them: Done, Goal: …, Stop: …; `pauses`: in quiet hours.
    """

    steps: str
    rates: Rates
    entered: Mapping[str, int]
    ended: int = 0
    pauses: int = 0


CASES = {
    "a wait between tags, after which the last tag ends the run": Case(
        "[{tag: a}, {wait: 1h}, {tag: b}]", NOBODY_ANSWERS, {"1 Tag a": 10, "2 Wait 1h": 10, "3 Tag b": 10}
    ),
    "a way without a step, to `Done`": Case(
        f"[{GOAL}]", Rates(members=0, unfollow=0), {LOOKS: 10, "1 Branch on member": 10}, 10
    ),
    "a goal that a branch leads to": Case(
        f"[{GOAL}]", Rates(members=100, unfollow=0), {LOOKS: 10, "1 Branch on member": 10}, 10
    ),
    "a question that all answer": Case(f"[{{{ASK}}}}}]", ALL_ANSWER, {"1 Ask q": 10}),
    "a question that nobody answers": Case(
        f"[{{{ASK}}}}}]", NOBODY_ANSWERS, {"1 Ask q": 10, "1.unanswered Close the wait": 10}
    ),
    "a stop after silence": Case(
        f"[{{{ASK}, unanswered: [{{stop: silent}}]}}}}, {{tag: a}}]",
        NOBODY_ANSWERS,
        {"1 Ask q": 10, "1.unanswered Close the wait": 10},
    ),
    "quiet hours after a question that nobody answers": Case(
        f"[{{{ASK}}}}}]\nquiet: 00:30-00:00",
        NOBODY_ANSWERS,
        {
            "1 Ask q": 10,
            "1.unanswered Close the wait": 10,
        },
        pauses=10,
    ),
    "a branch on an answer, of which silence takes otherwise": Case(
        f"[{{{ASK}}}}}, {LOOK}]",
        NOBODY_ANSWERS,
        {"1 Ask q": 10, "1.unanswered Close the wait": 10, "2 Branch on q": 10},
    ),
    "a question that cannot be put, which counts as unanswered": Case(
        f"[{{wait: 3d}}, {{{ASK}}}}}]",
        ALL_ANSWER,
        {"1 Wait 3d": 10, "2 Ask q": 10, "2.unanswered Close the wait": 10},
    ),
    "a question that cannot be put, with a way of its own": Case(
        f"[{{wait: 3d}}, {{{ASK}, not_sent: [{{tag: b}}]}}}}]",
        ALL_ANSWER,
        {"1 Wait 3d": 10, "2 Ask q": 10, "2.not_sent.1 Tag b": 10},
    ),
    "a message that cannot be sent, at the end": Case(
        "[{wait: 3d}, {send: {text: a, not_sent: [{tag: b}]}}]",
        ALL_ANSWER,
        {"1 Wait 3d": 10, "2 Send text": 10, "2.not_sent.1 Tag b": 10},
    ),
    "a chat that nobody closes": Case(
        "[{hand_over: {staff: sales, within: 1d}}]",
        NOBODY_ANSWERS,
        {"1 Hand over to sales, wait for chat closed": 10, "1.otherwise Close the wait": 10},
    ),
    "a wait until a time of day": Case(
        "[{tag: a}, {wait: {until: '09:00'}}, {tag: b}]",
        NOBODY_ANSWERS,
        {"1 Tag a, find the time": 10, "2 Wait until 09:00": 10, "3 Look at the time, tag b": 10},
    ),
    "unfollowing while a run waits": Case(
        "[{tag: a}, {wait: 3d}, {tag: b}]", ALL_LEAVE, {"1 Tag a": 10, "2 Wait 3d": 10}
    ),
}


def read(steps: str) -> Journey:
    return read_journey(f"trigger: {{event: follow}}\nsteps: {steps}")


def funnel(journey: Journey, rates: Rates) -> Funnel:
    return Population((journey,), rates, simulated_account(), PEOPLE).funnel(cores=1)


def used(journey: Journey, rates: Rates, model: Model) -> Usage:
    deployment = SimulatedDeployment.of((journey,), simulated_account())
    return usage_of(deployment, journey, funnel(journey, rates), model)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_state_is_counted_as_often_as_it_was_entered(case: Case, model: Model) -> None:
    journey = read(case.steps)
    found = funnel(journey, case.rates)
    counts = StateCounts(journey, found)

    assert +counts.entered == case.entered
    assert counts.ended == case.ended
    # A run that is too early waits, and begins its task again.
    assert found.pauses == case.pauses
    transitions = PEOPLE + sum(case.entered.values()) + case.ended + 2 * found.pauses
    assert used(journey, case.rates, model)[TRANSITIONS] == transitions


def test_runs_that_end_with_an_answer_without_one_and_without_a_question_are_counted() -> None:
    forked = read(f"[{{branch: [{{when: {{member: true}}, steps: [{{{ASK}}}}}]}}]}}]")
    found = funnel(forked, Rates(otherwise=AnswerRate(answered=50), members=50, unfollow=0))
    asked, late = found.reached["1.case1.1"], found.steps["1.case1.1", Outcome.TIMED_OUT]
    counts = StateCounts(forked, found)

    assert 0 < late < asked < PEOPLE
    assert counts.entered == {
        "1 Look at what happened": 10,
        "1 Branch on member": 10,
        "1.case1.1 Ask q": asked,
        "1.case1.1.unanswered Close the wait": late,
    }
    assert counts.ended == PEOPLE - asked


def test_of_a_task_that_decides_each_run_is_charged_with_the_case_that_it_took(model: Model) -> None:
    send = "{send: {text: a}}"
    inner = f"{{branch: [{{when: {{language: zh}}, steps: [{send}, {send}, {send}]}}]}}"
    cases = f"{{when: {{member: true}}, steps: [{send}]}}, {{otherwise: [{inner}]}}"
    forked = read(f"[{{branch: [{cases}]}}]")
    rates = Rates(members=50, unfollow=0, languages={"zh": 50, "en": 50})
    found = funnel(forked, rates)
    members, chinese = found.reached["1.case1.1"], found.reached["1.otherwise.1.case1.1"]

    assert list(StateCounts(forked, found).entered.values()) == [PEOPLE]
    assert 0 < members < PEOPLE > chinese + members
    assert used(forked, rates, model)["messages"] == members + 3 * chinese


def test_a_time_limit_is_charged_with_the_call_that_closes_the_wait(model: Model) -> None:
    journey = read(f"[{{{ASK}}}}}]")
    answered, late = used(journey, ALL_ANSWER, model), used(journey, NOBODY_ANSWERS, model)

    # By hand, a run: the callback, process_inbox and close_run once, a task for each state; an answer comes
    # through the callback and process_inbox, too.
    assert answered["lambda.requests"] == PEOPLE * (3 + 1 + 2)
    assert late["lambda.requests"] == PEOPLE * (3 + 2)


def test_other_acts_of_followers_are_charged_as_events_that_change_nothing(model: Model) -> None:
    journey = read("[{wait: 2h}, {tag: a}]")
    clicks = Rates(unfollow=0, acts=(ActRate(100, 60, body("click", key="CARE")),))
    quiet, busy = used(journey, Rates(unfollow=0), model), used(journey, clicks, model)

    assert busy["api_gateway.requests"] == quiet["api_gateway.requests"] + PEOPLE
    assert busy["lambda.requests"] == quiet["lambda.requests"] + 2 * PEOPLE
    assert busy[TRANSITIONS] == quiet[TRANSITIONS]
