"""What a web page of another site can send to a port of this machine, and raw requests to try it with."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from infra.sandbox.guard import App, AsgiMessage

PORT = 8701
HOST = f"127.0.0.1:{PORT}"
ELSEWHERE = "https://page.example"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = (("host", HOST),)
    body: bytes = b""

    def having(self, *headers: tuple[str, str]) -> "Request":
        """The same with these headers instead of those of the same names."""
        names = {name for name, _ in headers}
        kept = tuple(one for one in self.headers if one[0] not in names)
        return replace(self, headers=(*kept, *headers))

    def without(self, name: str) -> "Request":
        return replace(self, headers=tuple(one for one in self.headers if one[0] != name))

    @property
    def port(self) -> str:
        return dict(self.headers)["host"].rpartition(":")[2]


type Attack = Callable[[Request], Request]


def _header(name: str, *values: str) -> Attack:
    return lambda asked: asked.having(*((name, value.format(port=asked.port)) for value in values))


HOSTS = (
    "page.example",
    "page.example:{port}",
    "page.example.:{port}",
    "127.0.0.1",
    "localhost",
    "[::1]",
    "127.0.0.1:1",
    "127.0.0.1:{port}0",
    "127.0.0.1:0{port}",
    "127.0.0.1:{port}:{port}",
    "127.0.0.1.page.example:{port}",
    "localhost.page.example:{port}",
    "page.localhost:{port}",
    "user@127.0.0.1:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "0.0.0.0:{port}",
    "127.0.0.2:{port}",
    "http://127.0.0.1:{port}",
    "127.0.0.1:{port}, page.example",
    "",
)
ORIGINS = (
    ELSEWHERE,
    "http://page.example:{port}",
    "null",
    "",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://127.0.0.1:{port}.page.example",
    "http://page.localhost:{port}",
    "file://",
)
ATTACKS: Mapping[str, Attack] = {
    **{f"Host {host!r}": _header("host", host) for host in HOSTS},
    "no Host": lambda asked: asked.without("host"),
    "two Hosts": _header("host", "127.0.0.1:{port}", "127.0.0.1:{port}"),
    **{f"Origin {origin!r}": _header("origin", origin) for origin in ORIGINS},
    "two Origins": _header("origin", "http://127.0.0.1:{port}", ELSEWHERE),
    **{
        f"Sec-Fetch-Site {site}": _header("sec-fetch-site", site) for site in ("cross-site", "same-site", "x")
    },
    "a preflight": lambda asked: replace(asked, method="OPTIONS").having(
        ("access-control-request-method", asked.method)
    ),
}
"""What must be rejected wherever it is sent. The requests that it changes come from 127.0.0.1:PORT."""

FORMS = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "text/json",
    "",
)
"""The content types that a page can send without a preflight, and two that are none."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(app: App, asked: Request, *, kind: str = "http", chunks: Sequence[bytes] = ()) -> Answer:
    """Send a request to an application in this process; with `chunks` its length is not told beforehand."""
    return asyncio.run(answer(app, asked, kind=kind, chunks=chunks))


async def answer(app: App, asked: Request, *, kind: str = "http", chunks: Sequence[bytes] = ()) -> Answer:
    length = [("transfer-encoding", "chunked")] if chunks else [("content-length", str(len(asked.body)))]
    path, _, query = asked.path.partition("?")
    scope: dict[str, Any] = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in (*asked.headers, *length)],
        "server": ("127.0.0.1", PORT),
        "client": ("127.0.0.1", 50000),
    }
    pieces = list(chunks or [asked.body])
    last = len(pieces) - 1
    messages = iter(
        {"type": "http.request", "body": piece, "more_body": number < last}
        for number, piece in enumerate(pieces)
    )
    sent: list[AsgiMessage] = []

    async def receive() -> AsgiMessage:
        if kind == "websocket":
            return {"type": "websocket.connect"}
        return next(messages, {"type": "http.disconnect"})

    async def send(message: AsgiMessage) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return _answer(sent)


def _answer(sent: Sequence[AsgiMessage]) -> Answer:
    begun = sent[0]
    if begun["type"] == "websocket.close":
        return Answer(403, {}, b"")
    headers = {name.decode().lower(): value.decode() for name, value in begun.get("headers", ())}
    return Answer(begun.get("status", 101), headers, b"".join(one.get("body", b"") for one in sent[1:]))
