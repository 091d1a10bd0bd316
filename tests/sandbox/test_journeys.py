"""Whole journeys in the sandbox, seen by a client that knows only its HTTP contract."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.sandbox.settings import load_account
from tests.sandbox.conftest import DIRECTORY
from tests.sandbox.lives import invoke
from tests.support.patience import PATIENCE
from wejourney.events.event import Subject
from wejourney.journeys.chance import is_held_out
from wejourney.people.followers import lots_of
from wejourney.reasons import Unfollowed
from workbench.operations.target import sandbox_target
from workbench.trace.funnel import Funnel, Outcome, counted_funnel

pytestmark = pytest.mark.sandbox

HANGS = 60.0
"""Real seconds for which a call does not answer; its caller is killed before."""


def at(message: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(message["at"])


def test_a_follower_lives_through_the_journey_of_the_store(sandbox: Any) -> None:
    greeted = sandbox.act("oContract", "follow", scene="store-SH01")
    assert greeted["status"] == 200
    assert greeted["deliveries"] == 1
    assert greeted["reply"]["type"] == "text"
    assert sandbox.messages("oContract")[0]["channel"] == "passive"

    sandbox.until(sandbox.now() + timedelta(minutes=40))
    answered = sandbox.act("oContract", "say", text="1")
    assert answered["status"] == 200
    sandbox.wait_for(lambda: len(sandbox.messages("oContract")) == 5, within=timedelta(hours=49))

    messages = sandbox.messages("oContract")
    assert [message["type"] for message in messages] == ["text", "text", "news", "msgmenu", "text"]
    assert [message["channel"] for message in messages] == ["passive"] + ["custom"] * 4
    # The steps of infra/journeys/welcome-from-store.yaml: at once; a day after the answer; then six hours
    # without an answer and sixteen of waiting.
    due = [timedelta(0), timedelta(hours=24), timedelta(hours=24), timedelta(hours=46)]
    assert [at(message) - at(answered) for message in messages[1:]] == due
    assert sandbox.refusals() == []


def test_what_became_of_a_run_is_counted_before_time_goes_on(sandbox: Any) -> None:
    counters = sandbox_target(DIRECTORY).counters

    def counted() -> Funnel:
        return counted_funnel(counters.of_group("welcome-from-store"))

    before = counted()
    sandbox.act("oCounted", "follow", scene="store-SH01")
    sandbox.settle()
    begun = counted()
    assert begun.entered - before.entered == 1
    assert begun.steps["opening", Outcome.SENT] - before.steps["opening", Outcome.SENT] == 1

    sandbox.act("oCounted", "unfollow")
    sandbox.settle()
    left = counted()
    assert left.entered == begun.entered
    assert left.ended[Unfollowed()] - begun.ended[Unfollowed()] == 1


def test_a_goal_counts_after_the_end_of_a_run_and_for_those_who_are_held_out(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    people = [f"oGoal{number}" for number in range(8)]
    lots = {openid: lots_of(Subject(load_account().app_id, openid)) for openid in people}
    held_out = [openid for openid in people if is_held_out(lots[openid], "sample-goal", 50)]
    entered = [openid for openid in people if openid not in held_out]
    for openid in people:
        sandbox.act(openid, "follow")
        sandbox.act(openid, "say", text="sample goal")
    sandbox.until(sandbox.now() + timedelta(days=1))
    for openid in (entered[0], held_out[0], held_out[1], held_out[1]):
        invoke("emit", openid, "tag", "tag=reached-goal")
    sandbox.until(sandbox.now() + timedelta(days=1, hours=1))
    invoke("emit", entered[1], "tag", "tag=reached-goal")
    sandbox.settle()

    found = counted_funnel(sandbox_target(DIRECTORY).counters.of_group("sample-goal")).to_dict()
    assert [(end["kind"], end["count"]) for end in found["ended"]] == [("finished", len(entered))]
    assert found["goal"]["entered"]["entries"] == len(entered)
    assert found["goal"]["held_out"]["entries"] == len(held_out)
    assert (found["goal"]["entered"]["reached"], found["goal"]["held_out"]["reached"]) == (1, 2)
    assert found["goal"]["verdict"] == "too_few"


def test_the_same_event_four_times_at_once_has_one_effect(sandbox: Any) -> None:
    assert sandbox.act("oFourTimes", "follow", scene="store-SH01", times=4)["deliveries"] == 4
    sandbox.act("oFourTimes", "say", text="1", times=4)
    sandbox.wait_for(lambda: len(sandbox.messages("oFourTimes")) >= 2, within=timedelta(hours=12))
    sandbox.until(sandbox.now() + timedelta(hours=3))
    channels = [message["channel"] for message in sandbox.messages("oFourTimes")]
    assert channels == ["passive", "custom"]
    assert sandbox.refusals() == []


def test_killing_workers_in_mid_journey_loses_and_repeats_nothing(sandbox: Any) -> None:
    sandbox.act("oKilled", "follow", scene="store-SH01")
    sandbox.kill_workers("ProcessInbox")
    # The next message reaches the phone, and its sender dies before it hears so.
    sandbox.fake.post(
        "/sandbox/faults", json={"path": "message/custom/send", "timeout": HANGS, "carried_out": True}
    )
    sandbox.act("oKilled", "say", text="1")
    with ThreadPoolExecutor(1) as pool:
        goes_on = pool.submit(sandbox.until, sandbox.now() + timedelta(hours=12))
        ends = time.monotonic() + PATIENCE
        while len(sandbox.messages("oKilled")) < 2:
            assert time.monotonic() < ends
            time.sleep(0.02)
        sandbox.kill_workers("PerformActions")
        goes_on.result()
    answered = at(sandbox.messages("oKilled")[1])
    sandbox.wait_for(lambda: len(sandbox.messages("oKilled")) == 4, within=timedelta(hours=30))
    sandbox.until(answered + timedelta(hours=28))
    types = [message["type"] for message in sandbox.messages("oKilled")]
    assert types == ["text", "text", "news", "msgmenu"]
    assert [refusal for refusal in sandbox.refusals() if refusal["errcode"] != -1] == []
