"""Give back what tills have held for longer than they may. It can stop at any point and run again."""

from dataclasses import dataclass

from wejourney.errors import LedgerBusyError
from wejourney.loyalty.till.holds import HoldOverError
from wejourney.services.till.ports import Holds
from wejourney.services.till.settle_hold import SettleHold

PAGE = 100


@dataclass(frozen=True)
class ReleaseDueHolds:
    holds: Holds
    settle: SettleHold

    def __call__(self, most: int = PAGE) -> int:
        """Release a page of holds; how many were due. What others keep from it comes with a later call."""
        due = self.holds.due(self.settle.now(), most)
        for hold in due:
            try:
                self.settle.release(hold)
            except (HoldOverError, LedgerBusyError):
                continue
        return len(due)
