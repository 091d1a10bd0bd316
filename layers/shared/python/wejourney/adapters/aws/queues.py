"""The inbox: one queue for what WeChat sends, what runs publish for each other, and what other systems know.

The callback puts into it: what this module imports counts against WeChat's 5 seconds.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
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

_BATCH, _BATCH_BYTES = 10, 250_000
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""


@dataclass(frozen=True)
class SqsInbox:
    """The inbox: a FIFO queue with one group per follower."""

    client: Any
    queue_url: str

    def put(self, event: InboundEvent, opening: str | None) -> None:
        """Queue an event; a repeated delivery within SQS's 5 minutes is dropped there."""
        try:
            self.client.send_message(QueueUrl=self.queue_url, **_message(event, opening))
        except aws_errors() as exc:
            raise InboxUnavailableError(cause_of("SendMessage", exc)) from exc

    def tell(self, events: Sequence[InboundEvent]) -> None:
        for event in events:
            self.put(event, None)

    def tell_in_bulk(self, events: Sequence[InboundEvent]) -> None:
        for messages in _batches([_message(event, None) for event in events]):
            entries = [{"Id": str(number), **message} for number, message in enumerate(messages)]
            try:
                answer = self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
            except aws_errors() as exc:
                raise InboxUnavailableError(cause_of("SendMessageBatch", exc)) from exc
            if failed := answer.get("Failed"):
                raise InboxUnavailableError(f"SendMessageBatch: {failed[0].get('Code', 'no code')}")


def _message(event: InboundEvent, opening: str | None) -> dict[str, str]:
    """Raises CallbackRefusedError for an event that no message of the queue can hold."""
    message = {"event": event.to_dict(), "opening": opening, "schema": event_schema()}
    body = json.dumps(message, separators=(",", ":"))
    if len(body) > _LARGEST_MESSAGE:
        raise CallbackRefusedError(413, "the event is larger than a queue message can be")
    return {
        "MessageBody": body,
        "MessageGroupId": _digest(f"{event.subject.app_id}#{event.subject.openid}"),
        "MessageDeduplicationId": event.id,
    }


def _batches(messages: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """The messages by requests of at most _BATCH messages and _BATCH_BYTES."""
    batch: list[dict[str, str]] = []
    size = 0
    for message in messages:
        weight = len(message["MessageBody"])
        if batch and (len(batch) == _BATCH or size + weight > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += weight
    if batch:
        yield batch


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
