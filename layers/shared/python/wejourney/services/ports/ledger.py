"""The ledger."""

from typing import Protocol

from wejourney.journeys.runs import Run
from wejourney.loyalty.ledger import Posting


class Ledger(Protocol):
    def post(self, posting: Posting, run: Run) -> bool:
        """Post once, while the run that posts it lives; False when it was posted before.

        Raises RunEndedError, PostingConflictError or LedgerBusyError.
        """

    def balance(self, account: str) -> int:
        """What an account holds, in points."""
