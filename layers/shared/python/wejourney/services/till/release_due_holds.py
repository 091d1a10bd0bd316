"""Give back what tills have held for longer than they may. It can stop at any point and run again."""

from dataclasses import dataclass

from wejourney.errors import LedgerBusyError
from wejourney.loyalty.till.holds import HoldOverError
from wejourney.services.loyalty.ports import Failed, raise_failure
from wejourney.services.till.ports import Holds
from wejourney.services.till.settle_hold import SettleHold

PAGE = 100


@dataclass(frozen=True)
class ReleaseDueHolds:
    holds: Holds
    settle: SettleHold
    failed: Failed = raise_failure

    def __call__(self, most: int = PAGE) -> int:
        """Release a page of holds; how many are. What others keep from it comes with a later call."""
        number = 0
        for hold in self.holds.due(self.settle.now(), most):
            try:
                self.settle.release(hold)
            except (HoldOverError, LedgerBusyError):
                continue
            except Exception as error:  # noqa: BLE001 - the boundary of a hold: the others are released
                self.failed(hold.person_id, error)
                continue
            number += 1
        return number
