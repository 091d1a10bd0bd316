"""The ledger in memory. `tests/functional/test_contracts.py` holds it to what the table does."""

from dataclasses import dataclass, field

from tests.support.fakes.followers import FakeFollowers
from wejourney.errors import PostingConflictError, RunEndedError
from wejourney.journeys.runs import Run
from wejourney.loyalty.ledger import ISSUED, Posting, StatementLine


@dataclass
class FakeLedger:
    """The postings by account and key, of runs that live as `records` have it."""

    records: FakeFollowers
    postings: dict[tuple[str, str], Posting] = field(default_factory=dict)

    def post(self, posting: Posting, run: Run | None = None) -> bool:
        accounts = [entry.account for entry in posting.entries if entry.account != ISSUED]
        there = [self.postings.get((account, posting.key)) for account in accounts]
        before = [one for one in there if one is not None]
        if any(one.contents_hash != posting.contents_hash for one in before):
            raise PostingConflictError(posting.key)
        if before:
            return False
        if run is not None and not self.records.lives(run):
            raise RunEndedError
        self.postings |= {(account, posting.key): posting for account in accounts}
        return True

    def balance(self, account: str) -> int:
        return sum(line.points for line in self.statement(account))

    def statement(self, account: str) -> list[StatementLine]:
        lines = (
            StatementLine(posting.at, posting.key, posting.reason, entry.points)
            for (of, _), posting in self.postings.items()
            for entry in posting.entries
            if of == entry.account == account
        )
        return sorted(lines, key=lambda line: (line.at, line.key))
