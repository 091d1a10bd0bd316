"""The operations of the API for tills, each with its route, what it takes, and what it answers."""

from collections.abc import Mapping
from enum import StrEnum

from wejourney.wire.json_api import Operation, Schema
from wejourney.wire.store_api import schemas


class Name(StrEnum):
    """The names of the operations, in the OpenAPI document and in logs."""

    OPEN_VISIT = "open_visit"
    READ_VISIT = "read_visit"
    HOLD_POINTS = "hold_points"
    CAPTURE_HOLD = "capture_hold"
    RELEASE_HOLD = "release_hold"
    REFUND_HOLD = "refund_hold"
    LOOK_UP_COUPON = "look_up_coupon"
    USE_COUPON = "use_coupon"
    TELL_SALE = "tell_sale"


_VISITS, _HOLD = "/store/v1/visits", "/store/v1/holds/{hold}"
_VISIT: Mapping[str, Schema] = {"visit": schemas.VISIT}

OPERATIONS: Mapping[str, Operation[Name]] = {
    one.route: one
    for one in (
        Operation(
            *(Name.OPEN_VISIT, "POST", _VISITS),
            *("Open a visit at this till: a QR code that one person scans within 2 minutes.", 201),
            schemas.OPENED,
        ),
        Operation(
            *(Name.READ_VISIT, "GET", f"{_VISITS}/{{visit}}"),
            *("Whether somebody has scanned the code, and what they have.", 200, schemas.SHOWN),
            parameters=_VISIT,
            may_find_nobody=True,
        ),
        Operation(
            *(Name.HOLD_POINTS, "POST", f"{_VISITS}/{{visit}}/holds"),
            *("Set points or an offer aside for the customer.", 201, schemas.HELD),
            parameters=_VISIT,
            body=schemas.HOLD,
            may_find_nobody=True,
        ),
        Operation(
            *(Name.CAPTURE_HOLD, "POST", f"{_HOLD}/capture"),
            *("Take what is held for a sale; the rest is given back.", 200, schemas.HELD),
            parameters={"hold": schemas.HOLD_ID},
            body=schemas.CAPTURE,
            may_find_nobody=True,
        ),
        Operation(
            *(Name.RELEASE_HOLD, "POST", f"{_HOLD}/release"),
            *("Give back what is held.", 200, schemas.HELD),
            parameters={"hold": schemas.HOLD_ID},
            may_find_nobody=True,
        ),
        Operation(
            *(Name.REFUND_HOLD, "POST", f"{_HOLD}/refund"),
            *("Give points back that were taken for a sale, all or a part.", 200, schemas.REFUNDED),
            parameters={"hold": schemas.HOLD_ID},
            body=schemas.REFUND,
            may_find_nobody=True,
        ),
        Operation(
            *(Name.LOOK_UP_COUPON, "POST", "/store/v1/coupons/lookup"),
            *("What the coupon with a code is worth, and until when.", 200, schemas.COUPON),
            body=schemas.COUPON_CODE,
            may_find_nobody=True,
        ),
        Operation(
            *(Name.USE_COUPON, "POST", "/store/v1/coupons/use"),
            *("Use a coupon in a sale, once.", 200, schemas.COUPON_USED),
            body=schemas.COUPON_USE,
            may_find_nobody=True,
        ),
        Operation(
            *(Name.TELL_SALE, "POST", "/store/v1/sales"),
            *("Tell of a sale. Told again, it is the same sale.", 202, schemas.SOLD),
            body=schemas.SALE,
            may_find_nobody=True,
        ),
    )
}
"""By route."""
