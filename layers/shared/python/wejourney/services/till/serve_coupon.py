"""What a till asks of a coupon: what it is worth, and to use it in a sale, once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.errors import WejourneyError
from wejourney.loyalty.benefits.coupons import (
    CouponExpiredError,
    CouponGivenError,
    CouponHeldError,
    CouponNotYetError,
    CouponUse,
    CouponUsedError,
    SaleTooSmallError,
    UnknownCouponError,
)
from wejourney.loyalty.benefits.secret_codes import MistypedCodeError
from wejourney.services.loyalty.coupons import Coupons
from wejourney.wire.store_api.requests import StoreRequest

OF_COUPONS: Mapping[type[WejourneyError], tuple[int, str]] = {
    MistypedCodeError: (400, "mistyped_coupon"),
    UnknownCouponError: (404, "unknown_coupon"),
    CouponNotYetError: (409, "coupon_not_yet"),
    CouponExpiredError: (409, "coupon_expired"),
    CouponUsedError: (409, "coupon_used"),
    CouponHeldError: (409, "coupon_held"),
    CouponGivenError: (409, "coupon_given"),
    SaleTooSmallError: (409, "sale_too_small"),
}
"""The status of each error, and its name for the till."""


@dataclass(frozen=True)
class ServeCoupon:
    """Each method answers one operation. Raises MistypedCodeError, CouponRefusedError or LedgerBusyError."""

    coupons: Coupons
    now: Callable[[], datetime]

    def look_up(self, request: StoreRequest) -> Mapping[str, Any]:
        coupon = self.coupons.coupon(request.body["code"])
        refusal = coupon.refusal(self.now())
        return {
            "coupon": coupon.name,
            "takes": str(coupon.takes),
            "least": coupon.from_fen,
            "since": coupon.since,
            "until": coupon.until,
            "why_not": OF_COUPONS[type(refusal)][1] if refusal is not None else None,
        }

    def use(self, request: StoreRequest) -> Mapping[str, Any]:
        asked, who = request.body, request.who
        use = CouponUse(who.store, asked["order"], asked["total"], self.now())
        coupon = self.coupons.use(asked["code"], use)
        return {"coupon": coupon.name, "order": asked["order"], "taken": coupon.taken}
