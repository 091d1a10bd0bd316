"""Whether a request to the callback is WeChat's, and what is in it.

The contract: https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wejourney.accounts import Account
from wejourney.domain.errors import CallbackRefusedError
from wejourney.wire.crypto import UntrustedRequestError, decrypt, is_signed
from wejourney.wire.http import HttpRequest
from wejourney.wire.xml import parse_xml

LARGEST_BODY = 1024 * 1024
"""Bytes; WeChat's own callbacks stay under a few thousand."""

FRESHNESS = timedelta(minutes=5)
_DELIVERY = timedelta(seconds=5)

_TEXT_FIELDS = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "MsgId")


@dataclass(frozen=True)
class Delivery:
    """What one POST brought: the fields, and the key that opened them when they were encrypted."""

    fields: dict[str, Any]
    encoding_aes_key: str | None = None


def freshness(speed: float) -> timedelta:
    """How far a request's timestamp may be from now, on a clock that runs `speed` times as fast.

    Five minutes is common practice; WeChat documents none. It lets a delivery take the 5 s that WeChat
    gives it, so a scaled clock must allow for what passes on it in 5 real seconds. In real time this
    is five minutes exactly.
    """
    return FRESHNESS + _DELIVERY * max(speed - 1, 0)


def verify_url(request: HttpRequest, account: Account, now: datetime, tolerance: timedelta) -> str:
    """The echo that proves to WeChat's console that this URL knows the token.

    It is plain and outside the signature, in safe mode too. Raises CallbackRefusedError.
    """
    _check_signature(request, account, now, tolerance)
    return _parameter(request, "echostr")


def open_delivery(request: HttpRequest, account: Account, now: datetime, tolerance: timedelta) -> Delivery:
    """Check a POST and read it: plain, compatible or safe mode.

    Raises UntrustedRequestError for what other secrets could have signed or encrypted, and
    CallbackRefusedError for all else that WeChat does not send.
    """
    mode = request.query.get("encrypt_type") or "raw"
    if mode == "raw":
        _check_signature(request, account, now, tolerance)
        fields, key = parse_xml(request.body), None
    elif mode == "aes":
        fields, key = _open_encrypted(request, account, now, tolerance)
    else:
        raise CallbackRefusedError(400, "encrypt_type is neither raw nor aes")
    if any(not isinstance(fields.get(name, ""), str) for name in _TEXT_FIELDS):
        raise CallbackRefusedError(400, "a field that has one text has several or has fields of its own")
    if account.original_id is not None and fields.get("ToUserName") != account.original_id:
        raise CallbackRefusedError(403, "ToUserName is another account")
    return Delivery(fields, key)


def _open_encrypted(
    request: HttpRequest, account: Account, now: datetime, tolerance: timedelta
) -> tuple[dict[str, Any], str]:
    """The encrypted fields. In compatible mode plain ones stand beside them, which nothing signs."""
    outer = parse_xml(request.body)
    encrypted = outer.get("Encrypt")
    if not isinstance(encrypted, str) or not encrypted:
        raise CallbackRefusedError(400, "encrypt_type is aes and the body has no Encrypt")
    _check_signature(request, account, now, tolerance, encrypted)
    decrypted = decrypt(encrypted, account.encoding_aes_keys, account.app_id)
    fields = parse_xml(decrypted.message)
    if "ToUserName" in outer and outer["ToUserName"] != fields.get("ToUserName"):
        raise CallbackRefusedError(403, "ToUserName differs inside and outside Encrypt")
    return fields, decrypted.encoding_aes_key


def _check_signature(
    request: HttpRequest, account: Account, now: datetime, tolerance: timedelta, *encrypted: str
) -> None:
    """Check the signature over token, timestamp and nonce, or msg_signature over these and Encrypt."""
    signature = _parameter(request, "msg_signature" if encrypted else "signature")
    timestamp, nonce = _parameter(request, "timestamp"), _parameter(request, "nonce")
    if not is_signed(signature, account.token, timestamp, nonce, *encrypted):
        raise UntrustedRequestError("wrong signature")
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise CallbackRefusedError(400, "timestamp is not a number of seconds")
    if abs(now.timestamp() - int(timestamp[:20])) > tolerance.total_seconds():
        raise CallbackRefusedError(403, "the timestamp is too far from now")


def _parameter(request: HttpRequest, name: str) -> str:
    value = request.query.get(name)
    if not value:
        raise CallbackRefusedError(400, f"{name} is missing from the query")
    return value
