"""A coupon is used once, in its days, in a sale that is large enough."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty.benefits.coupons import (
    Coupon,
    CouponExpiredError,
    CouponNotYetError,
    CouponTerms,
    CouponUse,
    CouponUsedError,
    SaleTooSmallError,
    issued,
)
from wejourney.loyalty.benefits.discounts import Discount

NOON = datetime(2026, 11, 28, 4, tzinfo=UTC)
TERMS = CouponTerms(Discount(percent=10), 30, from_fen=10_000)
COUPON = issued("welcome-10", TERMS, "ann", "run#3", NOON, "Asia/Shanghai")
USE = CouponUse("paris", "order-1", 20_000, NOON + timedelta(days=1))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001 - made aware
    st.integers(1, 400),
    st.sampled_from(["Asia/Shanghai", "Europe/Paris", "America/Santiago", "Pacific/Apia"]),
)
def test_it_can_be_used_from_its_issue_to_the_end_of_its_last_day(at: datetime, days: int, zone: str) -> None:
    coupon = issued("c", CouponTerms(Discount(fen=1), days), "ann", "run#1", at, zone)
    last = coupon.until - timedelta(microseconds=1)
    local = [one.astimezone(ZoneInfo(zone)).date() for one in (at, last, coupon.until)]

    assert (local[1] - local[0]).days == days
    assert (local[2] - local[0]).days == days + 1
    assert coupon.used_in(replace(USE, at=at)).used is not None
    assert coupon.used_in(replace(USE, at=last)).used is not None
    with pytest.raises(CouponExpiredError):
        coupon.used_in(replace(USE, at=coupon.until))
    with pytest.raises(CouponNotYetError):
        coupon.used_in(replace(USE, at=at - timedelta(microseconds=1)))


def test_it_is_used_once_and_the_same_sale_is_answered_again() -> None:
    used = COUPON.used_in(USE)

    assert (used.used, used.taken, COUPON.taken) == (USE, 2_000, 0)
    assert used.used_in(replace(USE, at=USE.at + timedelta(days=99))) == used
    for other in (replace(USE, order="order-2"), replace(USE, store="lyon"), replace(USE, total=20_001)):
        with pytest.raises(CouponUsedError) as told:
            used.used_in(other)
        assert told.value.at == USE.at


@given(st.integers(-5, 20_000), st.integers(0, 20_000))
def test_a_sale_is_large_enough_before_the_coupon(total: int, least: int) -> None:
    coupon: Coupon = replace(COUPON, from_fen=least)
    if total >= least and total > 0:
        assert coupon.used_in(replace(USE, total=total)).taken == total // 10
    else:
        with pytest.raises(SaleTooSmallError) as told:
            coupon.used_in(replace(USE, total=total))
        assert (told.value.total, told.value.least) == (total, max(least, 1))
