"""Access tokens, by the rules of WeChat's two ways to get one. Their lifetimes run in real time.

* https://developers.weixin.qq.com/doc/service/en/Basic_Information/Get_access_token.html
* https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.sandbox.fake_wechat.refusals import RefusedError

LIFETIME = timedelta(seconds=7200)
OVERLAP = timedelta(minutes=5)
"""How long the old token is good beside the new one, and how early the platform renews a stable one."""
CALLS_A_DAY = 2000
FORCED_A_DAY = 20
FORCED_APART = timedelta(seconds=30)


@dataclass
class Token:
    """An access token: good until it is over, or until a newer one has replaced it."""

    value: str
    over: datetime
    replaced: datetime | None = None


class AccessTokens:
    """All access tokens of the account. Every time passed in is real time, UTC."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._plain: Token | None = None
        self._stable: Token | None = None
        self._issued: list[datetime] = []
        self._forced: list[datetime] = []

    def issue(self, now: datetime) -> Token:
        """GET /cgi-bin/token: always a new one; the one before it is good for five minutes more."""
        if _last_day(self._issued, now) >= CALLS_A_DAY:
            raise RefusedError(45009)
        self._issued.append(now)
        self._plain = self._replace(self._plain, now, now + OVERLAP)
        return self._plain

    def stable(self, now: datetime, *, force: bool) -> Token:
        """POST /cgi-bin/stable_token: the same one while it is good, unless a new one is forced."""
        if force:
            self._check_forcing(now)
            self._forced.append(now)
            self._stable = self._replace(self._stable, now, now)
        elif self._stable is None or not _good(self._stable, now) or self._stable.over - now <= OVERLAP:
            self._stable = self._replace(self._stable, now, now + OVERLAP)
        return self._stable

    def check(self, value: str | None, now: datetime) -> None:
        """Raises RefusedError unless this token is good."""
        if not value:
            raise RefusedError(41001)
        token = self._tokens.get(value)
        if token is None or (token.replaced is not None and token.replaced <= now):
            raise RefusedError(40001)
        if token.over <= now:
            raise RefusedError(42001)

    def revoke(self, now: datetime) -> None:
        """Make every token invalid, as a change of the app secret does."""
        for token in self._tokens.values():
            token.replaced = now

    def _check_forcing(self, now: datetime) -> None:
        if _last_day(self._forced, now) >= FORCED_A_DAY:
            raise RefusedError(45009, "force_refresh, 20 a day")
        if self._forced and now - self._forced[-1] < FORCED_APART:
            raise RefusedError(45011, "force_refresh, 30 seconds apart")

    def _replace(self, old: Token | None, now: datetime, good_until: datetime) -> Token:
        if old is not None and old.replaced is None:
            old.replaced = good_until
        token = Token(secrets.token_urlsafe(100), now + LIFETIME)
        self._tokens[token.value] = token
        return token


def _good(token: Token, now: datetime) -> bool:
    return token.over > now and (token.replaced is None or token.replaced > now)


def _last_day(times: list[datetime], now: datetime) -> int:
    return sum(time > now - timedelta(days=1) for time in times)
