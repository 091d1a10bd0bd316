"""What other systems hear: every event on record, at least once and by its id, and nothing personal."""

import json
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from functions.publish_events import app
from tests.infra.template import RESOURCES
from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.one_person import LEE, UNION, Happening, People, identified
from tests.support.patience import PATIENCE
from tests.support.servers.aws import FakeAws, serve_fake_aws
from tests.support.servers.callback_function import environment
from tests.support.servers.dynamodb import ACCESS_KEY, TableStream
from tests.support.stream import passed
from tests.support.world import World, person_of
from wejourney.adapters.aws.event_bus import EventBus, NotPublishedError
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.clock import Clock
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import OrderPaid, TagAdded

CONTEXT: Any = SimpleNamespace(
    function_name="publish_events", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="r"
)
SOURCE = RESOURCES["PublishEventsFunction"]["Properties"]["Events"]["Events"]["Properties"]
PATTERNS = [json.loads(one["Pattern"]) for one in SOURCE["FilterCriteria"]["Filters"]]
BUS = "wejourney-events"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """EventBridge, and the function with a bus there."""
    with serve_fake_aws() as fake:
        for name, value in {**environment(fake), "AWS_ACCESS_KEY_ID": ACCESS_KEY}.items():
            monkeypatch.setenv(name, value)
        client = SignedClient("events", Limits(PATIENCE, PATIENCE, attempts=1), Clock().real_now)
        monkeypatch.setattr(app, "event_bus", lambda: EventBus(client, BUS))
        yield fake


def batch_of(stream: TableStream) -> list[dict[str, Any]]:
    return [record for records in stream.records().values() for record in passed(PATTERNS, records)]


def publish(records: list[dict[str, Any]]) -> None:
    app.handler({"Records": records}, CONTEXT)


def told(aws: FakeAws) -> list[dict[str, Any]]:
    """What EventBridge has taken, in its order."""
    entries = [
        entry for operation, asked in aws.calls if operation == "PutEvents" for entry in asked["Entries"]
    ]
    assert {(entry["Source"], entry["EventBusName"]) for entry in entries} <= {("wejourney", BUS)}
    return [json.loads(entry["Detail"]) for entry in entries if entry["DetailType"] not in aws.refused]


def order(number: int) -> InboundEvent:
    return own_event(OrderPaid(19_900, f"S1/{number}", store="S1"), str(number), SUBJECT, NOON)


@pytest.mark.capability(row="63")
def test_every_event_on_record_is_told_by_its_id_however_often_it_was_delivered(
    world: World, stream: TableStream, aws: FakeAws
) -> None:
    orders = [order(number) for number in range(25)]
    for one in (*orders, *orders[:5]):
        world.takes(one)
    publish(batch_of(stream))

    assert [one["id"] for one in told(aws)] == [one.id for one in orders]
    assert told(aws)[3] == {
        "id": orders[3].id,
        "type": "order.paid",
        "at": NOON.isoformat(),
        "person_id": person_of(world.followers),
        "app_id": APP_ID,
        "history": False,
        "fields": {"total": 19_900, "order": "S1/3", "store": "S1"},
    }
    assert len([1 for operation, _ in aws.calls if operation == "PutEvents"]) == 3


@pytest.mark.capability(row="63")
@pytest.mark.parametrize("lost", range(3))
def test_a_batch_that_fails_at_any_call_comes_again_until_each_event_was_told(
    world: World, stream: TableStream, aws: FakeAws, lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(25):
        world.takes(order(number))
    batch, calls = batch_of(stream), list[int]()
    put = SignedClient.call

    def failing(client: SignedClient, operation: str, **asked: Any) -> Any:
        calls.append(len(calls))
        if calls[-1] == lost:
            aws.failing.add("PutEvents")
        try:
            return put(client, operation, **asked)
        finally:
            aws.failing.discard("PutEvents")

    monkeypatch.setattr(SignedClient, "call", failing)
    with pytest.raises(NotPublishedError):
        publish(batch)
    publish(batch)

    assert {one["id"] for one in told(aws)} == {order(number).id for number in range(25)}


def test_an_event_that_eventbridge_refuses_is_told_when_it_comes_again(
    world: World, stream: TableStream, aws: FakeAws
) -> None:
    world.takes(order(1))
    world.takes(own_event(TagAdded("vip"), "1", SUBJECT, NOON))
    batch = batch_of(stream)
    aws.refused["order.paid"] = "ThrottlingException"
    with pytest.raises(NotPublishedError, match="ThrottlingException"):
        publish(batch)
    aws.refused.clear()
    aws.calls.clear()
    publish(batch)

    assert [one["type"] for one in told(aws)] == ["order.paid", "tag"]


@pytest.mark.capability(row="63")
def test_nothing_that_is_personal_is_told(world: World, stream: TableStream, aws: FakeAws) -> None:
    world.says(after_minutes=3, Content="my number is 13812348000")
    world.hears("LOCATION", after_minutes=4, Latitude="31.2304", Longitude="121.4737")
    world.takes(order(1))
    publish(batch_of(stream))

    text, place, paid = told(aws)
    assert text["fields"] == {"text": "m**"}
    assert "31.2304" not in json.dumps(place)
    assert paid["fields"]["order"] == "S1/1"
    assert OPENID not in json.dumps(told(aws))


def test_what_somebody_brings_who_turns_out_to_be_another_is_not_told_again(
    followers: FollowerStore, ledger: BooksStore, stream: TableStream, aws: FakeAws
) -> None:
    people = People(followers, ledger)
    shop, mini, _ = LEE
    for subject in (shop, mini):
        people.happens(Happening(subject, "scan", {"scene": "store-SH01"}))
        people.happens(Happening(subject, "payment", {"total": 100, "order": subject.openid}))
    publish(batch_of(stream))
    before = [one["id"] for one in told(aws)]
    for subject in (shop, mini):
        people.happens(identified(subject, UNION[subject]))
    publish(batch_of(stream))

    person = people.of(shop)
    assert person is not None
    assert person.merged
    assert len(before) == len(set(before)) == 4
    after = told(aws)[len(before) :]
    assert [one["type"] for one in after if one["id"] in before] == []
    assert {one["type"] for one in after} <= {"identified", "merged"}


def test_a_row_that_cannot_be_read_holds_up_nothing(world: World, stream: TableStream, aws: FakeAws) -> None:
    world.takes(order(1))
    world.takes(order(2))
    first, second = batch_of(stream)
    first["dynamodb"]["NewImage"]["event"] = {"S": "no event"}
    with suppress(NotPublishedError):
        publish([first, second])

    assert [one["id"] for one in told(aws)] == [order(2).id]
