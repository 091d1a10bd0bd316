"""The three AWS APIs that the callback speaks to, on a loopback port: every call is recorded.

It stands on the other side of the wire, so the real botocore, its retries and its time limits run.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from infra.sandbox.guard import head_of, rejection, signed_calls

Item = dict[str, dict[str, Any]]

LARGEST_ENTRIES = 256 * 1024
"""Bytes that one PutEvents takes in the China Regions; elsewhere it is 1 MB.

https://docs.amazonaws.cn/en_us/eventbridge/latest/userguide/eb-putevent-size.html
"""
_WEIGHED = ("Source", "DetailType", "Detail")


@dataclass
class FakeAws:
    """What the services hold, what they were asked, and which operations are refused."""

    endpoint: str
    secrets: dict[str, str] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)
    """Operations that are refused with an error code of AWS."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why EventBridge refuses an entry, by its DetailType."""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def operations(self) -> list[str]:
        """The names of the calls, in order."""
        return [operation for operation, _ in self.calls]

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The bodies of the queue's messages, without those that its deduplication drops."""
        kept = {
            asked["MessageDeduplicationId"]: json.loads(asked["MessageBody"])
            for operation, asked in reversed(self.calls)
            if operation == "SendMessage"
        }
        return list(reversed(kept.values()))

    def answer(self, operation: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer a call: the HTTP status and the body."""
        self.calls.append((operation, asked))
        if operation in self.failing or operation in self.codes:
            return _refusal(self.codes.get(operation, "AccessDeniedException"))
        answers = {
            "SendMessage": self._send,
            "Query": self._query,
            "PutItem": self._put,
            "GetSecretValue": self._secret,
            "PutEvents": self._put_events,
        }
        answer = answers.get(operation)
        return answer(asked) if answer is not None else _refusal("UnknownOperationException")

    def _send(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        digest = hashlib.md5(asked["MessageBody"].encode(), usedforsecurity=False).hexdigest()
        return 200, {"MessageId": str(len(self.calls)), "MD5OfMessageBody": digest}

    def _query(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        values = asked["ExpressionAttributeValues"]
        found = [
            item
            for item in self.items
            if item["pk"] == values[":pk"] and item["sk"]["S"].startswith(values[":slice"]["S"])
        ]
        return 200, {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def _put(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Put an item with the condition that there is none yet, or one with the same `body_hash`."""
        new = asked["Item"]
        there = next((one for one in self.items if (one["pk"], one["sk"]) == (new["pk"], new["sk"])), None)
        if there is not None and there["body_hash"] != asked["ExpressionAttributeValues"][":body_hash"]:
            return _refusal("ConditionalCheckFailedException")
        if there is None:
            self.items.append(new)
        return 200, {}

    def _secret(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = asked["SecretId"]
        if name not in self.secrets:
            return _refusal("ResourceNotFoundException")
        return 200, {"Name": name, "SecretString": self.secrets[name]}

    def _put_events(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Refuse the whole request when it is too large, else tell of each entry what became of it.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
        """
        entries = asked["Entries"]
        if sum(len(entry[name].encode()) for entry in entries for name in _WEIGHED) >= LARGEST_ENTRIES:
            return _refusal("ValidationException")
        answers = [self._put_event(number, entry) for number, entry in enumerate(entries)]
        failed = sum("ErrorCode" in answer for answer in answers)
        return 200, {"FailedEntryCount": failed, "Entries": answers}

    def _put_event(self, number: int, entry: dict[str, Any]) -> dict[str, str]:
        code = self.refused.get(entry["DetailType"])
        if not isinstance(json.loads(entry["Detail"]), dict):
            code = "MalformedDetail"
        return {"ErrorCode": code, "ErrorMessage": entry["Detail"]} if code else {"EventId": str(number)}


def _refusal(code: str) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": code, "message": code}


@contextmanager
def serve_fake_aws() -> Iterator[FakeAws]:
    """A fake AWS on a port of its own, as long as one is at it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece: in two, the second waits 40 ms for an acknowledgement

        def parse_request(self) -> bool:
            """Also asks the guard, before any method is looked at."""
            if not super().parse_request():
                return False
            head = head_of(self.command, self.path, self.headers.items())
            rejected = rejection(head, server.server_port, signed_calls())
            if rejected is not None:
                self.send_error(rejected.status, rejected.reason)
            return rejected is None

        def do_POST(self) -> None:
            try:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = aws.answer(self.headers["X-Amz-Target"].rpartition(".")[2], body)
            except (AttributeError, KeyError, TypeError, ValueError):
                # What is missing may be the length: the rest of the connection cannot be read.
                self.close_connection = True
                status, answer = _refusal("SerializationException")
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    aws = FakeAws(endpoint=f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
