"""HTTP as the callback sees it, and as API Gateway hands it over."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.errors import CallbackRefusedError

TEXT = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"


@dataclass(frozen=True)
class HttpRequest:
    """A request to `/wechat/{app_id}`."""

    method: str
    app_id: str
    query: Mapping[str, str]
    body: bytes = b""


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
    body = event.get("body") or ""
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else None
    except (binascii.Error, ValueError):
        raise CallbackRefusedError(400, "the body is not base64") from None
    return HttpRequest(
        method=event["requestContext"]["http"]["method"],
        app_id=(event.get("pathParameters") or {}).get("app_id", ""),
        query=event.get("queryStringParameters") or {},
        body=body.encode("utf-8", "replace") if data is None else data,
    )
