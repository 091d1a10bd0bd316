"""Offers at a till on real tables: for whom they are, set aside with what they cost, and given once."""

from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.apis.gateway import Answered
from tests.support.apis.store_api import PROGRAMME, StoreApi, code_of, scan, store_api
from tests.support.apis.tills import LOT, SALE, VISITS, books, give, left, offered, release, rows
from tests.support.builders import NOON, SUBJECT
from tests.support.events import body
from tests.support.world import World, person_of
from wejourney.adapters.dynamo.loyalty.due_rows import KEPT
from wejourney.adapters.dynamo.tills.visit_store import VisitStore
from wejourney.events.event import Subject, own_event
from wejourney.journeys.definition import Condition
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.till.holds import HOLD_LASTS
from wejourney.loyalty.till.redeeming import Redeem
from wejourney.people.identities import openid_identity
from wejourney.people.profile_model import ProfileModel

OTHER = Subject("wxpayments", "oFollower0000000000000000002")
MIDNIGHT = "2026-11-22T16:00:00+00:00"
"""In Shanghai; NOON is noon there."""


@pytest.fixture
def api(world: World) -> StoreApi:
    world.people_rules = replace(world.people_rules, profile=ProfileModel(membership="membership"))
    return store_api(world)


@pytest.fixture
def visit(world: World, api: StoreApi) -> str:
    """A visit of a follower who has 100 points."""
    opened: str = api.send("POST", VISITS).body["visit"]
    scan(world, opened, kind="subscribe")
    give(api, person_of(world.followers), 100, LOT)
    return opened


def visit_of(api: StoreApi, world: World, subject: Subject = SUBJECT) -> str:
    """A visit whose code this person has just scanned, with whichever of their contacts."""
    opened: str = api.send("POST", VISITS).body["visit"]
    person_id = world.followers.person_id_of(openid_identity(*astuple(subject)))
    visits, at = VisitStore(api.table), api.clock.now()
    visit = visits.find(opened)
    assert visit is not None
    assert person_id is not None
    assert visits.take(replace(visit, person_id=person_id, scan_id=opened, scanned_at=at))
    return opened


def visit_of_other(api: StoreApi, world: World) -> str:
    """A visit of somebody else, who has paid before, and may turn out to be the follower."""
    world.takes(own_event(body("payment", total=1), "paid", OTHER, NOON - timedelta(days=1)))
    return visit_of(api, world, OTHER)


def why_not(api: StoreApi, visit: str) -> dict[str, list[str]]:
    """Each offer, with the words for why it does not apply."""
    customer = api.send("GET", f"{VISITS}/{visit}").body["customer"]
    return {one["offer"]: [reason["code"] for reason in one["why_not"]] for one in customer["offers"]}


def taken(api: StoreApi, visit: str, number: str = "1", **more: Any) -> Answered:
    return api.send("POST", f"/store/v1/holds/{visit}-{number}/capture", {**SALE, **more})


def joins(world: World, subject: Subject = SUBJECT) -> None:
    """The follower, or somebody else, joins the membership now."""
    told = body("consent_given", purpose="membership", version="1", channel="store")
    world.takes(own_event(told, f"joins {world.clock.at}", subject, world.clock.at))


@pytest.mark.capability(row="70")
def test_who_joins_today_gets_all_of_the_offer_once(world: World, api: StoreApi, visit: str) -> None:
    held = offered(api, visit, "join-today")
    assert (held.status, held.body["takes"], held.body["expires_at"]) == (201, "40%", MIDNIGHT)
    api.clock.at += timedelta(hours=3)
    assert code_of(taken(api, visit)) == (409, "not_joined")

    joins(world)
    first, again = taken(api, visit), taken(api, visit)
    assert first == again
    assert (first.body["status"], first.body["taken"]) == ("captured", 12_900 * 40 // 100)
    assert code_of(release(api, visit)) == (409, "hold_captured")
    later = visit_of(api, world)
    assert code_of(offered(api, later, "join-today")) == (409, "had_before")
    assert why_not(api, later)["join-today"] == ["had_before"]


@pytest.mark.capability(row="70")
def test_what_is_not_taken_is_released_at_midnight_and_can_be_had_again(
    world: World, api: StoreApi, visit: str
) -> None:
    for number, offer in (("1", "join-today"), ("2", "tea"), ("3", "tote")):
        assert offered(api, visit, offer, number).status == 201
    few = ["too_few_points"]
    assert why_not(api, visit) == {
        "tote": ["none_left"],
        "mug": few,
        "tea": ["had_before", "none_left"],
        "join-today": ["had_before"],
    }
    api.clock.at += HOLD_LASTS
    assert api.settle.release_due() == 2
    later = visit_of(api, world)
    assert why_not(api, later) == {"tote": [], "mug": few, "tea": [], "join-today": ["had_before"]}
    assert books(world, api).available == 100
    api.clock.at = NOON + timedelta(hours=12)
    assert code_of(taken(api, visit)) == (409, "hold_expired")
    assert api.settle.release_due() == 1
    assert offered(api, visit_of(api, world), "join-today").status == 201


LAST_TOTE = {
    "tote": OfferTerms(joins_today=True, discount=Discount(percent=40), gift="tote bag", stock=1, costs=50)
}


@pytest.mark.capability(row="70")
def test_who_joins_has_the_discount_the_last_gift_and_what_it_costs_taken_together(
    world: World, api: StoreApi, visit: str
) -> None:
    api.programme = replace(api.programme, offers=LAST_TOTE)
    assert offered(api, visit, "tote").status == 201
    assert (books(world, api).available, left(api)) == (50, 0)
    assert code_of(taken(api, visit)) == (409, "not_joined")
    assert (books(world, api).available, left(api)) == (50, 0)
    joins(world)
    has = taken(api, visit).body
    assert (has["status"], has["captured"]) == ("captured", 50)
    assert (has["taken"], has["gift"]) == (12_900 * 40 // 100, "tote bag")
    api.clock.at = NOON + timedelta(days=1)
    assert api.settle.release_due() == 0
    assert (books(world, api).available, left(api)) == (50, 0)


@pytest.mark.capability(row="70")
@pytest.mark.parametrize(
    ("zone", "midnight"), [("Asia/Shanghai", MIDNIGHT), ("Europe/Paris", "2026-11-22T23:00:00+00:00")]
)
def test_who_has_not_joined_by_midnight_at_the_store_gets_the_points_back_and_another_the_gift(
    world: World, api: StoreApi, visit: str, zone: str, midnight: str
) -> None:
    api.programme = replace(api.programme, offers=LAST_TOTE)
    api.stores.stores["S1"] = replace(api.stores.stores["S1"], zone=zone)
    other = visit_of_other(api, world)
    other_id = world.followers.person_id_of(openid_identity(*astuple(OTHER)))
    assert other_id is not None
    give(api, other_id, 50, LOT)
    assert offered(api, visit, "tote").status == 201
    assert code_of(offered(api, other, "tote")) == (409, "none_left")

    api.clock.at = datetime.fromisoformat(midnight) - timedelta(seconds=1)
    assert api.settle.release_due() == 0
    assert (books(world, api).available, left(api)) == (50, 0)
    api.clock.at += timedelta(seconds=1)
    joins(world)
    assert code_of(taken(api, visit)) == (409, "hold_expired")
    assert api.settle.release_due() == 1
    assert (books(world, api).available, left(api)) == (100, 1)

    other = visit_of(api, world, OTHER)
    assert offered(api, other, "tote").status == 201
    joins(world, OTHER)
    has = taken(api, other).body
    assert (has["captured"], has["gift"], left(api)) == (50, "tote bag", 0)
    assert books(world, api).available == 100


@pytest.mark.capability(row="75")
def test_a_till_is_shown_each_reason_why_an_offer_does_not_apply_and_refused_for_the_first(
    world: World, api: StoreApi, visit: str
) -> None:
    api.programme = replace(
        api.programme,
        offers={
            "gold": OfferTerms(Condition(tier="gold", tags=("vip",)), discount=Discount(fen=500), costs=300),
            "perk": OfferTerms(unclaimed=200, gift="tea"),
            "join": OfferTerms(joins_today=True, gift="tote"),
        },
    )
    joins(world)
    api.clock.at += timedelta(days=1)
    visit = visit_of(api, world)
    found = api.send("GET", f"{VISITS}/{visit}").body["customer"]["offers"]
    assert {one["offer"]: one["why_not"] for one in found} == {
        "gold": [
            {"code": "condition_not_met", "about": "tier", "wanted": "gold", "there": None},
            {"code": "condition_not_met", "about": "tag", "wanted": "vip", "there": None},
            {"code": "too_few_points", "about": None, "wanted": "300", "there": 100},
        ],
        "perk": [{"code": "too_few_unclaimed", "about": None, "wanted": "200", "there": 0}],
        "join": [{"code": "member_before", "about": None, "wanted": None, "there": None}],
    }
    before = books(world, api)
    for one in found:
        assert code_of(offered(api, visit, one["offer"])) == (409, one["why_not"][0]["code"])
    assert books(world, api) == before


@pytest.mark.parametrize(
    "changed",
    [
        replace(PROGRAMME, redeem=Redeem(7, 3)),
        replace(PROGRAMME, redeem=None, offers={}),
        replace(PROGRAMME, offers={"tote": OfferTerms(gift="mug", costs=10, stock=0)}),
    ],
)
def test_what_is_held_keeps_its_price_and_its_terms_when_the_programme_changes(
    world: World, api: StoreApi, visit: str, changed: Any
) -> None:
    points = {"id": "2", "points": 30}
    first = (offered(api, visit, "tote"), api.send("POST", f"{VISITS}/{visit}/holds", points))
    api.programme = changed

    again = (offered(api, visit, "tote"), api.send("POST", f"{VISITS}/{visit}/holds", points))
    assert again == first
    tote, money = taken(api, visit).body, taken(api, visit, "2", points=20).body
    assert (tote["captured"], tote["gift"], money["captured"], money["taken"]) == (50, "tote", 20, 200)
    assert books(world, api).available == 30


def test_who_agrees_once_more_has_not_joined_today_and_who_has_left_and_come_back_has(
    world: World, api: StoreApi, visit: str
) -> None:
    joins(world)
    assert why_not(api, visit)["join-today"] == []
    api.clock.at += timedelta(days=2)
    joins(world)
    assert why_not(api, visit_of(api, world))["join-today"] == ["member_before"]
    left = body("consent_withdrawn", purpose="membership", version="1", channel="store")
    world.takes(own_event(left, "leaves", SUBJECT, api.clock.at + timedelta(minutes=1)))
    api.clock.at += timedelta(minutes=1)
    joins(world)
    assert why_not(api, visit_of(api, world))["join-today"] == []


def test_an_offer_that_costs_points_is_for_a_person_as_often_as_they_pay(
    world: World, api: StoreApi, visit: str
) -> None:
    api.programme = replace(api.programme, offers={"tote": OfferTerms(gift="tote", stock=2, costs=50)})
    for number in "12":
        assert offered(api, visit, "tote", number).status == 201
        assert taken(api, visit, number).body["captured"] == 50
    assert books(world, api).available == 0


def merged(world: World) -> None:
    """Both contacts turn out to be one person's."""
    for subject in (SUBJECT, OTHER):
        known = body("identified", identity_kind="union_id", identity="main#u-1")
        world.takes(own_event(known, f"union {subject.openid}", subject, world.clock.at))
    people = {world.followers.person_id_of(openid_identity(*astuple(one))) for one in (SUBJECT, OTHER)}
    assert len(people) == 1


@pytest.mark.parametrize("had", [(SUBJECT,), (OTHER,), (SUBJECT, OTHER)])
def test_what_is_given_to_a_person_once_is_so_when_two_turn_out_to_be_one(
    world: World, api: StoreApi, visit: str, had: tuple[Subject, ...]
) -> None:
    api.programme = replace(api.programme, offers={"tea": OfferTerms(gift="tea")})
    visits = {SUBJECT: visit, OTHER: visit_of_other(api, world)}
    for subject in had:
        offered(api, visits[subject], "tea")
        assert taken(api, visits[subject]).body["status"] == "captured"
    merged(world)
    for subject in (SUBJECT, OTHER):
        later = visit_of(api, world, subject)
        assert code_of(offered(api, later, "tea")) == (409, "had_before")


@pytest.mark.parametrize("settle", [taken, release])
def test_what_was_held_before_two_turned_out_to_be_one_is_settled_after_it(
    world: World, api: StoreApi, visit: str, settle: Callable[[StoreApi, str], Answered]
) -> None:
    other = visit_of_other(api, world)
    assert offered(api, other, "tea").status == 201
    merged(world)
    assert settle(api, other).status == 200
    later = visit_of(api, world)
    assert (why_not(api, later)["tea"] == []) is (settle is release)


def test_an_offer_that_is_held_of_somebody_who_is_erased_is_there_again(
    world: World, api: StoreApi, visit: str
) -> None:
    assert offered(api, visit, "tea").status == 201
    assert offered(api, visit, "join-today", "2").status == 201
    world.hears("unsubscribe", after_minutes=1)
    assert code_of(taken(api, visit, "2")) == (409, "not_joined")
    api.clock.at = NOON + timedelta(days=1)
    assert api.settle.release_due() == 2
    assert why_not(api, visit_of_other(api, world)) == {
        "tote": ["too_few_points"],
        "mug": ["too_few_points"],
        "tea": [],
        "join-today": [],
    }


def test_a_hold_that_cannot_be_released_is_reported_and_the_others_are_released(
    world: World, api: StoreApi, visit: str
) -> None:
    """Guard: also one whose points are held no more, or that cannot be read."""
    for number in "1234":
        api.send("POST", f"{VISITS}/{visit}/holds", {"id": number, "points": 10})
        api.clock.at += timedelta(seconds=1)
    held = api.holds.hold(f"{visit}-1")
    assert held is not None
    with_none = replace(held, id=f"{visit}-none", expires_at=NOON)
    api.holds.keep(with_none)
    (second,) = rows(api, f"HOLD#{visit}-2")
    api.ledger.client.update_item(
        TableName=api.ledger.name,
        Key={name: {"S": second[name]} for name in ("pk", "sk")},
        UpdateExpression="SET #d = :d",
        ExpressionAttributeNames={"#d": "data"},
        ExpressionAttributeValues={":d": {"S": '{"of": "a newer version"}'}},
    )
    api.clock.at += HOLD_LASTS
    failed = list[tuple[str, str]]()
    job = replace(api.settle, failed=lambda who, error: failed.append((who, type(error).__name__)))

    assert job.release_due() == 3
    assert failed == [(held.person_id, "LedgerBusyError"), ("", "NewerDataError")]


def test_a_settled_hold_is_forgotten_after_more_than_a_year_and_an_open_one_is_not(
    api: StoreApi, visit: str
) -> None:
    for number, offer in (("1", "tote"), ("2", "tea"), ("3", "join-today")):
        offered(api, visit, offer, number)
    taken(api, visit, "1")
    release(api, visit, "2")
    gone_at = int((api.clock.now() + HOLD_LASTS + KEPT).timestamp())
    found = {row["pk"][-1]: row.get("expires_at") for row in rows(api, "HOLD#")}
    assert found == {"1": gone_at, "2": gone_at, "3": None}
    assert [row for row in rows(api, "PERSON#") + rows(api, "STOCK#") if "expires_at" in row] == []


def test_midnight_is_that_of_the_store(api: StoreApi, visit: str) -> None:
    api.stores.stores["S1"] = replace(api.stores.stores["S1"], zone="Europe/Paris")
    assert offered(api, visit, "join-today").body["expires_at"] == "2026-11-22T23:00:00+00:00"
