"""The access tokens in DynamoDB: one row an account."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from wejourney.adapters.dynamo.reading import time_of
from wejourney.adapters.dynamo.table import RefusedWriteError, Row, Table
from wejourney.adapters.wechat.access_tokens import StoredToken
from wejourney.errors import WeChatBusyError

_TOKEN = "TOKEN"  # noqa: S105 - the name of a row


class TokenRow(Row):
    """An account's token; pk is the app id. Times are ISO 8601 in UTC, which sort as text."""

    token = UnicodeAttribute(null=True)
    expires_at = UnicodeAttribute(null=True)
    leased_until = UnicodeAttribute(null=True)
    stopped_until = UnicodeAttribute(null=True)
    forced_at = UnicodeAttribute(null=True)
    paused_until = UnicodeAttribute(null=True)


@contextmanager
def _reachable() -> Iterator[None]:
    """Without the table there is no token, and no message has left: that is busy."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise WeChatBusyError(0, detail=f"the tokens' table: {type(error).__name__}") from error


@dataclass(frozen=True)
class TokenStore:
    """The accounts' table, for `wejourney.adapters.wechat.access_tokens.TokenTable`."""

    table: Table

    @_reachable()
    def read(self, app_id: str) -> StoredToken:
        """What is stored, as it is now."""
        row = self.table.get(_key(app_id))
        if row is None:
            return StoredToken()
        times = (row.expires_at, row.stopped_until, row.forced_at, row.paused_until)
        return StoredToken(row.token, *map(time_of, times))

    @_reachable()
    def lease(self, app_id: str, seen: str | None, now: datetime, until: datetime) -> bool:
        """Take the renewal for oneself; False while another worker has it, or has just done it."""
        free = TokenRow.leased_until.does_not_exist() | (TokenRow.leased_until < _text(now))
        free &= TokenRow.token.does_not_exist() if seen is None else TokenRow.token == seen
        return self._updated(app_id, [TokenRow.leased_until.set(_text(until))], free)

    @_reachable()
    def release(self, app_id: str, until: datetime) -> None:
        """End the lease that was taken until then, without a token; one of another worker stays."""
        self._updated(app_id, [TokenRow.leased_until.remove()], TokenRow.leased_until == _text(until))

    @_reachable()
    def force(self, app_id: str, at: datetime | None) -> None:
        """Store when a renewal was last forced, None where none was."""
        forced_at = TokenRow.forced_at
        self._updated(app_id, [forced_at.remove() if at is None else forced_at.set(_text(at))])

    @_reachable()
    def pause(self, app_id: str, until: datetime) -> None:
        """Store that no token is to be handed out until then."""
        self._updated(app_id, [TokenRow.paused_until.set(_text(until))])

    @_reachable()
    def save(self, app_id: str, token: str, expires_at: datetime) -> None:
        """Store a token and end the lease."""
        self._updated(
            app_id,
            [
                TokenRow.token.set(token),
                TokenRow.expires_at.set(_text(expires_at)),
                TokenRow.leased_until.remove(),
            ],
        )

    @_reachable()
    def stop(self, app_id: str, until: datetime) -> None:
        """Store that the account is to send nothing until then."""
        self._updated(app_id, [TokenRow.stopped_until.set(_text(until))])

    def _updated(self, app_id: str, actions: Sequence[Action], condition: Condition | None = None) -> bool:
        """Change the row if the condition holds; whether it did."""
        try:
            self.table.update(_key(app_id), actions, condition)
        except RefusedWriteError:
            return False
        return True


def _key(app_id: str) -> TokenRow:
    return TokenRow(pk=app_id, sk=_TOKEN)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
