"""To whom an offer applies, with each reason why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.offers import (
    AsOf,
    ConditionNotMet,
    Given,
    HadBefore,
    MemberBefore,
    NoneLeft,
    OfferTerms,
    TooFewPoints,
    TooFewUnclaimed,
    joined_today,
    why_not_offered,
)
from wejourney.people.consents import Consent
from wejourney.people.counters import CounterTest, DailyAmounts, day_of
from wejourney.people.followers import Follower

NOON = datetime(2026, 11, 28, 4, tzinfo=UTC)
ZONE = "Asia/Shanghai"
LEE = Follower("wx1", "lee", "lee")
FORTY = OfferTerms(discount=Discount(percent=40))


def joined(at: datetime) -> Follower:
    return replace(LEE, member=True, consents={"membership": Consent(given=True, at=at)})


HERE = AsOf(NOON, ZONE, "membership")


def reasons(offer: OfferTerms, person: Follower, at: AsOf = HERE) -> list[object]:
    return list(why_not_offered("offer", offer, person, at))


@pytest.mark.capability(row="75")
def test_two_profiles_have_two_offers() -> None:
    offers = {
        "gold": replace(FORTY, when=Condition(tier="gold")),
        "new": replace(FORTY, when=Condition(customer=False)),
    }
    gold, new = replace(LEE, tier="gold", customer=True), LEE
    for person, name in ((gold, "gold"), (new, "new")):
        assert [one for one, offer in offers.items() if not reasons(offer, person)] == [name]


@pytest.mark.capability(row="75")
@given(st.integers(0, 30), st.integers(1, 30), st.sampled_from([7, 30, 365]))
def test_an_offer_reads_the_counters_of_a_person_over_the_days_that_it_says(
    often: int, wanted: int, days: int
) -> None:
    """Two profiles: what one has done for long enough gives an offer, what the other has not, another one."""
    today, long_ago = day_of(NOON), day_of(NOON - timedelta(days=days))
    visits = DailyAmounts({long_ago: 100} | ({today: often} if often else {}))
    person = replace(LEE, counts={"visits": visits})
    offers = {
        "often": replace(FORTY, when=Condition(counters=(CounterTest("visits", days, least=wanted),))),
        "seldom": replace(FORTY, when=Condition(counters=(CounterTest("visits", days, most=wanted - 1),))),
    }
    found = [name for name, offer in offers.items() if not reasons(offer, person)]

    assert found == ["often" if often >= wanted else "seldom"]


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
        Condition(tier="gold", tags=("vip",)),
        10,
        joins_today=True,
        discount=Discount(fen=5),
        costs=5,
        stock=3,
        once=True,
    )
    given = Given({"offer": 3}, frozenset({"offer"}))
    told = reasons(offer, joined(NOON - timedelta(days=1)), replace(HERE, given=given))

    assert [type(one) for one in told] == [
        ConditionNotMet,
        ConditionNotMet,
        TooFewPoints,
        TooFewUnclaimed,
        MemberBefore,
        HadBefore,
        NoneLeft,
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
    person, at = (
        joined(datetime.fromisoformat(joins)),
        AsOf(datetime.fromisoformat(now), zone, "membership"),
    )

    assert joined_today(person, at) is is_today
    assert not joined_today(LEE, at)
    assert (reasons(replace(FORTY, joins_today=True), person, at) == []) is is_today


@pytest.mark.parametrize(
    ("costs", "once", "is_once"),
    [(0, None, True), (5, None, False), (0, False, False), (5, True, True)],
)
def test_an_offer_is_given_to_a_person_once_if_it_costs_nothing_unless_its_terms_say_otherwise(
    costs: int, *, once: bool | None, is_once: bool
) -> None:
    offer, person = replace(FORTY, costs=costs, once=once), replace(LEE, balances={"points": Balance(9)})
    had = replace(HERE, given=Given(had=frozenset({"offer"})))

    assert (reasons(offer, person), reasons(offer, person, had)) == ([], [HadBefore()] * is_once)


@given(st.integers(0, 5), st.integers(1, 5))
def test_an_offer_with_a_stock_applies_while_there_is_some(given: int, stock: int) -> None:
    told = reasons(replace(FORTY, stock=stock), LEE, replace(HERE, given=Given({"offer": given})))

    assert told == ([] if given < stock else [NoneLeft()])
