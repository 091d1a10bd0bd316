"""The client of two queues in memory."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.builders import NOON


@dataclass
class FakeQueues:
    """The two queues as SQS shows them: a letter stays until it is deleted."""

    sent: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"dlq": [], "inbox": []})
    hidden: set[str] = field(default_factory=set)

    def send_message(self, QueueUrl: str, **message: Any) -> None:  # noqa: N803 - SQS's own names
        known = [one["MessageDeduplicationId"] for one in self.sent[QueueUrl]]
        if message["MessageDeduplicationId"] not in known:
            self.sent[QueueUrl].append(message)

    def receive_message(self, QueueUrl: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - SQS's own names
        shown = [one for one in self.sent[QueueUrl] if one["MessageDeduplicationId"] not in self.hidden][:10]
        self.hidden |= {one["MessageDeduplicationId"] for one in shown}
        return {
            "Messages": [
                {
                    "MessageId": one["MessageDeduplicationId"][:8],
                    "ReceiptHandle": one["MessageDeduplicationId"],
                    "Body": one["MessageBody"],
                    "MessageAttributes": one.get("MessageAttributes", {}),
                    "Attributes": {
                        "SentTimestamp": str(int(NOON.timestamp() * 1000)),
                        "MessageGroupId": one["MessageGroupId"],
                    },
                }
                for one in shown
            ]
        }

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803 - SQS's own names
        assert VisibilityTimeout == 0
        self.hidden.discard(ReceiptHandle)

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803 - SQS's own names
        self.sent[QueueUrl] = [
            one for one in self.sent[QueueUrl] if one["MessageDeduplicationId"] != ReceiptHandle
        ]
