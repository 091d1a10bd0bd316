"""A server on a real port that answers as a test wants, byte by byte, or closes when it should not."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.support.patience import PATIENCE

type Manners = Callable[[socket.socket, "RudeServer"], None]
"""What is done with one connection."""


@dataclass
class RudeServer:
    """`requests` are those that arrived whole; `manners` serve each connection, in the order of `peers`."""

    url: str
    manners: Manners
    requests: list[bytes] = field(default_factory=list)
    peers: list[object] = field(default_factory=list)

    @property
    def connections(self) -> int:
        """How many are accepted."""
        return len(self.peers)

    def all_connections(self) -> int:
        """How many there were until now: one more is accepted only after those that still wait for it."""
        url = urlsplit(self.url)
        with socket.create_connection((url.hostname, url.port)) as last:
            while last.getsockname() not in self.peers:
                time.sleep(0.001)
            return self.peers.index(last.getsockname())

    def take(self, connection: socket.socket) -> bytes:
        """Read one request; empty when the other side has closed."""
        received = b""
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more:
                return b""
            received += more
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        length = int(lengths[0].partition(b":")[2]) if lengths else 0
        while len(body) < length:
            more = connection.recv(65536)
            if not more:
                return b""
            body += more
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]


def http(body: bytes, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """An HTTP answer; `length` is what it claims about its body."""
    told = len(body) if length is None else length
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {told}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(answer: bytes) -> Manners:
    """Answer one request with these bytes, and close."""

    def serve(connection: socket.socket, server: RudeServer) -> None:
        if server.take(connection):
            connection.sendall(answer)

    return serve


TLS_HANDSHAKE = b"\x16"


def drips(answer: bytes, every: float) -> Manners:
    """Answer one byte at a time, so many seconds apart."""

    def serve(connection: socket.socket, server: RudeServer) -> None:
        # A connection that is closed with something unread is reset, and its answer may be lost.
        if connection.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE:
            connection.recv(65536)
        else:
            server.take(connection)
        for byte in answer:
            connection.sendall(bytes([byte]))
            time.sleep(every)

    return serve


def resets(after: bytes = b"") -> Manners:
    """Take one request, begin to answer, and reset the connection."""

    def serve(connection: socket.socket, server: RudeServer) -> None:
        server.take(connection)
        connection.sendall(after)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return serve


def closes_when_it_is_used_again(answer: bytes) -> Manners:
    """Promise to keep the connection, and close it unannounced when the next request comes."""

    def serve(connection: socket.socket, server: RudeServer) -> None:
        if server.take(connection):
            connection.sendall(answer)
            connection.recv(65536)

    return serve


def closes_at_once(_connection: socket.socket, _server: RudeServer) -> None:
    """Take the connection and close it."""


@contextlib.contextmanager
def rude_server(manners: Manners = closes_at_once) -> Iterator[RudeServer]:
    """Serve until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = RudeServer(f"http://127.0.0.1:{listening.getsockname()[1]}", manners)

        def serve_one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                server.manners(connection, server)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, peer = listening.accept()
                    server.peers.append(peer)
                    threading.Thread(target=serve_one, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)
