"""Until when an amount can be spent."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.expiry import LONGEST, EndOf, Expiry, Period
from wejourney.loyalty.programme import Programme

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
PERIODS = st.one_of(
    *(st.builds(Period, st.integers(1, most), st.just(unit)) for unit, most in LONGEST.items())
)


@given(PERIODS)
def test_a_period_is_read_as_it_is_written(period: Period) -> None:
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    "text", ["0 days", "-1 days", "1.5 months", "12", "one year", "121 months", "3651 days"]
)
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Period.parse(text)


@pytest.mark.parametrize(
    ("day", "period", "last"),
    [
        ("2026-01-31", "1 month", "2026-02-28"),
        ("2024-01-31", "1 month", "2024-02-29"),
        ("2024-02-29", "12 months", "2025-02-28"),
        ("2026-11-28", "12 months", "2027-11-28"),
        ("2026-12-31", "2 months", "2027-02-28"),
        ("2026-12-28", "7 days", "2027-01-04"),
    ],
)
def test_months_are_those_of_the_calendar(day: str, period: str, last: str) -> None:
    assert Period.parse(period).after(date.fromisoformat(day)).isoformat() == last


@given(DAYS, PERIODS, st.sampled_from(EndOf))
def test_what_is_earned_later_never_expires_earlier(day: date, period: Period, end: EndOf) -> None:
    expiry = Expiry(period, period, end)
    one, next_one = (expiry.last_day(earned, may_spend=True) for earned in (day, day + timedelta(days=1)))
    assert day.isoformat() < one <= next_one


@given(DAYS, PERIODS, st.sampled_from(EndOf))
def test_the_last_day_is_the_end_of_the_day_the_month_or_the_year(
    day: date, period: Period, end: EndOf
) -> None:
    """Complaint 8: amounts must not expire days too early."""
    last = date.fromisoformat(Expiry(period, at_end_of=end).last_day(day, may_spend=True))
    after = last + timedelta(days=1)

    assert period.after(day) <= last
    assert end is not EndOf.MONTH or after.day == 1
    assert end is not EndOf.YEAR or (after.month, after.day) == (1, 1)


def test_what_waits_for_somebody_who_has_not_joined_expires_by_its_own_period() -> None:
    expiry = Expiry(Period(12, "month"), Period(90, "day"))
    day = date(2026, 11, 28)

    assert expiry.last_day(day, may_spend=True) == "2027-11-28"
    assert expiry.last_day(day, may_spend=False) == "2027-02-26"
    assert Expiry().last_day(day, may_spend=True) == ""


@given(
    day=DAYS,
    expires=PERIODS,
    waits=PERIODS,
    may_spend=st.booleans(),
    pending_days=st.none() | st.integers(0, 400),
)
def test_a_lot_is_by_who_may_spend_it_and_by_what_it_waits_for(
    day: date, expires: Period, waits: Period, *, may_spend: bool, pending_days: int | None
) -> None:
    programme = Programme(assets={"points": Expiry(expires, waits)})
    lot = programme.lot_for("points", day, may_spend=may_spend, pending_days=pending_days)

    assert lot.expires_on == str((expires if may_spend else waits).after(day))
    if pending_days is None:
        assert (lot.pocket, lot.due) == (Pocket.AVAILABLE if may_spend else Pocket.UNCLAIMED, "")
    else:
        assert (lot.pocket, lot.due) == (Pocket.PENDING, str(day + timedelta(days=pending_days)))


def test_what_is_not_declared_never_expires() -> None:
    assert Programme().lot_for("points", date(2026, 11, 28), may_spend=True) == Lot(Pocket.AVAILABLE)
