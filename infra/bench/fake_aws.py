"""A fake AWS on a loopback port, on the other side of the wire: clients run with their retries and limits."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from infra.sandbox.guard import head_of, rejection, signed_calls

type Answer = tuple[int, dict[str, Any]]
"""The HTTP status and the body."""


class FakeAws:
    """What the callback asks of AWS, of which every call is recorded. No follower is known."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.secrets: dict[str, str] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    @property
    def operations(self) -> list[str]:
        """The names of the calls, in order."""
        return [operation for operation, _ in self.calls]

    def answer(self, operation: str, asked: dict[str, Any]) -> Answer:
        self.calls.append((operation, asked))
        if operation == "SendMessage":
            digest = hashlib.md5(asked["MessageBody"].encode(), usedforsecurity=False).hexdigest()
            return 200, {"MessageId": str(len(self.calls)), "MD5OfMessageBody": digest}
        if operation == "SendMessageBatch":
            sent = [{"Id": entry["Id"], "MessageId": entry["Id"]} for entry in asked["Entries"]]
            return 200, {"Successful": sent, "Failed": []}
        if operation == "GetItem":
            return 200, {}
        if operation == "GetSecretValue":
            name = asked["SecretId"]
            if name not in self.secrets:
                return refusal("ResourceNotFoundException")
            return 200, {"Name": name, "SecretString": self.secrets[name]}
        return refusal("UnknownOperationException")


def refusal(code: str) -> Answer:
    return 400, {"__type": code, "message": code}


@contextmanager
def serve[T: FakeAws](aws: T) -> Iterator[T]:
    """Serve a fake AWS at `aws.endpoint`."""

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
                status, answer = refusal("SerializationException")
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        aws.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield aws
        finally:
            server.shutdown()
            thread.join()
