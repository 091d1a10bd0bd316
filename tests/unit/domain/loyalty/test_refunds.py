"""Points that were taken at a till go back for the order that they were taken for, by its store."""

from dataclasses import replace

import pytest

from tests.support.builders import NOON
from wejourney.loyalty.till.holds import (
    Capture,
    HeldPoints,
    HoldStatus,
    UnknownTillHoldError,
    Wanted,
    held,
)
from wejourney.loyalty.till.redeeming import Redeem
from wejourney.loyalty.till.refunds import AboveCaptureError, NotCapturedError, refundable

WANTED = Wanted("v-1", "v", "S1", "2", "Asia/Shanghai", points=60)
HELD = held(WANTED, HeldPoints(60, Redeem(20, 100)), "lee", NOON)
CAPTURE = Capture(60, "A-1", 10_000)


@pytest.mark.parametrize("status", HoldStatus)
@pytest.mark.parametrize("capture", [None, CAPTURE])
@pytest.mark.parametrize("store", ["S1", "S2"])
@pytest.mark.parametrize("order", ["A-1", "A-2"])
def test_only_what_this_store_has_taken_for_this_order_goes_back(
    status: HoldStatus, capture: Capture | None, store: str, order: str
) -> None:
    hold = replace(HELD, status=status, capture=capture)
    if store != HELD.store:
        with pytest.raises(UnknownTillHoldError):
            refundable(hold, store, order)
    elif status is HoldStatus.CAPTURED and capture is not None and order == capture.order:
        assert refundable(hold, store, order) is hold
    else:
        with pytest.raises(NotCapturedError, match=f"for the order {order}"):
            refundable(hold, store, order)


def test_a_hold_that_does_not_exist_is_unknown() -> None:
    with pytest.raises(UnknownTillHoldError):
        refundable(None, "S1", "A-1")


def test_more_than_is_left_says_how_much_that_is() -> None:
    error = AboveCaptureError(20)
    assert error.left == 20
    assert "at most the 20" in str(error)
