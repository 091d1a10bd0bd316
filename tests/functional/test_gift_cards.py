"""Gift cards that the brand's own systems issue: on real tables, through the API and back into the books."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.apis.people_api import PeopleApi
from tests.support.world import World, person_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.errors import UnknownHoldError
from wejourney.loyalty.accounts import Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.benefits.gifts import GiftClaimedError, GiftReturnedError, GiftStatus, card_account
from wejourney.loyalty.benefits.secret_codes import code_of, hash_of
from wejourney.loyalty.books import Books, hold_issued, withdraw
from wejourney.loyalty.transactions import Kind
from wejourney.people.followers import Follower

CARD = {"id": "5f0c4a8e-7d1b-4f5e-9a57-2f1f0a3c9b11", "amount": 200}


@pytest.fixture
def api(world: World) -> PeopleApi:
    return PeopleApi(world.followers.table, world.clock)


def issued(api: PeopleApi, **changes: Any) -> dict[str, Any]:
    found = api.post("/api/gift-cards", CARD | changes)
    assert found.status == 201
    return dict(found.body)


def account_of(card: dict[str, Any]) -> str:
    return card_account(hash_of(code_of(card["code"])))


@pytest.mark.capability(row="C27")
def test_a_card_is_nobodys_until_it_is_claimed_and_the_books_sum_to_zero_throughout(
    world: World, api: PeopleApi, books: BooksStore
) -> None:
    card = issued(api)
    me = person_of(world.followers)
    held = books.books(account_of(card))
    assert held.total(Pocket.HELD) == 200
    assert held.programme == {ProgrammeAccount.ISSUED: -200}
    assert (card["asset"], card["amount"], card["status"]) == ("points", 200, "open")

    assert api.gifts.claim(card["code"], me).status is GiftStatus.CLAIMED
    world.followers.save(None, Follower("wx1", "other", "other", contact_id="c-other"))
    with pytest.raises(GiftClaimedError):
        api.gifts.claim(card["code"], "other")
    (lot,) = books.books(me).lots
    assert (lot.pocket, books.books(me).available) == (Pocket.AVAILABLE, 200)
    assert lot.expires == next(iter(held.lots)).expires, "its days are those from when it was issued"
    assert books.books(account_of(card)).lots == {}
    assert {moved.kind for moved in books.newest(account_of(card))} == {Kind.GIVE, Kind.HOLD}
    assert api.inbox.told == [], "no giver hears of it"


def test_a_card_that_is_asked_for_again_is_the_same_card(api: PeopleApi, books: BooksStore) -> None:
    card = issued(api)
    assert issued(api) == card
    assert issued(api, id="another-random-id-0001")["code"] != card["code"]
    found = api.post("/api/gift-cards", CARD | {"amount": 201})
    assert (found.status, found.body["error"]["where"]) == (400, "body.id")
    assert books.books(account_of(card)).total(Pocket.HELD) == 200


def test_a_card_that_nobody_claims_is_the_programmes_again(
    world: World, api: PeopleApi, books: BooksStore
) -> None:
    card = issued(api)
    world.clock.pass_(hours=365 * 24)
    with pytest.raises(GiftReturnedError):
        api.gifts.claim(card["code"], person_of(world.followers))
    assert [api.gifts.settle_due() for _ in range(2)] == [1, 0]
    back = books.books(account_of(card))
    assert (back.lots, back.programme) == ({}, {})


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"amount": 501}, "body.amount"),
        ({"asset": "stamps"}, "body.asset"),
        ({"amount": 0}, "body.amount"),
        ({"amount": 1.5}, "body.amount"),
        ({"amount": "5"}, "body.amount"),
        ({"id": "short"}, "body.id"),
    ],
)
def test_what_is_no_card_is_rejected_and_nothing_is_posted(
    api: PeopleApi, books: BooksStore, wrong: dict[str, Any], where: str
) -> None:
    found = api.post("/api/gift-cards", CARD | wrong)
    assert (found.status, found.body["error"]["where"]) == (400, where)
    assert books.table.client.scan(TableName="LedgerTable")["Items"] == []


def test_what_the_programme_holds_is_given_or_withdrawn_and_never_both() -> None:
    books = Books().with_postings(hold_issued(5, Lot(Pocket.AVAILABLE, "2027-01-31"), "h"))
    assert books.lots == {Lot(Pocket.HELD, "2027-01-31", hold="h"): 5}
    empty = books.with_postings(withdraw(books, "h"))
    assert (empty.lots, empty.programme) == ({}, {})
    with pytest.raises(UnknownHoldError):
        withdraw(empty, "h")


def test_the_time_of_a_card_is_that_of_the_programme(world: World, api: PeopleApi) -> None:
    expected = world.clock.now() + timedelta(days=365)
    assert issued(api)["until"] == expected.isoformat()
