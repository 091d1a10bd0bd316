"""The session of somebody in a mini program: a sealed token, of which only we can tell whose it is.

WeChat's own session_key is not kept at all, and its openid leaves only sealed.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from wejourney.accounts import is_app_id
from wejourney.errors import CallbackRefusedError
from wejourney.events.event import OPENID, Subject

LIFETIME = timedelta(hours=24)

_TOKEN = re.compile(r"[A-Za-z0-9_=-]{80,1024}", re.ASCII)


class SessionOverError(CallbackRefusedError):
    """No session, one that was not made by us, or one that is over: the mini program logs in again."""

    def __init__(self) -> None:
        super().__init__(401, "no session, or one that is over: log in again")


def seal_session(subject: Subject, keys: Sequence[bytes], now: datetime) -> str:
    """The token of a session that begins now, sealed with the first of the keys."""
    text = f"{subject.app_id}\n{subject.openid}".encode()
    return _fernet(keys).encrypt_at_time(text, int(now.timestamp())).decode()


def read_session(token: str, keys: Sequence[bytes], now: datetime) -> Subject:
    """Whose session it is. Raises SessionOverError."""
    if not _TOKEN.fullmatch(token):
        raise SessionOverError
    try:
        text = _fernet(keys).decrypt_at_time(token, int(LIFETIME.total_seconds()), int(now.timestamp()))
    except InvalidToken:
        raise SessionOverError from None
    app_id, _, openid = text.decode("utf-8", "replace").partition("\n")
    if not is_app_id(app_id) or not OPENID.fullmatch(openid):
        raise SessionOverError
    return Subject(app_id, openid)


def _fernet(keys: Sequence[bytes]) -> MultiFernet:
    """https://cryptography.io/en/latest/fernet/ : AES-128-CBC under HMAC-SHA256, with the time of sealing."""
    digests = (hashlib.sha256(b"mini program session\n" + key).digest() for key in keys)
    return MultiFernet([Fernet(urlsafe_b64encode(digest)) for digest in digests])
