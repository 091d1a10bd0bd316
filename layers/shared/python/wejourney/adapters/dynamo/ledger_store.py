"""The books in DynamoDB: postings are added and never changed, balances move only with them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.follower_rows import live_run_key, lives, pk_of
from wejourney.adapters.dynamo.items import RawItem, Row, row_key
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import AlreadyDoneError, LedgerBusyError, PostingConflictError, RunEndedError
from wejourney.journeys.runs import Run
from wejourney.loyalty.ledger import ISSUED, Entry, Posting, StatementLine, person_account

_CONFLICTS = 8
"""How often a posting is tried again because another one writes the same account."""

_BALANCE = "BALANCE"
_POSTING = "POSTING#"


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
            write.check(live, lives(run.id), RunEndedError, self.followers)
        add_postings(write, [posting], self.table, run.follower.merged if run is not None else ())
        for _ in range(_CONFLICTS):
            try:
                write.commit()
            except RefusedWriteError as refused:
                there = [item for error, item in refused.failed if error is PostingConflictError]
                if any(item is None or item["contents_hash"]["S"] != posting.contents_hash for item in there):
                    raise PostingConflictError(posting.key) from refused
                if there or any(error is AlreadyDoneError for error, _ in refused.failed):
                    return False
                if refused.failed:
                    raise RunEndedError from refused
                continue
            return True
        raise LedgerBusyError(posting.key)

    def balance(self, account: str) -> int:
        """What an account holds, in points."""
        item = self.table.get(row_key(account, _BALANCE))
        return int(item["points"]["N"]) if item else 0

    def statement(self, account: str) -> list[StatementLine]:
        lines = map(_line, self.table.query(account, _POSTING))
        return sorted(lines, key=lambda line: (line.at, line.key))


def add_postings(
    write: Transaction, postings: Iterable[Posting], ledger: Table, merged: Iterable[str] = ()
) -> None:
    """Post in a transaction, and move the balances; PostingConflictError is what a key in use means.

    `merged` are people who turned out to be the one whom the postings are about: AlreadyDoneError means that
    one of them has the posting, and that its points have been moved.
    """
    accounts = list(map(person_account, merged))
    moved = Counter[str]()
    for posting in postings:
        for entry in posting.entries:
            if entry.account != ISSUED:
                write.create(_posting_row(posting, entry), PostingConflictError, ledger)
                for account in accounts:
                    key = row_key(account, _POSTING, posting.key)
                    write.check(key, Column("pk").does_not_exist(), AlreadyDoneError, ledger)
                moved[entry.account] += entry.points
    for account, points in moved.items():
        write.update(row_key(account, _BALANCE), [Column("points").add(points)], table=ledger)


def _posting_row(posting: Posting, posted: Entry) -> Row:
    """A posting as one of its accounts sees it: `points` is this account's side of `entries`."""
    return {
        **row_key(posted.account, _POSTING, posting.key),
        "at": posting.at,
        "key": posting.key,
        "reason": posting.reason,
        "points": posted.points,
        "entries": [[entry.account, entry.points] for entry in posting.entries],
        "contents_hash": posting.contents_hash,
    }


def _line(item: RawItem) -> StatementLine:
    at, key, reason = (item[name]["S"] for name in ("at", "key", "reason"))
    return StatementLine(datetime.fromisoformat(at), key, reason, int(item["points"]["N"]))
