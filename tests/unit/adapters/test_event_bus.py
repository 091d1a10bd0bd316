"""What other systems are told: published, or an error that the state machine retries."""

from typing import Any

import pytest
from botocore.session import get_session
from botocore.stub import Stubber

from wejourney.adapters.event_bus import EventBus, NotPublishedError

DETAIL = {"id": "run#3", "text": "请联系客人"}
ENTRY = {
    "Source": "wejourney",
    "DetailType": "StaffNotified",
    "Detail": '{"id": "run#3", "text": "请联系客人"}',
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    session = get_session()
    session.set_credentials("test", "test")
    return session.create_client("events", "cn-north-1")


def test_an_event_is_published_under_our_source(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response(
            "put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, {"Entries": [ENTRY]}
        )
        EventBus(client).publish("StaffNotified", DETAIL)
        stub.assert_no_pending_responses()


def test_an_answer_that_counts_a_failure_is_an_error(client: Any) -> None:
    """PutEvents answers 200 for entries that it has refused."""
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "x"}]}
    with Stubber(client) as stub:
        stub.add_response("put_events", refused)
        with pytest.raises(NotPublishedError, match="InternalFailure"):
            EventBus(client).publish("StaffNotified", DETAIL)


def test_a_call_that_fails_is_an_error_that_quotes_nothing(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("put_events", "AccessDeniedException", "User: arn:aws:sts::123456789012")
        with pytest.raises(NotPublishedError, match=r"^PutEvents: AccessDeniedException$"):
            EventBus(client).publish("StaffNotified", DETAIL)
