"""Bursts that are small enough to be computed by hand: starts 100 + 10/s, transitions 400 + 20/s."""

from typing import Any

import pytest

from tests.unit.estimate.definitions import ASK, ASK_ALOUD, HI, definition, task
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.journeys.action_types import AwaitAction, BranchAction, BranchCase, TagAction, UntilSpec
from wejourney.journeys.definition import Condition
from workbench.compiler.jsonata import STILL_TO_COME
from workbench.estimate.estimate import Burst, FirstMessage, burst_of, first_message
from workbench.estimate.prices import PriceTable

SENDS_AT_ONCE = definition(A=task(HI))
"""The start and one state: two transitions to the first message."""

TAG = TagAction("9", ("x",))


def burst(table: PriceTable, events: int, definition_: dict[str, Any], trigger: str = "follow") -> Burst:
    return burst_of(events, definition_, trigger, RULE_SETS["current"], table.quotas)


def test_a_burst_within_the_buckets_delays_no_run(table: PriceTable) -> None:
    found = burst(table, 100, SENDS_AT_ONCE)
    assert (found.last_start, found.last_answer, found.first_message, found.share_in_time) == (0, 0, 0, 1)


def test_a_short_path_to_the_first_message_waits_for_starts(table: PriceTable) -> None:
    found = burst(table, 300, SENDS_AT_ONCE)
    assert found.last_start == (300 - 100) / 10
    assert found.first_message == max(20, (2 * 300 - 400) / 20)


def test_a_long_path_to_the_first_message_waits_for_transitions(table: PriceTable) -> None:
    long = definition(A=task(TAG, Next="B"), B=task(TAG, Next="C"), C=task(HI))
    found = burst(table, 300, long)
    assert found.last_start == 20
    assert found.first_message == (4 * 300 - 400) / 20


def test_a_first_message_is_in_time_until_ten_seconds_before_the_minute_is_over(table: PriceTable) -> None:
    found = burst(table, 10_000, SENDS_AT_ONCE)
    started, moved = 100 + 10 * 50, (400 + 20 * 50) // 2
    assert found.in_time == min(started, moved) == 600
    assert found.share_in_time == 0.06
    assert found.allowance == 60


def test_a_wait_before_the_first_message_takes_from_the_minute(table: PriceTable) -> None:
    waits = definition(A={"Type": "Wait", "Seconds": 45, "Next": "B"}, B=task(HI))
    found = burst(table, 10_000, waits)
    assert found.first_message == 45 + (10_000 * 3 - 400) / 20
    assert found.in_time == min(100 + 10 * 5, (400 + 20 * 5) // 3)


def test_a_wait_that_is_longer_than_the_minute_leaves_nothing_in_time(table: PriceTable) -> None:
    waits = definition(A={"Type": "Wait", "Seconds": 60, "Next": "B"}, B=task(HI))
    assert burst(table, 1, waits).in_time == 0


def test_an_answer_before_the_first_message_frees_it_from_the_minute(table: PriceTable) -> None:
    listens = definition(A=task(ASK, Next="B"), B=task(HI))
    found = burst(table, 10_000, listens)
    assert (found.first_message, found.in_time, found.share_in_time) == (None, None, None)
    assert found.last_answer == (10_000 - 200) / 50


def test_a_question_with_a_message_is_a_first_message(table: PriceTable) -> None:
    assert first_message(definition(A=task(ASK_ALOUD))) == FirstMessage(transitions=2, pauses=0)


def test_a_journey_without_messages_has_no_first_message() -> None:
    assert first_message(definition(A=task(TAG))) is None


def test_the_longest_of_several_paths_counts() -> None:
    branch = {"Type": "Choice", "Choices": [{"Condition": "…", "Next": "B"}], "Default": "C"}
    forked = definition(A=branch, B=task(HI), C=task(TAG, Next="B"))
    assert first_message(forked) == FirstMessage(transitions=4, pauses=0)


def test_a_case_without_a_message_goes_on_to_the_first_one() -> None:
    sends = BranchCase(Condition(tags=("x",)), (HI,))
    wait = {"Type": "Wait", "Seconds": 5, "Next": "C"}
    some, both = (
        definition(A=task(branch, Next="B"), B=wait, C=task(HI))
        for branch in (BranchAction("1", (sends,)), BranchAction("1", (sends,), otherwise=(TAG, HI)))
    )

    assert first_message(some) == FirstMessage(transitions=4, pauses=5)
    assert first_message(both) == FirstMessage(transitions=2, pauses=0)
    assert first_message(definition(A=task(BranchAction("1", (sends,))))) == FirstMessage(2, 0)


def test_repeating_a_wait_does_not_delay_the_first_message() -> None:
    branch = {"Type": "Choice", "Choices": [{"Condition": STILL_TO_COME, "Next": "A"}], "Default": "B"}
    loop = definition(A=task(TAG, Next="Fork"), Fork=branch, B=task(HI))
    assert first_message(loop) == FirstMessage(transitions=4, pauses=0)


def test_after_a_wait_whose_length_differs_by_run_there_is_no_burst() -> None:
    until = definition(A=task(AwaitAction("1", until=UntilSpec(9 * 60)), Next="B"), B=task(HI))
    assert first_message(until) is None


@pytest.mark.parametrize(("trigger", "allowance"), [("text", 48 * 3600), ("scan", 60), ("tag", None)])
def test_the_allowance_is_that_of_the_event(table: PriceTable, trigger: str, allowance: float | None) -> None:
    found = burst(table, 1, SENDS_AT_ONCE, trigger)
    assert found.allowance == allowance
    assert (found.in_time is None) == (allowance is None)


def test_before_2021_a_follow_gave_two_days(table: PriceTable) -> None:
    found = burst_of(10_000, SENDS_AT_ONCE, "follow", RULE_SETS["2020"], table.quotas)
    assert found.share_in_time == 1
