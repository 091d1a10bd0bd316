"""The API of the deployed stack on a port of its own: every request goes on to the local AWS as it came."""

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.sandbox.guard import Guard

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
GATEWAY_TIMEOUT = 30.0
"""Seconds that API Gateway gives an integration."""

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes that API Gateway takes."""

_OF_ONE_CONNECTION = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)


def create_proxy(endpoint: str, api_id: str, http: httpx.AsyncClient) -> Starlette:
    """A proxy for one HTTP API of the AWS at `endpoint`."""
    base = httpx.URL(endpoint)

    async def forward(request: Request) -> Response:
        path: bytes = request.scope["raw_path"]
        query: bytes = request.scope["query_string"]
        target = b"/_aws/execute-api/%s/$default%s" % (api_id.encode(), path)
        onward = httpx.Request(
            request.method,
            base.copy_with(raw_path=target + (b"?" + query if query else b"")),
            headers=_passed_on(request.headers.raw),
            content=await request.body(),
            extensions={"timeout": httpx.Timeout(GATEWAY_TIMEOUT).as_dict()},
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


def _passed_on(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers without those that belong to one connection."""
    return [
        (name, value) for name, value in headers if name.decode("latin-1").lower() not in _OF_ONE_CONNECTION
    ]
