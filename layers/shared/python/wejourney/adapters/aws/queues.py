"""The inbox: one queue for what WeChat sends, what runs publish for each other, and what other systems know.

The callback puts into it: what this module imports counts against WeChat's 5 seconds.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wejourney.adapters.failures import aws_errors, cause_of
from wejourney.errors import CallbackRefusedError
from wejourney.events.event import InboundEvent, event_schema
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.text import shortened

_LARGEST_MESSAGE = 300_000
"""Bytes. A row of DynamoDB takes 400 KB, and an event stands in one with more beside it; SQS takes 1 MB.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""


@dataclass(frozen=True)
class SqsInbox:
    """The inbox: a FIFO queue with one group per follower."""

    client: Any
    queue_url: str

    def put(self, event: InboundEvent, opening: str | None) -> None:
        """Queue an event; a repeated delivery within SQS's 5 minutes is dropped there."""
        message = {"event": event.to_dict(), "opening": opening, "schema": event_schema()}
        body = json.dumps(message, separators=(",", ":"))
        if len(body) > _LARGEST_MESSAGE:
            raise CallbackRefusedError(413, "the event is larger than a queue message can be")
        try:
            self.client.send_message(
                QueueUrl=self.queue_url,
                MessageBody=body,
                MessageGroupId=_digest(f"{event.subject.app_id}#{event.subject.openid}"),
                MessageDeduplicationId=event.id,
            )
        except aws_errors() as exc:
            raise InboxUnavailableError(cause_of("SendMessage", exc)) from exc

    def tell(self, events: Sequence[InboundEvent]) -> None:
        for event in events:
            self.put(event, None)


@dataclass(frozen=True)
class DeadLetters:
    """The inbox's dead letters; `workbench.operations.dead_letters` reads and redrives them."""

    client: Any
    queue_url: str

    def put(self, body: str, group: str, reason: str) -> None:
        """Put a message aside. The same message for the same reason is put aside once."""
        self.client.send_message(
            QueueUrl=self.queue_url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=_digest(f"{reason}\n{body}"),
            MessageAttributes={
                "reason": {"DataType": "String", "StringValue": shortened(reason, 1_000) or "unknown"}
            },
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
