"""Points and offers at a till: held, taken, given back; by two tills at once, killed, and too late."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.apis.gateway import Answered
from tests.support.apis.store_api import OTHER_KEY, StoreApi, code_of, store_api
from tests.support.apis.tills import (
    LATER,
    LOT,
    SALE,
    VISITS,
    books,
    capture,
    coupon,
    give,
    give_away,
    hold,
    left,
    offered,
    open_holds,
    release,
    rows,
    until,
    visit_with_points,
)
from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, event
from tests.support.events import body
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import CallCounter
from tests.support.turns import Work, every_order
from tests.support.world import World, person_of
from tests.support.world_snapshot import WorldSnapshot
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.events.event import Subject, own_event
from wejourney.loyalty.accounts import Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.benefits.coupons import CouponRefusedError
from wejourney.loyalty.benefits.secret_codes import MistypedCodeError, new_code, shown
from wejourney.loyalty.till.holds import HOLD_LASTS, Hold, Wanted
from wejourney.loyalty.till.visits import TillError
from wejourney.people.followers import Follower
from wejourney.services.till.serve_coupon import OF_COUPONS
from wejourney.services.till.settle_hold import SettleHold


@pytest.fixture
def api(world: World) -> StoreApi:
    return store_api(world)


@pytest.fixture
def visit(world: World, api: StoreApi) -> str:
    return visit_with_points(world, api)


# --- one till ----------------------------------------------------------------------------------------


def test_points_are_held_taken_in_part_and_the_rest_is_given_back_as_it_was(
    world: World, api: StoreApi, visit: str
) -> None:
    held = hold(api, visit, 80)
    assert (held.status, held.body["status"], held.body["points"]) == (201, "held", 80)
    assert held.body["expires_at"] == (api.clock.now() + HOLD_LASTS).isoformat()
    assert books(world, api).available == 20
    assert api.send("GET", f"{VISITS}/{visit}").body["customer"]["points"] == 20
    taken = capture(api, visit, 50)
    assert (taken.status, taken.body["status"], taken.body["captured"]) == (200, "captured", 50)
    after = books(world, api)
    assert after.lots == {LOT: 10, LATER: 40}
    assert after.programme == {ProgrammeAccount.ISSUED: -100, ProgrammeAccount.REDEEMED: 50}
    assert open_holds(api) == 0


def test_a_till_is_shown_what_points_can_do(world: World, api: StoreApi, visit: str) -> None:
    give(api, person_of(world.followers), 9, Lot(Pocket.UNCLAIMED, "2028-01-31"))
    customer = api.send("GET", f"{VISITS}/{visit}").body["customer"]
    assert (customer["points"], customer["unclaimed"]) == (100, 9)
    assert (customer["expiring"], customer["expires_on"]) == (60, "2027-01-31")
    assert customer["money_off"] == {"points": 100, "fen": 1000}
    few = {"code": "too_few_points", "about": None, "wanted": "200", "there": 100}
    assert customer["offers"] == [
        {"offer": "tote", "costs": 50, "takes": None, "gift": "tote", "why_not": []},
        {"offer": "mug", "costs": 200, "takes": None, "gift": "mug", "why_not": [few]},
        {"offer": "tea", "costs": 0, "takes": None, "gift": "tea", "why_not": []},
        {"offer": "join-today", "costs": 0, "takes": "40%", "gift": None, "why_not": []},
    ]


def test_points_that_are_given_back_have_the_days_on_which_they_expired_before(
    world: World, api: StoreApi, visit: str
) -> None:
    before = books(world, api)
    hold(api, visit, 80)
    back = release(api, visit)
    assert (back.status, back.body["status"], back.body["captured"]) == (200, "released", 0)
    assert books(world, api).lots == before.lots


def test_what_a_till_asks_again_is_done_once(world: World, api: StoreApi, visit: str) -> None:
    held = [hold(api, visit) for _ in range(2)]
    assert held[0] == held[1]
    assert books(world, api).available == 50
    taken = [capture(api, visit, 30) for _ in range(2)]
    assert taken[0] == taken[1]
    hold(api, visit, 10, "2")
    back = [release(api, visit, "2") for _ in range(2)]
    assert back[0] == back[1]
    assert books(world, api).programme[ProgrammeAccount.REDEEMED] == 30
    # Also after the hold was settled it is the same one, and holds nothing anew.
    assert hold(api, visit).body["status"] == "captured"
    assert books(world, api).available == 70


def test_a_hold_is_captured_or_released_once(world: World, api: StoreApi, visit: str) -> None:
    for number in ("1", "2"):
        hold(api, visit, 20, number)
    capture(api, visit, 20, "1")
    release(api, visit, "2")
    rev = books(world, api).rev
    for points, other in ((10, {}), (20, {"order": "4712"}), (20, {"total": 1})):
        assert code_of(capture(api, visit, points, **other)) == (409, "hold_captured")
    assert code_of(release(api, visit, "1")) == (409, "hold_captured")
    assert code_of(capture(api, visit, 20, "2")) == (409, "hold_released")
    assert code_of(hold(api, visit, 30, "1")) == (409, "conflict")
    assert code_of(offered(api, visit, "tote", "1")) == (409, "conflict")
    assert books(world, api).rev == rev


@pytest.mark.parametrize(
    ("total", "takes"), [(1, 10), (100, 10), (101, 20), (349, 40), (600, 60), (10_000, 60)]
)
def test_without_points_a_capture_takes_the_fewest_that_pay_the_sale(
    world: World, api: StoreApi, visit: str, total: int, takes: int
) -> None:
    before = books(world, api).available
    hold(api, visit, 60)
    for _ in range(2):
        done = api.send("POST", f"/store/v1/holds/{visit}-1/capture", {**SALE, "total": total})
        assert done.body["captured"] == takes
    assert books(world, api).available == before - takes


@pytest.mark.parametrize("points", [0, -1, 1.5, 50.0, True, "50", None, 10**18])
def test_an_amount_that_is_no_whole_number_above_zero_posts_nothing(
    world: World, api: StoreApi, visit: str, points: Any
) -> None:
    hold(api, visit, 20, "ok")
    before = books(world, api)
    for answered in (hold(api, visit, points), capture(api, visit, points, "ok")):
        assert code_of(answered) == (400, "invalid")
    assert books(world, api) == before


def test_what_a_till_may_not_do_is_told_and_posts_nothing(world: World, api: StoreApi, visit: str) -> None:
    hold(api, visit, 20)
    before = books(world, api)
    assert code_of(hold(api, visit, 90, "2")) == (409, "too_few_points")
    assert code_of(hold(api, visit, 15, "2")) == (409, "wrong_points")
    assert code_of(hold(api, visit, 50, "2", offer="tote")) == (400, "invalid")
    assert code_of(offered(api, visit, "unknown", "2")) == (404, "unknown_offer")
    assert code_of(offered(api, visit, "mug", "2")) == (409, "too_few_points")
    assert code_of(capture(api, visit, 30)) == (409, "above_hold")
    assert code_of(capture(api, visit, 15)) == (409, "wrong_points")
    assert code_of(capture(api, visit, 20, "9")) == (404, "unknown_hold")
    assert code_of(release(api, visit, "9")) == (404, "unknown_hold")
    assert code_of(hold(api, "b" * 24, 20)) == (404, "unknown_visit")
    assert code_of(hold(api, visit, 10, "x y")) == (400, "invalid")
    for path, told in (
        (f"{VISITS}/{visit}/holds", {"id": "1", "points": 20}),
        (f"{VISITS}/{visit}/holds", {"id": "2", "points": 10}),
        (f"/store/v1/holds/{visit}-1/capture", {"points": 10, **SALE}),
        (f"/store/v1/holds/{visit}-1/release", None),
    ):
        assert code_of(api.send("POST", path, told, who=api.credentials(till="1"))) == (403, "wrong_till")
        other = api.send("POST", path, told, who=api.credentials("S2"), key=OTHER_KEY)
        assert other.status == 404
    assert books(world, api) == before


def test_nothing_is_held_of_who_has_not_scanned(world: World, api: StoreApi, visit: str) -> None:
    empty = api.send("POST", VISITS).body["visit"]
    assert code_of(hold(api, empty)) == (409, "not_scanned")
    api.clock.at += timedelta(minutes=40)
    assert code_of(hold(api, visit)) == (409, "visit_expired")
    assert books(world, api).available == 100


def test_a_hold_and_its_capture_cost_a_handful_of_calls(api: StoreApi, visit: str) -> None:
    with CallCounter().listening(api.table.client) as calls:
        hold(api, visit)
    assert len(calls.operations) <= 9
    assert calls.operations.count("TransactWriteItems") == 1
    with CallCounter().listening(api.table.client) as calls:
        capture(api, visit)
    assert len(calls.operations) <= 6
    assert calls.operations.count("TransactWriteItems") == 1


# --- coupons -----------------------------------------------------------------------------------------


def use(api: StoreApi, code: str, order: str = "4711", total: Any = 12_900, **more: Any) -> Answered:
    told = {"code": code, "order": order, "total": total}
    return api.send("POST", "/store/v1/coupons/use", told, **more)


def why_not(api: StoreApi, code: str) -> str | None:
    found: str | None = api.send("POST", "/store/v1/coupons/lookup", {"code": code}).body["why_not"]
    return found


def test_a_coupon_is_looked_up_and_used_once_at_whichever_till(api: StoreApi) -> None:
    code = coupon(api)
    found = api.send("POST", "/store/v1/coupons/lookup", {"code": code.lower()}).body
    assert (found["coupon"], found["takes"], found["least"], found["why_not"]) == (
        "welcome-10",
        "10%",
        10_000,
        None,
    )
    used = [use(api, code) for _ in range(2)]
    assert used[0] == used[1] == Answered(200, {"coupon": "welcome-10", "order": "4711", "taken": 1_290})
    assert code_of(use(api, code, order="4712")) == (409, "coupon_used")
    elsewhere = use(api, code, who=api.credentials("S2"), key=OTHER_KEY)
    assert code_of(elsewhere) == (409, "coupon_used")
    assert why_not(api, code) == "coupon_used"


def test_a_coupon_that_cannot_be_used_says_why_and_is_not_used(api: StoreApi) -> None:
    code = coupon(api)
    assert code_of(use(api, "nonsense")) == (400, "mistyped_coupon")
    assert code_of(use(api, shown(new_code(lambda _most: 3)))) == (404, "unknown_coupon")
    assert code_of(use(api, code, total=9_999)) == (409, "sale_too_small")
    for total in (-1, 1.5, "1", True):
        assert code_of(use(api, code, total=total)) == (400, "invalid")
    api.clock.at -= timedelta(days=1)
    assert code_of(use(api, code)) == (409, "coupon_not_yet")
    api.clock.at += timedelta(days=40)
    assert code_of(use(api, code)) == (409, "coupon_expired")
    assert why_not(api, code) == "coupon_expired"


@pytest.mark.capability(row="C27")
def test_a_coupon_that_was_given_away_is_looked_up_and_refused_with_the_same_reason(api: StoreApi) -> None:
    code = coupon(api)
    for claimed_at, reason in ((None, "coupon_held"), (api.clock.now(), "coupon_given")):
        give_away(api, code, claimed_at)
        assert why_not(api, code) == reason
        assert code_of(use(api, code)) == (409, reason)
        assert why_not(api, code) == reason, "it is not used"


def test_every_reason_why_a_coupon_is_refused_has_a_word_for_tills() -> None:
    assert {*CouponRefusedError.__subclasses__(), MistypedCodeError} == OF_COUPONS.keys()


# --- time --------------------------------------------------------------------------------------------


def test_what_was_not_taken_in_time_is_given_back(world: World, api: StoreApi, visit: str) -> None:
    offered(api, visit, "tote")
    api.clock.at += HOLD_LASTS - timedelta(seconds=1)
    assert api.settle.release_due() == 0
    api.clock.at += timedelta(seconds=1)
    assert code_of(capture(api, visit)) == (409, "hold_expired")
    assert api.settle.release_due() == 1
    assert api.settle.release_due() == 0
    assert books(world, api).lots == {LOT: 60, LATER: 40}
    assert left(api) == 1
    assert code_of(capture(api, visit)) == (409, "hold_expired")
    assert release(api, visit).body["status"] == "expired"


def test_what_has_expired_is_not_held_and_a_hold_that_follows_it_is_kept(
    world: World, api: StoreApi, visit: str
) -> None:
    """Guard: what has expired is posted before, in a transaction of its own."""
    give(api, person_of(world.followers), 7, Lot(Pocket.AVAILABLE, "2026-11-01"))
    assert code_of(hold(api, visit, 110)) == (409, "too_few_points")
    assert hold(api, visit, 100, "2").body["status"] == "held"
    assert books(world, api).lots[Lot(Pocket.EXPIRED, "2026-11-01")] == 7
    assert capture(api, visit, 100, "2").body["status"] == "captured"


def test_due_holds_are_given_back_as_many_as_there_is_time_for_the_oldest_first(
    world: World, api: StoreApi, visit: str
) -> None:
    for number in "123":
        hold(api, visit, 10, number)
        api.clock.at += timedelta(seconds=1)
    api.clock.at += HOLD_LASTS
    assert [api.settle.release_due(until(2)) for _ in range(3)] == [2, 1, 0]
    assert books(world, api).available == 100


def test_the_time_out_of_holds_is_killed_at_each_call_and_run_again(
    tables: str, world: World, api: StoreApi, visit: str
) -> None:
    for number in "12":
        hold(api, visit, 10, number)
    api.clock.at += HOLD_LASTS
    snapshot = WorldSnapshot(tables, world)
    place, was_killed = 0, True
    while was_killed:
        vars(world).update(vars(snapshot.restored()) | {"clock": world.clock})
        hazard = Hazard(place)
        was_killed = False
        with hazard.in_dynamodb(world):
            try:
                api.settle.release_due()
            except Killed:
                was_killed = True
        api.settle.release_due()
        assert books(world, api).lots == {LOT: 60, LATER: 40}
        assert open_holds(api) == 0
        place += 1
    assert place > 6


# --- killed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["hold", "capture", "release"])
def test_a_request_that_is_killed_at_any_call_and_sent_again_is_done_once(
    tables: str, world: World, api: StoreApi, visit: str, what: str
) -> None:
    if what != "hold":
        offered(api, visit, "tote")
    ask: Callable[[], Answered] = {
        "hold": partial(offered, api, visit, "tote"),
        "capture": partial(capture, api, visit, 50),
        "release": partial(release, api, visit),
    }[what]
    expected = {"hold": 50, "capture": 50, "release": 100}[what]
    snapshot = WorldSnapshot(tables, world)
    place, was_killed = 0, True
    while was_killed:
        vars(world).update(vars(snapshot.restored()) | {"clock": world.clock})
        hazard = Hazard(place)
        was_killed = False
        with hazard.in_dynamodb(world):
            try:
                ask()
            except Killed:
                was_killed = True
        first, again = ask(), ask()
        assert first.status in (200, 201)
        assert again == first
        assert books(world, api).available == expected
        assert left(api) == (1 if what == "release" else 0)
        assert open_holds(api) == (1 if what == "hold" else 0)
        place += 1
    assert place > 4


# --- two tills at once -------------------------------------------------------------------------------


type Outcome = tuple[str, str]
WON, GONE, TOO_FEW, TAKEN, BACK = "held", "none_left", "too_few_points", "hold_captured", "hold_released"
HAD = "had_before"


def in_every_order(
    tables: str, world: World, *works: Callable[[SettleHold], Any], api: StoreApi
) -> set[Outcome]:
    """What becomes of two requests at once, in every order of their calls, once they are let in."""
    snapshot = WorldSnapshot(tables, world)
    found: list[list[str]] = []

    def both(_number: int) -> tuple[Work, Work]:
        vars(world).update(vars(snapshot.restored()) | {"clock": world.clock, "wechat": world.wechat})
        outcomes = ["", ""]
        found.append(outcomes)

        def work(place: int) -> None:
            try:
                outcomes[place] = works[place](api.settle).status
            except TillError as error:
                outcomes[place] = error.code

        return partial(work, 0), partial(work, 1)

    every_order(world, both)
    return {(first, second) for first, second in found}


def asking(
    api: StoreApi, visit: str, number: str = "1", person_id: str = "", **what: Any
) -> Callable[[SettleHold], Hold]:
    """A till that wants something held, of the follower unless it says of whom."""
    wanted = Wanted(f"{visit}-{number}", visit, "S1", "2", "Asia/Shanghai", **(what or {"points": 60}))

    def customer() -> Follower:
        person = PeopleStore(api.table).person(person_id)
        assert person is not None
        return person

    return lambda settle: settle.hold(wanted, customer)


@pytest.mark.capability(row="70")
@pytest.mark.complaint(number="9")
@pytest.mark.parametrize("offer", ["tote", "tea"])
def test_of_two_tills_that_want_the_last_of_an_offer_one_gets_it(
    tables: str, world: World, api: StoreApi, visit: str, offer: str
) -> None:
    """Guard: the condition on the stock, also where the offer costs nothing."""
    openid = "oFollower0000000000000000002"
    world.takes(event("subscribe", NOON, FromUserName=openid))
    other = world.followers.read(APP_ID, openid).follower
    assert other is not None
    give(api, other.person_id, 100, LOT)
    one = asking(api, visit, person_id=person_of(world.followers), offer=offer)
    two = asking(api, "b" * 24, person_id=other.person_id, offer=offer)
    assert in_every_order(tables, world, one, two, api=api) == {(WON, GONE), (GONE, WON)}


@pytest.mark.capability(row="70")
@pytest.mark.complaint(number="9")
@pytest.mark.parametrize(("offer", "costs"), [("tote", 50), ("tea", 0)])
def test_of_fifty_tills_that_want_the_last_of_an_offer_one_gets_it_and_the_others_hold_nothing(
    world: World, api: StoreApi, offer: str, costs: int
) -> None:
    names = [f"customer-{number}" for number in range(50)]
    for name in names:
        world.followers.save(
            None, Follower(APP_ID, name, name, contact_id=name, following=True, followed_at=NOON)
        )
        give(api, name, 100, LOT)
    gate, asks = Barrier(len(names)), {name: asking(api, name, person_id=name, offer=offer) for name in names}

    def works(name: str) -> str:
        gate.wait()
        try:
            return asks[name](api.settle).status
        except TillError as error:
            return error.code

    with ThreadPoolExecutor(len(names)) as pool:
        found = dict(zip(names, pool.map(works, names), strict=True))
    assert Counter(found.values()) == {WON: 1, GONE: 49}
    for name in names:
        kept = BooksStore(api.ledger, api.table).books(name)
        held = costs if found[name] == WON else 0
        assert (kept.available, kept.total(Pocket.HELD)) == (100 - held, held)
        assert sum(kept.lots.values()) + sum(kept.programme.values()) == 0


@pytest.mark.complaint(number="9")
def test_of_two_requests_for_the_same_points_one_holds_them(
    tables: str, world: World, api: StoreApi, visit: str
) -> None:
    one, two = (asking(api, visit, number, person_of(world.followers)) for number in "12")
    assert in_every_order(tables, world, one, two, api=api) == {(WON, TOO_FEW), (TOO_FEW, WON)}


@pytest.mark.parametrize(
    ("what", "available"), [({"points": 60}, 40), ({"offer": "tea"}, 100), ({"offer": "tote"}, 50)]
)
def test_one_hold_that_is_asked_for_twice_at_once_is_one(
    tables: str, world: World, api: StoreApi, visit: str, what: dict[str, Any], available: int
) -> None:
    """Guard: that it is there already is told before that none is left of the offer."""
    one = asking(api, visit, person_id=person_of(world.followers), **what)
    assert in_every_order(tables, world, one, one, api=api) == {(WON, WON)}
    assert books(world, api).available == available


def test_of_two_tills_that_offer_one_person_what_is_given_once_one_holds_it(
    tables: str, world: World, api: StoreApi, visit: str
) -> None:
    person_id = person_of(world.followers)
    works = [asking(api, place, person_id=person_id, offer="join-today") for place in (visit, "b" * 24)]
    assert in_every_order(tables, world, *works, api=api) == {(WON, HAD), (HAD, WON)}


def taking(hold_id: str, points: int = 60) -> Callable[[SettleHold], Hold]:
    return lambda settle: settle.capture(hold_id, points, "4711", 12_900, "Asia/Shanghai")


def test_a_hold_that_is_captured_and_released_at_once_is_one_of_both(
    tables: str, world: World, api: StoreApi, visit: str
) -> None:
    """Guard: who loses is shown the hold as it is then."""
    hold(api, visit, 60)
    id_ = f"{visit}-1"
    found = in_every_order(tables, world, taking(id_), lambda s: s.release(id_), api=api)
    assert found == {("captured", TAKEN), (BACK, "released")}


@pytest.mark.complaint(number="9")
def test_two_captures_of_one_hold_at_once_take_it_once(
    tables: str, world: World, api: StoreApi, visit: str
) -> None:
    hold(api, visit, 60)
    works = [taking(f"{visit}-1", points) for points in (60, 50)]
    assert in_every_order(tables, world, *works, api=api) == {("captured", TAKEN), (TAKEN, "captured")}


def test_the_time_out_and_the_till_settle_a_hold_once(
    tables: str, world: World, api: StoreApi, visit: str
) -> None:
    hold(api, visit, 60)
    api.clock.at += HOLD_LASTS

    def job(settle: SettleHold) -> Any:
        settle.release_due()
        return SimpleNamespace(status="done")

    found = in_every_order(tables, world, job, lambda s: s.release(f"{visit}-1"), api=api)
    assert found == {("done", "expired")}
    assert books(world, api).available == 100


# --- who they are ------------------------------------------------------------------------------------


def test_a_hold_of_somebody_who_turns_out_to_be_another_is_settled_in_the_books_of_the_one_they_are(
    world: World, api: StoreApi, visit: str
) -> None:
    openid = "oFollower0000000000000000000"
    older = Subject("wxpayments", openid)
    paid = own_event(body("payment", total=1), "paid", older, NOON - timedelta(days=1))
    world.takes(paid)
    hold(api, visit, 60)
    for subject in (SUBJECT, older):
        known = body("identified", identity_kind="union_id", identity="main#u-1")
        world.takes(own_event(known, "union", subject, NOON + timedelta(minutes=1)))
    first = world.followers.read("wxpayments", openid).follower
    assert first is not None
    assert person_of(world.followers) == first.person_id
    assert capture(api, visit, 60).body["status"] == "captured"
    assert books(world, api).available == 40


@pytest.mark.parametrize("what", ["captured", "released", "expired"])
def test_a_hold_of_somebody_who_turned_out_to_be_another_and_was_erased_is_settled_in_their_books(
    world: World, api: StoreApi, visit: str, what: str
) -> None:
    """Guard: who was erased leads nowhere; the books say into which ones theirs were moved."""
    held_of = person_of(world.followers)
    older = Subject("wxpayments", "oFollower0000000000000000000")
    world.takes(own_event(body("payment", total=1), "paid", older, NOON - timedelta(days=1)))
    hold(api, visit, 60)
    for subject in (SUBJECT, older):
        known = body("identified", identity_kind="union_id", identity="main#u-1")
        world.takes(own_event(known, "union", subject, NOON + timedelta(minutes=1)))
    person_id = person_of(world.followers)
    assert person_id != held_of
    for subject in (SUBJECT, older):
        erased = event("unsubscribe", NOON + timedelta(minutes=2), FromUserName=subject.openid)
        world.takes(replace(erased, subject=subject))
    assert PeopleStore(api.table).person(held_of) is None

    if what == "captured":
        assert capture(api, visit, 60).body["status"] == what
    elif what == "released":
        assert release(api, visit).body["status"] == what
    else:
        api.clock.at += HOLD_LASTS
        assert api.settle.release_due() == 1
        assert release(api, visit).body["status"] == what
    after = BooksStore(api.ledger, api.table).books(person_id)
    assert sum(after.lots.values()) + sum(after.programme.values()) == 0
    assert after.total(Pocket.HELD) == 0
    assert after.programme.get(ProgrammeAccount.REDEEMED, 0) == (60 if what == "captured" else 0)


def test_what_is_held_of_somebody_who_is_erased_is_settled_without_a_name(
    world: World, api: StoreApi, visit: str
) -> None:
    person_id = person_of(world.followers)
    hold(api, visit, 60)
    hold(api, visit, 20, "2")
    world.hears("unsubscribe", after_minutes=1)
    with suppress(AssertionError):
        assert person_of(world.followers) != person_id
    assert capture(api, visit, 60).body["status"] == "captured"
    assert release(api, visit, "2").body["status"] == "released"
    after = BooksStore(api.ledger, api.table).books(person_id)
    assert after.programme[ProgrammeAccount.REDEEMED] == 60
    assert sum(after.lots.values()) + sum(after.programme.values()) == 0
    assert OPENID not in str(rows(api, ""))
