"""The inbox's dead letters as an operator sees them: listed and redriven.

SQS's own redrive (StartMessageMoveTask) is not used: it moves all letters or none, only such as a queue has
moved there, not a function, and the China regions' pages disagree on whether it knows FIFO queues.
https://docs.amazonaws.cn/goto/WebAPI/sqs-2012-11-05/StartMessageMoveTask
"""

import hashlib
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Any

_HIDDEN_SECONDS = 900
"""For how long a letter that was read is hidden: enough to read more letters than SQS lets be in flight."""

_BATCH = 10
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""

_BATCH_BYTES = 250_000
"""Of the bodies of a request; one that is larger goes alone."""

NO_REASON = "no reason recorded: the worker crashed or timed out on every attempt"


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

    def read(
        self, redrive: Collection[str] = (), *, redrive_all: bool = False
    ) -> Generator[tuple[DeadLetter, bool]]:
        """The letters, each once, and whether it was redriven: those with the ids in `redrive`, or all.

        Of a follower SQS shows the next letters only when the first ten are redriven. What stays is shown to
        the next reader when the generator is closed. A letter that fails again meanwhile is redriven once.
        """
        kept: dict[str, str] = {}
        tried: set[bytes] = set()
        try:
            while batch := self._batch():
                new = [letter for letter in batch if letter.id not in kept]
                kept |= {letter.id: letter.receipt for letter in batch}
                wanted = [letter for letter in new if redrive_all or letter.id in redrive]
                redriven = self._redrive([letter for letter in wanted if _digest(letter) not in tried])
                tried |= set(map(_digest, wanted))
                for letter_id in redriven:
                    del kept[letter_id]
                yield from ((letter, letter.id in redriven) for letter in new)
                if len(new) < len(batch):
                    # The first letters are shown again: reading has taken longer than they are hidden.
                    return
        finally:
            self._release(kept.values())

    def _redrive(self, letters: Iterable[DeadLetter]) -> set[str]:
        """Send letters to the inbox, then delete them here: a crash in between loses nothing.

        After a letter that the inbox did not take, no later one of its follower is sent.
        """
        sent: dict[str, DeadLetter] = {}
        stopped: set[str] = set()
        for wave in _waves(letters):
            entries = {
                str(number): letter for number, letter in enumerate(wave) if letter.group not in stopped
            }
            if not entries:
                continue
            answer = self.client.send_message_batch(
                QueueUrl=self.inbox_url,
                Entries=[_entry(number, letter) for number, letter in entries.items()],
            )
            stopped |= {entries[failed["Id"]].group for failed in answer.get("Failed", ())}
            sent |= {
                str(len(sent) + n): entries[done["Id"]] for n, done in enumerate(answer.get("Successful", ()))
            }
        if not sent:
            return set()
        receipts = [{"Id": number, "ReceiptHandle": letter.receipt} for number, letter in sent.items()]
        answer = self.client.delete_message_batch(QueueUrl=self.queue_url, Entries=receipts)
        return {sent[deleted["Id"]].id for deleted in answer.get("Successful", ())}

    def _release(self, receipts: Iterable[str]) -> None:
        """Show letters to the next reader at once."""
        for some in batched(receipts, _BATCH, strict=False):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(some)
            ]
            self.client.change_message_visibility_batch(QueueUrl=self.queue_url, Entries=entries)

    def _batch(self) -> list[DeadLetter]:
        answer = self.client.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=_HIDDEN_SECONDS,
            # Without waiting, SQS asks only some of its servers, and may find nothing there.
            WaitTimeSeconds=2,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        return [_letter(message) for message in answer.get("Messages", [])]


def _waves(letters: Iterable[DeadLetter]) -> Iterator[Sequence[DeadLetter]]:
    """The letters in requests, each with one letter of a follower at most: its entries succeed one by one."""
    left = list(letters)
    while left:
        wave: list[DeadLetter] = []
        groups: set[str] = set()
        size = 0
        for letter in left:
            weight = len(letter.body.encode())
            if letter.group not in groups and (not wave or size + weight <= _BATCH_BYTES):
                wave.append(letter)
                size += weight
            groups.add(letter.group)
        left = [letter for letter in left if letter not in wave]
        yield wave


def _entry(number: str, letter: DeadLetter) -> dict[str, str]:
    unique = hashlib.sha256(f"{letter.id}-{letter.at.timestamp()}".encode()).hexdigest()
    return {
        "Id": number,
        "MessageBody": letter.body,
        "MessageGroupId": letter.group,
        "MessageDeduplicationId": unique,
    }


def _digest(letter: DeadLetter) -> bytes:
    return hashlib.sha256(letter.body.encode()).digest()


def _letter(message: Mapping[str, Any]) -> DeadLetter:
    reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", NO_REASON)
    sent = int(message["Attributes"]["SentTimestamp"]) / 1000
    return DeadLetter(
        id=message["MessageId"],
        reason=reason,
        at=datetime.fromtimestamp(sent, UTC),
        body=message["Body"],
        group=message["Attributes"]["MessageGroupId"],
        receipt=message["ReceiptHandle"],
    )
