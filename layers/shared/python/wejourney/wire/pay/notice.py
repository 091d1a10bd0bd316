"""Whether a notice is WeChat Pay's, and what is in it.

The contract: https://pay.weixin.qq.com/docs/merchant/apis/h5-payment/payment-notice.html
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wejourney.errors import WejourneyError
from wejourney.merchants import Merchant
from wejourney.text import json_object
from wejourney.wire.http import NoticeRequest
from wejourney.wire.pay.signature import verify

ALGORITHM = "AEAD_AES_256_GCM"

_CLOCKS_DIFFER = timedelta(minutes=1)
"""How much later than its signature what a notice tells can be, by another of WeChat's clocks."""


class UnreadableNoticeError(WejourneyError):
    """A notice that WeChat has signed, and that the merchant's secret does not open."""


@dataclass(frozen=True)
class Notice:
    """What WeChat Pay has to say. `resource` is empty where the decrypted text is no JSON object.

    `original_type` says what the resource is: profit sharing has the `event_type` of payments. `plaintext` is
    the decrypted text, and like all but `signed_at` (UTC) the same in every delivery.
    """

    event_type: str
    original_type: str
    created: object
    signed_at: datetime
    plaintext: bytes
    resource: Mapping[str, Any]

    @classmethod
    def of_answer(cls, answer: Mapping[str, Any], now: datetime) -> Self:
        """What was asked for, as if a notice of now had told it."""
        return cls("", "", None, now, b"", answer)

    def first_time(self, *texts: object) -> datetime | None:
        """The first of these that is a time in RFC 3339 and is over, in whole seconds of UTC."""
        latest = self.signed_at + _CLOCKS_DIFFER
        return next((at for at in map(_time, texts) if at is not None and at <= latest), None)


def open_notice(request: NoticeRequest, merchant: Merchant, now: datetime, tolerance: timedelta) -> Notice:
    """Verify the raw body first, then decrypt it. Raises UntrustedMessageError or UnreadableNoticeError."""
    signed_at = verify(request.headers, request.body, merchant, now, tolerance)
    envelope = json_object(request.body) or {}
    sealed = envelope.get("resource")
    if not isinstance(sealed, dict) or sealed.get("algorithm") != ALGORITHM:
        raise UnreadableNoticeError(f"a signed notice without a resource in {ALGORITHM}")
    plaintext = decrypt(sealed, merchant.api_v3_key)
    return Notice(
        event_type=_text(envelope, "event_type"),
        original_type=_text(sealed, "original_type"),
        created=envelope.get("create_time"),
        signed_at=signed_at,
        plaintext=plaintext,
        resource=json_object(plaintext) or {},
    )


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC).replace(microsecond=0) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def decrypt(sealed: Mapping[str, Any], key: bytes) -> bytes:
    """The plaintext of what is sealed with the merchant's APIv3 key. Raises UnreadableNoticeError."""
    nonce, associated = _text(sealed, "nonce").encode(), _text(sealed, "associated_data").encode()
    try:
        ciphertext = base64.b64decode(_text(sealed, "ciphertext"), validate=True)
        return AESGCM(key).decrypt(nonce, ciphertext, associated)
    except (InvalidTag, ValueError):
        reason = "a signed notice that the api_v3_key of the merchant's secret does not decrypt"
        raise UnreadableNoticeError(reason) from None


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
