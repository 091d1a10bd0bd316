"""What gives once: a round of a game, the click of an advertisement; and what the window of tiers counts."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.functional.test_joining import STORE, Customer
from tests.support.builders import NOON
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.events.matching import EventPattern
from wejourney.events.values import IsKnown
from wejourney.journeys.definition import Condition
from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.earning_rules import AtMost, EarningRule, Multiplier, PerProperty
from wejourney.loyalty.tiers import Tier, Tiers

MINUTE = timedelta(minutes=1)
GAMES = EarningRule(
    EventPattern("mini_program", name="game.scored"),
    1,
    per_property=PerProperty("score", 100),
    once_per="round",
    at_most=AtMost(per_day=30),
)
CLICKS = EarningRule(EventPattern("mini_program", name="custom.ad_opened"), 50, once_per="click_id")


@pytest.fixture
def world(followers: FollowerStore, ledger: BooksStore) -> World:
    return new_world(followers, ledger)


@pytest.mark.capability(row="37")
@pytest.mark.parametrize(
    ("rounds", "points"),
    [
        ((("r1", 500), ("r1", 500)), 5),
        ((("r1", 500), ("r1", 900)), 5),
        ((("r1", 500), ("r2", 500), ("r1", 500)), 10),
        ((("", 500),), 0),
        ((("r1", 2_000), ("r2", 2_000), ("r3", 2_000)), 30),
    ],
    ids=["told twice", "a better score later", "two rounds", "of no round", "up to the limit of a day"],
)
def test_a_round_of_a_game_gives_once_however_often_it_is_told(
    world: World, rounds: tuple[tuple[str, int], ...], points: int
) -> None:
    customer = Customer(world, replace(STORE, rules={"games": GAMES}))
    for number, (round_, score) in enumerate(rounds):
        details = {"game": "rings", "score": str(score), **({"round": round_} if round_ else {})}
        at = NOON + number * MINUTE
        customer.does("mini_program", f"{number}", at, name="game.scored", details=details)

    assert customer.has == ({Pocket.UNCLAIMED: points} if points else {})


@pytest.mark.capability(row="64")
def test_an_advertisement_gives_once_for_each_click_and_nothing_without_one(world: World) -> None:
    """The follow through it, whose source is known without a click, may not be rewarded."""
    customer = Customer(world, replace(STORE, rules={"clicks": CLICKS}))
    clicks = ("", "wx0a", "wx0a", "wx0b", "")
    for number, click in enumerate(clicks):
        details = {"click_id": click} if click else {"campaign": "spring"}
        at = NOON + number * MINUTE
        customer.does("mini_program", f"{number}", at, name="custom.ad_opened", details=details)

    assert customer.has == {Pocket.UNCLAIMED: 100}


@pytest.mark.capability(row="64")
@pytest.mark.parametrize("has_clicked", [True, False])
def test_who_came_by_a_click_earns_more_and_not_who_may_have_seen_the_advertisement(
    world: World, *, has_clicked: bool
) -> None:
    clicked = Condition(attributes={"code_click_id": IsKnown(known=True)})
    customer = Customer(world, replace(STORE, multipliers={"ad": Multiplier(("purchases",), 200, clicked)}))
    facts = {"code_click_id": "wx0a"} if has_clicked else {"code_campaign": "spring"}
    follower = world.follower()
    world.followers.save(follower, follower.changed(attributes=facts, source="advertisement"))
    customer.pays(100, "A-1")

    assert customer.has == {Pocket.UNCLAIMED: 200 if has_clicked else 100}


@pytest.mark.capability(row="64")
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Pacific/Auckland", "America/New_York"])
@pytest.mark.parametrize("months", [1, 6, 12])
@pytest.mark.parametrize(("second", "tier"), [(0, "silver"), (-1, None)])
def test_the_window_of_tiers_begins_with_the_first_second_of_its_first_month_in_the_programmes_zone(
    world: World, zone: str, months: int, second: int, tier: str | None
) -> None:
    tiers = Tiers((Tier("silver", 1_000),), months=months)
    customer = Customer(world, replace(STORE, zone=zone, tiers=tiers))
    year, month = divmod(2026 * 12 + 11 - months, 12)
    first = datetime(year, month + 1, 1, tzinfo=ZoneInfo(zone)).astimezone(NOON.tzinfo)
    customer.pays(999, "A-1", first + timedelta(seconds=second))
    customer.pays(1, "A-2", NOON)

    assert customer.tier == tier
