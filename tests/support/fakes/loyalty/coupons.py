"""Coupons in memory. tests/functional/test_coupons.py holds them to what the table does."""

from collections import Counter
from dataclasses import dataclass, field

from wejourney.errors import NoneLeftError, StaleBooksError
from wejourney.loyalty.benefits.coupons import CodedCoupon, Coupon, CouponIssue
from wejourney.loyalty.benefits.secret_codes import hash_of


@dataclass
class FakeCoupons:
    kept: dict[str, Coupon] = field(default_factory=dict)
    """By the hash of the code."""
    given: Counter[str] = field(default_factory=Counter)

    def coupon(self, code: str) -> Coupon | None:
        return self.kept.get(hash_of(code))

    def keep(self, coded: CodedCoupon) -> None:
        self.require_before(coded)
        self.kept[coded.id] = coded.coupon

    def require_before(self, coded: CodedCoupon) -> None:
        known = self.kept.get(coded.id)
        if (known.rev + 1 if known is not None else 0) != coded.coupon.rev:
            raise StaleBooksError

    def issue(self, issue: CouponIssue) -> None:
        name = issue.coupon.name
        if issue.stock is not None and self.given[name] >= issue.stock:
            raise NoneLeftError
        self.kept[hash_of(issue.code)] = issue.coupon
        self.given[name] += 1
