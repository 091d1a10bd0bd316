"""The ledger in memory. `tests/functional/test_contracts.py` holds it to what the table does."""

from dataclasses import dataclass

from tests.support.fakes.followers import FakeFollowers, posted, posted_before
from wejourney.errors import PostingConflictError, RunEndedError
from wejourney.journeys.runs import Run
from wejourney.loyalty.ledger import Posting, StatementLine, person_account


@dataclass
class FakeLedger:
    """The postings that `records` hold, of runs that live as these have it."""

    records: FakeFollowers

    @property
    def postings(self) -> dict[tuple[str, str], Posting]:
        return self.records.postings

    def post(self, posting: Posting, run: Run | None = None) -> bool:
        before = posted_before(self.postings, posting)
        if any(one.contents_hash != posting.contents_hash for one in before):
            raise PostingConflictError(posting.key)
        merged = run.follower.merged if run is not None else ()
        if before or any((person_account(one), posting.key) in self.postings for one in merged):
            return False
        if run is not None and not self.records.lives(run):
            raise RunEndedError
        self.postings.update(posted(posting))
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
