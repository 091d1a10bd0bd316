"""Whole journeys in the sandbox, seen by a client that knows only its HTTP contract.

At an hour a second, machine time of 0.1 s is six virtual minutes. So a timed message may never be early
and at most `LATE` late, which does not add up over the journey; an answer is taken up within `PROMPT`.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.sandbox

LATE = timedelta(minutes=30)
PROMPT = timedelta(hours=3)
"""Half a second and three seconds of real time, for a machine that is busy with other tests."""


def at(message: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(message["at"])


def test_a_follower_lives_through_the_journey_of_the_store(sandbox: Any) -> None:
    greeted = sandbox.act("oContract", "follow", scene="store-SH01")
    assert greeted["status"] == 200
    assert greeted["deliveries"] == 1
    assert greeted["reply"]["type"] == "text"
    assert sandbox.messages("oContract")[0]["channel"] == "passive"

    answered = sandbox.now()
    assert sandbox.act("oContract", "say", text="1")["status"] == 200
    sandbox.wait_for(lambda: len(sandbox.messages("oContract")) == 5, within=timedelta(hours=49))

    messages = sandbox.messages("oContract")
    assert [message["type"] for message in messages] == ["text", "text", "news", "msgmenu", "text"]
    assert [message["channel"] for message in messages] == ["passive"] + ["custom"] * 4
    # The steps of infra/journeys/welcome-from-store.yaml: a day after the answer; then six hours without
    # an answer and sixteen of waiting.
    assert at(messages[1]) - answered <= PROMPT
    due = [timedelta(hours=24), timedelta(hours=24), timedelta(hours=46)]
    late = [at(message) - answered - after for message, after in zip(messages[2:], due, strict=True)]
    assert min(late) >= timedelta(seconds=-1)
    assert max(late) <= LATE, late
    assert sandbox.refusals() == []


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
        "/sandbox/faults", json={"path": "message/custom/send", "timeout": 2.0, "carried_out": True}
    )
    sandbox.act("oKilled", "say", text="1")
    sandbox.wait_for(lambda: len(sandbox.messages("oKilled")) == 2, within=timedelta(hours=20))
    sandbox.kill_workers("PerformActions")
    answered = at(sandbox.messages("oKilled")[1])
    sandbox.wait_for(lambda: len(sandbox.messages("oKilled")) == 4, within=timedelta(hours=30))
    sandbox.until(answered + timedelta(hours=28))
    types = [message["type"] for message in sandbox.messages("oKilled")]
    assert types == ["text", "text", "news", "msgmenu"]
    assert [refusal for refusal in sandbox.refusals() if refusal["errcode"] != -1] == []
