"""The access token of each account: one for all workers, renewed by one of them at a time.

WeChat's `stable_token` returns the same token to all while it lives and overlaps the old with the new
for the last five minutes. Forcing another one kills the token for every system that uses it, and may be
done 20 times a day: so it is done once for a token that WeChat rejects and still hands out, not again for
`FORCED_APART`, and a second rejection pauses the account.
https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from wejourney.accounts import Account
from wejourney.adapters.wechat_api import call_wechat, rejected_twice, repeatable
from wejourney.domain.errors import (
    AccountMisconfiguredError,
    UnrecognisedRefusalError,
    WeChatBusyError,
    WeChatError,
)

RENEW_BEFORE = timedelta(minutes=5)
"""From here on WeChat hands out the next token while the old one still works."""

REMEMBER = timedelta(seconds=60)
"""How long a worker trusts its memory before it looks at the table again."""

LEASE = timedelta(seconds=20)
"""How long one worker has the renewal for itself: longer than its two calls may take."""

FORCED_APART = timedelta(hours=2)
"""The least time between two forced renewals: the life of a token."""

PAUSE = timedelta(minutes=10)
"""How long an account whose tokens stay invalid is left alone before one worker tries again."""

LONGEST_LIFE = 86_400
"""Seconds; WeChat documents 7200. A longer life is a broken answer."""

_TOKEN = re.compile(r"[!-~]{1,512}")
"""A token; WeChat asks to keep room for 512 characters."""

_POLLS = 40
_POLL_SECONDS = 0.25


@dataclass(frozen=True)
class StoredToken:
    """What the table holds of an account. Times are UTC.

    `forced_at` is when a renewal was last forced; until `paused_until` no token is handed out.
    """

    token: str | None = None
    expires_at: datetime | None = None
    stopped_until: datetime | None = None
    forced_at: datetime | None = None
    paused_until: datetime | None = None

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

    def release(self, app_id: str, until: datetime) -> None:
        """End the lease that was taken until then, without a token; one of another worker stays."""

    def force(self, app_id: str, at: datetime) -> None:
        """Store that a renewal is forced now."""

    def pause(self, app_id: str, until: datetime) -> None:
        """Store that no token is to be handed out until then."""

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
        self._sleep = pause
        self._memory: dict[str, tuple[StoredToken, datetime]] = {}

    def get(self, account: Account) -> str:
        """A token that WeChat takes, renewed if it has to be.

        Raises AccountMisconfiguredError while the account is paused, else as WeChat refuses, or busy.
        """
        stored = self._running(self._known(account))
        if not stored.valid(self._now(), RENEW_BEFORE):
            stored = self._renewed(account, stored)
        return stored.token or ""

    def renew(self, account: Account, rejected: str) -> str:
        """Another token than the one that WeChat rejected. Raises as `get`."""
        stored = self._running(self._look(account))
        if stored.token == rejected or not stored.valid(self._now()):
            stored = self._renewed(account, stored, rejected)
        return stored.token or ""

    def pause(self, account: Account) -> None:
        """Hand out no token for a while: WeChat has rejected a renewed one, too."""
        self._table.pause(account.app_id, self._now() + PAUSE)
        self._memory.pop(account.app_id, None)

    def stopped_until(self, account: Account) -> datetime | None:
        """Until when no message may be sent; up to a minute late on other workers."""
        return self._known(account).stopped_until

    def stop(self, account: Account, until: datetime) -> None:
        """Send nothing more until then."""
        self._table.stop(account.app_id, until)
        self._memory.pop(account.app_id, None)

    def _running(self, stored: StoredToken) -> StoredToken:
        if stored.paused_until is not None and stored.paused_until > self._now():
            raise rejected_twice(40001, f"paused until {stored.paused_until:%Y-%m-%dT%H:%MZ}")
        return stored

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
                    self._fetch(account, rejected)
                finally:
                    # After a success this finds no lease, and changes nothing.
                    self._table.release(account.app_id, now + LEASE)
                return self._look(account)
            stored = self._running(self._look(account))
            if stored.valid(now) and stored.token != rejected:
                return stored
            self._sleep(_POLL_SECONDS)
        raise WeChatBusyError(0, "the access token is being renewed for too long")

    def _fetch(self, account: Account, rejected: str | None) -> None:
        token, seconds = self._ask(account, force=False)
        if token == rejected:
            # WeChat rejects the very token that it hands out. What is stored is read under the lease.
            forced_at, now = self._table.read(account.app_id).forced_at, self._now()
            if forced_at is not None and now - forced_at < FORCED_APART:
                self.pause(account)
                raise rejected_twice(40001, "invalid although it was renewed")
            # Stored before the call: whatever becomes of it, it is not made again.
            self._table.force(account.app_id, now)
            token, seconds = self._ask(account, force=True)
        self._table.save(account.app_id, token, self._now() + timedelta(seconds=seconds))

    def _ask(self, account: Account, *, force: bool) -> tuple[str, int]:
        body: dict[str, str | bool] = {
            "grant_type": "client_credential",
            "appid": account.app_id,
            "secret": account.app_secret,
            "force_refresh": force,
        }
        try:
            answer = repeatable(lambda: call_wechat(f"{self._base_url}/cgi-bin/stable_token", {}, body))
        except (WeChatBusyError, UnrecognisedRefusalError):
            raise
        except WeChatError as error:
            # Whatever the code means elsewhere, here it is the account's: 40001 is a wrong AppSecret.
            advice = error.advice or "check the app id and the AppSecret in the account's secret"
            raise AccountMisconfiguredError(error.errcode, error.errmsg, advice) from error
        return _granted(answer)


def _granted(answer: dict[str, Any]) -> tuple[str, int]:
    """The token in an answer and its life in seconds. The error does not quote them."""
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or _TOKEN.fullmatch(token) is None:
        raise WeChatBusyError(0, "no access token: the answer has none that can be used")
    if type(seconds) is not int or not 0 < seconds <= LONGEST_LIFE:
        raise WeChatBusyError(0, "no access token: the answer has no life that can be used")
    return token, seconds
