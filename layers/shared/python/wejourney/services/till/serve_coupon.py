"""What a till asks of a coupon: what it is worth, and to use it in a sale, once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.loyalty.benefits.coupons import CouponUse
from wejourney.services.loyalty.coupons import Coupons
from wejourney.wire.store_api.requests import StoreRequest


@dataclass(frozen=True)
class ServeCoupon:
    """Each method answers one operation. Raises MistypedCodeError or CouponRefusedError."""

    coupons: Coupons
    now: Callable[[], datetime]

    def look_up(self, request: StoreRequest) -> Mapping[str, Any]:
        coupon = self.coupons.coupon(request.body["code"])
        return {
            "coupon": coupon.name,
            "takes": str(coupon.takes),
            "least": coupon.from_fen,
            "since": coupon.since,
            "until": coupon.until,
            "used": coupon.used is not None,
        }

    def use(self, request: StoreRequest) -> Mapping[str, Any]:
        asked, who = request.body, request.who
        use = CouponUse(who.store, asked["order"], asked["total"], self.now())
        coupon = self.coupons.use(asked["code"], use)
        return {"coupon": coupon.name, "order": asked["order"], "taken": coupon.taken}
