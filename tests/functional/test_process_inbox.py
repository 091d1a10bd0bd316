"""The inbox's handler: partial failures, order per follower, and letters put aside with their reason."""

import io
import json
import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from functions.process_inbox import app
from tests.support.builders import OPENID, SUBJECT, event
from tests.support.fakes.queues import FakeQueues
from wejourney.adapters.aws.queues import DeadLetters
from wejourney.errors import UnfinishedErasureError
from wejourney.events.event import InboundEvent, Subject
from wejourney.people.identities import Identity, IdentityKind
from wejourney.services import process_event
from workbench.operations.dead_letters import DeadLetterQueue


@dataclass
class Applied:
    """What was applied; texts that say `fail` fail. That many times more there is something left to erase."""

    events: list[str] = field(default_factory=list)
    unfinished: int = 0
    appeared: tuple[Identity, ...] = ()

    def __call__(self, one: InboundEvent, said: str | None) -> process_event.Applied:
        text = getattr(one.body, "text", "")
        if text == "fail":
            raise ConnectionError("the table does not answer")
        if self.unfinished:
            self.unfinished -= 1
            raise UnfinishedErasureError
        self.events.append(f"{text}/{said}")
        return process_event.Applied("person-1", "run-1", self.appeared)


@dataclass
class Inbox:
    queues: FakeQueues
    applied: Applied
    released: list[tuple[Identity, Subject]] = field(default_factory=list)
    remaining: list[int] = field(default_factory=list)

    def __call__(self, *records: dict[str, Any]) -> list[str]:
        context = SimpleNamespace(
            function_name="f",
            memory_limit_in_mb=1,
            invoked_function_arn="arn",
            aws_request_id="r",
            get_remaining_time_in_millis=lambda: self.remaining.pop(0) if self.remaining else 60_000,
        )
        answer = app.handler({"Records": list(records)}, context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    @property
    def letters(self) -> DeadLetterQueue:
        return DeadLetterQueue(self.queues, "dlq", "inbox")


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Inbox:
    built = Inbox(FakeQueues(), Applied())
    monkeypatch.setattr(app, "process_event", lambda: built.applied)
    monkeypatch.setattr(app, "release_pending_events", lambda: lambda *one: built.released.append(one))
    monkeypatch.setattr(app, "dead_letters", lambda: DeadLetters(built.queues, "dlq"))
    return built


def record(
    number: int, text: str, group: str = "g", received: int = 1, body: str | None = None
) -> dict[str, Any]:
    content = {"event": event("text", Content=text, MsgId=str(number)).to_dict(), "opening": None}
    return {
        "messageId": str(number),
        "body": json.dumps(content) if body is None else body,
        "attributes": {
            "MessageGroupId": group,
            "ApproximateReceiveCount": str(received),
            "SequenceNumber": str(18_849_496_460_467_696_128 + number),
        },
    }


def test_only_the_failed_records_of_a_batch_are_delivered_again(inbox: Inbox) -> None:
    """mautic #7226."""
    records = [record(number, "fail" if number == 4 else "ok", group=str(number)) for number in range(10)]

    assert inbox(*records) == ["4"]
    assert len(inbox.applied.events) == 9


def test_a_log_line_names_event_run_and_person_by_our_own_ids_and_nobody_else(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", log)
    one = record(1, "my phone is 13800000000")
    inbox(one)

    logged = log.getvalue()
    line = json.loads(next(text for text in logged.splitlines() if "event processed" in text))
    assert (line["person_id"], line["run_id"]) == ("person-1", "run-1")
    assert line["event_id"] == json.loads(one["body"])["event"]["id"]
    assert OPENID not in logged
    assert "13800000000" not in logged


def test_a_long_erasure_goes_on_while_there_is_time_and_then_with_the_next_delivery(inbox: Inbox) -> None:
    inbox.applied.unfinished = 5
    inbox.remaining = [60_000, 45_000, 30_000, app.ENOUGH_MS - 1]

    assert inbox(record(1, "ok", "ann")) == ["1"]
    assert inbox.applied.unfinished == 2
    assert inbox(record(1, "ok", "ann", received=2)) == []
    assert (inbox.applied.events, inbox.queues.sent["dlq"]) == (["ok/None"], [])


def test_what_waited_for_an_identity_is_released_when_an_event_has_made_it_known(inbox: Inbox) -> None:
    phone, member = Identity(IdentityKind.PHONE, "hash"), Identity(IdentityKind.MEMBER, "M-1")
    inbox.applied.appeared = (phone, member)

    assert inbox(record(1, "ok"), record(2, "fail", "bob")) == ["2"]
    assert inbox.released == [(phone, SUBJECT), (member, SUBJECT)]


def test_records_that_a_batch_has_no_time_for_are_delivered_again(inbox: Inbox) -> None:
    inbox.remaining = [60_000, 20_000, app.ENOUGH_MS - 1]

    assert inbox(*(record(number, "ok", group=str(number)) for number in range(3))) == ["2"]
    assert len(inbox.applied.events) == 2


def test_after_a_followers_failure_their_later_events_wait_for_it(inbox: Inbox) -> None:
    failed = inbox(record(1, "fail", "ann"), record(2, "later", "ann"), record(3, "other", "bob"))

    assert failed == ["1", "2"]
    assert inbox.applied.events == ["other/None"]


@pytest.mark.parametrize(
    "body", ["", "not json", "[]", "{}", '{"event": {}}', '{"event": {"id": "1"}}', '{"event": null}', "null"]
)
def test_an_invalid_event_goes_to_the_dead_letters_at_once_with_its_reason(inbox: Inbox, body: str) -> None:
    assert inbox(record(1, "", body=body), record(2, "next")) == []

    ((letter, _),) = inbox.letters.read()
    assert letter.body == body
    assert re.match("MalformedEventError: (not an inbox message|an inbox event)", letter.reason)
    assert inbox.applied.events == ["next/None"]


def test_a_failing_event_is_retried_and_then_goes_to_the_dead_letters(inbox: Inbox) -> None:
    for received in range(1, app.LAST_RECEIVE):
        assert inbox(record(1, "fail", received=received)) == ["1"]
    assert inbox.queues.sent["dlq"] == []

    assert inbox(record(1, "fail", received=app.LAST_RECEIVE)) == []

    ((letter, _),) = inbox.letters.read()
    assert re.fullmatch(r"ConnectionError \(app\.py:\d+\)", letter.reason)


@pytest.mark.parametrize(
    ("later", "applied"),
    [({"kind": "a_kind_of_tomorrow"}, []), ({"fields": {"text": "ok", "mood": "x"}}, ["ok/None"])],
)
def test_what_a_later_version_has_queued_is_tried_again_until_the_function_is_updated(
    inbox: Inbox, later: dict[str, Any], applied: list[str]
) -> None:
    """If that takes too long it is put aside, or applied without a field that may be an earlier version's."""
    told = {"event": event("text", Content="ok", MsgId="1").to_dict() | later, "schema": "of tomorrow"}
    for received in range(1, app.LAST_RECEIVE):
        assert inbox(record(1, "", received=received, body=json.dumps(told))) == ["1"]
    assert (inbox.queues.sent["dlq"], inbox.applied.events) == ([], [])

    assert inbox(record(1, "", received=app.LAST_RECEIVE, body=json.dumps(told))) == []
    assert inbox.applied.events == applied
    reasons = [letter.reason for letter, _ in inbox.letters.read()]
    assert [reason.partition(":")[0] for reason in reasons] == ["NewerDataError"] * (not applied)


def test_a_record_that_cannot_go_to_the_dead_letters_is_delivered_again(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise ConnectionError("the queue does not answer")

    monkeypatch.setattr(inbox.queues, "send_message", refuse)
    assert inbox(record(1, "", "ann", body="{}"), record(2, "later", "ann"), record(3, "other", "bob")) == [
        "1",
        "2",
    ]
    assert inbox.applied.events == ["other/None"]


def test_a_redriven_dead_letter_moves_to_the_inbox(inbox: Inbox) -> None:
    inbox(record(1, "fail", "ann", received=app.LAST_RECEIVE))
    ((letter, redriven),) = inbox.letters.read(redrive_all=True)

    assert redriven

    assert inbox.queues.sent["dlq"] == []
    (message,) = inbox.queues.sent["inbox"]
    assert (message["MessageBody"], message["MessageGroupId"]) == (letter.body, "ann")
