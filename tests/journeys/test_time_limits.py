"""The time limit of a machine covers all that it may do: waits, quiet hours, every declared retry."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings

from tests.support.examples.journeys import journeys
from tests.support.virtual_time.asl import START, say, tell, world_of
from wejourney.errors import WeChatError
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import DayHours, QuietHours, Trigger
from wejourney.messaging.contents import Text
from wejourney.messaging.wechat_errors import ATTEMPTS
from wejourney.services import outbox
from workbench.compiler.catalogue import entry_of
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.language.reading import read_text
from workbench.language.step_types import (
    Ask,
    Branch,
    HandOver,
    Send,
    Step,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)

HOUR, DAY = 3600, 86_400
HI = Send(Text({"any": "hi"}))
QUIET = {
    "always": None,
    "nights": QuietHours(22 * 60, 8 * 60),
    "weekends": QuietHours(22 * 60, 8 * 60, (DayHours(5, 0, 1440), DayHours(6, 0, 1439))),
}
STEPS: dict[str, tuple[Step, ...]] = {
    "one message": (HI,),
    "messages": (HI, HI, HI, HI),
    "waits": (Wait(13 * HOUR), HI, Wait(30), HI),
    "times of day": (WaitUntil(0), HI, WaitUntil(23 * 60, 5), HI),
    "questions": (Ask("q", DAY, HI.content, unanswered=(HI, HI)), HI),
    "events": (WaitEvent(EventPattern("scan"), DAY, otherwise=(HI,)), HandOver("x", HOUR), HI),
    "dates": (WaitDate("day", 40 * HOUR, otherwise=(HI,)), HI),
    "choices": (Branch((), (Wait(HOUR), HI)), HI),
}
TRIGGERS = {"act": Trigger("text", keywords=("go",)), "tag": Trigger("tag", name="x")}


def made(trigger: str, steps: str, quiet: str) -> Journey:
    return Journey("made-up", {"any": "T"}, TRIGGERS[trigger], STEPS[steps], quiet=QUIET[quiet])


CASES = list(product(TRIGGERS, STEPS, QUIET))


# --- against the definition, read by other code -----------------------------------------------------


def seconds_of(state: Mapping[str, Any]) -> int:
    """The waits, time limits and retries that a state declares, and the length of its quiet hours once."""
    if state["Type"] == "Wait":
        return int(state["Seconds"])
    if state["Type"] != "Task":
        return 0
    total = 0
    for retry in state["Retry"]:
        for attempt in range(retry["MaxAttempts"]):
            delay = retry["IntervalSeconds"] * retry.get("BackoffRate", 1) ** min(attempt, 20)
            total += math.ceil(min(delay, retry.get("MaxDelaySeconds", delay)))
            total += 60 if "waitForTaskToken" in state["Resource"] else state["TimeoutSeconds"]
    actions = state["Arguments"]["Payload"]["actions"]
    limit = state["TimeoutSeconds"]
    if isinstance(limit, int):
        total += limit
    elif "until" in actions[-1]:
        total += 7 * DAY if "weekday" in actions[-1]["until"] else DAY
    else:
        total += actions[-1]["date"]["within"]
    for action in actions:
        if action["do"] == "quiet":
            start, end = action["quiet"].get("start", 0), action["quiet"].get("end", 0)
            total += (end - start) % 1440 * 60
    return total


def paths(states: Mapping[str, Any], name: str, seen: tuple[str, ...] = ()) -> Iterator[int]:
    """The seconds of every path that comes to no state twice."""
    state, seen = states[name], (*seen, name)
    ways = [way["Next"] for way in (*state.get("Choices", ()), *state.get("Catch", ()))]
    ways += [state[field] for field in ("Next", "Default") if field in state]
    further = [total for way in dict.fromkeys(ways) if way not in seen for total in paths(states, way, seen)]
    own = 0 if name.endswith("Wait for the end of quiet hours") else seconds_of(state)
    yield own + max(further, default=0)


def declared(definition: Mapping[str, Any]) -> int:
    return max(paths(definition["States"], definition["StartAt"]))


@pytest.mark.parametrize(("trigger", "steps", "quiet"), CASES)
def test_the_limit_covers_every_wait_time_limit_and_retry_that_the_definition_declares(
    trigger: str, steps: str, quiet: str
) -> None:
    """A limit of 120 hours against declared retries of 172 hours: # floci #2779."""
    journey = made(trigger, steps, quiet)
    definition = json.loads(json.dumps(compile_journey(journey, "made-up.yaml")))

    assert declared(definition) <= definition["TimeoutSeconds"] <= 365 * DAY
    assert entry_of(journey).longest == definition["TimeoutSeconds"]


@settings(max_examples=60, deadline=None)
@given(journeys)
def test_the_limit_of_any_journey_covers_the_longest_of_its_paths_or_is_a_year(journey: Journey) -> None:
    definition = compile_journey(journey, "random.yaml")

    longest = longest_by_state(definition)
    assert definition["TimeoutSeconds"] >= min(longest, 365 * DAY)


def longest_by_state(definition: Mapping[str, Any]) -> int:
    """As `declared`, state by state: a random journey has too many paths. What leads back is left out."""
    states, known, open_ = definition["States"], dict[str, int](), set[str]()

    def of(name: str) -> int:
        if name in open_:
            return 0
        if name not in known:
            open_.add(name)
            state = states[name]
            ways = [way["Next"] for way in (*state.get("Choices", ()), *state.get("Catch", ()))]
            ways += [state[field] for field in ("Next", "Default") if field in state]
            ways = [way for way in ways if not way.endswith("Wait for the end of quiet hours")]
            known[name] = seconds_of(state) + max(map(of, ways), default=0)
            open_.discard(name)
        return known[name]

    return of(definition["StartAt"])


# --- against runs that take as long as they can -------------------------------------------------------


@pytest.mark.parametrize(("trigger", "steps", "quiet"), CASES)
@pytest.mark.parametrize("error", ATTEMPTS, ids=lambda error: error.__name__)
def test_a_run_whose_messages_are_all_tried_as_often_as_they_may_ends_within_its_limit(
    trigger: str, steps: str, quiet: str, error: type[WeChatError], monkeypatch: pytest.MonkeyPatch
) -> None:
    # No allowance ends meanwhile, which would end the tries.
    monkeypatch.setattr(outbox, "no_longer", lambda *_: None)
    journey = made(trigger, steps, quiet)
    acts = [say("go", timedelta()), tell("tag", timedelta(seconds=1), tag="x")]
    world = world_of(journey, acts=acts)
    world.wechat.failures = [error(1, "")] * 1000
    ends: list[datetime] = []
    world.engine.ended = lambda _run, _end: ends.append(world.clock.now())

    world.live_on(timedelta(days=300))
    limit = compile_journey(journey, "made-up.yaml")["TimeoutSeconds"]
    assert (ends[0] - START).total_seconds() <= limit


def test_a_journey_that_could_outlive_an_execution_is_rejected_with_its_length() -> None:
    waits = "".join("  - {wait: 89d}\n  - {send: {text: hi, not_sent: [{tag: a}]}}\n" for _ in range(4))
    text = f"title: T\ntrigger: {{event: follow}}\nsteps:\n{waits}  - {{wait: 90h}}\n  - {{tag: b}}\n"

    (mistake,) = read_text(text, "made-up", "made-up.yaml").mistakes
    assert "with all retries and quiet hours" in str(mistake)
    assert "at most 365d" in str(mistake)
