"""Whether a request to the callback is WeChat's, and what is in it.

The contract: https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from wejourney.accounts import Account
from wejourney.errors import CallbackRefusedError
from wejourney.wire.http import HttpRequest
from wejourney.wire.official_account.crypto import UntrustedRequestError, decrypt, is_signed, sign
from wejourney.wire.official_account.xml import parse_xml

_SIGNATURE = re.compile(r"[0-9a-f]{40}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{10}", re.ASCII)
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ECHO = re.compile(r"[!-~]{1,256}", re.ASCII)
_ENCRYPT = re.compile(rb"<Encrypt>(?:<!\[CDATA\[)?([A-Za-z0-9+/=\r\n]*)(?:\]\]>)?</Encrypt>")
_MOST_ENCRYPTED = 16
"""Of elements that look like Encrypt the last are tried: those that a follower has typed come before it."""


@dataclass(frozen=True)
class BodyForm:
    """How a body is written: its texts that may be the encrypted message, and the fields of a message.

    Both raise CallbackRefusedError.
    """

    encrypted: Callable[[bytes], Sequence[str]]
    fields: Callable[[bytes], dict[str, Any]]


def _encrypted_elements(body: bytes) -> Sequence[str]:
    return [match[1].decode() for match in _ENCRYPT.finditer(body)][-_MOST_ENCRYPTED:]


XML_FORM = BodyForm(_encrypted_elements, parse_xml)


@dataclass(frozen=True)
class SignatureUse:
    """What a signature was used for.

    A signature over token, timestamp and nonce does not cover the body: whoever sees one address could send
    another body with it. So the first body is remembered by its hash, until `expires_at` (UTC), when neither
    the timestamp nor a nonce that looks like one can pass any more. It is safe to store: it opens nothing.
    """

    app_id: str
    signature: str
    body_hash: str
    expires_at: datetime


@dataclass(frozen=True)
class OpenedCallback:
    """What one POST brought: a message in this form, and the key that opened it when it was encrypted.

    `use` is what is to be remembered of its signature, where an account takes plain deliveries. `original_id`
    is the account's own id, if it is known.
    """

    message: bytes
    encoding_aes_key: str | None
    use: SignatureUse | None
    original_id: str | None
    form: BodyForm = XML_FORM

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The message's fields. Raises CallbackRefusedError."""
        fields = self.form.fields(self.message)
        if self.original_id is not None and fields.get("ToUserName") != self.original_id:
            raise CallbackRefusedError(403, "ToUserName is another account")
        return fields


def verify_url(
    request: HttpRequest, account: Account, now: datetime, tolerance: timedelta
) -> tuple[str, SignatureUse | None]:
    """The echo that proves to WeChat's console that this URL knows the token, and the signature's use.

    The echo is plain and outside the signature, in safe mode too. Raises CallbackRefusedError.
    """
    _check_signature(request, account, now, tolerance)
    return _parameter(request, "echostr", _ECHO), _use(request, account, tolerance, b"GET")


def open_callback(
    request: HttpRequest, account: Account, now: datetime, tolerance: timedelta, form: BodyForm = XML_FORM
) -> OpenedCallback:
    """Check a POST: safe, compatible or plain mode. What is in it is read after its signature is used up.

    In compatible mode plain fields stand beside the encrypted ones, which nothing signs: they are not read.
    Raises UntrustedRequestError for what other settings of the account could allow, and
    CallbackRefusedError for all else that WeChat does not send.
    """
    mode = request.query.get("encrypt_type") or "raw"
    if mode == "raw":
        if account.encryption == "required":
            raise UntrustedRequestError("a plain message; this account's setting encryption is `required`")
        _check_signature(request, account, now, tolerance)
        opened: tuple[bytes, str | None] = (request.body, None)
    elif mode == "aes":
        opened = _decrypted(request, account, now, tolerance, form)
    else:
        raise CallbackRefusedError(400, "encrypt_type is neither raw nor aes")
    use = _use(request, account, tolerance, request.body)
    return OpenedCallback(*opened, use, account.settings.original_id, form)


def _decrypted(
    request: HttpRequest, account: Account, now: datetime, tolerance: timedelta, form: BodyForm
) -> tuple[bytes, str | None]:
    if not account.encoding_aes_keys:
        raise UntrustedRequestError("an encrypted message; this account has no EncodingAESKey")
    found = form.encrypted(request.body)
    if not any(found):
        raise CallbackRefusedError(400, "encrypt_type is aes and the body has no Encrypt")
    encrypted = _check_signature(request, account, now, tolerance, *found)
    return decrypt(encrypted, account.encoding_aes_keys, account.app_id)


def _check_signature(
    request: HttpRequest, account: Account, now: datetime, tolerance: timedelta, *encrypted: str
) -> str:
    """Check the signature over token, timestamp and nonce, or msg_signature over these and Encrypt.

    Returns the one of `encrypted` that is signed. The parts are sorted before they are signed, so a nonce and
    a timestamp that exchange digits have the same signature: each has a shape of its own.
    """
    signature = _parameter(request, "msg_signature" if encrypted else "signature", _SIGNATURE)
    timestamp = _parameter(request, "timestamp", _TIMESTAMP)
    nonce = _parameter(request, "nonce", _NONCE)
    if not account.token:
        raise UntrustedRequestError("the secret of this mini program has no token: it takes no pushes")
    parts = (account.token, timestamp, nonce)
    signed = [text for text in encrypted or ("",) if is_signed(signature, *parts, *filter(None, (text,)))]
    if not signed:
        raise UntrustedRequestError("wrong signature")
    if not _is_fresh(timestamp, now, tolerance):
        raise CallbackRefusedError(403, "the timestamp is too far from now")
    if _TIMESTAMP.fullmatch(nonce) and _is_fresh(nonce, now, tolerance):
        raise CallbackRefusedError(403, "the nonce may be a timestamp, and the timestamp the nonce")
    return signed[0]


def _is_fresh(timestamp: str, now: datetime, tolerance: timedelta) -> bool:
    return abs(now.timestamp() - int(timestamp)) <= tolerance.total_seconds()


def _use(request: HttpRequest, account: Account, tolerance: timedelta, body: bytes) -> SignatureUse | None:
    """What is to be remembered of a signature; nothing where a plain body is never taken.

    An encrypted delivery has one as well, that a plain body could be sent with.
    """
    if account.encryption == "required":
        return None
    timestamp, nonce = request.query["timestamp"], request.query["nonce"]
    # The two have the same signature when they change places, at whichever time the nonce may be.
    last = max(timestamp, nonce) if _TIMESTAMP.fullmatch(nonce) else timestamp
    expires_at = datetime.fromtimestamp(int(last), UTC) + tolerance
    signature, digest = sign(account.token, timestamp, nonce), hashlib.sha256(body).hexdigest()
    return SignatureUse(account.app_id, signature, digest, expires_at)


def _parameter(request: HttpRequest, name: str, shape: re.Pattern[str]) -> str:
    value = request.query.get(name)
    if not value:
        raise CallbackRefusedError(400, f"{name} is missing from the query")
    if not shape.fullmatch(value):
        raise CallbackRefusedError(400, f"{name} in the query has another form than WeChat's")
    return value
