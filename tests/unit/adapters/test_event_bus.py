"""What other systems are told: published, or an error that the state machine retries."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.patience import PATIENCE
from tests.support.servers.aws import LARGEST_ENTRIES, FakeAws, serve_fake_aws
from tests.support.servers.callback_function import environment
from wejourney.adapters.aws.event_bus import LARGEST_CALL, MOST_ENTRIES, EventBus, NotPublishedError
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


class Recording:
    """EventBridge, which says of a call what it would say in the China Regions."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, str]]] = []

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto's name
        assert 0 < len(Entries) <= MOST_ENTRIES
        size = sum(len(entry["Detail"].encode()) for entry in Entries)
        assert size <= 256 * 1024 - 100 * len(Entries)
        self.calls.append(Entries)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}


@given(st.lists(st.integers(1, LARGEST_CALL - 100), max_size=40))
def test_any_events_go_out_in_their_order_by_calls_that_eventbridge_takes(sizes: list[int]) -> None:
    recording = Recording()
    events = [("text", {"id": str(number), "text": "x" * size}) for number, size in enumerate(sizes)]
    EventBus(recording, "ours").publish_all(events)

    entries = [entry for call in recording.calls for entry in call]
    assert [json.loads(entry["Detail"])["id"] for entry in entries] == [str(n) for n in range(len(sizes))]
    assert all(entry["EventBusName"] == "ours" for entry in entries)
