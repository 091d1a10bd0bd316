"""What other systems are told: published, or an error that the state machine retries."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.patience import PATIENCE
from tests.support.servers.aws import LARGEST_ENTRIES, FakeAws, serve_fake_aws
from tests.support.servers.callback_function import environment
from wejourney.adapters.aws.event_bus import EventBus, NotPublishedError
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.clock import Clock

DETAIL = {"id": "run#3", "text": "请联系客人"}


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    with serve_fake_aws() as fake:
        yield fake


def bus_of(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> EventBus:
    for name, value in environment(aws).items():
        monkeypatch.setenv(name, value)
    return EventBus(SignedClient("events", Limits(PATIENCE, PATIENCE, attempts=1), Clock().real_now))


@pytest.fixture
def bus(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> EventBus:
    return bus_of(aws, monkeypatch)


def entries(aws: FakeAws) -> list[dict[str, Any]]:
    return [entry for operation, asked in aws.calls for entry in asked["Entries"]]


def test_an_event_is_published_under_our_source_in_one_call(aws: FakeAws, bus: EventBus) -> None:
    bus.publish("StaffNotified", DETAIL)

    (entry,) = entries(aws)
    assert (entry["Source"], entry["DetailType"]) == ("wejourney", "StaffNotified")
    assert json.loads(entry["Detail"]) == DETAIL


@pytest.mark.parametrize("code", ["InternalFailure", "ThrottlingException", "MalformedDetail"])
def test_an_answer_that_counts_a_failure_is_an_error_that_quotes_nothing(
    aws: FakeAws, bus: EventBus, code: str
) -> None:
    """PutEvents answers 200 for entries that it has refused."""
    aws.refused["StaffNotified"] = code

    with pytest.raises(NotPublishedError, match=rf"^PutEvents: {code}$"):
        bus.publish("StaffNotified", DETAIL)


def test_a_call_that_fails_is_an_error_that_quotes_nothing(aws: FakeAws, bus: EventBus) -> None:
    aws.failing.add("PutEvents")

    with pytest.raises(NotPublishedError, match=r"^PutEvents: AccessDeniedException$"):
        bus.publish("StaffNotified", DETAIL)


def test_an_event_that_is_larger_than_eventbridge_takes_is_an_error(aws: FakeAws, bus: EventBus) -> None:
    """In bytes, of which a Chinese character has three."""
    bus.publish("StaffNotified", {"text": "字" * (LARGEST_ENTRIES // 3 - 100)})

    with pytest.raises(NotPublishedError, match=r"^PutEvents: ValidationException$"):
        bus.publish("StaffNotified", {"text": "字" * (LARGEST_ENTRIES // 3)})


def test_an_eventbridge_that_cannot_be_reached_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_fake_aws() as stopped:
        unreachable = bus_of(stopped, monkeypatch)

    with pytest.raises(NotPublishedError, match=r"^PutEvents: ConnectionRefusedError$"):
        unreachable.publish("StaffNotified", DETAIL)
