"""What comes from outside is bounded at the edge: at all bounds, a run fits into the input of a task."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.events import body
from tests.support.virtual_time.asl import APP_ID, OPENID, START, SUBJECT, World, follow
from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import RULE_SETS, Act
from wejourney.bounds import (
    LARGEST_ANSWERS,
    LARGEST_EVENT,
    LARGEST_INPUT,
    LARGEST_NAMES,
    LARGEST_PROFILE,
    LARGEST_TASK,
    LONGEST_NAME,
    size_of,
)
from wejourney.errors import MalformedEventError, ProfileFullError
from wejourney.events.event import InboundEvent, check_event, own_event
from wejourney.events.event_types import Followed
from wejourney.events.positions import Position
from wejourney.journeys.action_types import SendAction, SetAction, TagAction
from wejourney.journeys.answers import LONGEST_ANSWER, with_answer
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import Run
from wejourney.messaging.contents import Text
from wejourney.messaging.merge_fields import OTHER, Merge, noted
from wejourney.people.followers import Follower, after, tags_with_room
from wejourney.people.profile_fields import LONGEST_VALUE
from wejourney.services.perform_actions import Task

RULES = RULE_SETS["current"]
WORST = ("😀", "\x01", '"', "\\", "街", "a", "\ud7ff", "\n")
"""Characters that take many bytes in JSON or UTF-8."""

LEE = Follower(APP_ID, OPENID, "person-lee", following=True)


def told(kind: str, number: int, **fields: object) -> InboundEvent:
    return own_event(body(kind, **fields), str(number), SUBJECT, START)


def filled(sign: str, seed: int) -> Follower:
    """A follower of whom other systems tell as much as is accepted, then ever shorter things."""
    chance, follower = random.Random(seed), LEE  # noqa: S311
    longest = LONGEST_VALUE
    while longest:
        name = f"{chance.random()}"
        events = (
            told("tag", 1, tag=(sign * LONGEST_NAME)[: max(1, min(longest, LONGEST_NAME - 20))] + name),
            told("segment", 2, segment=name + sign * min(longest, LONGEST_NAME - 20)),
            told("profile", 3, changes={name: sign * longest, f"date.{name}": "2026-12-01"}),
        )
        try:
            event = chance.choice(events)
            check_event(event)
            follower = after(follower, event, RULES)
        except ProfileFullError:
            longest //= 2
    return follower


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(WORST), st.integers(0, 1000))
def test_a_task_gets_its_input_when_everything_is_at_its_bound(sign: str, seed: int) -> None:
    follower = filled(sign, seed)
    scene = Followed((sign * LONGEST_NAME)[:LONGEST_NAME])
    follower = after(follower, InboundEvent("0" * 32, SUBJECT, START, scene), RULES)
    follower = replace(
        follower,
        windows=tuple(Window(act, 5, START) for act in Act),
        unreachable=48001,
        language="zh-Hans-TW",
        account_language="zh-Hant-HK",
    )
    answers: dict[str, str] = {}
    for number in count():
        answers = dict(with_answer(answers, f"q{number}", sign * LONGEST_ANSWER))
        if answers[f"q{number}"] == OTHER:
            break
    assert size_of(answers) > LARGEST_ANSWERS * 0.3
    run = Run("r" * 32, "j" * 40, "v" * 12, Position.at(START), follower, answers)
    run = replace(
        run,
        key=sign * LONGEST_NAME,
        until=START,
        resumed_at=START,
        subscribed_kinds=("tag", "points", "profile", "segment", "journey", "end", "payment", "refund"),
    )
    data = {**run.to_dict(), "names": "x" * LARGEST_NAMES}
    payload = {"run": data, "actions": "x" * LARGEST_TASK, "state": "s" * 80, "token": "t" * 2_000}
    assert LARGEST_PROFILE * 0.5 < size_of(follower.to_snapshot()) < LARGEST_INPUT / 2
    for is_ascii in (True, False):
        assert len(json.dumps(payload, ensure_ascii=is_ascii).encode()) < LARGEST_INPUT
    assert len(json.dumps(follower.to_snapshot()).encode()) < 400_000 / 2


@pytest.mark.parametrize("sign", WORST)
@pytest.mark.parametrize("kind", ["tag", "segment", "attributes", "dates", "names", "many"])
def test_more_than_a_profile_holds_is_rejected_and_everything_before_it_stays(kind: str, sign: str) -> None:
    here = World((JourneyEntry("made-up", "v1", Trigger("text", keywords=("go",))),), follower=LEE)
    name = (sign * 200).replace(".", "")
    changes: dict[str, Callable[[int], dict[str, str]]] = {
        "attributes": lambda number: {f"a{number}": sign * LONGEST_VALUE},
        "dates": lambda number: {f"date.{name}{number}": "2026-12-01"},
        "names": lambda number: {f"{name}{number}": "x"},
        "many": lambda number: {f"{sign}{number}.{one}": sign for one in range(100)},
    }
    for number in range(6_000):
        if kind in changes:
            event = told("profile", number, changes=changes[kind](number))
        else:
            event = told(kind, number, **{kind: f"{name}{number}"})
        before = here.records.follower
        try:
            here.process(event)
        except ProfileFullError:
            break
    else:
        pytest.fail("everything was accepted")
    assert here.records.follower == before
    here.process(told("profile", 9_999, changes={"member": True}))
    assert here.records.follower is not None
    assert here.records.follower.member


@pytest.mark.parametrize("longest", [LONGEST_NAME, LONGEST_NAME + 1, 60_000])
def test_a_scene_that_is_too_long_is_not_kept_and_the_follow_goes_on(longest: int) -> None:
    entry = JourneyEntry("made-up", "v1", Trigger("follow"))
    here = World((entry,), (follow("x" * longest),))
    here.begin()
    assert here.runs.first.run.follower.scene == ("x" * longest if longest <= LONGEST_NAME else None)
    assert here.records.follower is not None
    assert here.records.follower.following


@pytest.mark.parametrize("sign", WORST)
def test_an_event_of_another_system_is_bounded(sign: str) -> None:
    details = {str(number): sign * 1_000 for number in range(LARGEST_EVENT // 1_000)}
    with pytest.raises(MalformedEventError, match="150,000"):
        check_event(told("mini_program", 1, name="a", details=details))
    for fields in ({"tag": "x" * 257}, {"tag": ""}):
        with pytest.raises(MalformedEventError, match="no usable `tag`"):
            check_event(told("tag", 1, **fields))
    for changes in ({"a": "x" * 5_001}, {"x" * 257: "a"}, {str(number): "a" for number in range(101)}):
        with pytest.raises(MalformedEventError, match="no usable `changes`"):
            check_event(told("profile", 1, changes=changes))


def test_a_step_that_finds_the_profile_full_saves_what_fits_and_says_what_does_not() -> None:
    full = replace(LEE, attributes={"a": "x" * (LARGEST_PROFILE - 400)})
    here = World((JourneyEntry("made-up", "v1", Trigger("text", keywords=("go",))),), follower=full)
    here.process(InboundEvent("1" * 32, SUBJECT, START, body("text", text="go")))
    run = here.runs.first.run
    tags, values = TagAction("1", add=("t" * 500, "short")), SetAction("2", {"b": "x" * 500, "c": "y"})
    after_steps = here.perform(Task(run, (tags, values, SendAction("3", Text({"any": "hi"})))))
    assert after_steps.follower.tags == {"short"}
    assert {*after_steps.follower.attributes} == {"a", "c"}
    assert tags_with_room(full, ("t" * 500, "short")) == (frozenset({"short"}), ("t" * 500,))
    saved, rejected = noted({"b": "x" * 500, "c": "y"}, Merge(full))
    assert (saved, rejected) == ({"c": "y"}, {"b": "x" * 99 + "…"})
