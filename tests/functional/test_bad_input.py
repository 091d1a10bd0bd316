"""Whatever is wrong with what is asked of the books: an error says so, and no row of any table changes."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.functional.test_gifts import Stores, prepared
from tests.functional.test_gifts_in_mini_programs import Phones
from tests.functional.test_people_api import batch, told
from tests.functional.test_points_commands import deployment  # noqa: F401 - a fixture
from tests.support.apis.gateway import Answered
from tests.support.apis.people_api import PeopleApi
from tests.support.apis.store_api import KEY, OTHER_KEY, StoreApi, code_of, store_api
from tests.support.apis.tills import SALE, VISITS, capture, hold, offered, release, visit_with_points
from tests.support.builders import NOON, SUBJECT
from tests.support.cli import run
from tests.support.events import body
from tests.support.world import World
from tests.unit.checks.test_programme import MISTAKES
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore, GiftTries
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.errors import CallbackRefusedError, UnknownAssetError
from wejourney.events.event import own_event
from wejourney.events.matching import EventPattern
from wejourney.loyalty.benefits.gifts import GiftTerms
from wejourney.loyalty.benefits.referrals import ReferralTerms
from wejourney.loyalty.benefits.secret_codes import new_code
from wejourney.loyalty.earning_rules import EarningRule
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.till.holds import HOLD_LASTS
from wejourney.loyalty.till.visits import VISIT_LASTS
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ANY_PROFILE
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.reward_referrals import RewardReferrals
from workbench.cli.commands.loyalty import programme_commands
from workbench.operations.loyalty.adjusting import Adjustment, adjust_books

AMOUNTS = (
    *("0", "-1", "-0", "1.5", "50.0", "1e1", "NaN", "Infinity", "-Infinity", "1e999", "true", "null"),
    *('"50"', '""', '"٥٠"', "[50]", "{}", str(2**53 + 1), str(2**63), "1" + 40 * "0"),
)
"""What is no amount that anybody has, as JSON; Python's reader takes all of it, other readers not."""


def everything(client: Any) -> list[str]:
    """All rows of the people and their books, but for what counts requests."""
    items = [item for name in ("FollowersTable", "LedgerTable") for item in scanned(client, name)]
    return sorted(str(item) for item in items if not item["pk"]["S"].startswith(("NONCE#", "GIFT-TRIES#")))


def scanned(client: Any, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.scan(TableName=table)["Items"]
    return found


# --- at a till ---------------------------------------------------------------------------------------


@pytest.fixture
def api(world: World) -> StoreApi:
    return store_api(world)


@pytest.fixture
def visit(world: World, api: StoreApi) -> str:
    return visit_with_points(world, api)


VISIT = "VISIT"
"""In a path: the visit."""

DOORS = {
    "hold": (f"{VISITS}/{VISIT}/holds", '{"id": "x", "points": AMOUNT}'),
    "capture": (f"/store/v1/holds/{VISIT}-open/capture", '{"points": AMOUNT, "order": "4711", "total": 100}'),
    "sale of a capture": (
        f"/store/v1/holds/{VISIT}-open/capture",
        '{"points": 5, "order": "4711", "total": AMOUNT}',
    ),
    "refund": (f"/store/v1/holds/{VISIT}-taken/refund", '{"id": "x", "order": "4711", "points": AMOUNT}'),
    "sale": (
        "/store/v1/sales",
        f'{{"order": "1", "at": "{NOON.isoformat()}", "visit": "{VISIT}", "total": AMOUNT}}',
    ),
}
"""Where a till tells an amount."""

FREE = {(door, zero) for door in ("sale", "sale of a capture") for zero in ("0", "-0")}
"""A sale may cost nothing, once points have paid it."""
TOO_MUCH = {"too_few_points", "wrong_points", "above_hold", "above_capture"}


@pytest.mark.parametrize("door", DOORS)
def test_an_amount_of_a_till_that_is_none_is_rejected_and_no_row_changes(
    api: StoreApi,
    visit: str,
    door: str,
) -> None:
    for number, taken in (("open", 0), ("taken", 10)):
        assert hold(api, visit, 10, number).status == 201
        assert not taken or capture(api, visit, 10, number).status == 200
    before = everything(api.table.client)
    path, body = (text.replace(VISIT, visit) for text in DOORS[door])
    api.inbox.queued.clear()
    for amount in AMOUNTS:
        if (door, amount) in FREE:
            continue
        answered = api.send("POST", path, body.replace("AMOUNT", amount).encode())
        is_too_much = amount.isdigit() and answered.body["error"]["code"] in TOO_MUCH
        assert code_of(answered) == (400, "invalid") or is_too_much, (amount, answered.body)
        assert everything(api.table.client) == before, amount
    assert api.inbox.queued == []


def wrong_at_a_till(api: StoreApi, visit: str) -> Iterator[tuple[str, Callable[[], Answered]]]:
    """The code of the error, and who asks."""
    sale = {"points": 1, **SALE}

    def at(other: str, path: str, body: Any = None) -> Callable[[], Answered]:
        """From another till of the store, or from another store."""
        who = api.credentials(till="1") if other == "till" else api.credentials("S2")
        key = OTHER_KEY if other == "store" else KEY
        return lambda: api.send("POST", path, body, who=who, key=key)

    holds = f"{VISITS}/{visit}/holds"
    yield "wrong_points", lambda: hold(api, visit, 5)
    yield "too_few_points", lambda: hold(api, visit, 90)
    yield "unknown_offer", lambda: offered(api, visit, "unknown")
    yield "unknown_visit", lambda: hold(api, "b" * 24, 1)
    yield "conflict", lambda: hold(api, visit, 11, "open")
    yield "conflict", lambda: offered(api, visit, "tea", "open")
    yield "unknown_hold", lambda: capture(api, visit, 1, "unknown")
    yield "unknown_hold", lambda: release(api, visit, "unknown")
    yield "above_hold", lambda: capture(api, visit, 11, "open")
    yield "hold_captured", lambda: capture(api, visit, 9, "taken")
    yield "hold_captured", lambda: capture(api, visit, 10, "taken", order="another")
    yield "hold_captured", lambda: release(api, visit, "taken")
    yield "hold_released", lambda: capture(api, visit, 10, "released")
    yield "wrong_till", at("till", holds, {"id": "x", "points": 1})
    yield "wrong_till", at("till", f"/store/v1/holds/{visit}-open/capture", sale)
    yield "wrong_till", at("till", f"/store/v1/holds/{visit}-open/release")
    yield "unknown_visit", at("store", holds, {"id": "x", "points": 1})
    yield "unknown_hold", at("store", f"/store/v1/holds/{visit}-open/capture", sale)


def test_what_a_till_may_not_do_has_a_code_and_changes_no_row(api: StoreApi, visit: str) -> None:
    for number in ("open", "taken", "released"):
        assert hold(api, visit, 10, number).status == 201
    assert capture(api, visit, 10, "taken").status == 200
    assert release(api, visit, "released").status == 200
    before = everything(api.table.client)
    api.inbox.queued.clear()
    for code, asks in wrong_at_a_till(api, visit):
        assert code_of(asks())[1] == code
        assert everything(api.table.client) == before, code
    assert api.inbox.queued == []


def test_a_request_that_was_sent_before_changes_no_row(api: StoreApi, visit: str) -> None:
    who = api.credentials()
    told = {"id": "1", "points": 10}
    assert api.send("POST", f"{VISITS}/{visit}/holds", told, who=who).status == 201
    before = everything(api.table.client)
    for again in (told, {"id": "2", "points": 10}):
        answered = api.send("POST", f"{VISITS}/{visit}/holds", again, who=who)
        assert code_of(answered) == (401, "replayed")
        assert everything(api.table.client) == before


def test_nothing_is_taken_of_a_hold_whose_time_is_over(api: StoreApi, visit: str) -> None:
    assert hold(api, visit, 10).status == 201
    api.clock.at += HOLD_LASTS
    before = everything(api.table.client)
    for _ in range(2):
        assert code_of(capture(api, visit, 10)) == (409, "hold_expired")
        assert everything(api.table.client) == before
    api.clock.at += VISIT_LASTS
    assert code_of(hold(api, visit, 10, "2")) == (409, "visit_expired")
    assert everything(api.table.client) == before


# --- in a mini program, and from other systems -------------------------------------------------------


@pytest.fixture
def phones(followers: FollowerStore, books: BooksStore) -> Phones:
    stores: Stores = prepared(GiftStore(books.table, followers.table), followers)
    return Phones(stores, PeopleStore(followers.table), GiftTries(followers.table))


def test_an_amount_of_a_gift_that_is_none_is_rejected_and_no_row_changes(phones: Phones) -> None:
    client = phones.stores.records.table.client  # type: ignore[attr-defined] # of the table
    before = everything(client)
    for amount in AMOUNTS:
        with suppress(CallbackRefusedError):
            status, answer = phones.ask("ann", "give_gift", id="gift-0001", amount=json.loads(amount))
            assert (status, "reason" in answer) == (409, True), amount
        assert everything(client) == before, amount
    for who, asked in (("ann", {"asset": "stars"}), ("ann", {"amount": 51}), ("cid", {})):
        status, answer = phones.ask(who, "give_gift", **{"id": "gift-0001", "amount": 5, **asked})
        assert status in (404, 409)
        assert answer["reason"]
        assert everything(client) == before, asked


def rewards(world: World, books: BooksStore) -> None:
    """Somebody whom another one has brought pays, where friends are rewarded with stars."""
    points = points_of(world, books, Programme(referrals=ReferralTerms(20, 5, asset="stars")))
    friend = replace(
        world.follower(),
        attributes={"first_code_sharer": "sharer"},
        told_at={"first_code_name": NOON},
        known_since=NOON,
    )
    event = own_event(
        body("order.paid", order="A-1", total=10_000), "A-1", SUBJECT, NOON + timedelta(hours=1)
    )
    list(RewardReferrals(points).ordered(event, friend))


def points_of(world: World, books: BooksStore, programme: Programme) -> EarnPoints:
    bookkeeping = Bookkeeping(books, world.followers, pause=lambda _: None)
    return EarnPoints(bookkeeping, SaleStore(books.table), programme)


def gives_by_rule(world: World, books: BooksStore) -> None:
    stars = EarningRule(EventPattern("payment"), 1, "stars", per_yuan=1)
    payment = own_event(body("payment", total=10_000, order="A-1"), "A-1", SUBJECT, NOON)
    points_of(world, books, Programme(rules={"stars": stars}))(payment, world.follower())


def is_issued_as_card(world: World, books: BooksStore) -> None:
    terms = {"stars": GiftTerms(most=50, returns_after=7)}
    records = GiftStore(books.table, world.followers.table)
    told = Programme(gift_cards=terms), ANY_PROFILE, world.announcements, world.clock.now
    Gifts(records, world.followers, *told).issue(new_code(lambda _: 5), "stars", 10)


def is_given_by_hand(world: World, books: BooksStore) -> None:
    target: Any = SimpleNamespace(
        clock=world.clock, caller="an operator", ledger=books, followers=world.followers
    )
    adjust_books(target, world.follower(), Adjustment("k", "stars", 5, "lost"), Programme(), ANY_PROFILE)


@pytest.mark.parametrize("way_in", [rewards, gives_by_rule, is_issued_as_card, is_given_by_hand])
def test_of_an_asset_that_no_programme_declares_nothing_is_issued_on_any_way_in(
    world: World, books: BooksStore, way_in: Callable[[World, BooksStore], None]
) -> None:
    """A file that says so is refused when it is checked: this is what is left when it was not."""
    known = NOON - timedelta(days=9)
    sharer = Follower(
        "wx1", "o-sharer", "sharer", contact_id="c-sharer", followed_at=known, known_since=known
    )
    world.followers.save(None, sharer)
    before = everything(world.followers.table.client)
    with pytest.raises(UnknownAssetError, match="stars"):
        way_in(world, books)
    assert everything(world.followers.table.client) == before


@pytest.mark.parametrize("kind", ["order.paid", "order.returned", "payment", "refund"])
def test_an_event_of_another_system_with_a_wrong_amount_is_rejected_and_no_row_changes(
    world: World, kind: str
) -> None:
    world.tells("identified", identity_kind="member", identity="M-1")
    world.announcements.queued.clear()
    people = PeopleApi(world.followers.table, world.clock, world.announcements, kms=world.kms)
    before = everything(world.followers.table.client)
    for amount in AMOUNTS:
        if amount in ("0", "-0"):
            continue  # An order may cost nothing.
        told_ = json.dumps(batch(told(kind, order="A-1", total=4711))).replace("4711", amount)
        answered = people.send("POST", "/api/events", body=told_.encode())
        assert answered.status in (202, 400), amount
        assert answered.status == 400 or answered.body["rejected"][0]["where"].startswith("body.events[0]")
        assert everything(world.followers.table.client) == before, amount
    assert world.announcements.queued == []


# --- at a terminal -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        *(("--by", amount) for amount in AMOUNTS if amount not in ("-1", "50.0")),
        ("--by", "50.0"),
        ("--asset", "stars"),
        *((option, text) for option in ("--reason", "--key") for text in ("", " ", "\u200b", 201 * "a")),
        ("person", "nobody"),
    ],
    ids="=".join,
)
def test_a_wrong_adjustment_is_one_line_and_changes_no_row(deployment: Any, wrong: tuple[str, str]) -> None:  # noqa: F811
    client = deployment.followers.table.client
    before = everything(client)
    option, text = wrong
    person = text if option == "person" else "ann"
    given = {"--by": "5", "--reason": "lost"} | ({} if option == "person" else {option: text})
    done = run("points", "adjust", person, "--yes", *(f"{name}={value}" for name, value in given.items()))

    assert done.exit_code in (1, 2)
    assert len(done.stderr.splitlines()) == 1
    assert everything(client) == before


def test_a_programme_with_any_mistake_posts_nothing(
    world: World, books: BooksStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`programme backfill --post` by a file with a mistake of each kind."""
    world.tells("payment", total=10_000, order="A-1")
    deployed = type("Deployed", (), {"followers": world.followers, "ledger": books, "clock": world.clock})()
    deployed.sales = SaleStore(books.table)
    monkeypatch.setattr(programme_commands, "open_target", lambda _stack: deployed)
    (tmp_path / "infra").mkdir()
    before = everything(books.table.client)
    for mistake in MISTAKES:
        (tmp_path / "infra/programme.yaml").write_text(mistake.replace("‸", ""), "utf-8")
        done = run("programme", "backfill", "a", "--root", tmp_path, "--post")
        assert done.exit_code != 0, mistake
        assert "infra/programme.yaml:" in done.output, mistake
        assert everything(books.table.client) == before, mistake
    (tmp_path / "infra/programme.yaml").write_text("assets: {points: {}}\n", "utf-8")
    assert run("programme", "backfill", "unknown", "--root", tmp_path, "--post").exit_code != 0
    assert everything(books.table.client) == before
