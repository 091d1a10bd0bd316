"""Signatures and encryption of the callback.

The scheme: https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wejourney.errors import CallbackRefusedError

_AES_BLOCK = 16
_PADDING_BLOCK = 32
"""WeChat pads to 32 bytes although AES needs 16, so a library's PKCS #7 would refuse its messages."""

_SALT = 16
_LENGTH = 4


class UntrustedRequestError(CallbackRefusedError):
    """A request that our secrets do not vouch for. Newer secrets might: they may have been changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(403, reason)


def sign(*parts: str) -> str:
    """WeChat's signature: SHA-1, in hexadecimal, of the sorted parts, the token being one of them."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def is_signed(signature: str, *parts: str) -> bool:
    """Whether the signature is that of the parts; the time it takes does not tell where it differs."""
    return hmac.compare_digest(sign(*parts).encode(), signature.encode("utf-8", "replace"))


def encrypt(message: bytes, encoding_aes_key: str, app_id: str) -> str:
    """Encrypt a message to or from an account: random salt, length, message and app id; base64."""
    plain = os.urandom(_SALT) + len(message).to_bytes(_LENGTH) + message + app_id.encode()
    padding = _PADDING_BLOCK - len(plain) % _PADDING_BLOCK
    encryptor = _cipher(encoding_aes_key).encryptor()
    encrypted = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(encrypted).decode()


def decrypt(encrypted: str, encoding_aes_keys: Sequence[str], app_id: str) -> tuple[bytes, str]:
    """The message, and the first of the keys that opens it: the answer is to be encrypted with the same one.

    Raises UntrustedRequestError, with what was wrong under the first key, when none opens it.
    """
    refusals = []
    for key in encoding_aes_keys:
        try:
            return _decrypt(encrypted, key, app_id), key
        except UntrustedRequestError as exc:
            refusals.append(exc)
    raise refusals[0]


def _decrypt(encrypted: str, encoding_aes_key: str, app_id: str) -> bytes:
    try:
        data = base64.b64decode("".join(encrypted.split()), validate=True)
    except (binascii.Error, ValueError):
        raise UntrustedRequestError("Encrypt is not base64") from None
    if not data or len(data) % _AES_BLOCK:
        raise UntrustedRequestError("Encrypt is not a whole number of AES blocks")
    decryptor = _cipher(encoding_aes_key).decryptor()
    plain = _without_padding(decryptor.update(data) + decryptor.finalize())
    start = _SALT + _LENGTH
    end = start + int.from_bytes(plain[_SALT:start])
    if len(plain) < start or len(plain) < end:
        raise UntrustedRequestError("the decrypted message is shorter than it says")
    if not hmac.compare_digest(plain[end:], app_id.encode()):
        raise UntrustedRequestError("the message was encrypted for another app id")
    return plain[start:end]


def _without_padding(plain: bytes) -> bytes:
    count = plain[-1]
    if not 1 <= count <= min(_PADDING_BLOCK, len(plain)) or plain[-count:] != bytes([count]) * count:
        raise UntrustedRequestError("wrong padding: not encrypted with a key of this account")
    return plain[:-count]


def _cipher(encoding_aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(encoding_aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:_AES_BLOCK]))
