"""Attempts of a task, and deliveries of an event, that come when the run has gone on already."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, event
from tests.support.world import LISTEN, QUESTION, World, person_of, send
from wejourney import errors
from wejourney.events.matching import EventPattern
from wejourney.journeys.action_types import AwaitAction, CloseAction
from wejourney.journeys.runs import LiveRun
from wejourney.reasons import EndedByEngine

LOOKED = event("view", NOON + timedelta(minutes=3), EventKey="https://example.com")
ANSWER = event("text", NOON + timedelta(minutes=2), Content="1")
WATCH = AwaitAction("7", pattern=EventPattern("view"))


def while_sending(world: World, happens: Callable[[], object]) -> None:
    """The next call to WeChat ends as busy, after something has happened."""
    send_to = world.wechat.send

    def sending(*_: Any) -> None:
        world.wechat.send = send_to  # type: ignore[method-assign]
        happens()
        raise errors.WeChatBusyError(-1)

    world.wechat.send = sending  # type: ignore[assignment, method-assign]


def test_a_question_whose_time_limit_has_passed_is_not_asked_and_leaves_the_next_wait_alone(
    world: World,
) -> None:
    run = world.run()
    closed = world.perform(run, CloseAction("5"))
    world.perform(closed, WATCH, token="t-7")
    with pytest.raises(errors.StaleFollowerError):
        world.perform(run, QUESTION, token="t-5")
    world.takes(LOOKED)

    assert list(world.runs.woken) == ["t-7"]
    assert world.wechat.calls == []


def test_a_question_that_is_answered_while_wechat_is_busy_is_not_asked_again(world: World) -> None:
    run = world.run()
    while_sending(world, lambda: world.takes(ANSWER))
    with pytest.raises(errors.WeChatBusyError):
        world.perform(run, QUESTION, token="t-1")
    world.perform(run, QUESTION, token="t-2")

    assert world.runs.woken["t-2"].run.answers == {"style": "bridal"}
    assert world.wechat.taken == []
    assert world.followers.read(APP_ID, OPENID).waits == ()


def test_an_event_that_ended_a_wait_is_taken_again_although_its_run_was_ended_while_it_asked(
    world: World,
) -> None:
    world.perform(world.run(), LISTEN, token="t-1")
    world.takes(ANSWER)
    run = world.runs.woken["t-1"].run
    live = LiveRun(run.journey, run.id, "", key=run.key)
    aborted = EndedByEngine("aborted")
    while_sending(
        world, lambda: world.followers.end_run(person_of(world.followers), live, aborted, world.clock.now())
    )
    with pytest.raises(errors.WeChatBusyError):
        world.perform(run, replace(QUESTION, step="9"), token="t-2")

    world.takes(ANSWER)

    assert list(world.runs.woken) == ["t-1"]


def test_a_repeated_task_listens_from_its_message_on_as_the_first_attempt_did(world: World) -> None:
    """Seen failing when only the attempt that sent a message knew when that was."""
    run = world.run()
    world.takes(ANSWER)
    world.clock.at = NOON + timedelta(minutes=30)
    sent = world.perform(run, send())
    again = world.perform(run, send(), LISTEN, token="t-2")

    assert again.last_position == sent.last_position
    assert world.runs.woken == {}


def test_a_message_that_is_delivered_again_answers_no_question_that_was_asked_after_it(world: World) -> None:
    run = world.run()
    world.takes(ANSWER)
    world.clock.pass_(minutes=30)
    world.perform(run, QUESTION, token="t-1")
    world.takes(ANSWER)

    assert world.runs.woken == {}


@pytest.mark.parametrize("attempts", [1, 2, 3])
@pytest.mark.parametrize(("minute", "answers"), [(29, False), (30, True), (31, True), (59, True)])
def test_a_message_that_comes_late_answers_what_was_asked_before_it_whatever_was_attempted_since(
    world: World, minute: int, attempts: int, *, answers: bool
) -> None:
    run = world.run()
    for number in range(attempts):
        world.clock.at = NOON + timedelta(minutes=30 + 20 * number)
        world.perform(run, QUESTION, token=f"t-{number}")
    world.clock.at = NOON + timedelta(minutes=90)
    world.takes(event("text", NOON + timedelta(minutes=minute), Content="1"))

    assert list(world.runs.woken) == ([f"t-{attempts - 1}"] if answers else [])
