"""The inbox's queue: one group per follower, whoever puts an event into it."""

import json
from datetime import UTC, datetime
from typing import Any

from wejourney.adapters.aws.queues import SqsInbox
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import TagAdded
from wejourney.wire.official_account.events import read_event

TO = Subject("wx1234567890abcdef", "oFollower")
AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


class Queue:
    """What was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)


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
