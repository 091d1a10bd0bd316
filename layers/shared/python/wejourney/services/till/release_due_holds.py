"""Give back what tills have held for longer than they may. It can stop at any point and run again."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from wejourney.loyalty.till.holds import Hold, HoldOverError
from wejourney.services.loyalty.holding import settle_due
from wejourney.services.loyalty.ports import Failed, raise_failure
from wejourney.services.till.ports import Holds
from wejourney.services.till.settle_hold import SettleHold


@dataclass(frozen=True)
class ReleaseDueHolds:
    holds: Holds
    settle: SettleHold
    failed: Failed = raise_failure

    def __call__(self, has_time: Callable[[], bool] = lambda: True) -> int:
        """Release what is due while there `has_time`; how many are."""

        def release(hold: Hold) -> None:
            with suppress(HoldOverError):  # Taken meanwhile.
                self.settle.release(hold)

        return settle_due(self.holds.due(self.settle.now()), self.holds.find, release, self.failed, has_time)
