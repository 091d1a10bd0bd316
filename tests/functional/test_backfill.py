"""`wejourney programme backfill`: a rule for past events is shown first, and posted once."""

import json
from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.functional.test_earning import pays, refunds, views
from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.cli import run
from tests.support.events import body
from tests.support.fakes.clock import FakeClock
from tests.support.hazard import Hazard, Killed
from tests.support.languages import foreign
from tests.support.servers.dynamodb import TableSnapshot
from tests.support.turns import Work, every_order
from tests.support.world import World
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.matching import EventPattern
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.books import Books, earn
from wejourney.loyalty.earning_rules import AtMost, EarningRule
from wejourney.loyalty.expiry import Expiry
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.profile_model import ANY_PROFILE
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints
from workbench.cli.commands.loyalty import programme_commands
from workbench.operations.loyalty.backfill import Backfill

PROGRAMME = """\
assets:
  points: {expires: 12 months, unclaimed_expires: 24 months, at_end_of: month}
rules:
  purchases: {event: payment, gives: 1, per_yuan: 1, at_most: {per_day: 150}}
  best: {event: payment, gives: 500, only_the_best: true}
  second: {event: payment, gives: 400, only_the_best: true}
"""


@dataclass
class Deployment:
    """What `Target` offers, with the tables of the test."""

    followers: FollowerStore
    ledger: BooksStore
    sales: SaleStore
    clock: FakeClock


@pytest.fixture
def repository(world: World, books: BooksStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    deployed = Deployment(world.followers, books, SaleStore(books.table), world.clock)
    monkeypatch.setattr(programme_commands, "open_target", lambda _stack: deployed)
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/programme.yaml").write_text(PROGRAMME, "utf-8")
    return tmp_path


def lived(world: World, *events: InboundEvent) -> None:
    for number, event in enumerate(events):
        at = NOON + timedelta(minutes=number)
        world.takes(replace(event, subject=Subject(APP_ID, OPENID), at=at))


def backfilled(repository: Path, rule: str, *options: str) -> Any:
    done = run("programme", "backfill", rule, "--root", repository, "--json", *options)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.capability(row="76")
def test_a_rule_for_the_past_is_shown_with_its_liability_and_posted_once(
    world: World, books: BooksStore, repository: Path
) -> None:
    lived(world, pays(10_000), pays(9_000, "A-2"), refunds(2_500, "r", "A-1"), views("1"))
    person = world.follower().person_id
    liability = [{"asset": "points", "month": "2027-11", "claimed": True, "amount": 125}]
    told = {"people": 1, "transactions": 3, "liability": liability, "rule": "purchases"}

    for _ in range(2):
        assert backfilled(repository, "purchases") == {**told, "posted": False}
        assert books.books(person) == Books()
    assert backfilled(repository, "purchases", "--post") == {**told, "posted": True}
    nothing = {"people": 0, "transactions": 0, "liability": []}
    for option in ((), ("--post",)):
        assert backfilled(repository, "purchases", *option) | nothing == backfilled(
            repository, "purchases", *option
        )
    assert books.books(person).lots == {Lot(Pocket.AVAILABLE, "2027-11-30"): 125}


def test_a_refund_after_a_backfill_takes_back_its_part(
    world: World, books: BooksStore, repository: Path
) -> None:
    lived(world, pays(10_000))
    backfilled(repository, "purchases", "--post")
    lived(world, pays(10_000), refunds(2_500, "r"))
    backfilled(repository, "purchases", "--post")

    assert books.books(world.follower().person_id).available == 75


def test_imported_history_counts_and_what_has_expired_and_what_is_before_the_day_does_not(
    world: World, books: BooksStore, repository: Path
) -> None:
    imported = replace(pays(10_000), history=True)
    old = replace(pays(10_000, "A-0"), at=NOON - timedelta(days=800), history=True)
    for event in (imported, old):
        world.takes(replace(event, subject=Subject(APP_ID, OPENID)))

    assert backfilled(repository, "purchases")["transactions"] == 1
    assert backfilled(repository, "purchases", "--since", "2026-11-23")["transactions"] == 0


@pytest.mark.parametrize("is_member", [True, False])
@pytest.mark.parametrize("days", [0, 360, 390, 700, 730, 770])
def test_nobody_gets_what_would_have_expired_for_them(
    world: World, books: BooksStore, repository: Path, days: int, *, is_member: bool
) -> None:
    """Members can spend it for 12 months, others for 24, to the end of the month."""
    (repository / "infra/consents.yaml").write_text(
        "club: {title: a, version: a, text: a, membership: true}\n"
    )
    if is_member:
        lived(world, own_event(body("consent_given", purpose="club"), "joins", SUBJECT, NOON))
    at = NOON - timedelta(days=days)
    world.takes(replace(pays(10_000), at=at, history=True, subject=Subject(APP_ID, OPENID)))
    is_given = days < (370 if is_member else 740)

    assert backfilled(repository, "purchases", "--post")["transactions"] == is_given
    pocket = Pocket.AVAILABLE if is_member else Pocket.UNCLAIMED
    books_now = books.books(world.follower().person_id)
    assert {lot.pocket: amount for lot, amount in books_now.lots.items()} == (
        {pocket: 100} if is_given else {}
    )


def test_what_has_expired_before_is_no_part_of_what_a_rule_gives(
    world: World, books: BooksStore, repository: Path
) -> None:
    person = world.follower().person_id
    asked = Asked("old", Kind.EARN, NOON - timedelta(days=500), Cause("old"), {}, day="2025-07-01")
    lot = Lot(Pocket.AVAILABLE, "2026-07-31")
    Bookkeeping(books, world.followers).post(person, asked, lambda had: earn(had, 70, lot))
    lived(world, pays(10_000))

    for option in ((), ("--post",)):
        given = backfilled(repository, "purchases", *option)
        assert given["liability"] == [{"asset": "points", "month": "2027-11", "claimed": True, "amount": 100}]
        assert given["transactions"] == 1
    assert books.books(person).lots == {
        Lot(Pocket.EXPIRED, "2026-07-31"): 70,
        Lot(Pocket.AVAILABLE, "2027-11-30"): 100,
    }


def test_of_rules_that_give_only_the_best_another_gives_nothing_more(world: World, repository: Path) -> None:
    lived(world, pays(10_000))

    assert backfilled(repository, "second")["transactions"] == 0
    assert backfilled(repository, "best")["transactions"] == 1


def test_who_has_not_joined_is_told_apart(world: World, repository: Path) -> None:
    (repository / "infra/consents.yaml").write_text(
        "club: {title: a, version: a, text: a, membership: true}\n"
    )
    lived(world, pays(10_000))

    (owed,) = backfilled(repository, "purchases")["liability"]
    assert owed == {"asset": "points", "month": "2028-11", "claimed": False, "amount": 100}


def test_the_command_says_it_in_both_languages_and_an_unknown_rule_is_a_mistake(
    world: World, repository: Path
) -> None:
    lived(world, pays(10_000))
    shown = run("programme", "backfill", "purchases", "--root", repository).stdout
    assert "100" in shown
    assert "--post posts it" in shown
    translated = run("programme", "backfill", "purchases", "--root", repository, "--lang", "zh").stdout
    assert foreign(translated, "zh") == []
    done = run("programme", "backfill", "purchase", "--root", repository)
    assert done.exit_code == 2
    assert "purchases" in done.stderr


# --- killed, and at once -----------------------------------------------------------------------------

OF_PURCHASES = Programme(
    assets={"points": Expiry()},
    rules={"purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1, at_most=AtMost(per_day=150))},
)


@dataclass
class Past:
    """A rule that is backfilled, by people at terminals, while events come."""

    world: World
    books: BooksStore

    def backfill(self) -> None:
        sales = SaleStore(self.books.table)
        backfill = Backfill("purchases", OF_PURCHASES, ANY_PROFILE, self.world.followers, sales)
        backfill.post(self.books, self.world.clock.now())

    def comes(self, event: InboundEvent) -> None:
        """What the inbox posts for an event, which is on record by then or never."""
        bookkeeping = Bookkeeping(self.books, self.world.followers, pause=lambda _: None)
        earn_points = EarnPoints(bookkeeping, SaleStore(self.books.table), OF_PURCHASES)
        live = replace(event, subject=Subject(APP_ID, OPENID))
        earn_points(live, self.world.followers.read(APP_ID, OPENID).follower)

    def given(self) -> tuple[int, list[str]]:
        """What a person can spend, and the causes of what they were given."""
        person = self.world.follower()
        kept = self.books.books(person.person_id)
        assert sum(kept.lots.values()) + sum(kept.programme.values()) == 0
        moved = self.books.newest(person.person_id)
        assert person.points == kept.available
        return kept.available, sorted(one.cause.id for one in moved if one.kind is Kind.EARN)


@pytest.fixture
def past(world: World, books: BooksStore) -> Past:
    return Past(world, books)


def test_a_backfill_that_is_killed_at_any_call_and_run_again_gives_everything_once(
    past: Past, tables: str
) -> None:
    lived(past.world, pays(10_000), pays(9_000, "A-2"), refunds(2_500, "r", "A-1"), pays(700, "A-3"))
    other = Subject(APP_ID, "oFollower0000000000000000002")
    past.world.takes(replace(pays(3_000, "B-1"), subject=other, at=NOON))
    second = past.world.followers.read(*astuple(other)).follower
    assert second is not None
    before, place, was_killed = TableSnapshot(tables, "FollowersTable", "LedgerTable"), 0, True
    while was_killed:
        before.restore()
        with Hazard(place).in_dynamodb(past.world):
            try:
                past.backfill()
                was_killed = False
            except Killed:
                pass
        for _ in range(2):
            past.backfill()
            assert past.given() == (125, [pays(1, order).id for order in ("A-1", "A-2")]), place
            assert past.books.books(second.person_id).available == 30, place
        place += 1

    assert place > 15


MEANWHILE: dict[str, tuple[InboundEvent | None, int, list[str]]] = {
    "another backfill": (None, 100, ["A-1"]),
    "the event itself, delivered late": (pays(10_000), 100, ["A-1"]),
    "another event of that day, near the limit": (pays(9_000, "A-2"), 150, ["A-1", "A-2"]),
    "a return of a quarter": (refunds(2_500, "r"), 75, ["A-1"]),
}
"""What happens during a backfill of one purchase of 100; what they have in the end, and of which orders."""


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_a_backfill_and_what_comes_meanwhile_give_everything_once_in_every_order_of_their_calls(
    past: Past, tables: str, meanwhile: str
) -> None:
    """Guard: the id of an earning is that of its event; limits and returns are looked at as it is posted."""
    lived(past.world, pays(10_000))
    event, points, orders = MEANWHILE[meanwhile]
    before = TableSnapshot(tables, "FollowersTable", "LedgerTable")

    def assert_given(number: int) -> None:
        expected = points, sorted(pays(1, order).id for order in orders)
        assert past.given() == expected, number
        past.backfill()
        assert past.given() == expected, number

    def works(number: int) -> tuple[Work, Work]:
        if number:
            assert_given(number)
        before.restore()
        return past.backfill, past.backfill if event is None else lambda: past.comes(event)

    number = every_order(past.world, works)
    assert_given(number)
    assert number > 5
