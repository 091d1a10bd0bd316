from dataclasses import replace
from typing import get_args

import pytest

from tests.infra.template import of_type
from wejourney.events.matching import EventPattern
from wejourney.journeys.action_types import (
    Action,
    AskAction,
    AwaitAction,
    AwardAction,
    CallAction,
    SendAction,
    TagAction,
)
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.messaging.contents import Text
from workbench.estimate.usage import Model, further_kilobytes, load_measured

HI = Text({"zh": "你好"})
LONG = Text({"zh": "好" * 300})


def test_the_functions_that_were_measured_are_those_of_the_template() -> None:
    assert load_measured().memory_mb.keys() == of_type("AWS::Serverless::Function").keys()


def test_every_action_was_measured() -> None:
    assert {cls.do for cls in get_args(Action.__value__)} <= load_measured().requests.keys()


def test_a_message_takes_the_time_of_a_call_to_wechat_and_a_tag_does_not(model: Model) -> None:
    send, tag = SendAction("1", HI), TagAction("2", ("x",))
    sent, tagged = (model.task([action])["lambda.gb_seconds"] for action in (send, tag))
    assert sent - tagged == pytest.approx(0.5 * 1.0)


def test_a_question_without_a_message_sends_none(model: Model) -> None:
    assert "messages" not in model.task([AskAction("1", "style")])
    assert model.task([AskAction("1", "style", HI)])["messages"] == 1


def test_a_long_message_takes_more_units_than_a_short_one(model: Model) -> None:
    short, long = (model.task([SendAction("1", text)])["dynamodb.write_units"] for text in (HI, LONG))
    more = load_measured().requests["kilobyte more"]["dynamodb.write_units"]
    assert long - short == further_kilobytes(LONG) * more > 0


def test_a_run_sends_its_changes_to_the_inbox_only_if_a_journey_reacts_to_them(model: Model) -> None:
    tag, award = TagAction("1", ("x", "y")), AwardAction("2", 50, "told us")
    assert "own events" not in model.task([tag, award])
    listening = replace(model, subscribed_kinds=frozenset({"tag"}))
    assert listening.task([tag, award])["own events"] == 2
    assert listening.task([tag])["lambda.requests"] == 1 + 1


def test_each_of_a_runs_own_events_is_written_once(model: Model) -> None:
    listening = replace(model, subscribed_kinds=frozenset({"tag"}))
    one, two = (listening.task([TagAction("1", tags)]) for tags in (("x",), ("x", "y")))
    event = load_measured().requests["own event"]["dynamodb.write_units"]

    assert two["dynamodb.write_units"] - one["dynamodb.write_units"] == event
    quiet = model.task([TagAction("1", ("x",))])["dynamodb.write_units"]
    assert one["dynamodb.write_units"] - quiet == event


def test_a_call_of_another_journey_is_an_event_of_its_own(model: Model) -> None:
    assert model.task([CallAction("1", "journey", "other")])["own events"] == 1


def test_a_payment_that_starts_a_run_or_ends_a_wait_also_writes_its_order(model: Model) -> None:
    order = load_measured().requests["order of a payment"]["dynamodb.write_units"]
    paid, refunded = (
        model.start(JourneyEntry("j", "v1", Trigger(event)))["dynamodb.write_units"]
        + model.woken(AwaitAction("1", EventPattern(event)))["dynamodb.write_units"]
        for event in ("payment", "refund")
    )
    assert paid - refunded == 2 * order > 0
