"""HTTP as the functions behind the API see it, and as API Gateway hands it over."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from wejourney.errors import CallbackRefusedError

TEXT = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"
JSON = "application/json; charset=utf-8"

LARGEST_BODY = 256 * 1024
"""Bytes; WeChat's own requests stay under a few thousand."""

FRESHNESS = timedelta(minutes=5)


def freshness(*, virtual: bool) -> timedelta:
    """How far a request's timestamp may be from now.

    Five minutes is WeChat Pay's rule and common practice for the callback. In the sandbox, hours may pass
    while a program signs a request.
    """
    return timedelta(days=1) if virtual else FRESHNESS


@dataclass(frozen=True)
class HttpRequest:
    """A request to `/wechat/{app_id}`."""

    method: str
    app_id: str
    query: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class NoticeRequest:
    """A request to `/pay/{merchant}`; the names of its headers are in lower case."""

    merchant: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What goes back; the default is the word that tells WeChat that there is nothing more to do."""

    status: int = 200
    body: str = "success"
    content_type: str = TEXT

    def to_gateway(self) -> dict[str, Any]:
        return {
            "statusCode": self.status,
            "headers": {"content-type": self.content_type},
            "body": self.body,
            "isBase64Encoded": False,
        }


def from_gateway(event: Mapping[str, Any]) -> HttpRequest:
    """Read a request in the HTTP API's payload format 2.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    Raises CallbackRefusedError when its body is not the base64 that it says it is.
    """
    return HttpRequest(
        method=event["requestContext"]["http"]["method"],
        app_id=_path_parameter(event, "app_id"),
        query=event.get("queryStringParameters") or {},
        body=_body(event),
    )


def notice_from_gateway(event: Mapping[str, Any]) -> NoticeRequest:
    """As `from_gateway`, for a notice of WeChat Pay."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return NoticeRequest(_path_parameter(event, "merchant"), headers, _body(event))


def _path_parameter(event: Mapping[str, Any], name: str) -> str:
    value: str = (event.get("pathParameters") or {}).get(name, "")
    return value


def _body(event: Mapping[str, Any]) -> bytes:
    body: str = event.get("body") or ""
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else None
    except (binascii.Error, ValueError):
        raise CallbackRefusedError(400, "the body is not base64") from None
    return body.encode("utf-8", "replace") if data is None else data
