"""How often somebody has asked for something in a span of the clock (UTC), by a hash of who they are."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wejourney.adapters.dynamo.expressions import Action, Column, Condition
from wejourney.adapters.dynamo.items import Row, row_key
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import WejourneyError
from wejourney.events.event import Subject

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RequestCounts:
    """`prefix` begins the pk of the rows in the followers' table, `refused` is raised above the limit."""

    table: Table
    prefix: str
    span: timedelta
    refused: type[WejourneyError]

    def count(self, subject: Subject, most: int, now: datetime) -> None:
        row, actions, left = self._counted(subject, most, now)
        try:
            self.table.update(row, actions, left)
        except RefusedWriteError as refused:
            raise self.refused from refused

    def count_with(self, write: Transaction, subject: Subject, most: int, now: datetime) -> None:
        """As `count`, if all that is written with it is; `refused` is the meaning of its refusal."""
        row, actions, left = self._counted(subject, most, now)
        write.update(row, actions, left, self.refused)

    def _counted(self, subject: Subject, most: int, now: datetime) -> tuple[Row, list[Action], Condition]:
        begun = now - (now - _BEGIN) % self.span
        who = hashlib.sha256(f"{subject.app_id}\n{subject.openid}".encode()).hexdigest()
        key, number = row_key(f"{self.prefix}{who}", "", begun.isoformat()), Column("number")
        over = int((begun + 2 * self.span).timestamp())
        left: Condition = number.does_not_exist() | (number < most)
        return key, [number.add(1), Column("expires_at").set(over)], left
