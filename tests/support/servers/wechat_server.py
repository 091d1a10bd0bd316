"""WeChat's side of the callback, for tests: its requests, encrypted by wechatpy and not by us."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.support.servers import wechatpy_oracle
from wejourney.accounts import Account
from wejourney.messaging.account_settings import AccountSettings
from wejourney.wire.http import HttpRequest

APP_ID = "wx1234567890abcdef"
ORIGINAL_ID = "gh_0123456789ab"
OPENID = "oUser_OPENID_0000000000000001"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NONCE = "486452656"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_AES_KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

ACCOUNT = Account(
    AccountSettings(APP_ID, original_id=ORIGINAL_ID),
    token="a-token-of-the-console",
    encoding_aes_key=AES_KEY,
    app_secret="an-app-secret",
    encryption="optional",
    previous_encoding_aes_key=OLD_AES_KEY,
)


def sha1_of_sorted(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324  # WeChat's choice


def element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(element(*one) for one in value.items())}</{name}>"
    if isinstance(value, list):
        return "".join(element(name, one) for one in value)
    return f"<{name}><![CDATA[{value}]]></{name}>"


def message(**fields: Any) -> str:
    """The XML of a message; envelope fields that are not given are those of the sample follower."""
    envelope = {
        "ToUserName": ORIGINAL_ID,
        "FromUserName": OPENID,
        "CreateTime": int(NOW.timestamp()),
    }
    return element("xml", envelope | fields)


def follow(scene: str = "store-SH01", **fields: Any) -> str:
    return message(MsgType="event", Event="subscribe", EventKey=f"qrscene_{scene}", Ticket="TICKET", **fields)


def text(content: str = "你好", **fields: Any) -> str:
    return message(MsgType="text", Content=content, MsgId="24762519581347001", **fields)


def query(at: datetime = NOW, token: str = ACCOUNT.token) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    return {
        "signature": sha1_of_sorted(token, timestamp, NONCE),
        "timestamp": timestamp,
        "nonce": NONCE,
        "openid": OPENID,
    }


def plain(
    xml: str | bytes, at: datetime = NOW, app_id: str = APP_ID, token: str = ACCOUNT.token
) -> HttpRequest:
    body = xml if isinstance(xml, bytes) else xml.encode()
    return HttpRequest("POST", app_id, query(at, token), body)


def encrypt(xml: str, key: str = AES_KEY, app_id: str = APP_ID) -> str:
    return wechatpy_oracle.encrypt(xml, key, app_id)


def encrypted_body(encrypted: str, **outer: Any) -> str:
    return element("xml", {"ToUserName": ORIGINAL_ID} | outer | {"Encrypt": encrypted})


def sealed(body: str, encrypted: str, at: datetime = NOW, token: str = ACCOUNT.token) -> HttpRequest:
    """A POST with `encrypt_type=aes` whose msg_signature is over `encrypted`."""
    asked = query(at, token)
    signature = sha1_of_sorted(token, asked["timestamp"], NONCE, encrypted)
    return HttpRequest(
        "POST", APP_ID, asked | {"encrypt_type": "aes", "msg_signature": signature}, body.encode()
    )


def safe(
    xml: str, key: str = AES_KEY, app_id: str = APP_ID, at: datetime = NOW, token: str = ACCOUNT.token
) -> HttpRequest:
    encrypted = encrypt(xml, key, app_id)
    return sealed(encrypted_body(encrypted), encrypted, at, token)


def compatible(xml: str, at: datetime = NOW, **outer: Any) -> HttpRequest:
    encrypted = encrypt(xml)
    return sealed(encrypted_body(encrypted, **outer), encrypted, at=at)


def gateway_event(request: HttpRequest) -> dict[str, Any]:
    """The request as an HTTP API hands it to a function."""
    return {
        "version": "2.0",
        "requestContext": {"http": {"method": request.method, "path": f"/wechat/{request.app_id}"}},
        "pathParameters": {"app_id": request.app_id},
        "queryStringParameters": dict(request.query),
        "body": request.body.decode("utf-8", "replace"),
        "isBase64Encoded": False,
    }
