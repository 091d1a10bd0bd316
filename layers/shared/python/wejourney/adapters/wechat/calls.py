"""One call to WeChat, and what its answer proves.

`requests` and its pools cannot tell whether a request has left, and WeChat has no idempotency key:

* Every call has a deadline: a server that sends a few bytes now and then does not hold it.
* Every call opens a connection of its own. A pooled one that the server has closed unannounced would lose
  the request, and nobody could say whether it was carried out.
* A request that was not handed over whole cannot have been carried out: it is busy, and is repeated.
* From then on only WeChat's own word counts: JSON with an integer `errcode`, or a call's own success.
  Everything else (HTTP 5xx, a redirect, a page of a proxy, half an answer) leaves the outcome unknown. So
  does HTTP 4xx without WeChat's JSON: WeChat documents no such answer, so a proxy gave it.
"""

import http.client
import io
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from ipaddress import ip_address
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from wejourney.errors import DailyQuotaSpentError, SendOutcomeUnknownError, WeChatBusyError
from wejourney.messaging.sending import error_of
from wejourney.text import json_object, shortened

WECHAT = "https://api.weixin.qq.com"

TIME_LIMITS = (2.0, 5.0)
"""Seconds of a whole call: until it is connected, and from then until its answer is complete.

Only the search for the host's address has a limit of its own: that of the machine's resolver.
"""

FILE_LIMITS = (5.0, 60.0)
"""The same for a file: 20 MB at 3 Mbit/s."""

LONGEST_ERRMSG = 500
"""Characters of an `errmsg` that are kept."""

LONGEST_ANSWER = 1_000_000
"""Bytes of an answer that are read."""


def repeatable[Answer](call: Callable[[], Answer]) -> Answer:
    """Make a call that changes nothing at WeChat: its unknown outcome, and its own quota, are busy.

    The day's quota is counted per call; only that of sending stops the account.
    """
    try:
        return call()
    except SendOutcomeUnknownError as error:
        raise WeChatBusyError(0, detail=f"no answer: {error}") from error
    except DailyQuotaSpentError as error:
        raise WeChatBusyError(error.errcode, error.errmsg) from error


type Query = Mapping[str, str]
type Body = Mapping[str, Any]


class FileTooLargeError(Exception):
    """A file is larger than what is read; stays inside this package."""


class File(NamedTuple):
    content_type: str
    data: bytes


class Limits(NamedTuple):
    """Seconds of a call, as in TIME_LIMITS, and bytes of its answer that are read.

    `public_only`: it leads to an address of the internet, not to one of the machine or its network.
    """

    connected: float
    answered: float
    most: int
    public_only: bool = False


@dataclass(frozen=True)
class _Exchange:
    """WeChat's answer as it came."""

    status: int
    content_type: str
    body: bytes
    is_whole: bool = True


def call_wechat(url: str, query: Query, body: Body | None = None, method: str = "POST") -> dict[str, Any]:
    """Call WeChat once, on a connection of its own, and return its answer.

    Raises WeChatBusyError when the request did not leave, SendOutcomeUnknownError when it did and WeChat's
    word did not come, and the error of its code when WeChat refused. No cause is chained: the address holds
    the token.
    """
    answer = _exchanged(url, query, body, method)
    return _word_of_wechat(answer.status, answer.body)


def file_of_wechat(url: str, query: Query, most: int, *, public_only: bool = False) -> File | dict[str, Any]:
    """Ask WeChat for a file of at most `most` bytes, in whose place an answer can come as JSON.

    A refusal comes with HTTP 200, too. `public_only`: the address is one that WeChat has told, and must lead
    out into the internet. Raises as `call_wechat`, and FileTooLargeError.
    """
    limits = Limits(*FILE_LIMITS, most + 1, public_only=public_only)
    answer = _exchanged(url, query, None, "GET", limits)
    is_word = answer.content_type.startswith(("application/json", "text/")) or not answer.content_type
    if is_word or answer.status != HTTPStatus.OK:
        return _word_of_wechat(answer.status, answer.body)
    if len(answer.body) > most:
        raise FileTooLargeError(most)
    if not answer.is_whole:
        raise SendOutcomeUnknownError("half a file")
    return File(answer.content_type, answer.body)


def picture_of_wechat(url: str, query: Query, body: Body) -> bytes:
    """Call WeChat for a picture, in whose place a refusal comes as JSON. Raises as `call_wechat`."""
    answer = _exchanged(url, query, body, "POST")
    if answer.status == HTTPStatus.OK and answer.content_type.startswith("image/"):
        return answer.body
    _word_of_wechat(answer.status, answer.body)
    raise SendOutcomeUnknownError("neither a picture nor a refusal")


def _exchanged(
    url: str, query: Query, body: Body | None, method: str, limits: Limits | None = None
) -> _Exchange:
    limits = limits or Limits(*TIME_LIMITS, LONGEST_ANSWER)
    parts = urlsplit(url)
    asked = "&".join(filter(None, (parts.query, urlencode(query))))
    path = f"{parts.path}?{asked}" if asked else parts.path
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    kind = http.client.HTTPConnection if parts.scheme == "http" else http.client.HTTPSConnection
    exchange = kind(parts.netloc)
    with _connected(parts.scheme, exchange.host, exchange.port, limits) as connection:
        # http.client knows of it only what `_Timed` has.
        exchange.sock = _Timed(connection, monotonic() + limits.answered)
        _hand_over(exchange, method, path, data)
        return _answer(exchange, limits.most)


def _left(ends: float) -> float:
    left = ends - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(scheme: str, host: str, port: int, limits: Limits) -> socket.socket:
    """Connect within the time limit, to the first of the host's addresses that answers."""
    failure = "no address"
    ends = monotonic() + limits.connected
    try:
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            if limits.public_only and not ip_address(str(address[0])).is_global:
                failure = "not a public address"
                continue
            try:
                connection = socket.create_connection((str(address[0]), port), _left(ends))
            except OSError as error:
                failure = type(error).__name__
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == "http":
                return connection
            # The limit is that of the whole handshake. What is wrapped is detached, and stays open.
            with connection:
                connection.settimeout(_left(ends))
                return _tls().wrap_socket(connection, server_hostname=host)
    except (OSError, UnicodeError) as error:
        failure = type(error).__name__
    raise WeChatBusyError(0, detail=f"no connection: {failure}")


class _Timed:
    """What `http.client` needs of a socket, until a moment and no longer; `call_wechat` closes the socket."""

    def __init__(self, connection: socket.socket, ends: float) -> None:
        self._connection = connection
        self._ends = ends

    def sendall(self, data: bytes) -> None:
        self._connection.settimeout(_left(self._ends))
        self._connection.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._connection, self._ends))

    def close(self) -> None:
        """`http.client` closes before it has read the answer."""


class _Reader(io.RawIOBase):
    """The bytes that arrive until a moment: each wait is for what is left of the time."""

    def __init__(self, connection: socket.socket, ends: float) -> None:
        self._connection = connection
        self._ends = ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_left(self._ends))
        return self._connection.recv_into(buffer)


@cache
def _tls() -> ssl.SSLContext:
    """Reads the system's certificates once in a worker's life."""
    return ssl.create_default_context()


def _hand_over(exchange: http.client.HTTPConnection, method: str, path: str, data: bytes | None) -> None:
    """Write the request. Where this fails, its last byte has not left: nobody has it whole."""
    try:
        headers = {"Content-Type": "application/json; charset=utf-8"} if data is not None else {}
        exchange.request(method, path, data, {**headers, "Accept": "application/json", "Connection": "close"})
    except (OSError, http.client.HTTPException) as error:
        raise WeChatBusyError(0, detail=f"no connection: {type(error).__name__}") from None


def _answer(exchange: http.client.HTTPConnection, most: int) -> _Exchange:
    try:
        response = exchange.getresponse()
        content_type = response.headers.get("Content-Type", "").strip().lower()
        body = response.read(most)
        # Read by a number of bytes, an answer that ends too early is no error.
        return _Exchange(response.status, content_type, body, is_whole=not response.length)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SendOutcomeUnknownError(type(error).__name__) from None


def _word_of_wechat(status: int, answer: bytes) -> dict[str, Any]:
    """The answer, if it is WeChat's and a success. An answer without an `errcode` is left to the call."""
    reply = json_object(answer)
    if reply is None:
        raise SendOutcomeUnknownError(f"HTTP {status} without WeChat's JSON")
    errcode = reply.get("errcode", 0)
    if type(errcode) is not int:
        raise SendOutcomeUnknownError(f"HTTP {status} with an errcode that is no number")
    refused = errcode != 0 and status < HTTPStatus.INTERNAL_SERVER_ERROR
    if refused and (status == HTTPStatus.OK or status >= HTTPStatus.BAD_REQUEST):
        raise error_of(errcode, shortened(str(reply.get("errmsg", "")), LONGEST_ERRMSG))
    if status != HTTPStatus.OK:
        raise SendOutcomeUnknownError(f"HTTP {status}")
    return reply
