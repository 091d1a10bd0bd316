"""The two stories of points before sign-up, as whole lives of the project examples/loyalty on real tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.virtual_time.brand_life import BrandLife, deployable, in_mini_program
from tests.unit.test_layout import ROOT
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.events.event_types import EventBody, Followed, MenuClicked, MiniProgramEvent, TextReceived
from wejourney.loyalty.accounts import Pocket, ProgrammeAccount
from wejourney.loyalty.membership import is_member_number
from workbench.simulator.deployment import ScriptedEvent, SimulatedDeployment, simulated_account
from workbench.simulator.persona import Persona
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import MessageSent

STARTS = datetime(2026, 1, 5, 2, tzinfo=UTC)
MENU = "1  My offers\n2  My tier\n3  Join; I accept the terms of membership (2026-11)"


@pytest.fixture
def life(followers: FollowerStore, ledger: BooksStore) -> BrandLife:
    return BrandLife(deployable(ROOT / "examples/loyalty"), followers, ledger, STARTS)


def scanned(life: BrandLife, who: str) -> str:
    """A till opens a visit, and they scan its code."""
    visit: str = life.till("POST", "visits").body["visit"]
    life.scans_till(who, visit)
    return visit


def shown(life: BrandLife, visit: str) -> dict[str, Any]:
    """What the till sees of the customer."""
    customer: dict[str, Any] = life.till("GET", f"visits/{visit}").body["customer"]
    return customer


def applying(life: BrandLife, visit: str) -> list[str]:
    """The offers that apply to the customer."""
    return [offer["offer"] for offer in shown(life, visit)["offers"] if not offer["why_not"]]


def offered_in_chat(life: BrandLife, who: str) -> list[str]:
    """What the journey `my-points` lists when they ask for their offers."""
    life.heard(who)
    life.says(who, "points")
    life.says(who, "1")
    what_to_do, *offers = life.heard(who)[-1].splitlines()
    assert what_to_do == "Your offers, when you scan the code that a till shows:"
    return offers


TOTE, TODAY = "A tote for 5000 points", "Join today: 40% off and a towel"


@pytest.mark.capability(row="64")
@pytest.mark.capability(row="66")
@pytest.mark.capability(row="98")
def test_a_convenience_store_knows_a_customer_before_she_follows_and_her_points_become_money(
    life: BrandLife,
) -> None:
    # For ten months she pays with WeChat Pay, browses, and clicks an advertisement. She follows nowhere.
    for month in range(10):
        life.pays("mei", 95, f"A-{month}")
        life.passes(days=30)
    for _ in range(7):
        for product in ("tea", "rice", "soap", "tea", "milk", "eggs"):
            life.visits("mei", "product.viewed", product=product)
        life.passes(days=1)
    life.visits("mei", "custom.ad_seen", campaign="autumn")
    for _ in range(2):
        life.visits("mei", "custom.ad_clicked", campaign="autumn")
    assert life.has("mei") == {Pocket.UNCLAIMED: 9500}
    life.is_identified("mei")
    assert life.has("mei") == {Pocket.UNCLAIMED: 9500 + 7 * 50 + 150}, "who browses is who pays"
    assert life.heard("mei") == []

    # In the shop she follows: the greeting says what waits. She joins, and it is hers, once.
    life.follows("mei", "shop-SH01")
    (greeting,) = life.heard("mei")
    assert greeting.startswith("Welcome to XYZ! 10000 points of your purchases and visits are waiting")
    life.passes(minutes=2)
    life.says("mei", "1")
    assert life.has("mei") == {Pocket.AVAILABLE: 10_000}
    assert is_member_number(life.known("mei").member_number or "")
    assert life.heard("mei")[0].startswith("Thank you for joining!")
    life.says("mei", "points")
    assert life.heard("mei") == ["You have 10000 points. Use 950 of them by 31 January.", MENU]
    life.says("mei", "2")
    assert life.heard("mei") == ["Your tier: silver. Next: gold. Still to earn: 5000 points."]

    # At the till, points are money off and a tote, as her phone says. The sale gives points, too.
    assert offered_in_chat(life, "mei") == [TOTE, TODAY], "she has joined today"
    visit = scanned(life, "mei")
    assert applying(life, visit) == ["tote", "join-today"]
    assert life.heard("mei") == ["You have 10000 points. Ask at the till what they are good for."]
    assert shown(life, visit)["points"] == 10_000
    holds: tuple[dict[str, Any], ...] = {"points": 1000}, {"offer": "tote"}
    for number, asked in enumerate(holds):
        assert life.till("POST", f"visits/{visit}/holds", id=f"{number}", **asked).status == 201
    assert shown(life, visit)["points"] == 4000, "what is held cannot be spent elsewhere"
    for number, (taken, gift) in enumerate(((1000, None), (0, "tote"))):
        captured = life.till("POST", f"holds/{visit}-{number}/capture", order="4711", total=6000).body
        assert (captured["status"], captured["taken"], captured["gift"]) == ("captured", taken, gift)
    sale = {"order": "4711", "total": 5000, "at": life.now.isoformat(), "visit": visit}
    for _ in range(2):
        assert life.till("POST", "sales", **sale).status == 202
    assert life.has("mei") == {Pocket.AVAILABLE: 10_000 - 6000 + 500}
    assert life.books("mei").programme[ProgrammeAccount.REDEEMED] == 6000
    assert life.tier("mei") == "silver", "spending costs no tier"
    assert offered_in_chat(life, "mei") == [TODAY]

    # Months later she is reminded a week before the next points expire, and then they do.
    life.passes(days=257)
    life.heard("mei")
    life.says("mei", "points")
    assert life.heard("mei") == ["You have 4500 points. Use 650 of them by 31 July.", MENU]
    life.passes(days=2)
    assert life.heard("mei") == ["650 of your points expire on 31 July. Your XYZ shop takes them as money."]
    life.passes(days=10)
    assert life.has("mei") == {Pocket.AVAILABLE: 3850, Pocket.EXPIRED: 650}


def he_trains(life: BrandLife) -> None:
    """He watches a class, shows photos and comes to a pop-up. He neither follows nor joins."""
    for seconds in ("30", "2700", "2700"):
        life.visits("kai", "live.watched", live="yoga-1", seconds=seconds)
    assert life.has("kai") == {Pocket.UNCLAIMED: 500}, (
        "a look of 30 seconds gives nothing, a class gives once"
    )
    life.visits("kai", "upload.completed", upload="U-1")
    life.does("kai", "upload.rejected", in_mini_program("kai"), upload="U-2")
    life.passes(days=2)
    life.does("kai", "upload.approved", in_mini_program("kai"), upload="U-1")
    assert life.has("kai") == {Pocket.UNCLAIMED: 700}, "approved two days later"
    for number in range(3, 13):
        life.does("kai", "upload.approved", in_mini_program("kai"), upload=f"U-{number}")
    assert life.has("kai") == {Pocket.UNCLAIMED: 900}, "at most two photos a day"
    booked = {"booking": "B-1", "starts_at": "2026-01-07T18:00"}
    life.does("kai", "booking.made", in_mini_program("kai"), **booked)
    pop_up = life.opens_event("pop-up-1", hours=3)
    for _ in range(2):
        life.visits("kai", "page.viewed", code=pop_up)
    assert life.has("kai") == {Pocket.UNCLAIMED: 1900}, "who books has not come, and comes once"


def he_joins_at_the_till(life: BrandLife) -> None:
    """What waits is worth a bottle before he joins. His phone says what joining today is worth."""
    visit = scanned(life, "kai")
    assert (shown(life, visit)["member"], shown(life, visit)["unclaimed"]) == (False, 1900)
    assert applying(life, visit) == ["bottle", "join-today"]
    for offer in ("bottle", "join-today"):
        assert (
            life.till("POST", f"visits/{visit}/holds", id=offer.replace("-", ""), offer=offer).status == 201
        )
    sale = {"order": "4711", "total": 20_000}
    assert life.till("POST", f"holds/{visit}-bottle/capture", **sale).body["gift"] == "bottle"
    assert life.till("POST", f"holds/{visit}-jointoday/capture", **sale).status == 409
    (asked,) = life.heard("kai")
    waiting, *offers = asked.splitlines()[:3]
    assert waiting == "1900 points are waiting for you. Your offers at this till:"
    assert offers == ["A water bottle", TODAY]
    life.says("kai", "1")
    assert life.heard("kai") == ["Welcome! The points are yours, and the till knows."]
    taken = life.till("POST", f"holds/{visit}-jointoday/capture", **sale).body
    assert (taken["status"], taken["taken"], taken["gift"]) == ("captured", 8000, "towel")
    customer = shown(life, visit)
    assert (customer["member"], customer["points"], customer["unclaimed"]) == (True, 1900, 0)
    assert applying(life, visit) == [], "each is given once"
    assert offered_in_chat(life, "kai") == ["none at the moment"]


def he_brings_a_friend(life: BrandLife) -> None:
    """He brings a friend, whose first order rewards both once it can no longer be returned."""
    life.follows("bo", life.shares("kai"))
    life.passes(hours=30)
    life.pays("bo", 200, "B-1")
    assert (life.has("kai")[Pocket.PENDING], life.has("bo")[Pocket.PENDING]) == (1000, 500)
    life.passes(days=15)
    assert life.has("kai") == {Pocket.AVAILABLE: 2900}
    assert life.has("bo") == {Pocket.UNCLAIMED: 2000 + 500}
    life.pays("bo", 200, "B-2")
    life.passes(days=15)
    assert life.has("kai") == {Pocket.AVAILABLE: 2900}, "once for each friend"


def he_rises_and_falls(life: BrandLife) -> None:
    """Gold is what he has earned in twelve months, not what he has."""
    for month in range(10):
        for live in range(2):
            life.visits("kai", "live.watched", live=f"class-{month}-{live}", seconds="3000")
        life.passes(days=27)
    assert (life.tier("kai"), life.has("kai")) == ("silver", {Pocket.AVAILABLE: 12_900})
    visit = scanned(life, "kai")
    assert life.till("POST", f"visits/{visit}/holds", id="1", offer="tote").status == 201
    life.till("POST", f"holds/{visit}-1/capture", order="4712", total=100)
    for name in ("pop-up-2", "pop-up-3"):
        life.visits("kai", "page.viewed", code=life.opens_event(name, hours=3))
    life.passes(hours=4)
    life.visits("kai", "page.viewed", code="pop-up-3")
    life.says("kai", "points")
    life.visits("kai", "live.watched", live="last", seconds="3000")
    assert (life.tier("kai"), life.has("kai")) == ("gold", {Pocket.AVAILABLE: 10_400})
    assert life.heard("kai")[-1] == "You are gold now. 10400 points are yours."

    # He does nothing any more. Gold is kept for a month after the last one in which enough counted.
    assert life.known("kai").tiers_kept["gold"] == "2027-01-31"
    life.passes(days=500)
    rose, fell = [("", "silver"), ("silver", "gold")], [("gold", "silver"), ("silver", "")]
    assert life.tiers_told("kai") == [*rose, *fell]
    assert life.has("kai") == {Pocket.EXPIRED: 10_400}


@pytest.mark.capability(row="51")
@pytest.mark.capability(row="68")
@pytest.mark.capability(row="69")
@pytest.mark.capability(row="71")
@pytest.mark.capability(row="C22")
@pytest.mark.capability(row="C23")
def test_a_fitness_brand_rewards_what_somebody_does_and_they_join_at_the_till(life: BrandLife) -> None:
    he_trains(life)
    he_joins_at_the_till(life)
    he_brings_a_friend(life)
    he_rises_and_falls(life)


def simulated(life: BrandLife, *acts: EventBody) -> list[str]:
    """What somebody hears in a simulation who does this, a minute after another."""
    account = simulated_account(time_zone="Asia/Shanghai")
    deployment = SimulatedDeployment.of(life.project.journeys, account, life.project.people_rules)
    scripted = tuple(ScriptedEvent(timedelta(minutes=number), act) for number, act in enumerate(acts))
    person = Persona("kai", language="en", starts=STARTS.replace(tzinfo=None), acts=scripted).person(account)
    told = Simulator(deployment, person).play()
    return [str(one.content["text"]) for one in told if isinstance(one, MessageSent)]


@pytest.mark.capability(row="98")
@pytest.mark.parametrize("way", ["1", "offers", "优惠", "2", "tier", "等级", "3", "join", "入会", "else"])
def test_what_the_chat_says_of_points_by_words_digits_and_the_menu_is_what_a_simulation_says(
    life: BrandLife, way: str
) -> None:
    watched = MiniProgramEvent("live.watched", details={"live": "yoga", "seconds": "2700"})
    joins = way in ("3", "join", "入会")
    acts: list[MenuClicked | TextReceived] = [MenuClicked("POINTS")]
    acts += map(TextReceived, ("points", way, "积分", "3", "my points", way))

    life.visits("kai", watched.name, **watched.details)
    life.follows("kai", "elsewhere")
    for act in acts:
        life.passes(minutes=1)
        if isinstance(act, MenuClicked):
            life.clicks("kai", act.key or "")
        else:
            life.says("kai", act.text)
    heard = life.heard("kai")

    assert heard[0] == '500 points are waiting for you. Write "points" to join.'
    assert heard[1].startswith("500 points of your visits are waiting for you.")
    assert heard.count(MENU) == 3
    said = "Use 500 of them by 31 January."
    assert [text for text in heard if said in text] == [f"You have 500 points. {said}"] * (2 if joins else 1)
    assert simulated(life, watched, Followed(), *acts) == heard
