"""What points are worth at a till."""

from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty.till.redeeming import Redeem

RATES = st.builds(Redeem, st.integers(1, 1000), st.integers(1, 10_000))


@given(RATES, st.integers(-100, 100_000))
def test_what_is_offered_can_be_paid_and_one_more_step_could_not(rate: Redeem, available: int) -> None:
    most = rate.most(available)
    assert most % rate.points == 0
    assert 0 <= most <= max(available, 0) < most + rate.points
    assert rate.worth(most) == most // rate.points * rate.fen


@given(RATES, st.integers(0, 10_000), st.integers(0, 10_000))
def test_points_in_two_parts_are_never_worth_more_than_at_once(rate: Redeem, one: int, two: int) -> None:
    assert rate.worth(one) + rate.worth(two) <= rate.worth(one + two)
