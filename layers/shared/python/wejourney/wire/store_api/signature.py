"""How a till signs its requests: HMAC-SHA256 with the key of its store, as `docs/store-api.md` describes.

Authorization: WEJOURNEY-HMAC-SHA256 store=S1,till=2,time=1795867200,nonce=…,signature=…
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from wejourney.wire.json_api import RequestRejectedError

SCHEME = "WEJOURNEY-HMAC-SHA256"
NAME = "[A-Za-z0-9_-]{1,32}"
"""Of a store or a till."""

_HEADER = re.compile(
    rf"{SCHEME} store=({NAME}),till=({NAME}),time=([0-9]{{10}}),nonce=([A-Za-z0-9_-]{{16,64}}),"
    r"signature=([0-9a-f]{64})",
    re.ASCII,
)


@dataclass(frozen=True)
class Credentials:
    """Who says that they send a request. `time` is in seconds since 1970, the `nonce` is used once."""

    store: str
    till: str
    time: int
    nonce: str
    signature: str = ""

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def header(self) -> str:
        parts = ",".join(f"{name}={value}" for name, value in vars(self).items())
        return f"{SCHEME} {parts}"


def unsigned() -> RequestRejectedError:
    """One answer for a store that there is not, a wrong key and a wrong signature: no sender learns which."""
    what = f"must be {SCHEME} with the signature of this request by the key of a store"
    return RequestRejectedError(401, "header.authorization", what, "unsigned")


def read_credentials(header: str) -> Credentials:
    """Raises RequestRejectedError."""
    found = _HEADER.fullmatch(header)
    if found is None:
        raise unsigned()
    store, till, time, nonce, signature = found.groups()
    return Credentials(store, till, int(time), nonce, signature)


def signature_of(key: bytes, method: str, path: str, who: Credentials, body: bytes) -> str:
    """The signature, in hexadecimal, of the request's parts with a line break between each two."""
    parts = (method, path, who.store, who.till, str(who.time), who.nonce, hashlib.sha256(body).hexdigest())
    return hmac.new(key, "\n".join((SCHEME, *parts)).encode(), hashlib.sha256).hexdigest()


def is_signed(keys: Iterable[bytes], method: str, path: str, who: Credentials, body: bytes) -> bool:
    """Whether one of these keys has signed the request; that takes as long for each signature."""
    expected = [signature_of(key, method, path, who, body) for key in keys]
    return any([hmac.compare_digest(one, who.signature) for one in expected])  # noqa: C419 - all are compared
