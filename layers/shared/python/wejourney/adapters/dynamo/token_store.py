"""The access tokens in DynamoDB: one row an account."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Action, Column, Condition
from wejourney.adapters.dynamo.items import Row, columns_of, read_row
from wejourney.adapters.dynamo.table import RefusedWriteError, Table
from wejourney.adapters.failures import aws_errors, code_of
from wejourney.adapters.wechat.access_tokens import StoredToken, TimeName
from wejourney.errors import WeChatBusyError

_TOKEN = "TOKEN"  # noqa: S105 - the name of a row


@contextmanager
def _reachable() -> Iterator[None]:
    """Without the table there is no token, and no message has left: that is busy."""
    try:
        yield
    except aws_errors() as error:
        reason = code_of(error) or type(error).__name__
        raise WeChatBusyError(0, detail=f"the tokens' table: {reason}") from error


@dataclass(frozen=True)
class TokenStore:
    """The accounts' table; `adapters.wechat.access_tokens.TokenTable` says what each method does."""

    table: Table

    @_reachable()
    def read(self, app_id: str) -> StoredToken:
        return read_row(StoredToken, columns_of(self.table.get(_key(app_id)) or {}))

    @_reachable()
    def lease(self, app_id: str, seen: str | None, now: datetime, until: datetime) -> bool:
        free: Condition = Column("leased_until").does_not_exist() | (Column("leased_until") < _text(now))
        free &= Column("token").does_not_exist() if seen is None else Column("token") == seen
        return self._updated(app_id, [Column("leased_until").set(_text(until))], free)

    @_reachable()
    def release(self, app_id: str, until: datetime) -> None:
        self._updated(app_id, [Column("leased_until").remove()], Column("leased_until") == _text(until))

    @_reachable()
    def save(self, app_id: str, token: str, expires_at: datetime) -> None:
        new = [Column("token").set(token), Column("expires_at").set(_text(expires_at))]
        self._updated(app_id, [*new, Column("leased_until").remove()])

    @_reachable()
    def set_time(self, app_id: str, name: TimeName, at: datetime | None) -> None:
        self._updated(app_id, [Column(name).remove() if at is None else Column(name).set(_text(at))])

    def _updated(self, app_id: str, actions: Sequence[Action], condition: Condition | None = None) -> bool:
        try:
            self.table.update(_key(app_id), actions, condition)
        except RefusedWriteError:
            return False
        return True


def _key(app_id: str) -> Row:
    return {"pk": app_id, "sk": _TOKEN}


def _text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
