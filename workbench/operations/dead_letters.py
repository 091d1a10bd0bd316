"""The inbox's dead letters as an operator sees them: listed and redriven."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_WITHOUT_REASON = "no reason recorded: the worker crashed or timed out on every attempt"

_HIDDEN_SECONDS = 30
"""For how long a letter that was read is hidden from the next reader."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that was put aside. `id` is the queue's; with `receipt` it can be deleted."""

    id: str
    reason: str
    at: datetime
    body: str
    group: str
    receipt: str


@dataclass(frozen=True)
class DeadLetterQueue:
    """The dead-letter queue and the inbox that it belongs to (URLs)."""

    client: Any
    queue_url: str
    inbox_url: str

    def read(self) -> Iterator[DeadLetter]:
        """All that the queue shows now, ten a follower at most; each letter stays in it."""
        while batch := self._batch():
            yield from batch

    def release(self, letter: DeadLetter) -> None:
        """Show a letter to the next reader at once."""
        self.client.change_message_visibility(
            QueueUrl=self.queue_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )

    def redrive(self, letter: DeadLetter) -> None:
        """Send a letter to the inbox, then delete it here: a crash in between loses nothing."""
        self.client.send_message(
            QueueUrl=self.inbox_url,
            MessageBody=letter.body,
            MessageGroupId=letter.group,
            MessageDeduplicationId=hashlib.sha256(
                f"{letter.id}-{letter.at.timestamp()}".encode()
            ).hexdigest(),
        )
        self.client.delete_message(QueueUrl=self.queue_url, ReceiptHandle=letter.receipt)

    def _batch(self) -> list[DeadLetter]:
        answer = self.client.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_HIDDEN_SECONDS,
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
