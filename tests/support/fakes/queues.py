"""The client of two FIFO queues in memory."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.support.builders import NOON


@dataclass
class FakeQueues:
    """The two queues as SQS shows them: a letter stays until it is deleted.

    A follower's letters are shown in order, and no further ones while some are hidden. Each call takes
    `seconds`. The inbox takes nothing of the followers in `refuses`.
    """

    sent: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"dlq": [], "inbox": []})
    seconds: float = 0
    refuses: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    hidden_until: dict[str, float] = field(default_factory=dict)
    now: float = 0

    def send_message(self, QueueUrl: str, **message: Any) -> None:  # noqa: N803 - SQS's own names
        known = (one["MessageDeduplicationId"] for one in self.sent[QueueUrl])
        if message["MessageDeduplicationId"] not in known:
            self.sent[QueueUrl].append(message)

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - SQS's own names
        self._called("send")
        assert sum(len(entry["MessageBody"].encode()) for entry in Entries) <= 1_048_576
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in Entries:
            refused = entry["MessageGroupId"] in self.refuses
            answer["Failed" if refused else "Successful"].append({"Id": entry["Id"]})
            if not refused:
                self.send_message(QueueUrl, **{name: entry[name] for name in entry.keys() - {"Id"}})
        return answer

    def receive_message(self, QueueUrl: str, VisibilityTimeout: int, **_: Any) -> dict[str, Any]:  # noqa: N803 - SQS's own names
        self._called("receive")
        hidden = {receipt for receipt, until in self.hidden_until.items() if until > self.now}
        locked = {
            one["MessageGroupId"] for one in self.sent[QueueUrl] if one["MessageDeduplicationId"] in hidden
        }
        shown = [one for one in self.sent[QueueUrl] if one["MessageGroupId"] not in locked][:10]
        for one in shown:
            self.hidden_until[one["MessageDeduplicationId"]] = self.now + VisibilityTimeout
        return {
            "Messages": [
                {
                    "MessageId": one["MessageDeduplicationId"][:16],
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

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:  # noqa: N803 - SQS's own names
        self._called("release")
        for entry in Entries:
            assert entry["VisibilityTimeout"] == 0
            self.hidden_until.pop(entry["ReceiptHandle"], None)

    def delete_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - SQS's own names
        self._called("delete")
        gone = {entry["ReceiptHandle"] for entry in Entries}
        self.sent[QueueUrl] = [
            one for one in self.sent[QueueUrl] if one["MessageDeduplicationId"] not in gone
        ]
        for receipt in gone:
            self.hidden_until.pop(receipt, None)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def _called(self, call: str) -> None:
        self.calls[call] += 1
        self.now += self.seconds
