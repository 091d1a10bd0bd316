"""A merchant of WeChat Pay: signed and encrypted notices of its payments and refunds.

https://pay.weixin.qq.com/docs/merchant/apis/h5-payment/payment-notice.html
"""

import base64
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

MERCHANT_ID = "1900000109"


@dataclass(frozen=True)
class SigningKey:
    """A key of WeChat's: `serial` is what a notice names it by, `pem` its public part or certificate."""

    serial: str
    private: RSAPrivateKey
    pem: str


@dataclass(frozen=True)
class FakeMerchant:
    """A merchant in the middle of a change of keys: WeChat signs with either.

    `request_key` is the merchant's own, with which it signs requests.
    """

    id: str
    api_v3_key: str
    certificate: SigningKey
    public_key: SigningKey
    request_key: SigningKey

    def secret(self, **changes: Any) -> str:
        """The text of its secret."""
        keys = {key.serial: key.pem for key in (self.certificate, self.public_key)}
        private = self.request_key.private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode()
        own = {"private_key": private, "certificate_serial": self.request_key.serial}
        return json.dumps({"api_v3_key": self.api_v3_key, "keys": keys, **own, **changes})


def payment(
    merchant_id: str,
    app_id: str,
    openid: str,
    order: str,
    total: int,
    at: datetime,
    trade_type: str = "JSAPI",
) -> dict[str, Any]:
    """The resource of a notice of a payment."""
    return {
        "mchid": merchant_id,
        "appid": app_id,
        "out_trade_no": order,
        "transaction_id": f"4200{_digits(order)}",
        "trade_type": trade_type,
        "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "success_time": at.isoformat(timespec="seconds"),
        "payer": {"openid": openid},
        "amount": {"total": total, "payer_total": total, "currency": "CNY", "payer_currency": "CNY"},
    }


def refund(paid: Mapping[str, Any], number: str, amount: int, at: datetime) -> dict[str, Any]:
    """The resource of a notice of a refund: it names neither the app nor the payer."""
    total = paid["amount"]["total"]
    return {
        **{name: paid[name] for name in ("mchid", "out_trade_no", "transaction_id")},
        "out_refund_no": number,
        "refund_id": f"5000{_digits(number)}",
        "refund_status": "SUCCESS",
        "success_time": at.isoformat(timespec="seconds"),
        "user_received_account": "支付用户零钱",
        "amount": {"total": total, "refund": amount, "payer_total": total, "payer_refund": amount},
    }


def sealed(
    merchant: FakeMerchant,
    key: SigningKey,
    event_type: str,
    resource: Mapping[str, Any] | bytes,
    now: datetime,
    original_type: str = "",
) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a notice."""
    original_type = original_type or ("refund" if event_type.startswith("REFUND") else "transaction")
    plaintext = resource if isinstance(resource, bytes) else json.dumps(resource, ensure_ascii=False).encode()
    body = {
        "id": str(uuid.uuid4()),
        "create_time": now.isoformat(timespec="seconds"),
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": "支付成功",
        "resource": {"original_type": original_type, **encrypted(merchant, plaintext, original_type)},
    }
    text = json.dumps(body, ensure_ascii=False).encode()
    return signed(key, text, now), text


def encrypted(merchant: FakeMerchant, plaintext: bytes, associated: str) -> dict[str, str]:
    """What WeChat sends in place of a plaintext, encrypted with the merchant's APIv3 key."""
    nonce = secrets.token_hex(6)
    ciphertext = AESGCM(merchant.api_v3_key.encode()).encrypt(nonce.encode(), plaintext, associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "associated_data": associated,
        "nonce": nonce,
    }


def signed(key: SigningKey, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that WeChat sends with this body."""
    timestamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    signature = base64.b64encode(key.private.sign(message, PKCS1v15(), SHA256())).decode()
    return {
        "Wechatpay-Serial": key.serial,
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": signature,
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        "content-type": "application/json",
    }


def _digits(text: str) -> str:
    """Different ones for different texts."""
    return f"{int.from_bytes(sha256(text.encode()).digest()) % 10**24:024}"


@cache
def make_merchant() -> FakeMerchant:
    """The merchant with new keys, the same ones for the whole process: to make them takes a second."""
    other = _private_key()
    pem = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return FakeMerchant(
        MERCHANT_ID,
        secrets.token_hex(16),
        _certified(),
        SigningKey(f"PUB_KEY_ID_01{MERCHANT_ID}{secrets.token_hex(12).upper()}", other, pem),
        _certified(),
    )


def _certified() -> SigningKey:
    """A new key with its certificate."""
    private, serial = _private_key(), x509.random_serial_number()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), serial)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1825))
        .sign(private, SHA256())
    )
    return SigningKey(f"{serial:X}", private, certificate.public_bytes(Encoding.PEM).decode())


def _private_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)
