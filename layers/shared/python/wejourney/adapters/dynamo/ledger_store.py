"""The books in DynamoDB: postings are added and never changed, balances move only with them."""

from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from wejourney.adapters.dynamo.follower_rows import live_run_key, lives, pk_of
from wejourney.adapters.dynamo.table import RefusedWriteError, Row, Table, Transaction, WholeNumber
from wejourney.errors import LedgerBusyError, PostingConflictError, RunEndedError
from wejourney.journeys.runs import Run
from wejourney.loyalty.ledger import ISSUED, Entry, Posting, StatementLine

_CONFLICTS = 8
"""How often a posting is tried again because another one writes the same account."""

_BALANCE = "BALANCE"
_POSTING = "POSTING#"

_RUN = "run"
"""The name of the look at the run that posts."""


class BalanceRow(Row):
    """What an account holds, in points."""

    points = WholeNumber()


class PostingRow(Row):
    """A posting as one of its accounts sees it: `points` is this account's side of `entries`."""

    at = UnicodeAttribute()
    key = UnicodeAttribute()
    reason = UnicodeAttribute()
    points = WholeNumber()
    entries = JSONAttribute()
    contents_hash = UnicodeAttribute()


@dataclass(frozen=True)
class LedgerStore:
    """The ledger's table; pk is an account. Whether a run lives is in the followers' table.

    The brand's own account has neither rows nor balance here: it stands on the other side of every
    posting, one row that all runs would write at once, and its balance is the sum over the others.
    """

    table: Table
    followers: Table

    def post(self, posting: Posting, run: Run | None = None) -> bool:
        """Post once, while the run lives if one posts it; False when it was posted before.

        Raises RunEndedError, PostingConflictError or LedgerBusyError.
        """
        write = Transaction(self.table)
        if run is not None:
            live = live_run_key(pk_of(run.follower), run.journey, run.key)
            write.check(_RUN, live, lives(run.id), self.followers)
        for entry in posting.entries:
            if entry.account != ISSUED:
                write.create(f"posting {entry.account}", _row(posting, entry))
                balance = BalanceRow(pk=entry.account, sk=_BALANCE)
                write.update(f"balance {entry.account}", balance, [BalanceRow.points.add(entry.points)])
        for _ in range(_CONFLICTS):
            try:
                write.commit()
            except RefusedWriteError as refused:
                if refused.failed.keys() == {_RUN}:
                    raise RunEndedError from refused
                if refused.failed:
                    return self._posted_before(posting, refused)
                continue
            return True
        raise LedgerBusyError(posting.key)

    def _posted_before(self, posting: Posting, refused: RefusedWriteError) -> bool:
        for raw in (refused.failed[name] for name in refused.failed if name != _RUN):
            if raw is None or PostingRow.from_raw_data(dict(raw)).contents_hash != posting.contents_hash:
                raise PostingConflictError(posting.key) from refused
        return False

    def balance(self, account: str) -> int:
        """What an account holds, in points."""
        row = self.table.get(BalanceRow(pk=account, sk=_BALANCE))
        return row.points if row else 0

    def statement(self, account: str) -> list[StatementLine]:
        """All postings of an account, by time."""
        raws = self.table.query(account, _POSTING)
        rows = [PostingRow.from_raw_data(raw) for raw in raws]
        lines = [
            StatementLine(datetime.fromisoformat(row.at), row.key, row.reason, row.points) for row in rows
        ]
        return sorted(lines, key=lambda line: (line.at, line.key))


def _row(posting: Posting, entry: Entry) -> PostingRow:
    return PostingRow(
        pk=entry.account,
        sk=_POSTING + posting.key,
        at=posting.at.isoformat(),
        key=posting.key,
        reason=posting.reason,
        points=entry.points,
        entries=[[one.account, one.points] for one in posting.entries],
        contents_hash=posting.contents_hash,
    )
