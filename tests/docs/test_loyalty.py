"""The pages on the loyalty programme: every example is read without mistakes and gives what the page says."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.docs.pages import page
from tests.functional.test_referrals import person
from tests.support.builders import NOON, SUBJECT
from tests.support.cli import run
from tests.support.events import body
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.loyalty.games import FakeGames
from tests.support.fakes.loyalty.gifts import FakeGifts
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.benefits.coupons import CodedCoupon, CouponUse, issued
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.benefits.secret_codes import hash_of, new_code
from wejourney.loyalty.books import spend
from wejourney.loyalty.earning import Earner, Earning, earnings
from wejourney.loyalty.games import WhyUnranked
from wejourney.loyalty.tiers import FOR_EVER, TierStanding, missing, review
from wejourney.loyalty.till.redeeming import Redeem
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ANY_PROFILE
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.coupons import Coupons
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.leader_boards import LeaderBoards
from wejourney.services.loyalty.play_games import PlayGames
from wejourney.services.loyalty.reward_referrals import RewardReferrals
from wejourney.services.till.serve_coupon import OF_COUPONS
from workbench.checks.purposes import CONSENTS
from workbench.programme.fields import programme_schema
from workbench.programme.files import PROGRAMME, read_programme
from workbench.simulator.books import SimulatedSales
from workbench.simulator.earners import read_earners
from workbench.wording.report_phrases import WORDS

PAGES = ("docs/loyalty.md", "docs/loyalty.zh-CN.md")


class Unranked:
    """Nobody looks at why a round does not count."""

    def note_unranked(self, event: InboundEvent, follower: Follower, why: WhyUnranked) -> None: ...


EXAMPLES = [
    pytest.param(*cells, id=f"{name} {number}")
    for name in PAGES
    for number, cells in enumerate(page(name).rows)
    if cells[0].startswith("`{")
]


def programme_of(folder: Path, text: str) -> Any:
    (folder / "infra").mkdir()
    (folder / PROGRAMME).write_text(text, "utf-8")
    consents = "club: {title: a, version: a, text: a, membership: true}\n"
    consents += "leader-board: {title: a, version: a, text: a}\n"
    (folder / CONSENTS).write_text(consents, "utf-8")
    reading = read_programme(folder)
    assert reading.mistakes == ()
    return reading.value


def reference(name: str) -> list[str]:
    """The YAML of the page, without the section that test_loyalty_in_ten_minutes.py types."""
    tutorial = page(name).text.split("\n## ")[1]
    return [text for language, text in page(name).blocks if language == "yaml" and text not in tutorial]


@pytest.mark.parametrize("name", PAGES)
def test_the_files_of_the_page_are_read_without_mistakes(name: str, tmp_path: Path) -> None:
    blocks = reference(name)
    winners = games_of(name)[1]
    sections = [text for text in blocks if not text.startswith(("title:", "days:")) and text != winners]
    assert len(sections) == 9
    programme_of(tmp_path, "".join(sections))
    (tmp_path / "rates.yaml").write_text(next(text for text in blocks if "acts:" in text), "utf-8")
    assert read_earners(tmp_path / "rates.yaml").mistakes == ()


def games_of(name: str) -> tuple[str, str]:
    """The leader board of a page, and the rule for whoever was first on one."""
    texts = [
        text for _, text in page(name).blocks if text.startswith("games:") or "game.ranked, prop" in text
    ]
    board, rule, _ = texts
    return board, rule


@pytest.mark.parametrize("name", PAGES)
def test_the_leader_board_of_the_page_has_what_it_says(name: str, tmp_path: Path) -> None:
    programme = programme_of(tmp_path, "".join(("assets: {points: {}}\n", *games_of(name))))
    stores, now = FakeGames(), lambda: NOON
    play = PlayGames(stores, stores, Unranked(), programme, now)
    rows = [row for row in page(name).rows if row[1].startswith("`r1: ")]
    for who, rounds, _ in rows:
        stores.add(Follower("wx1", who, who, contact_id="c"))
        for number, told in enumerate(rounds.strip("`").split(", ")):
            round_, _, score = told.partition(": ")
            scored = MiniProgramEvent(
                "game.scored", details={"game": "ring-toss", "round": round_, "score": score}
            )
            play(own_event(scored, f"{number}", Subject("wx1", who), NOON), stores.there[who])
    boards = LeaderBoards(stores, stores, programme)
    board = boards.board("ring-toss", NOON.date())
    assert board is not None
    shown = [(one.person_id, str(one.score)) for one in boards.first(board)]
    assert shown == [(who, result) for who, _, result in rows]
    words = WORDS["zh" if ".zh-" in name else "en"]
    assert {row[0] for row in page(name).rows} >= {words[why] for why in WhyUnranked}


@pytest.mark.parametrize("name", PAGES)
def test_the_journey_of_the_page_tells_who_was_first_on_a_board(name: str, tmp_path: Path) -> None:
    (tmp_path / "winner.yaml").write_text(journey_of(name, "game.ranked"), "utf-8")
    done = run("check", str(tmp_path / "winner.yaml"))
    assert done.exit_code == 0, done.output


def journey_of(name: str, about: str) -> str:
    """The one journey of a page that is about this."""
    (journey,) = [text for _, text in page(name).blocks if text.startswith("title:") and about in text]
    return journey


@pytest.mark.parametrize("name", PAGES)
def test_the_journey_of_the_page_on_group_buys_is_accepted(name: str, tmp_path: Path) -> None:
    (tmp_path / "failed.yaml").write_text(journey_of(name, "group.failed"), "utf-8")
    done = run("check", str(tmp_path / "failed.yaml"))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", PAGES)
def test_the_journey_of_the_page_tells_the_giver_that_a_gift_was_claimed(name: str, tmp_path: Path) -> None:
    (tmp_path / "claimed.yaml").write_text(journey_of(name, "gift.claimed"), "utf-8")
    (tmp_path / "lin.yaml").write_text(
        """
        points: 70
        acts: [{follow: {}}, {say: hi}, {gift_claimed: {units: 30, asset: points}}, {at: 1d, say: hi}]
        """,
        "utf-8",
    )

    done = run("simulate", str(tmp_path / "claimed.yaml"), "--persona", str(tmp_path / "lin.yaml"))
    assert done.exit_code == 0, done.output
    assert "You have 70 left" in done.stdout or "您还剩 70 积分" in done.stdout


def coupon_block(name: str) -> str:
    (text,) = [text for _, text in page(name).blocks if text.startswith("coupons:")]
    return text


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("back", ["taken back", "in time"])
def test_the_table_of_the_page_says_what_a_till_hears_of_a_coupon_for_a_friend(
    name: str, back: str, tmp_path: Path
) -> None:
    programme = programme_of(tmp_path, coupon_block(name))
    followers, at = FakeFollowers(), [NOON]
    for who in ("mei", "kai"):
        followers.save(None, Follower("wx1", who, who, contact_id=who, following=True, followed_at=NOON))
    records = FakeGifts(followers)
    gifts = Gifts(
        *(records, followers, programme, ANY_PROFILE, FakeInbox(), lambda: at[0]),
        coupon_code=lambda _: code(3),
    )
    till = Coupons(records.coupons)

    def issue(number: int) -> str:
        coupon = issued("friends5", programme.coupons["friends5"], "mei", "run#1", NOON, programme.zone)
        records.coupons.keep(CodedCoupon(hash_of(code(number)), coupon))
        return code(number)

    def is_as(typed: str, cell: str) -> bool:
        """Whether a till hears the code of the cell, or takes the discount of the cell off the sale."""
        refusal = till.coupon(typed).refusal(at[0])
        if refusal is not None:
            return cell == f"`{OF_COUPONS[type(refusal)][1]}`"
        taken = till.coupon(typed).used_in(CouponUse("paris", "1", 20_000, at[0])).taken
        return "`" not in cell and str(taken // 100) in cell

    rows = page(name).rows
    start = next(i for i, cells in enumerate(rows) if "`friends5`" in cells[0])
    fresh, held, claimed, returned = [cells[2] for cells in rows[start + 2 : start + 6]]
    mei = issue(1)
    assert is_as(mei, fresh)
    gifts.give_coupon(code(11), "mei", mei)
    assert is_as(mei, held)
    gifts.claim(code(11), "kai")
    assert is_as(mei, claimed)
    assert is_as(code(3), rows[start + 4][3])
    mei = issue(2)
    gift = gifts.give_coupon(code(12), "mei", mei)
    if back == "taken back":
        gifts.take_back(gift.id, "mei")
    else:
        at[0] += timedelta(days=3)
        gifts.settle_due()
    assert is_as(mei, returned)


def code(number: int) -> str:
    return new_code(lambda _: number)


@pytest.mark.parametrize("name", PAGES)
def test_a_journey_is_told_which_coupon_of_the_giver_was_claimed(name: str, tmp_path: Path) -> None:
    (trigger,) = [
        span for span in page(name).spans if span.startswith("{event: gift.claimed, property: {coup")
    ]
    steps = "steps: [{send: {text: Claimed, not_sent: [{tag: none}]}}]"
    (tmp_path / "claimed.yaml").write_text(f"title: T\ntrigger: {trigger}\n{steps}\n", "utf-8")
    for coupon, told in (("friends5", True), ("thanks", False)):
        acts = f"[{{follow: {{}}}}, {{say: hi}}, {{gift_claimed: {{coupon: {coupon}}}}}, {{at: 1d, say: hi}}]"
        (tmp_path / "lin.yaml").write_text(f"acts: {acts}\n", "utf-8")
        done = run("simulate", str(tmp_path / "claimed.yaml"), "--persona", str(tmp_path / "lin.yaml"))
        assert done.exit_code == 0, done.output
        assert ("Claimed" in done.stdout) is told


@pytest.mark.parametrize("name", PAGES)
def test_the_journey_of_the_page_is_accepted_and_starts_a_week_before_points_expire(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "reminder.yaml").write_text(journey_of(name, "points_expiry"), "utf-8")
    (tmp_path / "lin.yaml").write_text(
        """
        starts: "2026-12-20T10:00"
        points: 300
        dates: {points_expiry: "2026-12-31"}
        acts: [{follow: {}}, {at: 30d, say: hi}]
        """,
        "utf-8",
    )

    done = run("simulate", str(tmp_path / "reminder.yaml"), "--persona", str(tmp_path / "lin.yaml"))
    assert done.exit_code == 0, done.output
    assert "12-24" in done.stdout or "24 Dec" in done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_what_the_page_says_of_tills_is_read_as_it_says(name: str, tmp_path: Path) -> None:
    sections = [span for span in page(name).spans if span.startswith(("redeem: {", "offers: {"))]
    programme = programme_of(tmp_path, "\n".join(["assets: {points: {}}", *sections]))
    tote = OfferTerms(gift="tote", costs=500, stock=100)
    assert (programme.redeem, programme.offers) == (Redeem(100, 100), {"tote": tote})


@pytest.mark.parametrize("name", PAGES)
def test_the_offers_of_the_page_are_read_and_each_of_their_fields_is_explained(
    name: str, tmp_path: Path
) -> None:
    text = next(text for _, text in page(name).blocks if text.startswith("offers:"))
    offers = programme_of(tmp_path, f"assets: {{points: {{}}}}\n{text}").offers
    assert {name: offer.is_once for name, offer in offers.items()} == {
        "tote": False,
        "join-today": True,
        "gold": True,
        "perk": True,
    }
    explained = {row[0].strip("`") for row in page(name).rows}
    fields = programme_schema()["properties"]["offers"]["additionalProperties"]["properties"]
    assert set(fields) <= explained


@pytest.mark.parametrize(("rule", "event", "gives"), EXAMPLES)
def test_each_rule_of_the_page_gives_what_it_says(rule: str, event: str, gives: str, tmp_path: Path) -> None:
    programme = programme_of(tmp_path, f"assets: {{points: {{}}}}\nrules: {{a: {rule.strip('`')}}}\n")
    yaml = YAML(typ="safe")
    told = body(yaml.load(rule.strip("`"))["event"], **yaml.load(event.strip("`")))

    found = earnings(programme, own_event(told, "1", SUBJECT, NOON), "ann", Earner())
    assert sum(one.amount for one in found if isinstance(one, Earning)) == int(gives)


@pytest.mark.parametrize("name", PAGES)
def test_the_multipliers_of_the_page_give_what_it_says(name: str, tmp_path: Path) -> None:
    texts = [text for text in reference(name) if text.startswith("tiers:") or "multipliers:" in text]
    programme = programme_of(tmp_path, "".join(texts))
    rows = [row for row in page(name).rows if row[2:] and row[2].startswith("`{total: ")]
    given = []
    for tier, day, told, _ in rows:
        at = datetime.combine(date.fromisoformat(day), NOON.timetz())
        paid = own_event(body("payment", **YAML(typ="safe").load(told.strip("`"))), "1", SUBJECT, at)
        who = Earner(person=Follower(SUBJECT.app_id, SUBJECT.openid, "ann", tier=tier))
        (earned,) = [one for one in earnings(programme, paid, "ann", who) if one.rule == "purchases"]
        given.append(earned.amount if isinstance(earned, Earning) else 0)
    assert given == [int(gives) for *_, gives in rows]
    assert [row[:2] for row in rows] == [
        ["silver", "2026-11-28"],
        ["gold", "2026-11-28"],
        ["gold", "2026-12-24"],
    ]


@pytest.mark.parametrize("name", PAGES)
def test_the_referral_of_the_page_gives_both_what_it_says(name: str, tmp_path: Path) -> None:
    (text,) = [text for text in reference(name) if text.startswith("referrals:")]
    programme = programme_of(tmp_path, f"assets: {{points: {{}}}}\n{text}")
    followers = FakeFollowers()
    books, people = FakeBooks(followers), ("ann", "bob")
    for one in (person("ann"), person("bob", by="ann")):
        followers.save(None, one)
    bookkeeping = Bookkeeping(books, followers, pause=lambda _: None)
    reward = RewardReferrals(EarnPoints(bookkeeping, SimulatedSales(), programme))
    rows = [row for row in page(name).rows if row[0].startswith("`order.paid: {")]
    assert len(rows) == 3
    for number, (order, *gets) in enumerate(rows):
        ((kind, fields),) = YAML(typ="safe").load(order.strip("`")).items()
        before = [books.books(who).total(Pocket.PENDING) for who in people]
        paid = own_event(body(kind, **fields), f"{number}", Subject("wx1", "bob"), NOON + timedelta(days=1))
        reward.ordered(paid, person("bob", by="ann"))
        after = [books.books(who).total(Pocket.PENDING) for who in people]
        assert [now - then for now, then in zip(after, before, strict=True)] == [int(one) for one in gets]


def returns_of(name: str) -> list[list[str]]:
    """The examples of returns of a page: the event, and the balances after it."""
    rows = [cells for cells in page(name).rows if cells[0].startswith("`order.returned: {")]
    return [[cells[0].split("`")[1], *cells[1:]] for cells in rows]


RETURNS = [(name, *cells) for name in PAGES for cells in returns_of(name)]


@pytest.mark.parametrize("spent", [0, 250])
@pytest.mark.parametrize(("name", "returned", "left", "left_of_spent"), RETURNS)
def test_each_return_of_the_page_takes_back_what_it_says(
    name: str, returned: str, left: str, left_of_spent: str, spent: int, tmp_path: Path
) -> None:
    section = next(text for text in page(name).prose.split("\n### ") if returned in text)
    rule, paid = re.findall("`({[^`]*})`", section)[:2]
    programme = programme_of(tmp_path, f"assets: {{points: {{}}}}\nrules: {{a: {rule}}}\n")
    yaml, followers = YAML(typ="safe"), FakeFollowers()
    followers.save(None, Follower(SUBJECT.app_id, SUBJECT.openid, "ann", contact_id="c"))
    books = FakeBooks(followers)
    bookkeeping = Bookkeeping(books, followers, pause=lambda _: None)
    earn = EarnPoints(bookkeeping, SimulatedSales(), programme)

    def happens(kind: str, **fields: Any) -> None:
        earn(own_event(body(kind, **fields), kind, SUBJECT, NOON), followers.person("ann"))

    happens("order.paid", order="A-1", **yaml.load(paid))
    assert books.books("ann").available == 300
    if spent:
        asked = Asked("spent", Kind.SPEND, NOON, Cause("spent"), {}, day="2026-11-22")
        bookkeeping.post("ann", asked, lambda had: spend(had, spent))
    ((kind, fields),) = yaml.load(returned).items()
    happens(kind, **fields)

    assert books.books("ann").available == int(left_of_spent if spent else left)


def test_both_pages_have_the_same_examples_of_returns() -> None:
    english, chinese = map(returns_of, PAGES)
    assert english == chinese
    assert len(english) == 5


TIERS = [
    pytest.param(name, *cells, id=f"{name} {number}")
    for name in PAGES
    for number, cells in enumerate(page(name).rows)
    if cells[0].startswith("`20")
]


@pytest.mark.parametrize(("name", "earned", "day", "tier", "until", "missing_to_next"), TIERS)
def test_each_tier_of_the_page_is_held_as_it_says(
    name: str, earned: str, day: str, tier: str, until: str, missing_to_next: str, tmp_path: Path
) -> None:
    text = next(text for _, text in page(name).blocks if text.startswith("tiers:"))
    tiers, earner = programme_of(tmp_path, text).tiers, TierStanding()
    today, known = date.fromisoformat(day), dict[str, int]()
    for one in earned.strip("`").split(", "):
        month, _, amount = one.partition(": ")
        known[month] = int(amount)
        earner = review(tiers, known, earner, date.fromisoformat(f"{month}-01"))
    earner = review(tiers, known, earner, today)
    missed = missing(tiers, known, earner, today)

    told = until.replace("for ever", FOR_EVER).replace("永久", FOR_EVER)
    assert (earner.tier, earner.until) == (tier, told)
    assert (missed.amount if missed is not None else 0) == int(missing_to_next)


def fields_in(schema: Any) -> set[str]:
    """The names of all fields but those that narrow an event, which another page has."""
    if isinstance(schema, list):
        return {name for inner in schema for name in fields_in(inner)}
    if not isinstance(schema, dict):
        return set()
    names = {
        name
        for name, field in schema.get("properties", {}).items()
        if isinstance(field, dict) and "title" in field and ": " not in field["description"][:40]
    }
    return names | {name for inner in schema.values() for name in fields_in(inner)}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_names_every_field_of_assets_rules_multipliers_and_tiers(name: str) -> None:
    sections = programme_schema()["properties"]
    schema = [sections[section] for section in ("assets", "rules", "multipliers", "tiers")]

    text = page(name).text
    assert len(fields_in(schema)) > 15
    assert {field for field in fields_in(schema) if field not in text} == set()
