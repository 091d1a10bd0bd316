"""What a till asks of a coupon: what it is, and to use it, once."""

from dataclasses import dataclass
from typing import Protocol

from wejourney.errors import AlreadyDoneError
from wejourney.loyalty.benefits.coupons import Coupon, CouponUse, UnknownCouponError
from wejourney.loyalty.benefits.secret_codes import code_of


class CouponRecords(Protocol):
    def coupon(self, code: str) -> Coupon | None:
        """The coupon with this code."""

    def use(self, code: str, coupon: Coupon) -> None:
        """Write that a coupon is used, as it says. Raises AlreadyDoneError when it was used before."""


@dataclass(frozen=True)
class Coupons:
    """Codes are as they were typed: MistypedCodeError and UnknownCouponError tell what is wrong with one."""

    records: CouponRecords

    def coupon(self, typed: str) -> Coupon:
        coupon = self.records.coupon(code_of(typed))
        if coupon is None:
            raise UnknownCouponError
        return coupon

    def use(self, typed: str, use: CouponUse) -> Coupon:
        """Use a coupon in a sale; the same use asked for again is answered again.

        Raises CouponRefusedError: of two tills at once, one is told that it was used.
        """
        coupon = self.coupon(typed)
        after = coupon.used_in(use)
        if after is not coupon:
            try:
                self.records.use(code_of(typed), after)
            except AlreadyDoneError:
                return self.coupon(typed).used_in(use)
        return after
