"""The access token of each account: one for all workers, renewed by one of them at a time.

WeChat's `stable_token` returns the same token to all while it lives and overlaps the old with the new
for the last five minutes.
https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import requests

from wejourney.accounts import Account
from wejourney.adapters.wechat_api import TIME_LIMITS, translated
from wejourney.domain.errors import (
    AccountMisconfiguredError,
    SendOutcomeUnknownError,
    TokenRejectedError,
    WeChatBusyError,
    WeChatError,
)
from wejourney.domain.sending import error_of

RENEW_BEFORE = timedelta(minutes=5)
"""From here on WeChat hands out the next token while the old one still works."""

REMEMBER = timedelta(seconds=60)
"""How long a worker trusts its memory before it looks at the table again."""

LEASE = timedelta(seconds=15)
"""How long one worker has the renewal for itself: longer than the call may take."""

_POLLS = 40
_POLL_SECONDS = 0.25


@dataclass(frozen=True)
class StoredToken:
    """What the table holds of an account. Times are UTC."""

    token: str | None = None
    expires_at: datetime | None = None
    stopped_until: datetime | None = None

    def valid(self, now: datetime, margin: timedelta = timedelta(0)) -> bool:
        """Whether the token lives longer than the margin."""
        return self.token is not None and self.expires_at is not None and self.expires_at > now + margin


class TokenTable(Protocol):
    """Where all workers look."""

    def read(self, app_id: str) -> StoredToken:
        """What is stored, as it is now."""

    def lease(self, app_id: str, seen: str | None, now: datetime, until: datetime) -> bool:
        """Take the renewal for oneself; False while another worker has it, or has just done it.

        `seen` is the token that is to be replaced, None where there was none.
        """

    def release(self, app_id: str) -> None:
        """End the lease without a token."""

    def save(self, app_id: str, token: str, expires_at: datetime) -> None:
        """Store a token and end the lease."""

    def stop(self, app_id: str, until: datetime) -> None:
        """Store that the account is to send nothing until then."""


class AccessTokens:
    """Access tokens for all accounts. `now` is real time: tokens are between computers."""

    def __init__(
        self,
        base_url: str,
        table: TokenTable,
        now: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = base_url
        self._table = table
        self._now = now
        self._pause = pause
        self._http = requests.Session()
        self._memory: dict[str, tuple[StoredToken, datetime]] = {}

    def get(self, account: Account) -> str:
        """A token that WeChat takes."""
        stored, now = self._known(account), self._now()
        if not stored.valid(now, RENEW_BEFORE):
            stored = self._renewed(account, stored)
        return stored.token or ""

    def renew(self, account: Account, rejected: str) -> str:
        """Another token than the one that WeChat rejected."""
        stored = self._look(account)
        if stored.token == rejected or not stored.valid(self._now()):
            stored = self._renewed(account, stored, rejected)
        return stored.token or ""

    def stopped_until(self, account: Account) -> datetime | None:
        """Until when no message may be sent; up to a minute late on other workers."""
        return self._known(account).stopped_until

    def stop(self, account: Account, until: datetime) -> None:
        """Send nothing more until then."""
        self._table.stop(account.app_id, until)
        self._memory.pop(account.app_id, None)

    def _known(self, account: Account) -> StoredToken:
        stored, seen = self._memory.get(account.app_id, (None, None))
        if stored is not None and seen is not None and self._now() - seen < REMEMBER:
            return stored
        return self._look(account)

    def _look(self, account: Account) -> StoredToken:
        stored = self._table.read(account.app_id)
        self._memory[account.app_id] = (stored, self._now())
        return stored

    def _renewed(self, account: Account, stored: StoredToken, rejected: str | None = None) -> StoredToken:
        """Renew, or let the one who does it do it: with the old token while it lives, else waiting."""
        for _ in range(_POLLS):
            now = self._now()
            if self._table.lease(account.app_id, stored.token, now, now + LEASE):
                try:
                    return self._fetch(account, rejected)
                except WeChatError:
                    self._table.release(account.app_id)
                    raise
            stored = self._look(account)
            if stored.valid(now) and stored.token != rejected:
                return stored
            self._pause(_POLL_SECONDS)
        raise WeChatBusyError(0, "the access token is being renewed for too long")

    def _fetch(self, account: Account, rejected: str | None) -> StoredToken:
        token, seconds = self._ask(account, force=False)
        if token == rejected:
            # Only now: forcing kills the token for everybody, and may be done 20 times a day.
            token, seconds = self._ask(account, force=True)
        self._table.save(account.app_id, token, self._now() + timedelta(seconds=seconds))
        return self._look(account)

    def _ask(self, account: Account, *, force: bool) -> tuple[str, int]:
        body: dict[str, str | bool] = {
            "grant_type": "client_credential",
            "appid": account.app_id,
            "secret": account.app_secret,
            "force_refresh": force,
        }
        url = f"{self._base_url}/cgi-bin/stable_token"
        try:
            answer = translated(lambda: self._http.post(url, json=body, timeout=TIME_LIMITS).json())
        except SendOutcomeUnknownError as error:
            # Asking for a token again repeats nothing.
            raise WeChatBusyError(0, f"no access token: {error}") from error
        if "access_token" not in answer:
            raise _refused(answer.get("errcode"), answer.get("errmsg"))
        return str(answer["access_token"]), int(answer["expires_in"])


def _refused(errcode: object, errmsg: object) -> WeChatError:
    """Why there is no token. 40001 is here not a token that is over but a wrong AppSecret."""
    error = error_of(int(str(errcode or 0)), str(errmsg or "no token in the answer"))
    if isinstance(error, TokenRejectedError):
        return AccountMisconfiguredError(error.errcode, error.errmsg)
    return error
