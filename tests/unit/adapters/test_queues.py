"""The inbox's queue: one group per follower, whoever puts an event into it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from wejourney.adapters.aws.queues import SqsInbox
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import OtherEvent, TagAdded
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.wire.official_account.events import read_event

TO = Subject("wx1234567890abcdef", "oFollower")
AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


class Queue:
    """What was sent."""

    def __init__(self, refused: str = "") -> None:
        self.sent: list[dict[str, Any]] = []
        self.batches: list[list[dict[str, Any]]] = []
        self.refused = refused

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - SQS's own names
        self.batches.append(Entries)
        failed = [{"Id": one["Id"], "Code": "x"} for one in Entries if self.refused in one["MessageBody"]]
        return {"Failed": failed if self.refused else []}


def test_an_event_of_our_own_stands_in_line_behind_what_its_follower_did() -> None:
    queue = Queue()
    said = {
        "ToUserName": "gh_1",
        "FromUserName": TO.openid,
        "CreateTime": "1",
        "MsgType": "text",
        "MsgId": "1",
    }
    heard = read_event(TO.app_id, said)
    told = own_event(TagAdded("vip"), "run#3", TO, AT)

    SqsInbox(queue, "inbox").put(heard, None)
    SqsInbox(queue, "inbox").tell([told])

    first, second = queue.sent
    assert first["MessageGroupId"] == second["MessageGroupId"]
    assert InboundEvent.from_dict(json.loads(second["MessageBody"])["event"]) == told


def test_a_repeated_event_has_the_same_deduplication_id() -> None:
    queue = Queue()
    for _ in range(2):
        SqsInbox(queue, "inbox").tell([own_event(TagAdded("vip"), "run#3", TO, AT)])

    assert queue.sent[0] == queue.sent[1]


def test_many_events_are_queued_ten_at_once_as_one_by_one() -> None:
    events = [own_event(TagAdded("vip"), f"run#{number}", TO, AT) for number in range(23)]
    alone, bulk = Queue(), Queue()
    SqsInbox(alone, "inbox").tell(events)
    SqsInbox(bulk, "inbox").tell_in_bulk(events)

    assert [len(batch) for batch in bulk.batches] == [10, 10, 3]
    assert [len({entry["Id"] for entry in batch}) for batch in bulk.batches] == [10, 10, 3]
    sent = [{**entry, "QueueUrl": "inbox"} for batch in bulk.batches for entry in batch]
    assert [{name: one[name] for name in one if name != "Id"} for one in sent] == alone.sent


def test_a_batch_of_large_events_stays_below_the_size_that_sqs_takes() -> None:
    events = [own_event(OtherEvent("unknown", {"x": "y" * 90_000}), str(n), TO, AT) for n in range(7)]
    queue = Queue()
    SqsInbox(queue, "inbox").tell_in_bulk(events)

    assert [len(batch) for batch in queue.batches] == [2, 2, 2, 1]


def test_an_event_of_a_batch_that_the_queue_does_not_take_is_an_error() -> None:
    events = [own_event(TagAdded(tag), tag, TO, AT) for tag in ("vip", "bad", "new")]

    with pytest.raises(InboxUnavailableError, match="SendMessageBatch: x"):
        SqsInbox(Queue(refused="bad"), "inbox").tell_in_bulk(events)
