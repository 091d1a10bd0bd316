"""A coupon is used once, in its days, in a sale that is large enough."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty.benefits.coupons import (
    CodedCoupon,
    Coupon,
    CouponExpiredError,
    CouponGift,
    CouponGivenError,
    CouponHeldError,
    CouponNotYetError,
    CouponRefusedError,
    CouponTerms,
    CouponUse,
    CouponUsedError,
    SaleTooSmallError,
    issued,
)
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.gifts import NotTransferableError, given_coupon
from wejourney.plain_data import from_plain, to_plain

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


# --- given away --------------------------------------------------------------------------------------

DAY = timedelta(days=1)
GIVEABLE = replace(COUPON, gift_returns_after=3)
HELD, CLAIMED = CouponGift("gift", NOON + 3 * DAY), CouponGift("gift", NOON + 3 * DAY, NOON)
USED = replace(USE, at=NOON)
STATES: dict[str, tuple[Coupon, type[CouponRefusedError] | None]] = {
    "as issued": (GIVEABLE, None),
    "held": (GIVEABLE.with_gift(HELD), CouponHeldError),
    "back": (GIVEABLE.with_gift(HELD).with_gift(None), None),
    "claimed": (GIVEABLE.with_gift(CLAIMED), CouponGivenError),
    "the friend's": (GIVEABLE.with_gift(CLAIMED).of("bob"), None),
    "used": (GIVEABLE.used_in(USED), CouponUsedError),
}


@pytest.mark.parametrize("state", STATES)
@given(days=st.integers(-1, 40))
def test_what_a_till_is_told_is_why_it_cannot_be_given_away_either(state: str, days: int) -> None:
    """Whoever has claimed a coupon, or used it, is told so, whenever they ask; of its days else first."""
    (coupon, refused), at = STATES[state], NOON + days * DAY
    if state not in ("claimed", "used"):
        refused = CouponNotYetError if days < 0 else CouponExpiredError if at >= coupon.until else refused
    refusal = coupon.refusal(at)
    assert (None if refusal is None else type(refusal)) is refused
    if refused is None:
        assert coupon.used_in(replace(USE, at=at)).rev == coupon.rev + 1
        gift, held = given_coupon("other", "ann", CodedCoupon("c", coupon), at)
        assert (gift.until, gift.content) == (min(at + 3 * DAY, coupon.until), held)
        assert held.coupon == replace(coupon, gift=CouponGift("other", gift.until), rev=coupon.rev + 1)
    else:
        with pytest.raises(refused):
            coupon.used_in(replace(USE, order="another", at=at))
        with pytest.raises(refused):
            given_coupon("other", "ann", CodedCoupon("c", coupon), at)


def test_a_coupon_whose_terms_do_not_say_so_is_no_gift() -> None:
    with pytest.raises(NotTransferableError) as refused:
        given_coupon("gift", "ann", CodedCoupon("c", COUPON), NOON)
    assert refused.value.name == "welcome-10"


@pytest.mark.parametrize("state", STATES)
def test_a_coupon_is_read_as_it_was_written_also_as_what_a_gift_holds(state: str) -> None:
    coupon = STATES[state][0]
    assert from_plain(Coupon, to_plain(coupon)) == coupon
    coded = CodedCoupon("c", coupon)
    assert from_plain(CodedCoupon, to_plain(coded)) == coded


def test_a_friend_has_the_same_coupon_on_a_row_of_its_own() -> None:
    assert GIVEABLE.with_gift(HELD).with_gift(CLAIMED).of("bob") == replace(GIVEABLE, person_id="bob")
