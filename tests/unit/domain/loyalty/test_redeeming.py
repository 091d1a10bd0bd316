"""What points are worth at a till."""

from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty.programme import Programme
from wejourney.loyalty.till.redeeming import MoneyOff, Redeem, Reward, RewardOffer

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


@given(st.integers(-100, 2_000))
def test_who_can_pay_for_nothing_is_offered_nothing(available: int) -> None:
    programme = Programme(redeem=Redeem(100, 50), rewards={"tote": Reward(500, 3), "mug": Reward(50, 1)})
    offers = programme.offers(available)
    assert all(0 < offer.points <= available for offer in offers)
    assert (RewardOffer("mug", 50) in offers) is (available >= 50)
    assert any(isinstance(offer, MoneyOff) for offer in offers) is (available >= 100)
    assert Programme().offers(available) == ()
