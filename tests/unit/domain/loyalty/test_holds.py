"""A hold of a till: settled once, in time, for one sale."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.loyalty.till.holds import (
    HOLD_LASTS,
    AboveHoldError,
    Capture,
    Hold,
    HoldOverError,
    HoldStatus,
    UnknownTillHoldError,
    WrongRewardError,
    captured,
    hold_of_till,
    released,
)
from wejourney.loyalty.till.visits import TillError, WrongTillError

HELD = Hold("v-1", "v", "S1", "2", "lee", 60, NOON)
SALES = st.builds(Capture, st.integers(1, 80), st.sampled_from(["A", "B"]), st.just(100))
ACTS = st.tuples(st.just(""), st.integers(0, 20)) | st.tuples(SALES, st.integers(0, 20))


@given(st.lists(ACTS, max_size=6))
def test_a_hold_is_settled_once_and_by_who_comes_first_in_time(acts: list[tuple[Capture | str, int]]) -> None:
    hold = HELD
    for act, minutes in acts:
        before, now = hold, NOON + timedelta(minutes=minutes)
        try:
            hold = captured(hold, act, now) if isinstance(act, Capture) else released(hold, now)
        except TillError:
            assert hold == before
            continue
        if before.status is not HoldStatus.HELD:
            assert hold == before
        elif isinstance(act, Capture):
            assert (hold.status, hold.capture) == (HoldStatus.CAPTURED, act)
            assert act.points <= HELD.amount
            assert now < HELD.expires_at
        else:
            late = now >= HELD.expires_at
            assert hold.status is (HoldStatus.EXPIRED if late else HoldStatus.RELEASED)


@pytest.mark.parametrize(
    ("now", "code"),
    [(NOON + HOLD_LASTS - timedelta(microseconds=1), ""), (NOON + HOLD_LASTS, "hold_expired")],
)
def test_a_hold_can_be_taken_for_a_quarter_of_an_hour(now: datetime, code: str) -> None:
    sale = Capture(60, "A", 100)
    if not code:
        assert captured(HELD, sale, now).capture == sale
        return
    with pytest.raises(HoldOverError) as raised:
        captured(HELD, sale, now)
    assert raised.value.code == code


def test_no_more_is_taken_than_is_held() -> None:
    with pytest.raises(AboveHoldError) as raised:
        captured(HELD, Capture(61, "A", 100), NOON)
    assert (raised.value.asked, raised.value.held) == (61, 60)


@pytest.mark.parametrize("points", [1, 59])
def test_a_reward_is_taken_for_all_that_it_costs_or_not_at_all(points: int) -> None:
    of_reward = replace(HELD, reward="tote", reward_stock=5)
    with pytest.raises(WrongRewardError) as raised:
        captured(of_reward, Capture(points, "A", 100), NOON)
    assert raised.value.points == HELD.amount
    assert captured(of_reward, Capture(HELD.amount, "A", 100), NOON).status is HoldStatus.CAPTURED


def test_a_hold_is_one_of_its_till() -> None:
    assert hold_of_till(HELD, "S1", "2") is HELD
    for none in (None, HELD):
        with pytest.raises(UnknownTillHoldError):
            hold_of_till(none, "S2", "2")
    with pytest.raises(WrongTillError):
        hold_of_till(HELD, "S1", "1")
