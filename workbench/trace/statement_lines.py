"""What happens in somebody's books, as a trace tells it."""

from dataclasses import dataclass

from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.transactions import Kind, Transaction
from workbench.trace.trace_events import PointsChanged, Where


@dataclass(frozen=True)
class StatementLine:
    """A transaction, and what the person can spend after it: below zero where they owe."""

    transaction: Transaction
    balance: int

    def told(self, where: Where) -> PointsChanged | None:
        """None: it changes neither what they can spend nor what waits for them."""
        moved, cause = self.transaction.by_pocket, self.transaction.cause
        points = moved[Pocket.AVAILABLE] + moved[Pocket.OWED]
        pending, unclaimed = moved[Pocket.PENDING], moved[Pocket.UNCLAIMED]
        if not (points or pending or unclaimed):
            return None
        kind = self.transaction.kind
        reason = "" if kind is Kind.CLAIM else cause.reason or cause.rule
        return PointsChanged(where, points, self.balance, reason, kind, pending, unclaimed)
