"""wechatpy as a second opinion on the wire; its own code has no types, so they are given here."""

from collections.abc import Mapping
from typing import Any

import wechatpy.crypto
import wechatpy.utils

from wejourney.accounts import Account

_crypto: Any = wechatpy.crypto
_utils: Any = wechatpy.utils


def check_signature(token: str, signature: str, timestamp: str, nonce: str) -> None:
    """Raises when wechatpy does not accept the signature of a plain request."""
    _utils.check_signature(token, signature, timestamp, nonce)


def encrypt(message: str, key: str, app_id: str) -> str:
    encrypted: bytes = _crypto.PrpCrypto(_crypto.WeChatCrypto("", key, app_id).key).encrypt(message, app_id)
    return encrypted.decode()


def decrypt(encrypted: str, key: str, app_id: str) -> str:
    message: str = _crypto.PrpCrypto(_crypto.WeChatCrypto("", key, app_id).key).decrypt(encrypted, app_id)
    return message


def open_envelope(envelope: Mapping[str, str | None], account: Account, key: str) -> str:
    """The reply in an encrypted envelope, its signature checked."""
    message: str = _crypto.WeChatCrypto(account.token, key, account.app_id).decrypt_message(
        {"Encrypt": envelope["Encrypt"]}, envelope["MsgSignature"], envelope["TimeStamp"], envelope["Nonce"]
    )
    return message
