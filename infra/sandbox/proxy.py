"""The API of the deployed stack on a port of its own: every request goes on to the local AWS as it came.

On the way it carries a signature header of ours, because the local AWS answers nothing that has none. The
function sees the headers of the caller.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.sandbox.guard import Guard

type Headers = list[tuple[bytes, bytes]]

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
GATEWAY_TIMEOUT = 30.0
"""Seconds that API Gateway gives an integration."""

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes that API Gateway takes."""

DEPLOYED = "/_aws/execute-api/"
"""Where the local AWS serves deployed APIs."""

SIGNATURE = (b"authorization", b"AWS4-HMAC-SHA256 Credential=sandbox")
"""A header without which the local AWS answers nothing."""

_CALLERS = b"x-sandbox-authorization"
"""The header in which the caller's own Authorization travels."""

_OF_ONE_CONNECTION = frozenset(
    b"connection content-length host keep-alive te trailer transfer-encoding upgrade".split()
)


def create_proxy(endpoint: str, api_id: str, http: httpx.AsyncClient) -> Starlette:
    """A proxy for one HTTP API of the AWS at `endpoint`."""
    base = httpx.URL(endpoint)

    async def forward(request: Request) -> Response:
        path: bytes = request.scope["raw_path"]
        query: bytes = request.scope["query_string"]
        if _leaves_the_api(path):
            return Response("the path does not begin with / or has a segment . or ..", status_code=400)
        target = b"%s%s/$default%s" % (DEPLOYED.encode(), api_id.encode(), path)
        onward = httpx.Request(
            request.method,
            base,
            headers=_signed(_passed_on(request.headers.raw)),
            content=await request.body(),
            # As the target it is sent as it is; in a URL httpx would resolve and quote it.
            extensions={
                "target": target + (b"?" + query if query else b""),
                "timeout": httpx.Timeout(GATEWAY_TIMEOUT).as_dict(),
            },
        )
        try:
            answer = await http.send(onward, stream=True)
            body = b"".join([chunk async for chunk in answer.aiter_raw()])
        except httpx.TransportError as exc:
            return Response(f"the local AWS did not answer: {exc!r}", status_code=502)
        response = Response(body, status_code=answer.status_code)
        response.raw_headers = [*_passed_on(answer.headers.raw), *response.raw_headers]
        return response

    return Starlette(
        routes=[Route("/{path:path}", forward, methods=METHODS)],
        middleware=[Middleware(Guard, largest=LARGEST_BODY)],
    )


def _leaves_the_api(path: bytes) -> bool:
    segments = re.split(rb"[/\\]", unquote_to_bytes(path))
    return not path.startswith(b"/") or b"." in segments or b".." in segments


def _signed(headers: Headers) -> Headers:
    kept = [(_CALLERS if name.lower() == b"authorization" else name, value) for name, value in headers]
    return [*kept, SIGNATURE]


def as_the_caller_sent_them(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers of a request that came through the proxy, as they came to it."""
    return [
        (SIGNATURE[0] if name == _CALLERS else name, value)
        for name, value in headers
        if (name, value) != SIGNATURE
    ]


def _passed_on(headers: Headers) -> Headers:
    """The headers without those that belong to one connection."""
    return [(name, value) for name, value in headers if name.lower() not in _OF_ONE_CONNECTION]
