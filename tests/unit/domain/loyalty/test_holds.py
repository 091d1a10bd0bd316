"""A hold of a till: settled once, in time, for one sale."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.till.holds import (
    HOLD_LASTS,
    AboveHoldError,
    Capture,
    ConflictError,
    Held,
    HeldOffer,
    HeldPoints,
    Hold,
    HoldOverError,
    HoldStatus,
    UnknownTillHoldError,
    Wanted,
    WrongPointsError,
    asked_again,
    captured,
    held,
    hold_of_till,
    released,
)
from wejourney.loyalty.till.redeeming import Redeem
from wejourney.loyalty.till.visits import TillError, WrongTillError
from wejourney.plain_data import from_plain, to_plain

WANTED = Wanted("v-1", "v", "S1", "2", "Asia/Shanghai", points=60)
HELD = held(WANTED, HeldPoints(60, Redeem(20, 100)), "lee", NOON)
TOTE = HeldOffer("tote", OfferTerms(gift="tote", costs=60, discount=Discount(percent=10)))
TEA = HeldOffer("tea", OfferTerms(gift="tea"))
JOIN = HeldOffer("join", OfferTerms(joins_today=True, discount=Discount(percent=40)))
KINDS: list[Held] = [HELD.held, TOTE, TEA, JOIN]
CAPTURES = st.builds(Capture, st.integers(0, 80), st.sampled_from(["A", "B"]), st.just(100))
ACTS = st.tuples(st.just(""), st.integers(0, 20)) | st.tuples(CAPTURES, st.integers(0, 20))


@given(st.sampled_from(KINDS), st.lists(ACTS, max_size=6))
def test_a_hold_is_settled_once_and_by_who_comes_first_in_time(
    what: Held, acts: list[tuple[Capture | str, int]]
) -> None:
    first = hold = held(WANTED, what, "lee", NOON)
    assert from_plain(Hold, to_plain(first)) == first
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
            assert act.points <= first.points
            assert now < first.expires_at
        else:
            late = now >= first.expires_at
            assert hold.status is (HoldStatus.EXPIRED if late else HoldStatus.RELEASED)


@pytest.mark.parametrize(
    ("now", "code"),
    [(NOON + HOLD_LASTS - timedelta(microseconds=1), ""), (NOON + HOLD_LASTS, "hold_expired")],
)
@pytest.mark.parametrize("what", [HELD.held, TOTE, TEA])
def test_a_hold_can_be_taken_for_a_quarter_of_an_hour(what: Held, now: datetime, code: str) -> None:
    hold = held(WANTED, what, "lee", NOON)
    capture = Capture(hold.points, "A", 100)
    if not code:
        assert captured(hold, capture, now).capture == capture
        return
    with pytest.raises(HoldOverError) as raised:
        captured(hold, capture, now)
    assert raised.value.code == code


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001 - made aware
    st.sampled_from(["Asia/Shanghai", "Europe/Paris", "America/Santiago", "Pacific/Apia"]),
)
def test_an_offer_for_who_joins_today_is_held_until_midnight_at_the_store(now: datetime, zone: str) -> None:
    hold = held(replace(WANTED, zone=zone), JOIN, "lee", now)
    before = hold.expires_at - timedelta(microseconds=1)

    assert timedelta() < hold.expires_at - now <= timedelta(hours=25)
    assert before.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date()
    assert captured(hold, Capture(0, "A", 100), before).status is HoldStatus.CAPTURED
    with pytest.raises(HoldOverError):
        captured(hold, Capture(0, "A", 100), hold.expires_at)


@pytest.mark.parametrize("what", KINDS)
@given(points=st.integers(0, 200))
def test_points_are_taken_in_whole_steps_and_an_offer_whole(what: Held, points: int) -> None:
    hold, capture = held(WANTED, what, "lee", NOON), Capture(points, "A", 12_900)
    if points > hold.points:
        with pytest.raises(AboveHoldError) as above:
            captured(hold, capture, NOON)
        assert (above.value.asked, above.value.held) == (points, hold.points)
    elif what.step and points % what.step:
        with pytest.raises(WrongPointsError) as wrong:
            captured(hold, capture, NOON)
        assert wrong.value.step == what.step
    else:
        # Nothing that the customer pays is worth nothing.
        assert (captured(hold, capture, NOON).taken_off > 0) is (points > 0 or what is JOIN or what is TOTE)


@pytest.mark.parametrize(
    ("what", "points", "off"), [(HELD.held, 40, 200), (TOTE, 60, 1_290), (TEA, 0, 0), (JOIN, 0, 5_160)]
)
def test_a_till_is_told_what_a_hold_takes_off_its_sale(what: Held, points: int, off: int) -> None:
    hold = held(WANTED, what, "lee", NOON)
    assert hold.taken_off == 0
    assert captured(hold, Capture(points, "A", 12_900), NOON).taken_off == off
    assert captured(hold, Capture(points, "A", 100), NOON).taken_off <= 100


def test_what_is_asked_for_again_is_the_same_hold_whatever_it_costs_by_now() -> None:
    tote = replace(WANTED, offer="tote", points=0)
    for known, wanted in ((HELD, WANTED), (held(tote, TOTE, "lee", NOON), tote)):
        assert asked_again(known, wanted) is known
        with pytest.raises(WrongTillError):
            asked_again(known, replace(wanted, till="1"))
    for known, wanted in (
        (HELD, tote),
        (held(tote, TOTE, "lee", NOON), WANTED),
        (HELD, replace(WANTED, points=40)),
    ):
        with pytest.raises(ConflictError):
            asked_again(known, wanted)


def test_a_hold_is_one_of_its_till() -> None:
    assert hold_of_till(HELD, "S1", "2") is HELD
    for none in (None, HELD):
        with pytest.raises(UnknownTillHoldError):
            hold_of_till(none, "S2", "2")
    with pytest.raises(WrongTillError):
        hold_of_till(HELD, "S1", "1")
