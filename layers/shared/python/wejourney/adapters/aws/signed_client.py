"""AWS's JSON protocols over a kept connection: botocore loads and calls too slowly for WeChat's 5 seconds.

A call may reach AWS twice, so it must be repeatable: reads are, and puts with a condition that the row they
put fulfils. SendMessage is so only because the queue is FIFO and each message names its deduplication id.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import json
import os
import select
import ssl
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from wejourney.adapters.failures import AwsCallError
from wejourney.settings import setting

ATTEMPTS = 2
_PAUSE = 0.05
"""Seconds before a call is repeated that AWS was too busy for."""

_TARGETS = {"dynamodb": "DynamoDB_20120810", "secretsmanager": "secretsmanager", "sqs": "AmazonSQS"}
_BUSY = {"RequestLimitExceeded", "ProvisionedThroughputExceededException", "429"}
_certificates = cache(ssl.create_default_context)


class SignedClient:
    """A client of one service; its credentials are those in Lambda's variables.

    `connect` and `read` are the time limits of an attempt in seconds. `now` is the real time.
    """

    def __init__(self, service: str, connect: float, read: float, now: Callable[[], datetime]) -> None:
        self._service, self._read, self._now = service, read, now
        self._region = os.environ.get("AWS_REGION") or setting("AWS_DEFAULT_REGION")
        url = urlsplit(os.environ.get("AWS_ENDPOINT_URL") or endpoint(service, self._region))
        self._host = url.netloc
        self._connection = HTTPConnection(url.netloc, timeout=connect)
        if url.scheme == "https":
            self._connection = HTTPSConnection(url.netloc, timeout=connect, context=_certificates())

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        """A call by the name of botocore's method: stores and queues take a client of either."""
        return partial(self.call, "".join(word.capitalize() for word in method.split("_")))

    def call(self, operation: str, **asked: Any) -> dict[str, Any]:
        """What AWS answers. Raises AwsCallError."""
        body, code = json.dumps(asked).encode(), ""
        for _ in range(ATTEMPTS):
            try:
                status, answer = self._send(operation, body)
            except (HTTPException, OSError, ValueError) as error:
                self._connection.close()
                code = type(error).__name__
                continue
            if status == HTTPStatus.OK:
                return answer
            code = str(answer.get("__type", status)).rpartition("#")[2].partition(":")[0]
            if status < HTTPStatus.INTERNAL_SERVER_ERROR and "Throttl" not in code and code not in _BUSY:
                break
            time.sleep(_PAUSE)
        raise AwsCallError(operation, code)

    def _send(self, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        connection = self._connection
        sock: Any = connection.sock
        if sock and select.select([sock], [], [], 0)[0]:
            connection.close()  # AWS has closed it meanwhile: nothing else can be read before a request.
        if not connection.sock:
            connection.connect()
            sock = connection.sock
            sock.settimeout(self._read)
        version = "1.1" if self._service == "secretsmanager" else "1.0"
        headers = {"Content-Type": f"application/x-amz-json-{version}", "Host": self._host}
        headers["X-Amz-Target"] = f"{_TARGETS[self._service]}.{operation}"
        headers |= signature(headers, body, self._service, self._region, self._now())
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status != HTTPStatus.OK and not answer.startswith(b"{"):
            return response.status, {}  # A load balancer in front of the service answers in HTML.
        return response.status, json.loads(answer)


def endpoint(service: str, region: str) -> str:
    """Where a region serves a service."""
    return f"https://{service}.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def signature(
    headers: dict[str, str], body: bytes, service: str, region: str, at: datetime
) -> dict[str, str]:
    """The further headers with which AWS takes a POST to `/`."""
    time_text = at.strftime("%Y%m%dT%H%M%SZ")
    added = {"X-Amz-Date": time_text}
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        added["X-Amz-Security-Token"] = token
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in (headers | added).items())
    signed = ";".join(name for name, _ in lines)
    canonical = ["POST", "/", "", *(f"{name}:{value}" for name, value in lines), "", signed, _sha256(body)]
    scope = f"{time_text[:8]}/{region}/{service}/aws4_request"
    key = b"AWS4" + setting("AWS_SECRET_ACCESS_KEY").encode()
    text = f"AWS4-HMAC-SHA256\n{time_text}\n{scope}\n{_sha256('\n'.join(canonical).encode())}"
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    credential = f"{setting('AWS_ACCESS_KEY_ID')}/{scope}"
    value = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={key.hex()}"
    return added | {"Authorization": value}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
