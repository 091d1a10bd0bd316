"""To whom an offer applies, with each reason why not, and until when it is set aside."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.offers import (
    ConditionNotMet,
    MemberBefore,
    OfferTerms,
    ReservationOverError,
    ReservationStatus,
    TooFewPoints,
    TooFewUnclaimed,
    joined_today,
    reserved,
    why_not_offered,
)
from wejourney.people.consents import Consent
from wejourney.people.followers import Follower

NOON = datetime(2026, 11, 28, 4, tzinfo=UTC)
ZONE = "Asia/Shanghai"
LEE = Follower("wx1", "lee", "lee")
FORTY = OfferTerms(discount=Discount(percent=40))


def joined(at: datetime) -> Follower:
    return replace(LEE, member=True, consents={"membership": Consent(given=True, at=at)})


def reasons(offer: OfferTerms, person: Follower, now: datetime = NOON) -> list[object]:
    return list(why_not_offered(offer, person, now, ZONE, "membership"))


@pytest.mark.capability(row="75")
def test_two_profiles_have_two_offers() -> None:
    offers = {
        "gold": replace(FORTY, when=Condition(tier="gold")),
        "new": replace(FORTY, when=Condition(customer=False)),
    }
    gold, new = replace(LEE, tier="gold", customer=True), LEE
    for person, name in ((gold, "gold"), (new, "new")):
        assert [one for one, offer in offers.items() if not reasons(offer, person)] == [name]


@pytest.mark.capability(row="71")
@given(st.integers(0, 300), st.integers(1, 300))
def test_a_perk_is_for_who_has_not_joined_as_soon_as_enough_waits_for_them(there: int, wanted: int) -> None:
    perk = OfferTerms(unclaimed=wanted, gift="tote")
    person = replace(LEE, balances={"points": Balance(unclaimed=there)})

    assert reasons(perk, person) == ([] if there >= wanted else [TooFewUnclaimed(wanted, there)])


@given(st.integers(-50, 300), st.integers(0, 300))
def test_an_offer_that_costs_points_needs_them(there: int, costs: int) -> None:
    person = replace(LEE, balances={"points": Balance(there)})
    refused = reasons(replace(FORTY, costs=costs), person)

    assert refused == ([] if there >= costs else [TooFewPoints(costs, there)])


def test_all_reasons_are_told_at_once() -> None:
    offer = OfferTerms(
        Condition(tier="gold", tags=("vip",)), 10, joins_today=True, discount=Discount(fen=5), costs=5
    )
    told = reasons(offer, joined(NOON - timedelta(days=1)))

    assert [type(one) for one in told] == [
        ConditionNotMet,
        ConditionNotMet,
        TooFewPoints,
        TooFewUnclaimed,
        MemberBefore,
    ]
    assert {one.part.fact for one in told if isinstance(one, ConditionNotMet)} == {"tier", "tag"}


@pytest.mark.parametrize(
    ("zone", "joins", "now", "is_today"),
    [
        (ZONE, "2026-11-27T16:00:00+00:00", "2026-11-28T15:59:59+00:00", True),
        (ZONE, "2026-11-27T15:59:59+00:00", "2026-11-28T04:00:00+00:00", False),
        (ZONE, "2026-11-28T04:00:00+00:00", "2026-11-28T16:00:00+00:00", False),
        ("Europe/Paris", "2026-11-27T23:00:00+00:00", "2026-11-28T22:59:59+00:00", True),
    ],
)
def test_today_is_the_day_of_the_store(zone: str, joins: str, now: str, *, is_today: bool) -> None:
    person, at = joined(datetime.fromisoformat(joins)), datetime.fromisoformat(now)

    assert joined_today(person, at, zone, "membership") is is_today
    assert not joined_today(LEE, at, zone, "membership")
    assert (reasons(replace(FORTY, joins_today=True), person, at) == []) is is_today or zone != ZONE


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001 - made aware
    st.sampled_from([ZONE, "Europe/Paris", "America/Santiago", "Pacific/Apia"]),
)
def test_it_is_set_aside_until_midnight_at_the_store(now: datetime, zone: str) -> None:
    made = reserved("r", "forty", FORTY, "lee", "paris", zone, now)
    before = made.until - timedelta(microseconds=1)

    assert timedelta() < made.until - now <= timedelta(hours=25)
    assert before.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date()
    assert made.taken(before).status is ReservationStatus.TAKEN
    with pytest.raises(ReservationOverError):
        made.taken(made.until)


def test_what_is_taken_is_not_released_and_what_is_released_is_not_taken() -> None:
    made = reserved("r", "forty", FORTY, "lee", "paris", ZONE, NOON)
    taken, released = made.taken(NOON), made.released()

    assert (taken.taken(NOON + timedelta(days=9)), released.released()) == (taken, released)
    for wrong in (taken.released, lambda: released.taken(NOON)):
        with pytest.raises(ReservationOverError):
            wrong()
