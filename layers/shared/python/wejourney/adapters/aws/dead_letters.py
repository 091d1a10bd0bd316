"""The inbox's dead letters: put with a reason, listed, redriven."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_WITHOUT_REASON = "no reason recorded: the worker crashed or timed out on every attempt"
_A_LOOK = 30
"""Seconds for which a listed letter is hidden from the next look."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that was put aside. `id` is the queue's; `receipt` allows to delete it."""

    id: str
    reason: str
    at: datetime
    body: str
    group: str
    receipt: str


@dataclass(frozen=True)
class DeadLetters:
    """The dead-letter queue and the inbox that it belongs to (URLs)."""

    client: Any
    queue_url: str
    inbox_url: str = ""

    def put(self, body: str, group: str, reason: str) -> None:
        """Put a message aside. The same message for the same reason is put aside once."""
        self.client.send_message(
            QueueUrl=self.queue_url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=hashlib.sha256(f"{reason}\n{body}".encode()).hexdigest(),
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:1000] or "unknown"}},
        )

    def read(self) -> Iterator[DeadLetter]:
        """All that the queue shows now, ten a follower at most; each letter stays in it."""
        while batch := self._batch():
            yield from batch

    def release(self, letter: DeadLetter) -> None:
        """Show a letter again at once, after it was only looked at."""
        self.client.change_message_visibility(
            QueueUrl=self.queue_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )

    def redrive(self, letter: DeadLetter) -> None:
        """Send a letter to the inbox, then delete it here: a crash in between loses nothing."""
        again = f"{letter.id}-{letter.at.timestamp()}"
        self.client.send_message(
            QueueUrl=self.inbox_url,
            MessageBody=letter.body,
            MessageGroupId=letter.group,
            MessageDeduplicationId=hashlib.sha256(again.encode()).hexdigest(),
        )
        self.delete(letter)

    def delete(self, letter: DeadLetter) -> None:
        """Drop a letter for good."""
        self.client.delete_message(QueueUrl=self.queue_url, ReceiptHandle=letter.receipt)

    def _batch(self) -> list[DeadLetter]:
        answer = self.client.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_A_LOOK,
            # Without waiting, SQS asks only some of its servers, and may find nothing there.
            WaitTimeSeconds=2,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        return [_letter(message) for message in answer.get("Messages", [])]


def _letter(message: Mapping[str, Any]) -> DeadLetter:
    reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", _WITHOUT_REASON)
    sent = int(message["Attributes"]["SentTimestamp"]) / 1000
    return DeadLetter(
        id=message["MessageId"],
        reason=reason,
        at=datetime.fromtimestamp(sent, UTC),
        body=message["Body"],
        group=message["Attributes"]["MessageGroupId"],
        receipt=message["ReceiptHandle"],
    )
