"""Points that a till has taken and gives back: in parts, twice, at once, killed, and expired."""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.apis.gateway import Answered
from tests.support.apis.store_api import OTHER_KEY, StoreApi, code_of, store_api
from tests.support.apis.tills import (
    LATER,
    LOT,
    SALE,
    books,
    capture,
    give,
    hold,
    left,
    offered,
    release,
    visit_with_points,
)
from tests.support.builders import NOON, SUBJECT
from tests.support.events import body
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import CallCounter
from tests.support.turns import Work, every_order
from tests.support.world import World, person_of
from tests.support.world_snapshot import WorldSnapshot
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.events.event import Subject, own_event
from wejourney.loyalty.accounts import Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.till.refunds import AboveCaptureError
from wejourney.loyalty.transactions import Kind
from wejourney.wire.store_api.operations import Name
from wejourney.wire.store_api.requests import StoreRequest


@pytest.fixture
def api(world: World) -> StoreApi:
    return store_api(world)


@pytest.fixture
def visit(world: World, api: StoreApi) -> str:
    return visit_with_points(world, api)


@pytest.fixture
def taken(api: StoreApi, visit: str) -> str:
    """A visit, in which 80 of 100 points were taken: 60 of one lot and 20 of a later one."""
    hold(api, visit, 80)
    assert capture(api, visit, 80).status == 200
    return visit


def refund(
    api: StoreApi,
    visit: str,
    number: str = "1",
    points: Any = None,
    of: str = "1",
    **more: Any,
) -> Answered:
    told = {"id": number, "order": more.pop("order", "4711")}
    if points is not None:
        told["points"] = points
    return api.send("POST", f"/store/v1/holds/{visit}-{of}/refund", told, **more)


def refund_in_process(api: StoreApi, visit: str, number: str, points: int | None) -> None:
    """A refund whose request is verified."""
    asked = {"id": number, "order": "4711"} | ({} if points is None else {"points": points})
    request = StoreRequest(Name.REFUND_HOLD, api.credentials(), {"hold": f"{visit}-1"}, asked)
    with suppress(AboveCaptureError):
        api.built().refund_points(request)


# --- what comes back -----------------------------------------------------------------------------


def test_all_that_was_taken_comes_back_with_the_days_on_which_it_would_have_expired(
    world: World,
    api: StoreApi,
    taken: str,
) -> None:
    back = refund(api, taken)
    assert back == Answered(200, {"hold": f"{taken}-1", "id": "1", "order": "4711", "points": 80})
    after = books(world, api)
    assert after.lots == {LOT: 60, LATER: 40}
    assert after.programme == {ProgrammeAccount.ISSUED: -100}
    assert after.earned == {"2026-11": 100}, "what is refunded was not earned again"
    newest = next(iter(BooksStore(api.ledger, api.table).newest(person_of(world.followers))))
    assert (newest.kind, newest.cause.reason) == (Kind.REVERSE, "till S1/2")


def test_a_part_comes_back_that_would_have_expired_last_and_then_another_part(
    world: World,
    api: StoreApi,
    taken: str,
) -> None:
    assert refund(api, taken, "1", 30).body["points"] == 30
    assert books(world, api).lots == {LOT: 10, LATER: 40}
    assert refund(api, taken, "2").body["points"] == 50
    assert books(world, api).lots == {LOT: 60, LATER: 40}
    assert code_of(refund(api, taken, "3")) == (409, "above_capture")


REFUNDS = st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(1, 60)), max_size=5)


def test_whatever_is_refunded_it_is_never_more_than_was_taken_and_each_number_once(
    world: World,
    api: StoreApi,
    visit: str,
) -> None:
    before = books(world, api).lots
    holds = iter(range(1000))

    @settings(
        max_examples=25,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(taken=st.integers(1, 10).map(lambda steps: 10 * steps), refunds=REFUNDS)
    def check(taken: int, refunds: list[tuple[str, int | None]]) -> None:
        number = str(next(holds))
        hold(api, visit, 100, number)
        capture(api, visit, taken, number)
        left, done = taken, dict[str, tuple[int | None, int]]()
        for refunded, points in refunds:
            answer = refund(api, visit, refunded, points, of=number)
            if refunded in done:
                asked, came_back = done[refunded]
                same = asked == points
                assert answer.body["points"] == came_back if same else code_of(answer) == (409, "conflict")
            elif left and (points is None or points <= left):
                came_back = left if points is None else points
                assert answer.body["points"] == came_back
                left, done[refunded] = left - came_back, (points, came_back)
            else:
                assert code_of(answer) == (409, "above_capture")
            assert books(world, api).available == 100 - left
        if left:
            assert refund(api, visit, "rest", of=number).body["points"] == left
        assert books(world, api).lots == before

    check()


def test_what_has_expired_meanwhile_expires_again_and_cannot_be_spent(
    world: World,
    api: StoreApi,
    taken: str,
) -> None:
    api.clock.at = datetime.fromisoformat("2027-02-01T12:00+00:00")
    refund(api, taken)
    give(api, person_of(world.followers), 1, Lot(Pocket.AVAILABLE, "2028-01-31"))
    after = books(world, api)
    assert after.lots == {
        Lot(Pocket.EXPIRED, LOT.expires): 60,
        LATER: 40,
        Lot(Pocket.AVAILABLE, "2028-01-31"): 1,
    }
    assert after.available == 41


def test_a_refund_is_told_to_journeys_as_every_change_of_points(
    world: World,
    api: StoreApi,
    taken: str,
) -> None:
    refund(api, taken, points=30)
    assert f"refund:{taken}-1:1" in list(BooksStore(api.ledger, api.table).untold())


def test_points_of_an_offer_come_back_and_its_stock_does_not(
    world: World,
    api: StoreApi,
    visit: str,
) -> None:
    """What costs nothing gives nothing back."""
    for number, offer in (("1", "tote"), ("2", "tea")):
        offered(api, visit, offer, number)
        assert api.send("POST", f"/store/v1/holds/{visit}-{number}/capture", SALE).status == 200
    assert refund(api, visit).body["points"] == 50
    assert code_of(refund(api, visit, of="2")) == (409, "above_capture")
    assert (books(world, api).available, left(api)) == (100, 0)


# --- what is rejected ----------------------------------------------------------------------------


def test_a_refund_is_done_at_any_till_of_the_store_and_at_no_other_store(
    world: World,
    api: StoreApi,
    taken: str,
) -> None:
    elsewhere = refund(api, taken, who=api.credentials("S2"), key=OTHER_KEY)
    assert code_of(elsewhere) == (404, "unknown_hold")
    assert books(world, api).available == 20
    assert refund(api, taken, who=api.credentials(till="9")).body["points"] == 80
    assert books(world, api).available == 100


def test_what_was_not_taken_for_this_order_is_not_refunded(
    world: World,
    api: StoreApi,
    taken: str,
) -> None:
    for number in "23":
        hold(api, taken, 10, number)
    release(api, taken, "3")
    before = books(world, api)
    assert code_of(refund(api, taken, of="2")) == (409, "not_captured")
    assert code_of(refund(api, taken, of="3")) == (409, "not_captured")
    assert code_of(refund(api, taken, order="4712")) == (409, "not_captured")
    assert code_of(refund(api, taken, of="9")) == (404, "unknown_hold")
    assert code_of(refund(api, taken, points=81)) == (409, "above_capture")
    for points in (0, -1, 1.5, 50.0, True, "50", 10**18):
        assert code_of(refund(api, taken, points=points)) == (400, "invalid")
    assert code_of(refund(api, taken, number="x y")) == (400, "invalid")
    assert books(world, api) == before


# --- twice, at once, killed ----------------------------------------------------------------------


def test_a_refund_that_is_sent_again_is_answered_as_before_whatever_was_refunded_since(
    world: World,
    api: StoreApi,
    taken: str,
) -> None:
    first = refund(api, taken, "1", 30)
    refund(api, taken, "2")
    assert refund(api, taken, "1", 30) == first
    assert code_of(refund(api, taken, "1", 20)) == (409, "conflict")
    assert code_of(refund(api, taken, "1")) == (409, "conflict")
    assert books(world, api).available == 100


def test_a_refund_that_is_killed_at_any_call_and_sent_again_is_done_once(
    tables: str,
    world: World,
    api: StoreApi,
    taken: str,
) -> None:
    snapshot = WorldSnapshot(tables, world)
    place, was_killed = 0, True
    while was_killed:
        vars(world).update(vars(snapshot.restored()) | {"clock": world.clock})
        hazard, was_killed = Hazard(place), False
        with hazard.in_dynamodb(world):
            try:
                refund(api, taken, "1", 50)
            except Killed:
                was_killed = True
        first, again = (refund(api, taken, "1", 50) for _ in range(2))
        assert first == again
        assert first.body["points"] == 50
        assert books(world, api).available == 70
        place += 1
    assert place > 4


@pytest.mark.parametrize(
    ("asked", "available"),
    [((("1", 50), ("2", 50)), 70), ((("1", None), ("2", None)), 100)],
    ids=["too much together", "all twice"],
)
def test_two_refunds_at_once_give_back_no_more_than_was_taken(
    tables: str,
    world: World,
    api: StoreApi,
    taken: str,
    monkeypatch: pytest.MonkeyPatch,
    asked: tuple[tuple[str, int | None], ...],
    available: int,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    snapshot = WorldSnapshot(tables, world)

    def both(number: int) -> tuple[Work, Work]:
        if number:
            assert books(world, api).available == available
        vars(world).update(vars(snapshot.restored()) | {"clock": world.clock, "wechat": world.wechat})
        one, two = (partial(refund_in_process, api, taken, *one) for one in asked)
        return one, two

    assert every_order(world, both) > 5
    assert books(world, api).available == available


def test_a_refund_costs_a_handful_of_calls(api: StoreApi, taken: str) -> None:
    with CallCounter().listening(api.table.client) as calls:
        refund(api, taken)
    assert len(calls.operations) <= 9
    assert calls.operations.count("TransactWriteItems") == 1


# --- who they are --------------------------------------------------------------------------------


def test_a_refund_of_somebody_who_turns_out_to_be_another_is_in_the_books_of_the_one_they_are(
    world: World,
    api: StoreApi,
    visit: str,
) -> None:
    openid = "oFollower0000000000000000000"
    older = Subject("wxpayments", openid)
    world.takes(own_event(body("payment", total=1), "paid", older, NOON - timedelta(days=1)))
    hold(api, visit, 60)
    capture(api, visit, 60)
    for subject in (SUBJECT, older):
        known = body("identified", identity_kind="union_id", identity="main#u-1")
        world.takes(own_event(known, "union", subject, NOON + timedelta(minutes=1)))
    first = world.followers.read("wxpayments", openid).follower
    assert first is not None
    assert person_of(world.followers) == first.person_id
    assert refund(api, visit, points=20).body["points"] == 20
    assert books(world, api).available == 60


def test_a_refund_of_somebody_who_was_erased_is_in_books_without_a_name(
    world: World,
    api: StoreApi,
    taken: str,
) -> None:
    person_id = person_of(world.followers)
    world.hears("unsubscribe", after_minutes=1)
    assert refund(api, taken).body["points"] == 80
    assert BooksStore(api.ledger, api.table).books(person_id).available == 100
