"""Gifts as a mini program asks for them: on a real table, and in memory."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.functional.test_gifts import CODE, Stores, person, prepared
from tests.support.builders import NOON
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.loyalty.gifts import FakeGifts, FakeIdentities, FakeTries
from tests.support.servers.dynamodb import CallCounter
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore, GiftTries
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.errors import CallbackRefusedError
from wejourney.events.event import Subject
from wejourney.events.event_types import GiftClaimed, MiniProgramEvent
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.benefits.coupons import CouponRefusedError, SaleTooSmallError
from wejourney.loyalty.benefits.gifts import MOST_OPEN, MOST_TRIES, GiftRefusedError
from wejourney.loyalty.benefits.secret_codes import code_of
from wejourney.people.profile_model import ProfileModel
from wejourney.services.loyalty.serve_gifts import (
    _REFUSALS,
    ServeGifts,
    claimed_coupon_codes,
)
from wejourney.services.ports.keys import DeploymentKey
from wejourney.services.ports.mini_programs import KnownIdentities, Tries
from wejourney.wire.mini_program.requests import GiftOperation


class Keys:
    def get(self, name: str) -> DeploymentKey:
        return {"phones": DeploymentKey(b"p" * 64)}[name]


@dataclass
class Phones:
    """People with the mini program in their hands."""

    stores: Stores
    people: KnownIdentities
    tries: Tries
    inbox: FakeInbox = field(default_factory=FakeInbox)
    profile: ProfileModel = field(default_factory=ProfileModel)

    def ask(self, who: str, operation: GiftOperation, **asked: Any) -> tuple[int, dict[str, Any]]:
        codes = claimed_coupon_codes(Keys())
        gifts = replace(self.stores.gifts, profile=self.profile, people=self.people, coupon_code=codes)
        serve = ServeGifts(gifts, self.people, self.tries, self.inbox, Keys(), self.now)
        answer = serve(operation, Subject("wx1", who), asked)
        return answer.status, json.loads(answer.body)

    def now(self) -> datetime:
        return self.stores.at

    def give(self, who: str, amount: int = 30, id_: str = "gift-0001") -> dict[str, Any]:
        status, answer = self.ask(who, "give_gift", id=id_, amount=amount)
        assert status == 200
        return answer


@pytest.fixture(params=["on tables", "in memory"])
def phones(request: pytest.FixtureRequest) -> Iterator[Phones]:
    if request.param == "in memory":
        fakes = FakeFollowers()
        yield Phones(prepared(FakeGifts(fakes), fakes), FakeIdentities(fakes), FakeTries())
    else:
        followers: FollowerStore = request.getfixturevalue("followers")
        books = request.getfixturevalue("books")
        stores = prepared(GiftStore(books.table, followers.table), followers)
        yield Phones(stores, PeopleStore(followers.table), GiftTries(followers.table))


@pytest.mark.capability(row="C27")
def test_a_gift_is_given_looked_at_and_claimed_and_its_code_is_told_to_its_giver_alone(
    phones: Phones,
) -> None:
    given = phones.give("ann")
    until = (NOON + timedelta(days=7)).isoformat()
    told = {"asset": "points", "amount": 30, "status": "open", "until": until}
    assert given == {**told, "own": True, "gift": given["gift"], "code": given["code"]}
    code = given["code"]
    assert phones.ask("bob", "look_at_gift", code=code) == (200, {**told, "own": False})
    assert phones.ask("bob", "claim_gift", code=code) == (200, {**told, "status": "claimed", "own": False})
    seen = json.dumps([phones.ask("ann", "look_at_gift", code=code), phones.ask("ann", "list_gifts")])
    for secret in (code, code_of(code), "bob"):
        assert secret not in seen
    assert (phones.stores.available("ann"), phones.stores.available("bob")) == (10, 30)
    assert phones.stores.told == [("ann", GiftClaimed(30))]


def test_a_gift_is_given_and_claimed_by_a_handful_of_calls(
    followers: FollowerStore, books: BooksStore
) -> None:
    """One transaction each; a claim reads the gift, both books, both people, and who has the session."""
    stores = prepared(GiftStore(books.table, followers.table), followers)
    phones = Phones(stores, PeopleStore(followers.table), GiftTries(followers.table))
    with CallCounter().listening(followers.table.client) as giving:
        code = phones.give("ann")["code"]
    with CallCounter().listening(followers.table.client) as claiming:
        phones.ask("bob", "claim_gift", code=code)
    for calls, most in ((giving, 7), (claiming, 12)):
        assert calls.operations.count("TransactWriteItems") == 1
        assert len(calls.operations) <= most, calls.operations


def test_a_gift_that_is_asked_for_again_is_the_same_with_the_same_code(phones: Phones) -> None:
    first = phones.give("ann")
    assert phones.give("ann") == first
    assert phones.give("ann", amount=5, id_="gift-0002")["code"] != first["code"]
    assert phones.ask("ann", "give_gift", id="gift-0001", amount=31)[1]["reason"] == "id_used"
    assert phones.stores.available("ann") == 5


def test_the_same_id_of_two_people_is_two_gifts(phones: Phones) -> None:
    code = phones.give("ann")["code"]
    phones.ask("bob", "claim_gift", code=code)
    assert phones.give("bob")["code"] != code


def test_the_open_gifts_of_a_person_are_listed_and_can_be_taken_back(phones: Phones) -> None:
    one, two = phones.give("ann", 10), phones.give("ann", 20, "gift-0002")
    phones.ask("bob", "claim_gift", code=two["code"])
    listed = {name: value for name, value in one.items() if name != "code"}
    assert phones.ask("ann", "list_gifts") == (200, {"gifts": [listed]})
    assert phones.ask("bob", "list_gifts") == (200, {"gifts": []})
    assert phones.ask("bob", "take_gift_back", gift=one["gift"])[1]["reason"] == "unknown_gift"
    for _ in range(2):
        assert phones.ask("ann", "take_gift_back", gift=one["gift"])[1]["status"] == "taken_back"
    assert phones.ask("ann", "take_gift_back", gift=two["gift"])[1]["reason"] == "claimed"
    assert phones.stores.available("ann") == 20
    assert phones.stores.told == [("ann", GiftClaimed(20))], "who takes back knows of it"


def test_each_refusal_has_a_name_and_moves_nothing(phones: Phones) -> None:
    code = phones.give("ann", 10)["code"]
    taken = phones.give("ann", 5, "gift-0002")
    phones.ask("ann", "take_gift_back", gift=taken["gift"])
    refusals: list[tuple[int, str, tuple[Any, ...]]] = [
        (409, "own_gift", ("ann", "claim_gift", {"code": code})),
        (400, "mistyped_code", ("bob", "claim_gift", {"code": code[::-1]})),
        (404, "unknown_gift", ("bob", "claim_gift", {"code": CODE})),
        (404, "unknown_gift", ("bob", "look_at_gift", {"code": CODE})),
        (404, "unknown_gift", ("bob", "take_gift_back", {"gift": "0" * 32})),
        (409, "returned", ("bob", "claim_gift", {"code": taken["code"]})),
        (409, "too_little", ("bob", "give_gift", {"id": "gift-0009", "amount": 1})),
        (409, "too_little", ("nobody", "give_gift", {"id": "gift-0009", "amount": 1})),
        (404, "unknown_gift", ("nobody", "take_gift_back", {"gift": taken["gift"]})),
        (409, "not_given_away", ("ann", "give_gift", {"id": "gift-0009", "amount": 51})),
        (409, "not_given_away", ("ann", "give_gift", {"id": "gift-0009", "amount": 1, "asset": "stamps"})),
    ]
    for status, reason, (who, operation, asked) in refusals:
        answered, body = phones.ask(who, operation, **asked)
        assert (answered, body["reason"]) == (status, reason), asked
        assert code_of(code) not in body["error"]
    phones.ask("bob", "claim_gift", code=code)
    assert phones.ask("cid", "claim_gift", code=code)[1]["reason"] == "claimed"
    assert [phones.stores.available(name) for name in ("ann", "bob", "cid")] == [30, 10, 0]


def test_every_refusal_of_a_gift_has_an_answer() -> None:
    refusals = {*GiftRefusedError.__subclasses__(), *CouponRefusedError.__subclasses__()} - {
        SaleTooSmallError
    }
    assert len(refusals) > 10
    assert refusals <= set(_REFUSALS)


def test_a_gift_whose_time_is_over_is_returned_before_the_job_comes(phones: Phones) -> None:
    given = phones.give("ann")
    phones.stores.at += timedelta(days=7)
    assert phones.ask("bob", "look_at_gift", code=given["code"])[1]["status"] == "returned"
    assert phones.ask("bob", "claim_gift", code=given["code"])[1]["reason"] == "returned"


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("give_gift", {"id": "gift-0001"}),
        ("give_gift", {"id": "gift-0001", "amount": 0}),
        ("give_gift", {"id": "gift-0001", "amount": -1}),
        ("give_gift", {"id": "gift-0001", "amount": 1.0}),
        ("give_gift", {"id": "gift-0001", "amount": True}),
        ("give_gift", {"id": "gift-0001", "amount": "5"}),
        ("give_gift", {"id": "gift-0001", "amount": 10**9 + 1}),
        ("give_gift", {"id": "short", "amount": 5}),
        ("give_gift", {"amount": 5}),
        ("give_gift", {"id": "gift-0001", "amount": 5, "asset": ""}),
        ("give_gift", {"id": "gift-0001", "amount": 5, "asset": ["points"]}),
        ("look_at_gift", {}),
        ("look_at_gift", {"code": 7}),
        ("claim_gift", {"code": "x" * 65}),
        ("take_gift_back", {"gift": ""}),
    ],
)
def test_what_is_no_request_is_refused_and_moves_nothing(
    phones: Phones, operation: GiftOperation, asked: dict[str, Any]
) -> None:
    with pytest.raises(CallbackRefusedError) as refused:
        phones.ask("ann", operation, **asked)
    assert refused.value.status == 400
    assert phones.stores.available("ann") == 40


@pytest.mark.capability(row="C27")
def test_codes_cannot_be_tried_by_thousands(phones: Phones) -> None:
    code = phones.give("ann")["code"]
    answers = [phones.ask("bob", "claim_gift", code=CODE)[0] for _ in range(MOST_TRIES + 2)]
    assert answers == [404] * MOST_TRIES + [429, 429]
    assert phones.ask("bob", "claim_gift", code=code)[1]["reason"] == "too_many_tries"
    assert phones.ask("cid", "look_at_gift", code=code)[0] == 200, "others are not held up"
    phones.stores.at += timedelta(hours=1)
    assert phones.ask("bob", "claim_gift", code=code)[0] == 200


def test_a_person_has_so_many_open_gifts_and_no_more(phones: Phones) -> None:
    gifts = [phones.give("ann", 1, f"gift-{number:04}") for number in range(MOST_OPEN)]
    assert phones.ask("ann", "give_gift", id="gift-more", amount=1)[1]["reason"] == "too_many_gifts"
    phones.ask("ann", "take_gift_back", gift=gifts[0]["gift"])
    assert phones.ask("ann", "give_gift", id="gift-more", amount=1)[0] == 200


def test_who_comes_for_the_sake_of_a_gift_is_known_after_they_have_looked_and_then_claims(
    phones: Phones,
) -> None:
    code = phones.give("ann")["code"]
    assert phones.ask("dan", "look_at_gift", code=code)[0] == 200
    assert phones.ask("dan", "claim_gift", code=code)[1]["reason"] == "not_known_yet"
    assert len({(event.subject.openid, event.id) for event in phones.inbox.told}) == 1
    assert phones.inbox.told[0].body == MiniProgramEvent("gift.opened")
    assert code_of(code) not in str(phones.inbox.told)
    phones.stores.followers.save(None, person("dan"))
    assert phones.ask("dan", "claim_gift", code=code)[0] == 200
    assert phones.stores.available("dan") == 30


def test_whoever_has_not_joined_gets_a_gift_unclaimed_with_its_own_days(phones: Phones) -> None:
    code = phones.give("ann")["code"]
    phones.profile = ProfileModel(membership="membership")
    assert phones.ask("bob", "claim_gift", code=code)[0] == 200
    assert phones.stores.records.books("bob").lots == {Lot(Pocket.UNCLAIMED, "2027-01-31"): 30}
