"""Who may speak to the local services: programs of this machine, but no web page that its browser shows.

A page of any site can send requests to loopback ports. But it cannot choose `Host`, `Origin` or
`Sec-Fetch-Site`, nor set `Authorization` or the content type of JSON without a preflight. So every request
must name this very port in `Host` (a rebound name does not) and come from no other origin; preflights are
rejected.
https://developer.mozilla.org/en-US/docs/Glossary/Forbidden_request_header
"""

import math
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

type AsgiMessage = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[AsgiMessage]]
type Send = Callable[[AsgiMessage], Awaitable[None]]
type App = Callable[[AsgiMessage, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
CORS = b"access-control-"
"""Headers that would let pages of other sites read an answer begin with this."""

CONTROL = "/sandbox/"
"""The paths of the fake WeChat that are the sandbox's own begin with this."""

_READING = frozenset({"GET", "HEAD"})
_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=\S")


@dataclass(frozen=True)
class Head:
    """A request without its body. `headers` are all that came, their names in lower case."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        """The values of every header of this name."""
        return [value for header, value in self.headers if header == name]

    @property
    def has_body(self) -> bool:
        """Whether a body follows, as HTTP/1.1 says so."""
        lengths = self.values("content-length")
        return bool(self.values("transfer-encoding")) or any(length.strip("0 ") for length in lengths)


@dataclass(frozen=True)
class Rejection:
    """Why a request is rejected; `status` is the HTTP status of the answer."""

    status: HTTPStatus
    reason: str


_forbidden = partial(Rejection, HTTPStatus.FORBIDDEN)

type Rule = Callable[[Head], Rejection | None]
"""What a service requires besides what all do."""


def head_of(method: str, path: str, headers: Iterable[tuple[str, str]]) -> Head:
    """A head from headers whose names may be in any case."""
    return Head(method, path, tuple((name.lower(), value) for name, value in headers))


def rejection(head: Head, port: int | None, *rules: Rule, browsable: str | None = None) -> Rejection | None:
    """Why a request to our `port` is rejected; None if it is not.

    A GET of a path that begins with `browsable` may come from a browser's address bar.
    """
    hosts = head.values("host")
    if port is None or len(hosts) != 1 or hosts[0] not in {f"{name}:{port}" for name in LOOPBACK}:
        reason = f"Host is not 127.0.0.1:{port} or localhost:{port}: no other name is served"
        return Rejection(HTTPStatus.MISDIRECTED_REQUEST, reason)
    if any(origin != f"http://{hosts[0]}" for origin in head.values("origin")):
        return _forbidden("Origin is another site's: web pages may not use this port")
    typed = head.method == "GET" and browsable is not None and head.path.startswith(browsable)
    sites = head.values("sec-fetch-site")
    if any(site != "same-origin" and not (site == "none" and typed) for site in sites):
        return _forbidden("Sec-Fetch-Site is not this port: web pages may not use it, nor may links")
    if head.method == "OPTIONS" and head.values("access-control-request-method"):
        return _forbidden("preflights are rejected: web pages may not use this port")
    return next((found for rule in rules if (found := rule(head))), None)


def json_changes(head: Head) -> Rejection | None:
    """Bodies of changes under `/sandbox/` have the content type of JSON, which a form cannot send."""
    if not head.path.startswith(CONTROL) or head.method in _READING or not head.has_body:
        return None
    kinds = [value.partition(";")[0].strip().lower() for value in head.values("content-type")]
    if kinds == ["application/json"]:
        return None
    reason = "send the body as JSON, with content-type: application/json"
    return Rejection(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason)


def signed_calls(*unsigned: tuple[str, str]) -> Rule:
    """Calls of AWS carry a signature header, which no page can set; what it says is not verified.

    The methods and whole paths of `unsigned` need none.
    """

    def rule(head: Head) -> Rejection | None:
        if (head.method, head.path) in unsigned:
            return None
        given = head.values("authorization")
        if len(given) == 1 and _SIGNED.match(given[0]):
            return None
        return _forbidden("calls of AWS need one Authorization: AWS4-HMAC-SHA256 header")

    return rule


class Guard:
    """An ASGI application behind the guard. It asks the socket for its port, not the request.

    `largest` is the number of bytes that a body may have; without it the application bounds them.
    On `browsable` see `rejection`.
    """

    def __init__(
        self, app: App, *rules: Rule, largest: int | None = None, browsable: str | None = None
    ) -> None:
        self._app, self._rules = app, rules
        self._largest, self._browsable = largest, browsable

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Reject, or hand on; no answer invites pages of other sites."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        head = head_of(scope.get("method", "GET"), scope["path"], headers)
        port = server[1] if (server := scope.get("server")) else None
        rejected = rejection(head, port, *self._rules, browsable=self._browsable)
        if rejected is None and scope["type"] == "http" and self._largest is not None:
            read = await read_ahead(receive, self._largest)
            if read is None:
                rejected = Rejection(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {self._largest} bytes")
            else:
                _body, receive = read
        if rejected is None:
            await self._app(scope, receive, _without_cors(send))
        else:
            await _reject(scope, receive, send, rejected)


async def read_ahead(receive: Receive, largest: float = math.inf) -> tuple[bytes, Receive] | None:
    """A whole body, and a `receive` that still gives its messages; None as soon as it is too large."""
    messages: list[AsgiMessage] = []
    size = 0
    while not messages or messages[-1].get("more_body"):
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        if size > largest:
            return None
    unread = iter(messages)

    async def receive_again() -> AsgiMessage:
        return next(unread, None) or await receive()

    return b"".join(message.get("body", b"") for message in messages), receive_again


def _without_cors(send: Send) -> Send:
    async def stripped(message: AsgiMessage) -> None:
        if "headers" in message:
            kept = [header for header in message["headers"] if not header[0].lower().startswith(CORS)]
            message = {**message, "headers": kept}
        await send(message)

    return stripped


async def _reject(scope: AsgiMessage, receive: Receive, send: Send, rejected: Rejection) -> None:
    if scope["type"] == "websocket":
        await receive()
        # Before it is accepted, servers answer this with 403.
        await send({"type": "websocket.close", "code": 1008, "reason": rejected.reason})
        return
    body = f"{rejected.reason}\n".encode()
    # The body of the request is unread: the connection cannot go on.
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": int(rejected.status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
