from dataclasses import replace
from pathlib import Path

import pytest

from wejourney.journeys.actions import (
    Action,
    AwaitAction,
    AwardAction,
    CallAction,
    CheckAction,
    PauseAction,
    SendAction,
    SetAction,
    TagAction,
    TellAction,
)
from wejourney.journeys.definition import EventPattern
from wejourney.messaging.contents import Text
from workbench.estimate.usage import CALLBACK, CLOSE, INBOX, TASK, Model, memory_of

ROOT = Path(__file__).parents[3]


def test_memory_is_read_from_the_template() -> None:
    memory = memory_of(ROOT / "template.yaml")
    assert memory.keys() == {CALLBACK, INBOX, TASK, CLOSE}
    assert memory[CALLBACK] > memory[INBOX]


def test_a_message_takes_the_time_of_a_call_to_wechat_and_a_tag_does_not(model: Model) -> None:
    send, tag = SendAction("1", Text({"zh": "你好"})), TagAction("2", ("x",))
    sent, tagged = (model.task([action], {})["lambda.gb_seconds"] for action in (send, tag))
    assert sent - tagged == pytest.approx(0.5 * 1.0)


@pytest.mark.parametrize(
    ("action", "uses", "amount"),
    [
        (AwaitAction("1", EventPattern("click")), "dynamodb.write_units", 2 * (3 + 1 + 1)),
        (PauseAction("1", seconds=60), "dynamodb.read_units", 1),
        (CheckAction("1", {}), "dynamodb.read_units", 1),
        (SetAction("1", {"size": "52"}), "dynamodb.write_units", 2 * (1 + 1)),
        (TellAction("1", "CouponGiven", {}), "eventbridge.published", 1),
        (CallAction("1", "journey", "other"), "own events", 1),
    ],
)
def test_every_action_uses_something(model: Model, action: Action, uses: str, amount: float) -> None:
    assert model.task([action], {})[uses] == amount


def test_a_run_tells_the_inbox_of_its_doing_only_where_a_journey_listens(model: Model) -> None:
    tag, award = TagAction("1", ("x", "y")), AwardAction("2", 50, "told us")
    assert "own events" not in model.task([tag, award], {})
    listening = replace(model, listens=frozenset({"tag"}))
    assert listening.task([tag, award], {})["own events"] == 2


def test_what_a_run_tells_makes_one_write_of_its_own_come_too_late(model: Model) -> None:
    listening = replace(model, listens=frozenset({"tag"}))
    one, two = ([TagAction("1", tags)] for tags in (("x",), ("x", "y")))
    told = listening.task(two, {})["dynamodb.write_units"] - listening.task(one, {})["dynamodb.write_units"]
    together = listening.task(one, {})["dynamodb.write_units"] - model.task(one, {})["dynamodb.write_units"]

    assert together - told == 2 * (1 + 1)
