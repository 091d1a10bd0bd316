"""Requests in safe mode as WeChat sends them, in the shape in which the HTTP API hands them on."""

import time
from collections.abc import Mapping
from typing import Any

from infra.sandbox.settings import Account
from wejourney.wire.official_account.crypto import encrypt, sign

OPENID = "oFollower-0123456789abcdefghi"
_NONCE = "486452656"


def follow(account: Account, scene: str) -> dict[str, Any]:
    """Somebody new follows by scanning a QR code."""
    key = {"EventKey": f"qrscene_{scene}", "Ticket": "gQH47joAAAAAAAAAASxodHRwOi8vd2VpeGluLnFxLmNvbS9xL2"}
    return _request(account, {"MsgType": "event", "Event": "subscribe", **key})


def text(account: Account, content: str) -> dict[str, Any]:
    """A follower writes."""
    return _request(account, {"MsgType": "text", "Content": content, "MsgId": "24762519581347001"})


def _request(account: Account, fields: Mapping[str, str]) -> dict[str, Any]:
    now = str(int(time.time()))
    envelope = {"ToUserName": account.original_id, "FromUserName": OPENID, "CreateTime": now}
    encrypted = encrypt(_xml({**envelope, **fields}).encode(), account.encoding_aes_key, account.app_id)
    query = {
        "signature": sign(account.token, now, _NONCE),
        "timestamp": now,
        "nonce": _NONCE,
        "openid": OPENID,
        "encrypt_type": "aes",
        "msg_signature": sign(account.token, now, _NONCE, encrypted),
    }
    return {
        "version": "2.0",
        "requestContext": {"http": {"method": "POST", "path": f"/wechat/{account.app_id}"}},
        "pathParameters": {"app_id": account.app_id},
        "queryStringParameters": query,
        "body": _xml({"ToUserName": account.original_id, "Encrypt": encrypted}),
        "isBase64Encoded": False,
    }


def _xml(fields: Mapping[str, str]) -> str:
    return f"<xml>{''.join(f'<{name}><![CDATA[{value}]]></{name}>' for name, value in fields.items())}</xml>"
