"""The access token of each account: one for all workers, renewed by one of them at a time.

WeChat's `stable_token` returns the same token to all while it lives and overlaps the old with the new
for the last five minutes. Forcing another one kills the token for every system that uses it, and may be
done 20 times a day: so it is done once for a token that WeChat rejects and still hands out, and not again
for `FORCED_APART` unless WeChat certainly did nothing. Is the forced token rejected and still handed out,
the account pauses.
https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from wejourney.accounts import Account
from wejourney.adapters.wechat.calls import TIME_LIMITS, call_wechat, repeatable
from wejourney.errors import (
    AccountMisconfiguredError,
    AccountPausedError,
    TokenRejectedError,
    UnrecognisedRefusalError,
    WeChatBusyError,
    WeChatError,
)
from wejourney.messaging.sending import error_of

RENEW_BEFORE = timedelta(minutes=5)
"""From here on WeChat hands out the next token while the old one still works."""

REMEMBER = timedelta(seconds=60)
"""How long a worker trusts its memory before it looks at the table again."""

LEASE = timedelta(seconds=2 * sum(TIME_LIMITS) + 6)
"""How long one worker has the renewal for itself: longer than its two calls may take."""

ASK_AGAIN = timedelta(seconds=60)
"""How long a worker takes WeChat's refusal of a token for its answer."""

FORCED_APART = timedelta(hours=2)
"""The least time between two forced renewals: the life of a token."""

PAUSE = timedelta(minutes=10)
"""How long an account whose tokens stay invalid is left alone before one worker tries again.

Its messages wait: see `wejourney.messaging.wechat_errors.ATTEMPTS`.
"""

TOKENS_TRIED = 3
"""How many access tokens one call tries."""

LONGEST_LIFE = 86_400
"""Seconds; WeChat documents 7200. A longer life is a broken answer."""

_TOKEN = re.compile(r"[!-~]{1,512}")
"""A token; WeChat asks to keep room for 512 characters."""

_SECONDS = re.compile(r"[0-9]{1,5}")

_POLLS = 40
_POLL_SECONDS = 0.25


type TimeName = Literal["forced_at", "paused_until", "stopped_until"]


@dataclass(frozen=True)
class StoredToken:
    """What the table holds of an account. Times are UTC.

    Until `stopped_until` the account sends nothing. `forced_at` is when a renewal was last forced; until
    `paused_until` no token is handed out.
    """

    token: str | None = None
    expires_at: datetime | None = None
    stopped_until: datetime | None = None
    forced_at: datetime | None = None
    paused_until: datetime | None = None

    def valid(self, now: datetime, margin: timedelta = timedelta(0)) -> bool:
        return self.token is not None and self.expires_at is not None and self.expires_at > now + margin


type Now = Callable[[], datetime]


class TokenTable(Protocol):
    def read(self, app_id: str) -> StoredToken:
        """What is stored, as it is now."""

    def lease(self, app_id: str, seen: str | None, now: datetime, until: datetime) -> bool:
        """Take the renewal for oneself; False while another worker has it, or has just done it.

        `seen` is the token that is to be replaced, None where there was none.
        """

    def release(self, app_id: str, until: datetime) -> None:
        """End the lease that was taken until then, without a token; one of another worker stays."""

    def save(self, app_id: str, token: str, expires_at: datetime) -> None:
        """Store a token and end the lease."""

    def set_time(self, app_id: str, name: TimeName, at: datetime | None) -> None:
        """Store one of the other times of a `StoredToken`."""


class AccessTokens:
    """Access tokens for all accounts. `now` is real time: tokens are between computers."""

    def __init__(
        self, base_url: str, table: TokenTable, now: Now, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._base_url = base_url
        self._table = table
        self._now = now
        self._sleep = pause
        self._memory: dict[str, tuple[StoredToken, datetime]] = {}
        self._refused: dict[str, tuple[WeChatError, datetime]] = {}

    def get(self, account: Account) -> str:
        """A token that WeChat accepts. Raises AccountPausedError, or why WeChat gives none."""
        stored = self._running(self._known(account))
        if not stored.valid(self._now(), RENEW_BEFORE):
            stored = self._renewed(account, stored)
        return stored.token or ""

    def renew(self, account: Account, rejected: str) -> str:
        """Another token than the one that WeChat rejected.

        Raises AccountPausedError when WeChat hands out none, although it was forced to.
        """
        stored = self._running(self._look(account))
        if stored.token == rejected or not stored.valid(self._now()):
            stored = self._renewed(account, stored, rejected)
        return stored.token or ""

    def used_in[Answer](self, account: Account, call: Callable[[str], Answer]) -> Answer:
        """Make a call with a token, and with another one when WeChat rejects it.

        The second may be rejected because another system has renewed the token meanwhile: hence a third.
        """
        token, rejected = self.get(account), TokenRejectedError(0)
        for attempt in range(TOKENS_TRIED):
            if attempt:
                token = self.renew(account, token)
            try:
                return call(token)
            except TokenRejectedError as error:
                rejected = error
        raise tokens_invalid(rejected.errcode, rejected.errmsg)

    def stopped_until(self, account: Account) -> datetime | None:
        """Until when no message may be sent; up to a minute late on other workers."""
        return self._known(account).stopped_until

    def stop(self, account: Account, until: datetime) -> None:
        self._table.set_time(account.app_id, "stopped_until", until)
        self._memory.pop(account.app_id, None)

    def _running(self, stored: StoredToken) -> StoredToken:
        if stored.paused_until is not None and stored.paused_until > self._now():
            raise tokens_invalid(40001, detail=f"paused until {stored.paused_until:%Y-%m-%dT%H:%MZ}")
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
            error, until = self._refused.get(account.app_id, (None, now))
            if error is not None and now < until:
                raise type(error)(error.errcode, error.errmsg, error.advice, detail=error.detail)
            if self._table.lease(account.app_id, stored.token, now, now + LEASE):
                try:
                    self._fetch(account, rejected)
                except BaseException:
                    # Only now: after a success the lease can be another worker's of the same microsecond.
                    self._table.release(account.app_id, now + LEASE)
                    raise
                return self._look(account)
            stored = self._running(self._look(account))
            if stored.valid(now) and stored.token != rejected:
                return stored
            self._sleep(_POLL_SECONDS)
        raise WeChatBusyError(0, detail="the access token is being renewed for too long")

    def _fetch(self, account: Account, rejected: str | None) -> None:
        # Read under the lease: who had it before may have forced a renewal, or paused the account.
        stored = self._running(self._table.read(account.app_id))
        answer = self._settled(account, lambda: self._ask(account, force=False))
        token, seconds = _granted(answer)
        if token == rejected:
            token, seconds = self._forced(account, stored.forced_at)
        self._table.save(account.app_id, token, self._now() + timedelta(seconds=seconds))

    def _forced(self, account: Account, forced_at: datetime | None) -> tuple[str, int]:
        """Force a renewal, for WeChat rejects the very token that it hands out; if one was forced, pause."""
        app_id, now = account.app_id, self._now()
        if forced_at is not None and now - forced_at < FORCED_APART:
            self._table.set_time(app_id, "paused_until", now + PAUSE)
            self._memory.pop(app_id, None)
            raise tokens_invalid(40001, detail="invalid although it was renewed")

        def ask() -> dict[str, Any]:
            try:
                return self._ask(account, force=True)
            except WeChatError:
                # WeChat has refused, or was not reached.
                self._table.set_time(app_id, "forced_at", forced_at)
                raise

        # Stored before the call: while its outcome is unknown it is not made again.
        self._table.set_time(app_id, "forced_at", now)
        return _granted(self._settled(account, ask))

    def _ask(self, account: Account, *, force: bool) -> dict[str, Any]:
        return _ask(self._base_url, account, force=force)

    def _settled(self, account: Account, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """WeChat's answer. A refusal that another call would meet again is remembered for a while."""
        try:
            return repeatable(ask)
        except WeChatError as error:
            refusal = _of_the_account(error)
            if error.errcode and not isinstance(error_of(error.errcode, ""), WeChatBusyError):
                self._refused[account.app_id] = (refusal, self._now() + ASK_AGAIN)
            raise refusal from error.__cause__


def fresh_token(base_url: str, account: Account) -> str:
    """The token that WeChat hands out now: the same to all, so that asking replaces none.

    Raises WeChatBusyError, or why WeChat gives none.
    """
    try:
        return _granted(repeatable(lambda: _ask(base_url, account, force=False)))[0]
    except WeChatError as error:
        raise _of_the_account(error) from error.__cause__


def _ask(base_url: str, account: Account, *, force: bool) -> dict[str, Any]:
    account_of = {"appid": account.app_id, "secret": account.app_secret}
    body = {"grant_type": "client_credential", **account_of, "force_refresh": force}
    return call_wechat(f"{base_url}/cgi-bin/stable_token", {}, body)


def tokens_invalid(errcode: int, errmsg: str = "", detail: str = "") -> AccountPausedError:
    """WeChat rejects the tokens that it has just given: an operator looks."""
    advice = "tokens stay invalid: check the AppSecret, and whether another system renews this account's"
    return AccountPausedError(errcode, errmsg, advice, detail=detail)


def _of_the_account(error: WeChatError) -> WeChatError:
    """Whatever the code means elsewhere, for a token it is the account's: 40001 is a wrong AppSecret."""
    if isinstance(error, WeChatBusyError | UnrecognisedRefusalError):
        return error
    advice = error.advice or "check the app id and the AppSecret in the account's secret"
    return AccountMisconfiguredError(error.errcode, error.errmsg, advice)


def _granted(answer: dict[str, Any]) -> tuple[str, int]:
    """The token in an answer and its life in seconds. The error does not quote them."""
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or _TOKEN.fullmatch(token) is None:
        raise WeChatBusyError(0, detail="no access token: the answer has none that can be used")
    if isinstance(seconds, str) and _SECONDS.fullmatch(seconds):
        seconds = int(seconds)
    if isinstance(seconds, float) and seconds.is_integer():
        seconds = int(seconds)
    if type(seconds) is not int or not 0 < seconds <= LONGEST_LIFE:
        raise WeChatBusyError(0, detail="no access token: the answer has no life that can be used")
    return token, seconds
