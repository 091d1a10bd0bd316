"""The inbox's dead letters; `workbench.operations.dead_letters` reads and redrives them."""

import hashlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DeadLetters:
    """The dead-letter queue."""

    client: Any
    queue_url: str

    def put(self, body: str, group: str, reason: str) -> None:
        """Put a message aside. The same message for the same reason is put aside once."""
        self.client.send_message(
            QueueUrl=self.queue_url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=hashlib.sha256(f"{reason}\n{body}".encode()).hexdigest(),
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:1000] or "unknown"}},
        )
