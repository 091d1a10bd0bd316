"""The API for tills on real tables: who may ask, who is served, what a sale becomes, and what it costs."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from functions.store_api import app
from tests.support.apis.people_api import PHONE_KEY
from tests.support.apis.store_api import (
    KEY,
    OTHER_KEY,
    PREVIOUS_KEY,
    StoreApi,
    code_of,
    scan,
    signed,
    store_api,
)
from tests.support.builders import ACCOUNT, APP_ID, NOON, OPENID, event
from tests.support.fakes.inbox import FakeInbox
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import ROOT, CallCounter
from tests.support.virtual_time.brand_life import BrandLife, deployable
from tests.support.world import World, person_of
from tests.support.world_snapshot import WorldSnapshot
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.payments.payment_reports import PaymentReportStore
from wejourney.adapters.dynamo.tills.visit_store import SALE_KEPT
from wejourney.adapters.failures import AwsCallError
from wejourney.errors import InvalidSettingError, WeChatBusyError
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import OrderPaid, Paid, TillVisited
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.loyalty.earning import order_of
from wejourney.loyalty.till.visits import CODE_LASTS, VISIT_LASTS, scene_of
from wejourney.people.phones import phone_hash
from wejourney.services.ports.payment_reports import PaymentSource, Report
from wejourney.wire.http import FRESHNESS
from wejourney.wire.pay.event_ids import payment_id

VISITS, SALES = "/store/v1/visits", "/store/v1/sales"
SECOND = timedelta(seconds=1)
OTHER_OPENID = "oFollower0000000000000000002"


@pytest.fixture
def api(world: World) -> StoreApi:
    return store_api(world)


@pytest.fixture
def visit(api: StoreApi) -> str:
    """A visit that was opened at the second till of store S1."""
    opened: str = api.send("POST", VISITS).body["visit"]
    return opened


def outcomes(world: World) -> list[tuple[str, str]]:
    told = [one for one in world.announcements.told if isinstance(one.body, TillVisited)]
    return [(one.subject.openid, one.body.outcome) for one in told if isinstance(one.body, TillVisited)]


# --- who may ask -------------------------------------------------------------------------------------


def test_a_till_opens_a_visit_whose_code_lasts_two_minutes(api: StoreApi) -> None:
    opened = api.send("POST", VISITS)
    assert opened.status == 201
    assert opened.body["code"] == "http://weixin.qq.com/q/1"
    assert opened.body["expires_at"] == (api.clock.now() + CODE_LASTS).isoformat()
    assert api.wechat.made == [(scene_of(opened.body["visit"]), 120)]
    assert api.send("POST", VISITS).body["visit"] != opened.body["visit"]


def test_the_code_of_a_mini_program_is_a_picture(api: StoreApi) -> None:
    api.account = replace(ACCOUNT, kind="mini_program")
    api.stores.stores["S1"] = replace(api.stores.stores["S1"], page="pages/till")
    opened = api.send("POST", VISITS).body
    assert opened["code"] is None
    assert opened["picture"]
    assert api.wechat.drawn == [(scene_of(opened["visit"]), "pages/till")]


def wrong_headers(api: StoreApi) -> Iterator[tuple[str, str]]:
    who = api.credentials()
    right = signed(who, KEY, "POST", VISITS, b"")
    yield "", "unsigned"
    yield "Bearer x", "unsigned"
    yield right.replace("signature=", "signature=0")[:-1], "unsigned"
    yield f"{right} ", "unsigned"
    yield right.upper(), "unsigned"
    yield signed(who, OTHER_KEY, "POST", VISITS, b""), "unsigned"
    yield signed(who, KEY, "GET", VISITS, b""), "unsigned"
    yield signed(who, KEY, "POST", SALES, b""), "unsigned"
    yield signed(who, KEY, "POST", VISITS, b"{}"), "unsigned"
    yield right.replace("till=2", "till=3"), "unsigned"
    yield right.replace(f"time={who.time}", f"time={who.time + 1}"), "unsigned"
    yield right.replace(who.nonce, who.nonce[::-1]), "unsigned"
    yield signed(api.credentials("S2"), KEY, "POST", VISITS, b""), "unsigned"
    yield signed(api.credentials("S9"), KEY, "POST", VISITS, b""), "unsigned"
    for at in (NOON - FRESHNESS - SECOND, NOON + FRESHNESS + SECOND):
        yield signed(api.credentials(at=at), KEY, "POST", VISITS, b""), "stale"


def test_a_request_is_rejected_that_no_key_of_its_store_has_signed_now(api: StoreApi) -> None:
    api.clock.at = NOON
    with CallCounter().listening(api.table.client) as calls:
        for header, expected in wrong_headers(api):
            answered = api.send("POST", VISITS, header=header)
            assert code_of(answered) == (401, expected), header
    assert calls.operations == [], "who has no key writes nothing"
    assert api.wechat.made == []


def test_all_but_the_time_and_the_nonce_of_an_unsigned_request_gets_one_answer(api: StoreApi) -> None:
    told = [api.send("POST", VISITS, header=h).body for h, why in wrong_headers(api) if why == "unsigned"]
    assert all(one == told[0] for one in told)


def test_the_previous_key_of_a_store_is_accepted_while_it_is_given(api: StoreApi) -> None:
    for key in (OTHER_KEY, PREVIOUS_KEY):
        assert api.send("POST", VISITS, who=api.credentials("S2"), key=key).status == 201


def test_a_request_that_is_sent_again_is_refused_and_makes_no_second_visit(api: StoreApi) -> None:
    who = api.credentials()
    assert api.send("POST", VISITS, who=who).status == 201
    for _ in range(2):
        assert code_of(api.send("POST", VISITS, who=who)) == (401, "replayed")
    assert len(api.wechat.made) == 1
    other_store = api.credentials("S2", nonce=who.nonce)
    assert api.send("POST", VISITS, who=other_store, key=OTHER_KEY).status == 201


def test_a_nonce_is_kept_as_long_as_its_signature_is_taken(api: StoreApi) -> None:
    who = api.credentials(at=api.clock.now() + FRESHNESS)
    assert api.send("POST", VISITS, who=who).status == 201
    (row,) = [one for one in rows(api) if one["pk"]["S"].startswith("NONCE#")]
    last = who.at + FRESHNESS
    assert int(row["expires_at"]["N"]) > last.timestamp()


def rows(api: StoreApi) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.table.client.scan(TableName=api.table.name)["Items"]
    return found


# --- who is served -----------------------------------------------------------------------------------


@pytest.mark.capability(row="67")
def test_a_till_is_shown_who_has_scanned_its_code_and_what_they_have(
    world: World, api: StoreApi, visit: str
) -> None:
    waiting = api.send("GET", f"{VISITS}/{visit}")
    assert (waiting.status, waiting.body["status"], waiting.body["customer"]) == (200, "waiting", None)
    world.tells("profile", changes={"name": "王小明", "tier": "gold", "member": True})
    scan(world, visit)
    shown = api.send("GET", f"{VISITS}/{visit}").body
    assert shown["status"] == "scanned"
    customer = {name: shown["customer"][name] for name in ("name", "member", "tier", "points", "money_off")}
    assert customer == {"name": "王**", "member": True, "tier": "gold", "points": 0, "money_off": None}
    assert outcomes(world) == [(OPENID, "scanned")]
    assert OPENID not in json.dumps(shown)


@pytest.mark.capability(row="67")
def test_a_till_and_its_customer_have_their_answer_after_a_handful_of_calls(
    world: World, api: StoreApi, visit: str
) -> None:
    """Less than 2 seconds: of a call of DynamoDB's or SQS's some 10 ms, of one of WeChat's 300."""
    with CallCounter().listening(api.table.client) as calls:
        api.send("POST", VISITS)
    assert (calls.operations, len(api.wechat.made)) == (["PutItem"] * 2, 2)
    world.hears("subscribe")
    with CallCounter().listening(api.table.client) as ordinary:
        world.hears("SCAN", after_minutes=1, EventKey="store-SH01")
    with CallCounter().listening(api.table.client) as calls:
        scan(world, visit)
    # In the place of the registry of codes: the visit is read, and taken.
    assert len(calls.operations) == len(ordinary.operations) + 1
    with CallCounter().listening(api.table.client) as calls:
        api.send("GET", f"{VISITS}/{visit}")
    # At last, how many were given of the offers, and which of them this customer had.
    assert calls.operations == ["PutItem", "GetItem", "GetItem", "BatchGetItem"]


def calls_of(life: BrandLife, patch: pytest.MonkeyPatch) -> list[str]:
    """What functions ask of AWS and of WeChat from now on, in order, without what the life looks up."""
    asked = list[str]()

    def listened(work: Callable[..., Any]) -> Callable[..., Any]:
        def works(*arguments: Any) -> Any:
            with life.followers.table.client.told(lambda operation, **_: asked.append(operation)):
                return work(*arguments)

        return works

    def noted(work: Callable[..., Any], call: str) -> Callable[..., Any]:
        def works(*arguments: Any) -> Any:
            asked.append(call)
            return work(*arguments)

        return works

    def tell(events: Sequence[InboundEvent]) -> None:
        asked.extend(["SendMessage"] * len(events))
        FakeInbox.tell(life.inbox, events)

    wechat, runs = life.world.wechat, life.world.runs
    patch.setattr(life.world, "takes", listened(life.world.takes))
    patch.setattr(life.engine, "perform", listened(life.engine.perform))
    patch.setattr(life.inbox, "tell", tell)
    patch.setattr(runs, "start", noted(runs.start, "StartExecution"))
    for name in ("user_info", "send"):
        patch.setattr(wechat, name, noted(getattr(wechat, name), f"WeChat: {name}"))
    return asked


APPLIED = ["GetItem", "Query", "TransactWriteItems"]
FOLLOWED = ["GetItem", "GetItem", "WeChat: user_info", "BatchGetItem", "TransactWriteItems"]
TAKEN = ["GetItem", "PutItem", "SendMessage"]
DECIDED = [*APPLIED, "StartExecution", "GetItem", "Query"]
"""The event `till.visit` starts the journey, whose first task finds out whether they are a member."""
SAID = ["GetItem", "TransactWriteItems", "WeChat: send"]
ASKED = ["GetItem", "Query", "BatchGetItem", "TransactWriteItems", "WeChat: send"]
"""With the offers: how many were given of them, and which of them this customer had."""


@pytest.mark.capability(row="67")
@pytest.mark.parametrize(
    ("who", "calls", "told"),
    [
        ("member", [*APPLIED, *TAKEN, *DECIDED, *SAID], "You have 0 points."),
        ("follower", [*APPLIED, *TAKEN, *DECIDED, *ASKED], "0 points are waiting for you."),
        ("new", [*FOLLOWED, *TAKEN, *DECIDED, *ASKED], "0 points are waiting for you."),
    ],
)
def test_who_scans_reads_what_the_journey_at_the_till_says_after_a_handful_of_calls(
    followers: FollowerStore,
    ledger: BooksStore,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    calls: list[str],
    told: str,
) -> None:
    """Less than 2 seconds, by what a call takes as above: from the scan in the inbox to WeChat's answer.

    Functions that have started know their settings and WeChat's access token.
    """
    life = BrandLife(deployable(ROOT / "examples/loyalty"), followers, ledger, NOON)
    if who != "new":
        life.follows("kai", "store-SH01")
    if who == "member":
        life.does("kai", "consent_given", purpose="membership", version="2026-11", channel="store")
    visit = life.till("POST", "visits").body["visit"]
    asked = calls_of(life, monkeypatch)
    life.scans_till("kai", visit)

    (heard,) = life.heard("kai")
    assert heard.startswith(told)
    assert asked[: asked.index("WeChat: send") + 1] == calls
    assert len([one for one in asked if one.startswith("WeChat")]) == (2 if who == "new" else 1)


@pytest.mark.parametrize("kind", ["SCAN", "subscribe"])
def test_a_code_is_scanned_by_who_follows_and_by_who_begins_to_by_it(
    world: World, api: StoreApi, visit: str, kind: str
) -> None:
    scan(world, visit, kind=kind)
    assert api.send("GET", f"{VISITS}/{visit}").body["status"] == "scanned"


@pytest.mark.capability(row="67")
@pytest.mark.parametrize("first", [OPENID, OTHER_OPENID])
def test_of_two_who_scan_one_code_the_first_is_served_and_the_other_is_told(
    world: World, api: StoreApi, visit: str, first: str
) -> None:
    second = OTHER_OPENID if first == OPENID else OPENID
    scan(world, visit, first)
    shown = api.send("GET", f"{VISITS}/{visit}").body
    scan(world, visit, second)
    scan(world, visit, second, seconds=9)
    assert api.send("GET", f"{VISITS}/{visit}").body == shown
    assert outcomes(world) == [(first, "scanned"), (second, "taken"), (second, "taken")]


@pytest.mark.capability(row="67")
def test_a_code_that_is_scanned_late_serves_nobody(world: World, api: StoreApi, visit: str) -> None:
    scan(world, visit, seconds=CODE_LASTS.total_seconds())
    assert outcomes(world) == [(OPENID, "late")]
    assert api.send("GET", f"{VISITS}/{visit}").body["status"] == "expired"


def test_a_scan_that_is_delivered_again_takes_its_visit_once(world: World, api: StoreApi, visit: str) -> None:
    at = world.clock.now()
    one = event("SCAN", at, EventKey=scene_of(visit), FromUserName=OPENID)
    for _ in range(3):
        world.takes(one)
    assert outcomes(world) == [(OPENID, "scanned")] * 3
    assert len({told.id for told in world.announcements.told if told.kind == TillVisited.kind}) == 1


def test_who_loses_the_race_for_a_code_is_refused_as_who_comes_later(
    world: World, api: StoreApi, visit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both read the visit before either has taken it."""
    from wejourney.adapters.dynamo.tills.visit_store import VisitStore  # noqa: PLC0415 - patched here alone

    take = VisitStore.take

    def taken_by_another(store: VisitStore, taken: Any) -> bool:
        monkeypatch.setattr(VisitStore, "take", take)
        scan(world, visit, OTHER_OPENID)
        return take(store, taken)

    monkeypatch.setattr(VisitStore, "take", taken_by_another)
    scan(world, visit)
    assert outcomes(world) == [(OTHER_OPENID, "scanned"), (OPENID, "taken")]


def test_a_visit_is_another_tills_or_another_stores(api: StoreApi, visit: str) -> None:
    path = f"{VISITS}/{visit}"
    other_till = api.credentials(till="1")
    assert code_of(api.send("GET", path, who=other_till)) == (403, "wrong_till")
    other_store = api.credentials("S2")
    assert code_of(api.send("GET", path, who=other_store, key=OTHER_KEY)) == (404, "unknown_visit")
    assert code_of(api.send("GET", f"{VISITS}/{'b' * 24}")) == (404, "unknown_visit")
    for other in ("x", visit.upper(), f"{visit}a"):
        assert code_of(api.send("GET", f"{VISITS}/{other}")) == (400, "invalid")


def test_of_a_customer_who_is_erased_meanwhile_nothing_is_shown(
    world: World, api: StoreApi, visit: str
) -> None:
    scan(world, visit, kind="subscribe")
    world.hears("unsubscribe", after_minutes=1)
    assert code_of(api.send("GET", f"{VISITS}/{visit}")) == (404, "unknown_customer")


def test_a_scan_at_a_till_starts_a_journey_that_answers_on_the_phone(
    world: World, api: StoreApi, visit: str
) -> None:
    world.entries = (JourneyEntry("at-the-till", "v1", Trigger("till.visit")),)
    scan(world, visit, kind="subscribe")
    (told,) = [one for one in world.announcements.queued if isinstance(one.body, TillVisited)]
    assert world.takes(told).run_id is not None


# --- sales -------------------------------------------------------------------------------------------


def sale(**more: Any) -> dict[str, Any]:
    return {"order": "4711", "total": 12_900, "at": NOON.isoformat(), **more}


def paid(api: StoreApi) -> list[InboundEvent]:
    return [one for one in api.inbox.queued if isinstance(one.body, OrderPaid)]


@pytest.mark.capability(row="C21")
def test_a_sale_is_an_event_of_who_has_scanned_with_the_store_of_the_key(
    world: World, api: StoreApi, visit: str
) -> None:
    scan(world, visit, kind="subscribe")
    told = api.send("POST", SALES, sale(visit=visit))
    assert (told.status, told.body["status"]) == (202, "queued")
    (one,) = paid(api)
    assert (one.id, one.subject.openid, one.at) == (told.body["event_id"], OPENID, NOON)
    assert one.body == OrderPaid(12_900, "S1/4711", store="S1")
    assert world.takes(one).person_id == person_of(world.followers)


def test_a_sale_that_is_told_again_is_the_same_event_and_another_of_its_number_is_refused(
    world: World, api: StoreApi, visit: str
) -> None:
    scan(world, visit, kind="subscribe")
    first, again = (api.send("POST", SALES, sale(visit=visit)) for _ in range(2))
    assert again == first
    assert len({one.place_on_record for one in paid(api)}) == 1
    for other in (sale(visit=visit, total=1), sale(visit=visit, at=(NOON + SECOND).isoformat())):
        assert code_of(api.send("POST", SALES, other)) == (409, "conflict")
    assert api.send("POST", SALES, sale(visit=visit, order="4712")).status == 202
    by_phone = sale(identities=[{"kind": "phone", "value": "13800138000"}])
    assert api.send("POST", SALES, by_phone, who=api.credentials("S2"), key=OTHER_KEY).status == 202


BY_WECHAT = {"merchant": "1900000109", "transaction": "4200001234202611280000000001"}


def by_whom(visit: str, named: str) -> dict[str, Any]:
    """Who has paid: the customer of a visit, somebody who is known, or somebody who is not."""
    openid = {"kind": "openid", "value": OPENID, "within": APP_ID}
    unknown = {"kind": "phone", "value": "138 0013 8000"}
    if named == "visit":
        return {"visit": visit}
    return {"identities": [openid if named == "known" else unknown]}


@pytest.mark.parametrize("paid_by", ["cash", "wechat_pay"])
@pytest.mark.parametrize("named", ["visit", "known", "unknown"])
def test_a_sale_that_is_told_again_at_any_time_is_answered_as_before_and_told_once(
    world: World, api: StoreApi, named: str, paid_by: str
) -> None:
    """Guard: the note is looked at before the visit, which is over after 30 minutes."""
    world.hears("subscribe")
    numbers, start = count(), api.clock.now()

    @settings(
        max_examples=15,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(after=st.lists(st.timedeltas(timedelta(0), SALE_KEPT - SECOND), min_size=1, max_size=3))
    @example(after=[VISIT_LASTS, SALE_KEPT - SECOND])
    def check(after: list[timedelta]) -> None:
        api.clock.at = start
        visit = api.send("POST", VISITS).body["visit"]
        scan(world, visit)
        number = next(numbers)
        told = sale(order=f"T-{number}", **by_whom(visit, named))
        if paid_by == "wechat_pay":
            told["wechat_pay"] = BY_WECHAT | {"transaction": f"42{number:026d}"}
        first = api.send("POST", SALES, told)
        assert first.status == 202
        assert first.body["status"] == ("waiting" if named == "unknown" else "queued")
        for later in sorted(after):
            api.clock.at = start + later
            assert api.send("POST", SALES, told) == first
            assert code_of(api.send("POST", SALES, told | {"total": 1})) == (409, "conflict")
        told_events = [one for one in api.inbox.told if one.id == first.body["event_id"]]
        assert len(told_events) == (0 if named == "unknown" else 1)

    check()


def test_a_sale_whose_telling_was_killed_is_told_by_the_next_request_also_after_the_visit(
    tables: str, world: World, api: StoreApi, visit: str
) -> None:
    scan(world, visit, kind="subscribe")
    start = api.clock.now()
    snapshot = WorldSnapshot(tables, world)
    place, was_killed = 0, True
    found: list[tuple[int, str]] = []
    while was_killed:
        vars(world).update(vars(snapshot.restored()) | {"clock": world.clock})
        api.inbox.told.clear()
        api.clock.at = start
        hazard, was_killed = Hazard(place), False
        with hazard.in_dynamodb(world):
            try:
                api.send("POST", SALES, sale(visit=visit))
            except Killed:
                was_killed = True
        api.clock.at += timedelta(hours=2)
        again = api.send("POST", SALES, sale(visit=visit))
        word = again.body["status"] if again.status == 202 else code_of(again)[1]
        found.append((len({one.place_on_record for one in api.inbox.told}), word))
        place += 1
    # Before the note was written nothing was promised; after it the sale is told.
    assert set(found) == {(0, "visit_expired"), (1, "queued")}
    assert found == sorted(found)


def _paid_by_wechat(**more: str) -> Paid:
    transaction, merchant = BY_WECHAT["transaction"], BY_WECHAT["merchant"]
    return Paid(12_900, "4711", None, transaction, merchant, **more)


@pytest.mark.capability(row="C21")
@pytest.mark.parametrize("first", ["till", "notice"])
def test_a_payment_that_the_till_and_wechat_pay_tell_of_is_one_event(
    world: World, api: StoreApi, visit: str, first: str
) -> None:
    """So it is once on the timeline and in counters, takes one branch, and gives points once."""
    scan(world, visit, kind="subscribe")
    reports = PaymentReportStore(api.table)
    noticed = Report(NOON + SECOND, 12_900, PaymentSource.NOTICE)
    if first == "notice":
        reports.first(payment_id(BY_WECHAT["transaction"]), noticed)
    told = [api.send("POST", SALES, sale(visit=visit, wechat_pay=BY_WECHAT)) for _ in range(2)]
    assert told[0] == told[1]
    assert told[0].status == 202
    paid_here = [one for one in api.inbox.queued if isinstance(one.body, Paid)]
    if first == "notice":
        assert paid_here == []
        return
    (one,) = {one.place_on_record: one for one in paid_here}.values()
    assert one.id == payment_id(BY_WECHAT["transaction"])
    assert one.body == _paid_by_wechat(store="S1", till="2")
    assert one.body.opens is None
    # So the notice, when it comes, is known and queues nothing.
    assert reports.first(one.id, noticed).source is PaymentSource.TILL
    assert order_of(one.body) == order_of(_paid_by_wechat())


def test_a_sale_without_a_visit_waits_for_who_is_known_by_its_identity(world: World, api: StoreApi) -> None:
    phone = {"kind": "phone", "value": "138 0013 8000"}
    assert api.send("POST", SALES, sale(identities=[phone])).body["status"] == "waiting"
    world.tells("identified", identity_kind="phone", identity=phone_hash("+8613800138000", PHONE_KEY))
    told = api.send("POST", SALES, sale(order="4712", identities=[phone]))
    assert told.body["status"] == "queued"
    openid = {"kind": "openid", "value": OPENID, "within": APP_ID}
    assert api.send("POST", SALES, sale(order="4713", identities=[openid])).body["status"] == "queued"


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"total": 1.5}, "body.total"),
        ({"total": -1}, "body.total"),
        ({"total": True}, "body.total"),
        ({"total": "12900"}, "body.total"),
        ({"total": 10**18}, "body.total"),
        ({"order": ""}, "body.order"),
        ({"order": "a b"}, "body.order"),
        ({"order": "x" * 10_000}, "body.order"),
        ({"currency": "XXX"}, "body.currency"),
        ({"at": "yesterday"}, "body.at"),
        ({"at": (NOON + timedelta(hours=1)).isoformat()}, "body.at"),
        ({"at": (NOON - timedelta(days=30)).isoformat()}, "body.at"),
        ({"visit": "x"}, "body.visit"),
        ({"identities": [{"kind": "phone", "value": "1"}]}, "body"),
        ({"store": "S2"}, "body"),
        ({"wechat_pay": {"merchant": "1900000109"}}, "body.wechat_pay"),
        ({"wechat_pay": {"merchant": "1900000109", "transaction": "1"}, "currency": "HKD"}, "body.currency"),
    ],
)
def test_a_sale_that_is_wrong_says_where_and_nothing_is_queued(
    api: StoreApi, visit: str, wrong: dict[str, Any], where: str
) -> None:
    answered = api.send("POST", SALES, sale(visit=visit) | wrong)
    assert code_of(answered) == (400, "invalid")
    assert answered.body["error"]["where"].startswith(where)
    assert paid(api) == []


def test_a_sale_has_one_customer_who_has_scanned_at_this_till(
    world: World, api: StoreApi, visit: str
) -> None:
    assert code_of(api.send("POST", SALES, sale())) == (400, "invalid")
    assert code_of(api.send("POST", SALES, sale(visit=visit))) == (409, "not_scanned")
    scan(world, visit)
    other_till = api.credentials(till="1")
    assert code_of(api.send("POST", SALES, sale(visit=visit), who=other_till)) == (403, "wrong_till")
    other_store = api.credentials("S2")
    other = api.send("POST", SALES, sale(visit=visit), who=other_store, key=OTHER_KEY)
    assert code_of(other) == (404, "unknown_visit")
    api.clock.at += VISIT_LASTS + timedelta(seconds=5)
    assert code_of(api.send("POST", SALES, sale(visit=visit))) == (409, "visit_expired")
    assert paid(api) == []


# --- what goes wrong ---------------------------------------------------------------------------------


def test_when_wechat_or_secrets_manager_fails_the_till_is_asked_to_try_again(api: StoreApi) -> None:
    api.wechat.failures.append(WeChatBusyError(-1))
    assert code_of(api.send("POST", VISITS)) == (503, "unavailable")
    assert api.send("POST", VISITS).status == 201
    api.stores.failure = InvalidSettingError("key", "the secret of the store S1", "a text")
    assert code_of(api.send("POST", VISITS)) == (503, "unavailable")


def test_when_dynamodb_fails_the_till_is_asked_to_try_again(
    api: StoreApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(**_: Any) -> None:
        raise AwsCallError("PutItem", "InternalServerError")

    with monkeypatch.context() as patch:
        patch.setattr(api.table.client, "put_item", failing, raising=False)
        assert code_of(api.send("POST", VISITS)) == (503, "unavailable")


def test_no_log_line_has_a_nonce_a_signature_or_what_a_till_sends(
    world: World,
    api: StoreApi,
    visit: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scan(world, visit, kind="subscribe")
    lines: list[str] = []
    monkeypatch.setattr(
        app.logger.handlers[0], "emit", lambda line: lines.append(app.logger.handlers[0].format(line))
    )
    who = api.credentials()
    for _ in range(2):
        api.send("POST", SALES, sale(visit=visit, order="SECRET-ORDER"), who=who)
    api.send("POST", SALES, header="SECRET-HEADER")
    logged = "\n".join(lines) + capsys.readouterr().out
    assert '"store":"S1"' in logged
    assert len(lines) == 3
    for secret in ("SECRET", who.nonce, "signature=", OPENID, visit):
        assert secret not in logged
