"""The programme in a simulation: what a persona earns, when it is theirs, and what journeys hear of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.virtual_time.simulated import DAY, HOUR, START, does, journey, says, simulation
from wejourney.events.matching import EventPattern
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.earning_rules import AtMost, EarningRule, Pending
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.people.counters import CountedEvents
from wejourney.people.profile_model import ProfileModel
from workbench.simulator.loyalty import opened_with
from workbench.simulator.persona import agreed_to
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import EventReceived, PointsChanged, RunStarted

NOW = timedelta()
PURCHASES = EarningRule(EventPattern("payment"), 1, per_yuan=1)
VIEWS = EarningRule(EventPattern("mini_program", name="product.viewed"), 1, at_most=AtMost(per_day=2))
POINTS = {"points": Expiry(Period(30, "day"), Period(60, "day"))}
HELLO = journey("trigger: {event: text, keywords: hello}\nsteps: [{tag: greeted}]\n", "hello")


def rules(*, membership: str = "", tiers: Tiers | None = None, **earning: EarningRule) -> PeopleRules:
    programme = Programme(assets=POINTS, rules=earning, tiers=tiers or Tiers())
    return PeopleRules(ProfileModel(membership=membership)).with_programme(programme)


def pays(yuan: int, after: timedelta, **fields: Any) -> Any:
    fields.setdefault("order", f"O-{after}")
    return does("payment", after, total=yuan * 100, **fields)


def views(after: timedelta) -> Any:
    return does("mini_program", after, name="product.viewed", details={"product": "ring"})


type Told = tuple[timedelta, str, int, int, int, int, str]


def told(played: Simulator) -> list[Told]:
    """When, what kind, spendable, balance, pending, unclaimed, why."""
    return [
        (one.at - START, one.kind, one.points, one.balance, one.pending, one.unclaimed, one.reason)
        for one in played.play()
        if isinstance(one, PointsChanged)
    ]


def test_what_an_event_gives_is_told_with_its_rule_and_its_limit_holds() -> None:
    acts = [pays(199, NOW), *(views(number * HOUR) for number in range(1, 5))]
    played = simulation((HELLO,), *acts, people=rules(purchases=PURCHASES, views=VIEWS), following=True)

    assert told(played) == [
        (NOW, "earn", 199, 199, 0, 0, "purchases"),
        (HOUR, "earn", 1, 200, 0, 0, "views"),
        (2 * HOUR, "earn", 1, 201, 0, 0, "views"),
    ]
    assert played.follower is not None
    assert played.follower.points == 201


def test_why_a_rule_gives_nothing_is_told_with_its_event() -> None:
    members = replace(PURCHASES, members_only=True)
    acts = [*(views(number * HOUR) for number in range(4)), pays(9, 5 * HOUR)]
    people = rules(members=members, purchases=PURCHASES, views=VIEWS)
    trace = simulation((HELLO,), *acts, people=people, following=True).play()

    found = [one.nothing for one in trace if isinstance(one, EventReceived) and not one.by_run]
    assert found == [{}, {}, *2 * [{"views": "limit_reached"}], {"members": "members_only"}]


def test_what_is_pending_becomes_available_when_its_day_begins_although_nothing_else_happens() -> None:
    people = rules(purchases=EarningRule(EventPattern("payment"), 1, per_yuan=1, pending=Pending(7)))
    played = simulation((HELLO,), pays(50, NOW), people=people, following=True)

    midnight = timedelta(days=6, hours=14)  # Ten o'clock in Shanghai, then seven days on.
    assert told(played) == [
        (NOW, "earn", 0, 0, 50, 0, "purchases"),
        (midnight, "mature", 50, 50, -50, 0, ""),
    ]


def test_what_is_earned_before_joining_is_unclaimed_and_becomes_available_once_by_it() -> None:
    acts = [pays(50, NOW), does("consent_given", DAY, purpose="club"), pays(7, 2 * DAY)]
    joined = journey("trigger: {event: member.joined}\nsteps: [{award: {points: 5, reason: gift}}]\n", "join")
    played = simulation(
        (joined,), *acts, people=rules(membership="club", purchases=PURCHASES), following=True
    )

    assert told(played) == [
        (NOW, "earn", 0, 0, 0, 50, "purchases"),
        (DAY, "claim", 50, 50, 0, -50, ""),
        (DAY, "earn", 5, 55, 0, 0, "gift"),
        (2 * DAY, "earn", 7, 62, 0, 0, "purchases"),
    ]


def test_whoever_has_agreed_before_their_life_begins_has_not_just_joined() -> None:
    joined = journey("trigger: {event: member.joined}\nsteps: [{tag: x}]\n", "join")
    people = rules(membership="club", purchases=PURCHASES)
    played = simulation((joined,), pays(9, NOW), people=people, following=True, consents=agreed_to(["club"]))

    assert [one for one in played.play() if isinstance(one, RunStarted)] == []
    assert played.follower is not None
    assert (played.follower.member, played.follower.points) == (True, 9)


@pytest.mark.parametrize(("acts_until", "expires"), [(DAY, False), (40 * DAY, True)])
def test_points_expire_as_long_as_the_life_goes_on(acts_until: timedelta, *, expires: bool) -> None:
    acts = [pays(50, NOW), says("hello", acts_until)]
    lost = [(timedelta(days=30, hours=14), "expire", -50, 0, 0, 0, "")]
    played = simulation((HELLO,), *acts, people=rules(purchases=PURCHASES), following=True)

    assert told(played) == [(NOW, "earn", 50, 50, 0, 0, "purchases"), *(lost if expires else [])]


@pytest.mark.parametrize("returned", ["before", "after"])
def test_a_return_takes_back_its_share_whichever_is_told_first(returned: str) -> None:
    paid, back = (NOW, HOUR) if returned == "after" else (HOUR, NOW)
    acts = [
        pays(100, paid, order="A", merchant="m"),
        does("refund", back, order="A", merchant="m", total=2_500),
    ]
    played = simulation((HELLO,), *acts, people=rules(purchases=PURCHASES), following=True)

    assert told(played)[-1] == (HOUR, "reverse", -25, 75, 0, 0, "purchases")


def test_a_tier_is_reached_by_what_is_earned_and_lost_when_its_window_is_over() -> None:
    tiers = Tiers((Tier("basic", 0), Tier("gold", 100)), months=1)
    up, down = (
        journey(f"trigger: {{event: tier.changed, tier: {tier}}}\nsteps: [{{tag: told}}]\n", tier)
        for tier in ("gold", "basic")
    )
    acts = [says("hello", NOW), pays(60, HOUR), pays(60, DAY), says("hello", 40 * DAY)]
    people = rules(purchases=PURCHASES, tiers=tiers)
    played = simulation((HELLO, up, down), *acts, people=people, following=True).play()

    began = [(one.where.journey, one.at) for one in played if isinstance(one, RunStarted)]
    december = datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert [(name, at) for name, at in began if name != "hello"] == [
        ("basic", START),
        ("gold", START + DAY),
        ("basic", december),
    ]


@pytest.mark.parametrize("counter", ["", "spend"])
def test_the_tier_that_a_file_names_is_held_as_if_it_were_just_reached(counter: str) -> None:
    tiers = Tiers((Tier("basic", 0), Tier("gold", 100)), months=2, counter=counter)
    spend = {"spend": (CountedEvents(EventPattern("payment"), amount=True),)}
    people = rules(tiers=tiers, purchases=PURCHASES)
    people = replace(people, profile=replace(people.profile, counters=spend))
    acts = [says("hello", NOW), says("hello", 20 * DAY), says("hello", 80 * DAY)]
    held = [
        made.follower.tier if made.follower is not None else None
        for number in (1, 2, 3)
        if (made := simulation((HELLO,), *acts[:number], people=people, following=True, tier="gold")).play()
    ]
    assert held == ["gold", "gold", "basic"]


def test_a_journey_hears_once_of_a_threshold_that_is_passed_when_points_are_not_pending_any_more() -> None:
    people = rules(purchases=EarningRule(EventPattern("payment"), 1, per_yuan=1, pending=Pending(1)))
    rich = journey("trigger: {event: points, points: 100}\nsteps: [{tag: rich}]\n", "rich")
    acts = [pays(60, NOW), pays(60, DAY), pays(60, 2 * DAY)]
    played = simulation((rich,), *acts, people=people, following=True)

    began = [one.at for one in played.play() if isinstance(one, RunStarted)]
    assert began == [START + timedelta(days=1, hours=14)]


def test_points_of_the_beginning_count_with_what_is_earned() -> None:
    before = Balance(300, unclaimed=20, expiring=100, expires_on="2026-11-30")
    acts = [pays(50, NOW), says("hello", 10 * DAY)]
    played = simulation(
        (HELLO,),
        *acts,
        people=rules(purchases=PURCHASES),
        following=True,
        points=300,
        balances={"points": before},
    )

    assert told(played) == [
        (NOW, "earn", 50, 350, 0, 0, "purchases"),
        (timedelta(days=7, hours=14), "expire", -100, 250, 0, 0, ""),
    ]


@given(
    available=st.integers(-50, 50), parts=st.tuples(*[st.integers(0, 9)] * 4), day=st.sampled_from(["", "9"])
)
def test_books_are_opened_with_what_a_balance_says(
    available: int, parts: tuple[int, int, int, int], day: str
) -> None:
    unclaimed, pending, held, expiring = parts
    ends = "2026-12-09" if day and 0 < expiring <= available else ""
    balance = Balance(available, unclaimed, pending, held, expiring if ends else 0, ends, {"2026-11": 5})
    books = opened_with(balance)

    assert books.balance == balance
    assert sum(books.lots.values()) + sum(books.programme.values()) == 0
