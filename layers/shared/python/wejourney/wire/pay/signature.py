"""Signatures of WeChat Pay, version 3: of our requests, and of what WeChat sends.

Requests: https://pay.weixin.qq.com/docs/merchant/development/interface-rules/signature-generation.html
Answers: https://pay.weixin.qq.com/docs/merchant/development/interface-rules/signature-verification.html
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from wejourney.errors import CallbackRefusedError
from wejourney.merchants import Merchant, RequestKey

SCHEME = "WECHATPAY2-SHA256-RSA2048"

_FORMS: Mapping[str, re.Pattern[str]] = {
    "wechatpay-serial": re.compile(r"[0-9A-Za-z_]{1,128}", re.ASCII),
    "wechatpay-timestamp": re.compile(r"[0-9]{10}", re.ASCII),
    "wechatpay-nonce": re.compile(r"[!-~]{1,128}", re.ASCII),
    # WeChat also probes with a signature that begins WECHATPAY/SIGNTEST/: it fails like any wrong one.
    "wechatpay-signature": re.compile(r"[A-Za-z0-9+/]{1,1024}={0,2}", re.ASCII),
}


class UntrustedMessageError(CallbackRefusedError):
    """A notice or an answer that no key of the merchant vouches for. WeChat delivers a notice again."""

    def __init__(self, reason: str) -> None:
        super().__init__(401, reason)


def verify(
    headers: Mapping[str, str], body: bytes, merchant: Merchant, now: datetime, tolerance: timedelta
) -> datetime:
    """Check serial number, time and signature: RSA with SHA-256 over timestamp, nonce and the raw body.

    The names of `headers` are in lower case. Returns when it was signed. Raises UntrustedMessageError. An
    unknown serial number leads to no call to WeChat: anybody can make one up.
    """
    values = {name: headers.get(name, "") for name in _FORMS}
    for name, form in _FORMS.items():
        if not form.fullmatch(values[name]):
            raise UntrustedMessageError(f"the header {name} is missing or has another form than WeChat's")
    serial, timestamp, nonce, signature = values.values()
    key = merchant.keys.get(serial.upper())
    if key is None:
        raise UntrustedMessageError("signed with a key that is not in the merchant's secret")
    signed_at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(now - signed_at) > tolerance:
        raise UntrustedMessageError("the timestamp is too far from now")
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        raise UntrustedMessageError("wrong signature") from None
    return signed_at


def authorization(
    merchant_id: str, key: RequestKey, target: str, body: bytes | None, now: datetime, nonce: str
) -> str:
    """The header `Authorization` of a POST request with this body, or of a GET request without one.

    `target` is its path with the query, as it is sent.
    """
    timestamp, method = int(now.timestamp()), "GET" if body is None else "POST"
    message = f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + (body or b"") + b"\n"
    signature = base64.b64encode(key.private.sign(message, PKCS1v15(), SHA256())).decode()
    return (
        f'{SCHEME} mchid="{merchant_id}",nonce_str="{nonce}",timestamp="{timestamp}",'
        f'serial_no="{key.serial}",signature="{signature}"'
    )
