"""What other systems are told: published, or an error that the state machine retries."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import get_session

from tests.support.servers.aws import LARGEST_ENTRIES, FakeAws, serve_fake_aws
from wejourney.adapters.aws.event_bus import EventBus, NotPublishedError

DETAIL = {"id": "run#3", "text": "请联系客人"}


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    with serve_fake_aws() as fake:
        yield fake


def bus(aws: FakeAws) -> EventBus:
    session = get_session()
    session.set_credentials("test", "test")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=2)
    client = session.create_client("events", "cn-north-1", endpoint_url=aws.endpoint, config=config)
    return EventBus(client)


def entries(aws: FakeAws) -> list[dict[str, Any]]:
    return [entry for operation, asked in aws.calls for entry in asked["Entries"]]


def test_an_event_is_published_under_our_source_in_one_call(aws: FakeAws) -> None:
    bus(aws).publish("StaffNotified", DETAIL)

    (entry,) = entries(aws)
    assert (entry["Source"], entry["DetailType"]) == ("wejourney", "StaffNotified")
    assert json.loads(entry["Detail"]) == DETAIL


@pytest.mark.parametrize("code", ["InternalFailure", "ThrottlingException", "MalformedDetail"])
def test_an_answer_that_counts_a_failure_is_an_error_that_quotes_nothing(aws: FakeAws, code: str) -> None:
    """PutEvents answers 200 for entries that it has refused."""
    aws.refused["StaffNotified"] = code

    with pytest.raises(NotPublishedError, match=rf"^PutEvents: {code}$"):
        bus(aws).publish("StaffNotified", DETAIL)


def test_a_call_that_fails_is_an_error_that_quotes_nothing(aws: FakeAws) -> None:
    aws.failing.add("PutEvents")

    with pytest.raises(NotPublishedError, match=r"^PutEvents: AccessDeniedException$"):
        bus(aws).publish("StaffNotified", DETAIL)


def test_an_event_that_is_larger_than_eventbridge_takes_is_an_error(aws: FakeAws) -> None:
    """In bytes, of which a Chinese character has three."""
    bus(aws).publish("StaffNotified", {"text": "字" * (LARGEST_ENTRIES // 3 - 100)})

    with pytest.raises(NotPublishedError, match=r"^PutEvents: ValidationException$"):
        bus(aws).publish("StaffNotified", {"text": "字" * (LARGEST_ENTRIES // 3)})


def test_an_eventbridge_that_cannot_be_reached_is_an_error() -> None:
    with serve_fake_aws() as stopped:
        unreachable = bus(stopped)

    with pytest.raises(NotPublishedError, match=r"^PutEvents: EndpointConnectionError$"):
        unreachable.publish("StaffNotified", DETAIL)
