"""AWS's JSON protocols over a kept connection: botocore loads and calls too slowly.

A call may reach AWS twice, so it must be repeatable; decision 33 says of each call why it is.
"""

import json
import os
import random
import select
import ssl
import time
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from wejourney.adapters.aws.signature import signature
from wejourney.adapters.failures import AwsCallError
from wejourney.settings import setting

_PROTOCOLS = {
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "events": ("AWSEvents", "1.1"),
    "kms": ("TrentService", "1.1"),
    "secretsmanager": ("secretsmanager", "1.1"),
    "sqs": ("AmazonSQS", "1.0"),
    "states": ("AWSStepFunctions", "1.0"),
}
"""What a service calls its protocol, and the version of its JSON."""

_PAUSE = 0.1
"""Seconds before the second attempt, at most; before each further one twice as long."""

_BUSY = {
    "429",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
"""Codes after which a call is repeated, besides those of throttling."""

_certificates = cache(ssl.create_default_context)


class Limits(NamedTuple):
    """The time limits of an attempt in seconds, to connect and to read, and how many attempts there are."""

    connect: float
    read: float
    attempts: int


class SignedConnection:
    """A kept connection to one service, by the name with which its calls are signed. `now` is the real time.

    Its credentials are those in Lambda's variables. It is for one thread.
    """

    def __init__(self, service: str, limits: Limits, now: Callable[[], datetime]) -> None:
        self._service, self._limits, self._now = service, limits, now
        self._region = os.environ.get("AWS_REGION") or setting("AWS_DEFAULT_REGION")
        url = urlsplit(os.environ.get("AWS_ENDPOINT_URL") or endpoint(service, self._region))
        self._host = url.netloc
        self._connection = HTTPConnection(url.netloc, timeout=limits.connect)
        if url.scheme == "https":
            self._connection = HTTPSConnection(url.netloc, timeout=limits.connect, context=_certificates())

    def attempts(self) -> Iterator[None]:
        """As many attempts as the limits allow, each after a longer random pause."""
        for attempt in range(self._limits.attempts):
            if attempt:
                time.sleep(random.uniform(0, _PAUSE * 2 ** (attempt - 1)))  # noqa: S311 - no secret
            yield

    def close(self) -> None:
        self._connection.close()

    def send(
        self, headers: dict[str, str], body: bytes, method: str = "POST", path: str = "/", query: str = ""
    ) -> tuple[int, bytes]:
        """The status and the body of an answer. Raises HTTPException or OSError: then close it."""
        connection = self._connection
        sock: Any = connection.sock
        if sock and select.select([sock], [], [], 0)[0]:
            connection.close()  # AWS has closed it meanwhile: nothing else can be read before a request.
        if not connection.sock:
            connection.connect()
            sock = connection.sock
            sock.settimeout(self._limits.read)
        headers = {**headers, "Host": self._host}
        headers |= signature(headers, body, self._service, self._region, self._now(), method, path, query)
        lines = (f"{name}: {value}\r\n" for name, value in headers.items())
        target = f"{path}?{query}" if query else path
        head = f"{method} {target} HTTP/1.1\r\n{''.join(lines)}Content-Length: {len(body)}\r\n\r\n"
        # In one piece: HTTPConnection sends a head and its body in two packets.
        sock.sendall(head.encode("ascii") + body)
        with HTTPResponse(sock, method=method) as response:
            response.begin()
            answer = response.read()
        if response.will_close:
            connection.close()
        return response.status, answer


class SignedClient:
    """A client of one service, as SignedConnection connects to it."""

    def __init__(self, service: str, limits: Limits, now: Callable[[], datetime]) -> None:
        self._target, self._version = _PROTOCOLS[service]
        self._connection = SignedConnection(service, limits, now)

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        """A call by the name of botocore's method: stores and queues take a client of either."""
        if method.startswith("_"):
            raise AttributeError(method)  # What Python and its libraries look for is no call.
        return partial(self.call, "".join(word.capitalize() for word in method.split("_")))

    def call(self, operation: str, **asked: Any) -> dict[str, Any]:
        """What AWS answers; bytes are base64 in it. Raises AwsCallError."""
        body = json.dumps(asked, default=lambda raw: b2a_base64(raw, newline=False).decode()).encode()
        code, answer = "", dict[str, Any]()
        for _ in self._connection.attempts():
            try:
                status, answer = self._send(operation, body)
            except (HTTPException, OSError, ValueError) as error:
                self._connection.close()
                code = type(error).__name__
                continue
            if status == HTTPStatus.OK:
                return answer
            code = str(answer.get("__type", status)).rpartition("#")[2].partition(":")[0]
            if not may_pass(status, code):
                break
        raise AwsCallError(operation, code, answer.get("CancellationReasons", ()))

    def _send(self, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": f"application/x-amz-json-{self._version}"}
        headers["X-Amz-Target"] = f"{self._target}.{operation}"
        status, answer = self._connection.send(headers, body)
        if status != HTTPStatus.OK and not answer.startswith(b"{"):
            return status, {}  # A load balancer in front of the service answers in HTML.
        return status, json.loads(answer)


def may_pass(status: int, code: str) -> bool:
    """Whether a refusal is one after which a call is repeated."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or "Throttl" in code or code in _BUSY


def endpoint(service: str, region: str) -> str:
    """Where a region serves a service."""
    return f"https://{service}.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
