"""The fake AWS of the bench with followers, events and errors."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.bench import fake_aws
from infra.bench.fake_aws import Answer, refusal

Item = dict[str, dict[str, Any]]

LARGEST_ENTRIES = 256 * 1024
"""Bytes that one PutEvents takes in the China Regions; elsewhere it is 1 MB.

https://docs.amazonaws.cn/en_us/eventbridge/latest/userguide/eb-putevent-size.html
"""
_WEIGHED = ("Source", "DetailType", "Detail")


class FakeAws(fake_aws.FakeAws):
    """`failing` operations are denied, those of `codes` are refused with an error code of AWS.

    `refused` says why EventBridge refuses an entry, by its DetailType.
    """

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Item] = []
        self.failing: set[str] = set()
        self.codes: dict[str, str] = {}
        self.refused: dict[str, str] = {}

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The bodies of the queue's messages, without those that its deduplication drops."""
        kept = {
            message["MessageDeduplicationId"]: json.loads(message["MessageBody"])
            for operation, asked in reversed(self.calls)
            if operation in ("SendMessage", "SendMessageBatch")
            for message in reversed(asked.get("Entries", [asked]))
        }
        return list(reversed(kept.values()))

    def answer(self, operation: str, asked: dict[str, Any]) -> Answer:
        answer = super().answer(operation, asked)
        if operation in self.failing or operation in self.codes:
            return refusal(self.codes.get(operation, "AccessDeniedException"))
        answers = {
            "GetItem": self._get,
            "Query": self._query,
            "PutItem": self._put,
            "PutEvents": self._put_events,
            "ListSecrets": self._list_secrets,
        }
        return answers[operation](asked) if operation in answers else answer

    def _list_secrets(self, asked: dict[str, Any]) -> Answer:
        (prefix,) = asked["Filters"][0]["Values"]
        return 200, {"SecretList": [{"Name": name} for name in self.secrets if name.startswith(prefix)]}

    def _get(self, asked: dict[str, Any]) -> Answer:
        found = (item for item in self.items if item.items() >= asked["Key"].items())
        return 200, next(({"Item": item} for item in found), {})

    def _query(self, asked: dict[str, Any]) -> Answer:
        values = asked["ExpressionAttributeValues"]
        found = [
            item
            for item in self.items
            if item["pk"] == values[":pk"] and item["sk"]["S"].startswith(values[":slice"]["S"])
        ]
        return 200, {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def _put(self, asked: dict[str, Any]) -> Answer:
        """Put an item with the condition that there is none yet, or one with the same `body_hash`."""
        new = asked["Item"]
        there = next(
            (item for item in self.items if (item["pk"], item["sk"]) == (new["pk"], new["sk"])), None
        )
        if there is not None and there["body_hash"] != asked["ExpressionAttributeValues"][":body_hash"]:
            return refusal("ConditionalCheckFailedException")
        if there is None:
            self.items.append(new)
        return 200, {}

    def _put_events(self, asked: dict[str, Any]) -> Answer:
        """Refuse the whole request when it is too large, else tell of each entry what became of it.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
        """
        entries = asked["Entries"]
        if sum(len(entry[name].encode()) for entry in entries for name in _WEIGHED) >= LARGEST_ENTRIES:
            return refusal("ValidationException")
        answers = [self._put_event(number, entry) for number, entry in enumerate(entries)]
        failed = sum("ErrorCode" in answer for answer in answers)
        return 200, {"FailedEntryCount": failed, "Entries": answers}

    def _put_event(self, number: int, entry: dict[str, Any]) -> dict[str, str]:
        code = self.refused.get(entry["DetailType"])
        if not isinstance(json.loads(entry["Detail"]), dict):
            code = "MalformedDetail"
        return {"ErrorCode": code, "ErrorMessage": entry["Detail"]} if code else {"EventId": str(number)}


@contextmanager
def serve_fake_aws() -> Iterator[FakeAws]:
    with fake_aws.serve(FakeAws()) as aws:
        yield aws
