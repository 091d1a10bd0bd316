"""What a till asks of a coupon: what it is, and to use it, once."""

import time
from dataclasses import dataclass
from typing import Protocol

from wejourney.loyalty.benefits.coupons import CodedCoupon, Coupon, CouponUse, UnknownCouponError
from wejourney.loyalty.benefits.secret_codes import code_of, hash_of
from wejourney.services.loyalty.bookkeeping import Pause, until_done


class CouponRecords(Protocol):
    def coupon(self, code: str) -> Coupon | None:
        """The coupon with this code."""

    def keep(self, coded: CodedCoupon) -> None:
        """Keep a coupon as it is after a change. Raises StaleBooksError when somebody else has changed it."""


@dataclass(frozen=True)
class Coupons:
    """Codes are as they were typed: MistypedCodeError and UnknownCouponError tell what is wrong with one."""

    records: CouponRecords
    pause: Pause = time.sleep

    def coupon(self, typed: str) -> Coupon:
        coupon = self.records.coupon(code_of(typed))
        if coupon is None:
            raise UnknownCouponError
        return coupon

    def use(self, typed: str, use: CouponUse) -> Coupon:
        """Use a coupon in a sale; the same use asked for again is answered again.

        Raises CouponRefusedError: of two tills at once, one is told that it was used. Raises LedgerBusyError.
        """

        def attempt() -> Coupon:
            coupon = self.coupon(typed)
            after = coupon.used_in(use)
            if after is not coupon:
                self.records.keep(CodedCoupon(hash_of(code_of(typed)), after))
            return after

        return until_done(attempt, "of a coupon", self.pause)
