"""Coupons in memory. tests/functional/test_coupons.py holds them to what the table does."""

from collections import Counter
from dataclasses import dataclass, field

from wejourney.errors import AlreadyDoneError, NoneLeftError
from wejourney.loyalty.benefits.coupons import Coupon, CouponIssue


@dataclass
class FakeCoupons:
    kept: dict[str, Coupon] = field(default_factory=dict)
    """By code."""
    given: Counter[str] = field(default_factory=Counter)

    def coupon(self, code: str) -> Coupon | None:
        return self.kept.get(code)

    def use(self, code: str, coupon: Coupon) -> None:
        if self.kept[code].used is not None:
            raise AlreadyDoneError
        self.kept[code] = coupon

    def issue(self, issue: CouponIssue) -> None:
        name = issue.coupon.name
        if issue.stock is not None and self.given[name] >= issue.stock:
            raise NoneLeftError
        self.kept[issue.code] = issue.coupon
        self.given[name] += 1
