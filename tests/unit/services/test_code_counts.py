"""What QR codes have brought is counted from the rows of events: each once, whatever order they come in."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.brand import ABROAD, Brand, code
from tests.support.builders import NOON, SUBJECT, event
from tests.support.fakes.counters import FakeCounters
from tests.support.one_person import MINI, SHOP
from tests.support.stream import changes, counts_of
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import (
    EventBody,
    Identified,
    MiniProgramEvent,
    OrderPaid,
    OrderReturned,
    Paid,
    Refunded,
    Scanned,
)
from wejourney.journeys.counting import CODES
from wejourney.people.code_counts import CodeCount
from wejourney.people.codes import CLICK_ID, SHARED_FROM, SHARER, Code, CodeKind, SourceClass
from wejourney.people.followers import WeChatUserInfo
from wejourney.people.identities import IdentityKind
from wejourney.services.count_journeys import CountJourneys
from workbench.operations.code_report import CODE, code_lines

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
POSTS = (
    code("kol-lin-1", CodeKind.KOL, kol="lin", campaign="spring"),
    code("kol-lin-2", CodeKind.KOL, kol="lin", campaign="autumn"),
    code("kol-wu-1", CodeKind.KOL, kol="wu", campaign="spring"),
)
APPS = (SHOP, MINI, ABROAD)
VISITORS = tuple(Subject(app_id, f"oVisitor{n}") for n, app_id in enumerate(APPS))


def brand_with(*codes: Code) -> Brand:
    brand = Brand()
    for app_id in APPS:
        for one in codes:
            brand.codes.add(replace(one, app_id=app_id))
    return brand


def told(body: EventBody, after: timedelta = timedelta(), subject: Subject = SUBJECT) -> InboundEvent:
    return own_event(body, f"{body} {after}", subject, NOON + after)


def scan(name: str, after: timedelta, subject: Subject = SUBJECT) -> InboundEvent:
    return told(Scanned(name), after, subject)


def counted(brand: Brand, by: str = CODE) -> dict[str, dict[str, int]]:
    """What is counted of a brand's codes: what is not zero, by line."""
    found = counts_of(brand.followers.stream).items()
    counts = [(cohort.name.partition("#")[2], one.counts) for cohort, one in found if cohort.group == CODES]
    lines = code_lines(counts, (), {}, by)
    return {line.name: {what.value: n for what, n in line.counts.items() if n} for line in lines}


@pytest.mark.capability(row="C25")
def test_each_post_and_author_has_its_funnel_and_its_revenue() -> None:
    """Ann comes by Lin's first post, buys after Wu's and gets half of it back; Bo only follows."""
    brand = brand_with(*POSTS)
    ann, bo = Subject(SHOP, "oAnn"), Subject(SHOP, "oBo")
    brand.takes(
        event("subscribe", openid=ann.openid, EventKey="qrscene_kol-lin-1"),
        scan("kol-wu-1", HOUR, ann),
        event("subscribe", NOON + HOUR, openid=bo.openid, EventKey="qrscene_kol-lin-2"),
        told(Paid(total=9900, order="A-1"), DAY, ann),
        told(Refunded(total=4950, order="A-1"), 2 * DAY, ann),
    )

    assert counted(brand) == {
        "kol-lin-1": {
            "scans": 1,
            "follows": 1,
            "people": 1,
            "first_orders": 1,
            "first_revenue": 9900,
            "first_refunds": 4950,
        },
        "kol-lin-2": {"scans": 1, "follows": 1, "people": 1},
        "kol-wu-1": {"scans": 1, "last_orders": 1, "last_revenue": 9900},
    }
    assert counted(brand, "kol")["lin"] == {
        "scans": 2,
        "follows": 2,
        "people": 2,
        "first_orders": 1,
        "first_revenue": 9900,
        "first_refunds": 4950,
    }
    assert counted(brand, "campaign")["spring"]["last_revenue"] == 9900


# --- how they came ---------------------------------------------------------------------------------

AD = replace(code("ad", CodeKind.CAMPAIGN), source_class=SourceClass.ADVERTISING)
FOLLOWED = [
    (POSTS[0], "qr", False),
    (POSTS[0], "reprint", True),
    (POSTS[0], "advertisement", True),
    (POSTS[0], None, False),
    (AD, "advertisement", False),
    (AD, "qr", False),
    (AD, "article", True),
]


@pytest.mark.capability(row="C25")
@pytest.mark.parametrize(("through", "source", "is_elsewhere"), FOLLOWED)
def test_a_follow_through_a_code_that_wechat_tells_to_be_another_way_is_counted_as_elsewhere(
    through: Code, source: str | None, *, is_elsewhere: bool
) -> None:
    brand = brand_with(through)
    brand.wechat.known = WeChatUserInfo(source=source)
    brand.takes(event("subscribe", EventKey=f"qrscene_{through.scene}"))

    assert counted(brand)[through.name].get("elsewhere", 0) == int(is_elsewhere)


STORE = code("store-SH01", CodeKind.STORE, store="SH01")
OPENED = [
    (POSTS[0], {}, False),
    (POSTS[0], {"scene": "1047"}, False),
    (POSTS[0], {"scene": "1048"}, False),
    (POSTS[0], {"scene": "1007"}, True),
    (POSTS[0], {"page": "pages/other"}, True),
    (STORE, {"scene": "1047"}, False),
    (STORE, {"scene": "1048"}, True),
]


@pytest.mark.capability(row="C9")
@pytest.mark.parametrize(("through", "details", "is_elsewhere"), OPENED)
def test_a_page_that_was_opened_otherwise_than_by_its_code_is_counted_as_elsewhere(
    through: Code, details: dict[str, str], *, is_elsewhere: bool
) -> None:
    brand = brand_with(through)
    viewed = {"page": "pages/index", "code": through.scene, **details}
    brand.takes(told(MiniProgramEvent("page.viewed", details=viewed), subject=VISITORS[1]))

    assert counted(brand)[through.name].get("elsewhere", 0) == int(is_elsewhere)


# --- codes of which there are very many ------------------------------------------------------------


@pytest.mark.capability(row="C9")
def test_codes_of_visits_and_of_people_who_share_are_counted_together_with_the_facts_that_they_have() -> None:
    post = POSTS[0]
    shares = []
    for n in range(3):
        facts = {**post.facts, SHARER: f"p-{n}", SHARED_FROM: post.name}
        shares.append(replace(post, name=f"share-{n}", scene=f"share-{n}", facts=facts))
    click = replace(AD, name="click-1", scene="click-1", facts={"campaign": "spring", CLICK_ID: "wx0gdt"})
    brand = brand_with(post, *shares, click)
    for n, one in enumerate((*shares, click)):
        brand.takes(scan(one.scene, n * MINUTE, Subject(SHOP, f"oGuest{n}")))
    brand.takes(told(OrderPaid(total=100, order="A-1"), HOUR, Subject(SHOP, "oGuest2")))

    found = counted(brand)
    assert found.keys() == {"share-*", "click-*"}
    assert (found["share-*"]["people"], found["share-*"]["first_revenue"]) == (3, 100)
    assert counted(brand, "kol")["lin"]["scans"] == 3
    names = json.dumps(
        [[cohort.name, *map(str, one.counts)] for cohort, one in counts_of(brand.followers.stream).items()]
    )
    assert "p-1" not in names  # fmt: skip
    assert "wx0gdt" not in names


@pytest.mark.capability(row="50")
def test_what_people_view_through_a_poster_counts_for_it_and_each_of_them_is_known_by_it() -> None:
    """Ann shares the poster in her Moments; who opens the page by it, again too, came by it and by her."""
    poster = code("poster-1", CodeKind.PLACEMENT, placement="moments")
    facts = {**poster.facts, SHARER: "p-ann", SHARED_FROM: poster.name}
    hers = replace(poster, name="share-1", scene="share-1", facts=facts)
    brand = brand_with(poster, hers)
    shared = MiniProgramEvent("share.created", details={"code": poster.scene})
    brand.takes(told(shared, subject=Subject(SHOP, "oAnn")))
    for n, through in enumerate((poster, poster, hers, hers, hers)):
        viewed = {"page": "pages/index", "code": through.scene, "scene": "1047"}
        who = Subject(SHOP, f"oGuest{n}")
        for name, details in (("page.viewed", viewed), ("product.viewed", {"product": "ring"})):
            view = told(MiniProgramEvent(name, details=details), n * MINUTE, who)
            brand.takes(view, view)

    found = counted(brand)
    assert {name: line["people"] for name, line in found.items()} == {"poster-1": 2, "share-*": 3}
    assert counted(brand, "placement")["moments"]["people"] == 5
    assert [brand.attributes(Subject(SHOP, f"oGuest{n}"))["first_code_placement"] for n in range(5)] == (
        ["moments"] * 5
    )
    assert brand.attributes(Subject(SHOP, "oGuest4"))["first_code_sharer"] == "p-ann"


# --- any order, any merge --------------------------------------------------------------------------

act = st.tuples(
    st.sampled_from(["scan", "scan", "pay", "order", "refund", "return", "phone"]),
    st.integers(0, len(VISITORS) - 1),
    st.sampled_from([one.scene for one in POSTS]),
    st.integers(1, 500),
)


@dataclass
class Books:
    """The same counts, kept by a clerk who knows all scans of everybody."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    scans: dict[Subject, list[tuple[datetime, str]]] = field(default_factory=dict)

    def note(self, kind: str, who: Subject, scene: str, fen: int, at: datetime) -> None:
        known = self.scans.setdefault(who, [])
        if kind == "scan":
            known.append((at, scene))
            self.counts["scans", scene] += 1
        elif known and min(known)[0] <= at:
            first, latest = min(known)[1], max(known)
            last = latest[1] if latest[0] <= at else first
            if kind in ("refund", "return"):
                self.counts["first_refunds", first] += fen
            else:
                self.counts["first_orders", first] += 1
                self.counts["first_revenue", first] += fen
                self.counts["last_orders", last] += 1
                self.counts["last_revenue", last] += fen

    def become_one(self, people: set[Subject]) -> None:
        """They have one list of scans from now on."""
        lists = {id(known): known for known in (self.scans.setdefault(who, []) for who in people)}
        together = [one for known in lists.values() for one in known]
        for who, known in list(self.scans.items()):
            if id(known) in lists:
                self.scans[who] = together

    @property
    def people(self) -> Iterator[str]:
        """The first code of each person."""
        for known in {id(known): known for known in self.scans.values()}.values():
            if known:
                yield min(known)[1]


BODIES: dict[str, Any] = {"pay": Paid, "refund": Refunded, "order": OrderPaid, "return": OrderReturned}


@pytest.mark.capability(row="C25")
@given(st.lists(act, max_size=12), st.randoms(use_true_random=False))
def test_counts_equal_those_of_a_clerk_in_any_order_with_merges_and_repeated_deliveries(
    acts: list[tuple[str, int, str, int]], chance: Any
) -> None:
    brand, books = brand_with(*POSTS), Books()
    with_a_phone: set[Subject] = set()
    moments = [NOON + n * HOUR for n in range(len(acts))]
    chance.shuffle(moments)
    brand.clock.pass_to(NOON + 20 * DAY)
    for (kind, number, scene, fen), at in zip(acts, moments, strict=True):
        who = VISITORS[number]
        if kind == "scan":
            body: EventBody = Scanned(scene)
        elif kind == "phone":
            body = Identified(IdentityKind.PHONE.value, "0123456789abcdef")
        else:
            body = BODIES[kind](total=fen, order=f"A-{at}")
        one = own_event(body, f"{kind} {at}", who, at)
        for _ in range(2):
            brand.takes(one)
        if kind == "phone":
            with_a_phone.add(who)
            books.become_one(with_a_phone)
        else:
            books.note(kind, who, scene, fen, at)

    expected = Counter(books.counts)
    expected.update(("people", scene) for scene in books.people)
    found = counted(brand)
    assert {(what, name): n for name, line in found.items() for what, n in line.items()} == dict(expected)


def test_people_are_counted_on_the_day_on_which_they_first_came() -> None:
    """Two who turn out to be one: the day of the later one gives its person back, not today."""
    brand = brand_with(*POSTS)
    brand.takes(scan("kol-lin-1", timedelta(), VISITORS[0]), scan("kol-wu-1", DAY, VISITORS[1]))
    phone = Identified(IdentityKind.PHONE.value, "0123456789abcdef")
    brand.takes(*(told(phone, 9 * DAY, who) for who in VISITORS[:2]))

    days = {
        cohort.name: sum(n for (what, _), n in one.counts.items() if what == CodeCount.PEOPLE)
        for cohort, one in counts_of(brand.followers.stream).items()
    }
    assert days == {"2026-11-22#kol-lin-1": 1, "2026-11-23#kol-wu-1": 0}


def test_an_erasure_takes_back_nothing_and_a_day_ends_at_midnight_in_beijing() -> None:
    brand = brand_with(*POSTS)
    late = timedelta(hours=12)
    brand.takes(
        event("subscribe", NOON + late - MINUTE, EventKey="qrscene_kol-lin-1"),
        told(Paid(total=100, order="A-1"), late),
        event("unsubscribe", NOON + 2 * DAY),
    )

    names = [cohort.name for cohort in counts_of(brand.followers.stream) if cohort.group == CODES]
    assert names == ["2026-11-22#kol-lin-1", "2026-11-23#kol-lin-1"]
    assert counted(brand)["kol-lin-1"]["first_revenue"] == 100


def test_a_batch_that_comes_twice_counts_once() -> None:
    brand, counters = brand_with(*POSTS), FakeCounters()
    brand.takes(scan("kol-lin-1", timedelta()), told(Paid(total=100, order="A-1"), HOUR))
    found = changes(brand.followers.stream)
    for batch in (found, found[:1], found):
        CountJourneys(counters)("shard", batch)

    (line,) = code_lines(counters.of_group(CODES), (), {}, CODE)
    assert (line.counts[CodeCount.SCANS], line.counts[CodeCount.LAST_REVENUE]) == (1, 100)
