"""What each source of the brand makes known of a person, and what begins because of it."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.sandbox.fake_wechat.merchant import payment
from tests.support.brand import ABROAD, Brand, code
from tests.support.builders import NOON, OPENID, SUBJECT, event
from tests.support.one_person import MINI, SHOP
from tests.support.pay_world import PayWorld
from tests.support.servers.pay_notices import KEYS, PAID, SELLER, notice
from tests.support.stream import counts_of
from wejourney.errors import MalformedEventError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import (
    EVENT_TYPES,
    CallLogged,
    EventBody,
    Followed,
    Identified,
    MiniProgramEvent,
    OrderPaid,
    OrderReturned,
    Paid,
    Scanned,
    TextReceived,
)
from wejourney.events.matching import EventPattern, Property, matches
from wejourney.events.values import NumberRange
from wejourney.journeys.definition import Again, Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.people.codes import CLICK_ID, CodeKind
from wejourney.people.counters import CountedEvents, CounterTest
from wejourney.people.followers import WeChatUserInfo
from wejourney.people.identities import IdentityKind, union_identity
from wejourney.people.profile_model import ProfileModel
from wejourney.wire.mini_program.requests import read_batch
from wejourney.wire.official_account.subscribe_scenes import SOURCES

ROOT = Path(__file__).parents[3]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
VISITOR = Subject(MINI, "oVisitor00000000000000000001")


def told(body: EventBody, after: timedelta = timedelta(), subject: Subject = SUBJECT) -> InboundEvent:
    return own_event(body, f"{body} {after}", subject, NOON + after)


def page(name: str, after: timedelta, subject: Subject = VISITOR, **details: str) -> InboundEvent:
    return told(MiniProgramEvent(name, details=details), after, subject)


# --- QR codes --------------------------------------------------------------------------------------

AT_THE_TABLE = (
    JourneyEntry("somebody-new", "v1", Trigger("follow", scene="table-*")),
    JourneyEntry("a-regular", "v1", Trigger("scan", scene="table-*")),
)


@pytest.mark.capability(row="C3")
def test_one_code_leads_a_new_and_an_old_follower_into_two_journeys_and_both_are_attributed_to_it() -> None:
    attributes = []
    for known, begins in ((False, "somebody-new"), (True, "a-regular")):
        brand = Brand(AT_THE_TABLE)
        brand.codes.add(code("table-7", CodeKind.STORE, store="SH01", staff="lily"))
        came = event("subscribe", NOON + DAY, EventKey="qrscene_table-7")
        if known:
            brand.takes(event("subscribe"))
            came = event("SCAN", NOON + DAY, EventKey="table-7")
        brand.takes(came)

        assert brand.started == [begins]
        attributes.append(brand.attributes(SUBJECT))

    assert attributes[0] == attributes[1]
    assert attributes[0]["first_code_store"] == "SH01"
    assert attributes[0]["owner"] == "lily"


# --- how they came to follow -----------------------------------------------------------------------


BY_SOURCE = (
    *(JourneyEntry(way, "v1", Trigger("follow", when=Condition(source=way))) for way in SOURCES.values()),
    JourneyEntry("otherwise", "v1", Trigger("follow")),
)


@pytest.mark.capability(row="C4")
@pytest.mark.parametrize("source", [*SOURCES.values(), "ADD_SCENE_MOON", None])
def test_each_documented_way_of_following_has_its_branch_and_any_other_takes_the_rest(
    source: str | None,
) -> None:
    brand = Brand(BY_SOURCE)
    brand.wechat.known = WeChatUserInfo(source=source)
    brand.takes(event("subscribe"))

    assert brand.started == [source if source in SOURCES.values() else "otherwise"]


# --- mini programs ---------------------------------------------------------------------------------


@pytest.mark.capability(row="C8")
def test_events_of_an_offline_phone_are_known_once_and_in_the_order_in_which_they_happened() -> None:
    """The phone comes back after a day and sends its queue from the end, three times."""
    seen = [
        {
            "id": f"event-{n:04}",
            "at": (NOON + n * MINUTE).isoformat(),
            "name": "product.viewed",
            "properties": {"product": f"R-{n}"},
        }
        for n in range(6)
    ]
    brand = Brand()
    for _ in range(3):
        body = json.dumps({"events": seen[::-1]}).encode()
        brand.takes(*read_batch(body, VISITOR, NOON + DAY).events)

    timeline = brand.followers.timeline(MINI, VISITOR.openid)
    names = [entry["event"]["fields"]["details"]["product"] for entry in timeline if entry["kind"] == "event"]
    assert names == [f"R-{n}" for n in range(6)]


@pytest.mark.capability(row="C9")
def test_from_the_scan_to_the_purchase_a_buyer_is_known_by_the_code_that_they_came_through_first() -> None:
    """The post of an author leads to the page; the code that a friend has passed on leads there again."""
    brand = Brand(
        (
            JourneyEntry(
                "sold-by-lin", "v1", Trigger("payment", when=Condition(attributes={"first_code_kol": "lin"}))
            ),
        ),
    )
    post = code("kol-lin-1", CodeKind.KOL, MINI, kol="lin", product="R-7")
    brand.codes.add(post)
    facts = {**post.facts, "sharer": "person-9", "shared_from": post.name}
    brand.codes.add(replace(post, name="share-1", scene="share-1", facts=facts))
    brand.takes(
        page("page.viewed", MINUTE, page="pages/ring", code="kol-lin-1"),
        page("product.viewed", 2 * MINUTE, product="R-7"),
        page("share.opened", HOUR, code="share-1"),
        told(Paid(total=9900, order="A-1"), DAY, VISITOR),
    )

    known = brand.attributes(VISITOR)
    assert (known["first_code_name"], known["first_code_product"]) == ("kol-lin-1", "R-7")
    assert (known["code_name"], known["code_sharer"], known["code_kol"]) == ("share-1", "person-9", "lin")
    assert "first_code_sharer" not in known
    assert brand.started == ["sold-by-lin"]


# --- advertisements and posts ----------------------------------------------------------------------


@pytest.mark.capability(row="C10")
def test_a_follow_from_an_advertisement_has_its_campaign_and_its_click() -> None:
    brand = Brand((JourneyEntry("spring", "v1", Trigger("follow", when=Condition(source="advertisement"))),))
    brand.wechat.known = WeChatUserInfo(source=SOURCES["ADD_SCENE_WECHAT_ADVERTISEMENT"])
    brand.codes.add(code("click-1", CodeKind.CAMPAIGN, campaign="spring", **{CLICK_ID: "wx0gdt"}))
    brand.takes(event("subscribe", EventKey="qrscene_click-1"))

    known = brand.attributes(SUBJECT)
    assert (known["first_code_campaign"], known["first_code_click_id"]) == ("spring", "wx0gdt")
    assert brand.started == ["spring"]


@pytest.mark.capability(row="C10")
@pytest.mark.parametrize(("page_", "words"), [("people.md", "impressions"), ("people.zh-CN.md", "曝光")])
def test_the_documents_say_that_impressions_are_not_known_of_a_person(page_: str, words: str) -> None:
    assert words in (ROOT / "docs" / page_).read_text("utf-8").casefold()


FROM_WEIBO = PeopleRules(
    ProfileModel(),
    {
        "from-weibo": Condition(attributes={"first_code_placement": "weibo"}),
        "of-lin": Condition(attributes={"first_code_kol": "lin"}),
        "of-lin-not-by-code": Condition(attributes={"first_code_kol": "lin"}, none=Condition(source="qr")),
    },
    subscribed_kinds=("follow",),
)


@pytest.mark.capability(row="C19")
@pytest.mark.parametrize("placement", ["weibo", "douyin"])
def test_a_follower_from_weibo_is_in_the_segment_of_weibo(placement: str) -> None:
    brand = Brand(rules=FROM_WEIBO)
    brand.codes.add(code("post-1", CodeKind.PLACEMENT, placement=placement))
    brand.takes(event("subscribe", EventKey="qrscene_post-1"), told(TextReceived("hello"), MINUTE))

    assert brand.knows(SUBJECT).segments == ({"from-weibo"} if placement == "weibo" else set())


@pytest.mark.capability(row="C19")
@pytest.mark.parametrize(("page_", "word"), [("people.md", "Weibo"), ("people.zh-CN.md", "微博")])
def test_the_documents_say_that_weibo_is_a_source_only(page_: str, word: str) -> None:
    assert word in (ROOT / "docs" / page_).read_text("utf-8")


@pytest.mark.capability(row="C25")
def test_each_post_has_its_people_and_a_code_that_was_copied_elsewhere_shows_by_its_source() -> None:
    """Two posts of Lin; somebody has reprinted the code of one, so WeChat tells another way of following."""
    brand = Brand(rules=FROM_WEIBO)
    brand.codes.add(code("kol-lin-1", CodeKind.KOL, kol="lin", campaign="spring"))
    brand.codes.add(code("kol-lin-2", CodeKind.KOL, kol="lin", campaign="autumn"))
    came = {"one": ("kol-lin-1", "qr"), "two": ("kol-lin-2", "qr"), "three": ("kol-lin-2", "reprint")}
    for openid, (scene, source) in came.items():
        brand.wechat.known = WeChatUserInfo(source=source)
        brand.takes(event("subscribe", openid=openid, EventKey=f"qrscene_{scene}"))

    people = {openid: brand.knows(Subject(SHOP, openid)) for openid in came}
    assert {openid: one.attributes["first_code_name"] for openid, one in people.items()} == {
        openid: scene for openid, (scene, _) in came.items()
    }
    assert all("of-lin" in one.segments for one in people.values())
    assert [openid for openid, one in people.items() if "of-lin-not-by-code" in one.segments] == ["three"]


# --- payments --------------------------------------------------------------------------------------

COUNTERS = ProfileModel(
    counters={
        "orders": (CountedEvents(EventPattern("payment")), CountedEvents(EventPattern("order.paid"))),
        "spend": tuple(
            CountedEvents(EventPattern(kind), amount=True)
            for kind in ("payment", "refund", "order.paid", "order.returned")
        ),
    }
)
COUNTED = PeopleRules(COUNTERS)
THANKS = JourneyEntry("thanks", "v1", Trigger("payment"), again=Again("per", key="order"))
DELIVERED_AGAIN = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""Seconds after which WeChat Pay delivers a notice again, over 24 hours.

https://pay.weixin.qq.com/doc/v3/merchant/4012791861
"""


def amount(brand: Brand, counter: str, subject: Subject = SUBJECT) -> int:
    return CounterTest(counter, 30).amount(brand.knows(subject).counts, NOON + DAY)


@pytest.mark.capability(row="C11")
def test_fifteen_notices_of_a_payment_over_a_day_are_counted_once_and_start_one_journey() -> None:
    pay, brand = PayWorld(), Brand((THANKS,), COUNTED)
    for number, seconds in enumerate((0, *DELIVERED_AGAIN)):
        pay.now += timedelta(seconds=seconds)
        key = list(KEYS.values())[number % 2]
        assert pay.hears(notice(key=key, at=pay.now)).status == 200
        brand.clock.pass_to(pay.now)
        brand.takes(*pay.queued)

    assert (amount(brand, "orders"), amount(brand, "spend")) == (1, PAID["amount"]["total"])
    assert brand.started == ["thanks"]


@pytest.mark.capability(row="C21")
def test_a_purchase_at_a_till_is_counted_and_thanked_for_as_one_online() -> None:
    """The one has a notice; the other, with a scanned payment code, is in the bill of the day only."""
    amounts = []
    for trade_type in ("JSAPI", "MICROPAY"):
        bought = payment(SELLER.id, SHOP, OPENID, "SH01-1", 9900, NOON, trade_type)
        pay, brand = PayWorld(), Brand((THANKS,), COUNTED)
        if trade_type == "JSAPI":
            pay.hears(notice(bought))
        else:
            pay.now += DAY
            pay.books.paid["SH01-1"] = bought
            pay.imports()
        brand.takes(*pay.queued)
        amounts.append((amount(brand, "orders"), amount(brand, "spend"), brand.started))

    assert amounts == [(1, 9900, ["thanks"])] * 2


# --- returns ---------------------------------------------------------------------------------------


@pytest.mark.capability(row="3")
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_return_takes_back_what_its_lines_were_worth_once_in_any_order(order: tuple[int, ...]) -> None:
    """Of an order of three lines two come back, one of them is told twice; the shop has called before."""
    bought = told(OrderPaid(60_000, "T-1", "tmall"))
    one, two = (told(OrderReturned(total, "T-1", f"T-1-{n}"), DAY) for n, total in ((1, 10_000), (2, 20_000)))
    events = (bought, one, two, one)
    brand = Brand(rules=COUNTED)
    brand.takes(event("subscribe"), told(CallLogged("repair", "solved"), HOUR))
    brand.clock.pass_to(NOON + DAY)
    brand.takes(*(events[n] for n in order))

    assert (amount(brand, "orders"), amount(brand, "spend")) == (1, 30_000)


# --- currencies ------------------------------------------------------------------------------------

sold = st.lists(
    st.tuples(
        st.sampled_from([OrderPaid, OrderReturned]),
        st.sampled_from(["CNY", "JPY", "EUR"]),
        st.integers(1, 10**7),
    ),
    max_size=6,
)


@pytest.mark.capability(row="97")
@given(sold)
def test_only_amounts_in_cny_are_added_up_and_orders_count_in_every_currency(
    orders: list[tuple[type[OrderPaid | OrderReturned], str, int]],
) -> None:
    brand = Brand(rules=COUNTED)
    brand.codes.add(code("store-TK01", CodeKind.STORE, store="TK01"))
    brand.takes(event("subscribe", EventKey="qrscene_store-TK01"))
    for n, (kind, currency, total) in enumerate(orders):
        brand.takes(told(kind(total, f"T-{n}", currency=currency), n * MINUTE))

    def fen(meant: type[OrderPaid | OrderReturned]) -> int:
        return sum(total for kind, currency, total in orders if (kind, currency) == (meant, "CNY"))

    assert amount(brand, "spend") == fen(OrderPaid) - fen(OrderReturned)
    assert amount(brand, "orders") == sum(1 for kind, *_ in orders if kind is OrderPaid)
    counts = Counter[str]()
    for one in counts_of(brand.followers.stream).values():
        counts.update({what: n for (what, _), n in one.counts.items()})
    assert (counts["first_revenue"], counts["first_refunds"]) == (fen(OrderPaid), fen(OrderReturned))


FROM_JAPAN = EventPattern("order.paid", properties=(Property("currency", "JPY"),))
DEAR = EventPattern("order.paid", at_least=50_000)
DEAR_PROPERTY = EventPattern("order.paid", properties=(Property("total", NumberRange(50_000)),))


@pytest.mark.capability(row="97")
@pytest.mark.parametrize(
    ("pattern", "fitting"),
    [
        (FROM_JAPAN, {"JPY"}),
        (DEAR, {"CNY"}),
        (DEAR_PROPERTY, {"CNY"}),
        (EventPattern("order.paid"), {"CNY", "JPY"}),
    ],
)
def test_a_journey_can_ask_for_a_currency_and_compares_fen_with_no_other(
    pattern: EventPattern, fitting: set[str]
) -> None:
    found = {one for one in ("CNY", "JPY") if matches(pattern, told(OrderPaid(50_000, "T-1", currency=one)))}

    assert found == fitting


@pytest.mark.capability(row="97")
@pytest.mark.parametrize("currency", ["", "jpy", "YEN", "JP", "JPYX", "￥", 392, None])
def test_what_is_no_currency_is_no_usable_event(currency: object) -> None:
    for kind in ("order.paid", "order.returned"):
        with pytest.raises(MalformedEventError, match="no usable `currency`"):
            EVENT_TYPES[kind].read({"total": 100, "currency": currency})
        assert EVENT_TYPES[kind].read({"total": 100, "currency": "JPY"}).amount is None
        assert EVENT_TYPES[kind].read({"total": 100}).amount == 100


# --- one person ------------------------------------------------------------------------------------

UNION = union_identity("", "u-lee")
"""Of the one account of the Open Platform that both accounts are bound to."""


@pytest.mark.capability(row="32")
@pytest.mark.parametrize("known_first", ["the account at home", "the account abroad"])
def test_a_scan_abroad_finds_the_person_who_is_known_at_home(known_first: str) -> None:
    """In whichever account they were known first, and whatever they have done there."""
    home, abroad = SUBJECT, Subject(ABROAD, "oAbroad000000000000000000001")
    first, second = (home, abroad) if known_first == "the account at home" else (abroad, home)
    brand = Brand()
    brand.wechat.known = WeChatUserInfo(union_id="u-lee")
    brand.codes.add(code("store-paris", CodeKind.STORE, second.app_id, store="Paris"))

    def follow(subject: Subject, after: timedelta, scene: str = "") -> InboundEvent:
        return told(Followed(scene or None), after, subject)

    brand.takes(follow(first, timedelta()), told(TextReceived("hello"), MINUTE, first))
    brand.takes(follow(second, DAY, "store-paris"), told(Scanned("store-paris"), 2 * DAY, second))

    assert len({brand.knows(subject).person_id for subject in (home, abroad)}) == 1
    assert brand.attributes(first)["code_store"] == "Paris"
    assert {contact.subject for contact in brand.knows(home).contacts} == {home, abroad}


@pytest.mark.capability(row="47")
def test_clicks_scans_and_page_views_are_on_one_timeline_in_order_and_once() -> None:
    """Three kinds from two apps of one person, in any order and told three times."""
    union = {"identity_kind": IdentityKind.UNION_ID.value, "identity": UNION.value}
    acts = [
        event("CLICK", NOON + MINUTE, EventKey="CARE"),
        page("page.viewed", 2 * MINUTE, page="pages/ring"),
        event("SCAN", NOON + 3 * MINUTE, EventKey="table-7"),
        page("page.viewed", 4 * MINUTE, page="pages/care"),
        event("CLICK", NOON + 5 * MINUTE, EventKey="STORES"),
    ]
    brand = Brand()
    brand.takes(event("subscribe"), *(told(Identified(**union), subject=one) for one in (SUBJECT, VISITOR)))
    brand.clock.pass_to(NOON + HOUR)
    dice = Random(47)  # noqa: S311  # not for secrets
    brand.takes(*dice.sample(acts * 3, len(acts) * 3))

    timeline = brand.followers.timeline(SHOP, OPENID)
    shown = [entry["event"]["id"] for entry in timeline if entry["kind"] == "event"]
    assert [one for one in shown if one in {act.id for act in acts}] == [act.id for act in acts]
    assert timeline == brand.followers.timeline(MINI, VISITOR.openid)
