"""Points that were taken at a till and are given back, because the sale is returned."""

from wejourney.loyalty.till.holds import Hold, HoldStatus, UnknownTillHoldError
from wejourney.loyalty.till.visits import TillError


class NotCapturedError(TillError):
    """Nothing was taken of the hold, or for another order than this."""

    code = "not_captured"

    def __init__(self, order: str) -> None:
        super().__init__(f"was not captured for the order {order}")
        self.order = order


class AboveCaptureError(TillError):
    """More is to be refunded than was taken and not refunded before."""

    code = "above_capture"

    def __init__(self, left: int) -> None:
        super().__init__(f"must be at most the {left} that were taken and not refunded before")
        self.left = left


def refundable(hold: Hold | None, store: str, order: str) -> Hold:
    """The hold that a store has captured for an order, at whichever till.

    Raises UnknownTillHoldError or NotCapturedError.
    """
    if hold is None or hold.store != store:
        raise UnknownTillHoldError
    if hold.status is not HoldStatus.CAPTURED or hold.capture is None or hold.capture.order != order:
        raise NotCapturedError(order)
    return hold
