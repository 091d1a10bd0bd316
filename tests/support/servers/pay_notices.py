"""Notices of WeChat Pay for tests, as the fake WeChat of the sandbox makes them."""

from datetime import datetime
from typing import Any

from infra.sandbox.fake_wechat.merchant import (
    FakeMerchant,
    SigningKey,
    make_merchant,
    payment,
    refund,
    sealed,
)
from tests.support.builders import APP_ID, NOON, OPENID
from wejourney.merchants import Merchant
from wejourney.wire.http import NoticeRequest

SELLER: FakeMerchant = make_merchant()
MERCHANT = Merchant.from_secret(SELLER.id, SELLER.secret())
KEYS = {"certificate": SELLER.certificate, "public key": SELLER.public_key}

PAID = payment(SELLER.id, APP_ID, OPENID, "SH01-20261127", 9900, NOON)
REFUNDED = refund(PAID, "R-1", 4000, NOON)


def notice(
    resource: dict[str, Any] | bytes = PAID,
    event_type: str = "TRANSACTION.SUCCESS",
    *,
    key: SigningKey = SELLER.certificate,
    at: datetime = NOON,
    original_type: str = "",
) -> NoticeRequest:
    return request(*sealed(SELLER, key, event_type, resource, at, original_type))


def request(headers: dict[str, str], body: bytes) -> NoticeRequest:
    return NoticeRequest(SELLER.id, {name.lower(): value for name, value in headers.items()}, body)
