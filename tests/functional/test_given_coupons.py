"""Coupons that people give to friends, on a real table and in memory: one holder at a time, used once."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from tests.functional.test_gifts import (
    HAPPENS,
    Overtaken,
    Stores,
    code,
    merges,
    outcomes,
    person,
    prepared,
)
from tests.functional.test_gifts_in_mini_programs import Keys, Phones
from tests.support.builders import NOON
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.loyalty.gifts import FakeGifts, FakeIdentities, FakeTries
from tests.support.hazard import Hazard, Killed
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of, row_key
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.coupon_store import CouponStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore, GiftTries
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.errors import CallbackRefusedError, FollowerGoneError, PostingConflictError, StaleBooksError
from wejourney.events.event_types import GiftClaimed, GiftReturned
from wejourney.loyalty.benefits.coupons import (
    CodedCoupon,
    Coupon,
    CouponHeldError,
    CouponRefusedError,
    CouponTerms,
    CouponUse,
    CouponUsedError,
    issued,
)
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.gifts import (
    Gift,
    GiftClaimedError,
    GiftReturnedError,
    GiftStatus,
    OwnGiftError,
)
from wejourney.loyalty.benefits.secret_codes import code_of, hash_of, new_code, shown
from wejourney.services.loyalty.coupons import CouponRecords, Coupons
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.serve_gifts import claimed_coupon_codes

pytestmark = pytest.mark.capability(row="C27")

TERMS = CouponTerms(Discount(fen=500), 30, gift_returns_after=3)
COUPON = issued("friends5", TERMS, "ann", "run-1#3", NOON, "Asia/Shanghai")
USE = CouponUse("paris", "order-1", 20_000, NOON + timedelta(hours=1))
ANNS = new_code(lambda _: 9)
"""The code of Ann's coupon."""

GIFT, OTHER_GIFT = code(5), code(6)
CLAIMED, RETURNED = GiftClaimed(asset="", coupon="friends5"), GiftReturned(asset="", coupon="friends5")

codes = claimed_coupon_codes(Keys())
BOBS = codes(GIFT)
"""The code that Ann's coupon has after somebody has claimed it by GIFT."""


@dataclass
class Shop:
    stores: Stores
    coupons: CouponRecords

    @property
    def gifts(self) -> Gifts:
        return replace(self.stores.gifts, coupon_code=codes)

    def overtaken(self, does: Callable[[], object]) -> Gifts:
        records: Any = Overtaken(self.stores.records, does)
        return replace(self.gifts, records=records)

    @property
    def till(self) -> Coupons:
        return Coupons(self.coupons, pause=self.stores.pauses.append)

    def use(self, typed: str, order: str = "order-1") -> Coupon:
        return self.till.use(typed, replace(USE, order=order, at=self.stores.at))

    def why_not(self, typed: str) -> str:
        """The kind of the error with which a till is told that a coupon cannot be used; empty: it can be."""
        refusal = self.till.coupon(typed).refusal(self.stores.at)
        return type(refusal).__name__ if refusal is not None else ""


def on_tables(followers: FollowerStore, books: BooksStore) -> Shop:
    stores = prepared(GiftStore(books.table, followers.table), followers)
    followers.save(None, person("dan", days=-1))
    return with_coupon(Shop(stores, CouponStore(books.table)))


def with_coupon(shop: Shop) -> Shop:
    shop.coupons.keep(CodedCoupon(hash_of(ANNS), COUPON))
    return shop


@pytest.fixture
def real(followers: FollowerStore, books: BooksStore) -> Shop:
    return on_tables(followers, books)


@pytest.fixture(params=["on tables", "in memory"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    if request.param == "in memory":
        fakes = FakeFollowers()
        records = FakeGifts(fakes)
        stores = prepared(records, fakes)
        fakes.save(None, person("dan", days=-1))
        yield with_coupon(Shop(stores, records.coupons))
    else:
        yield on_tables(request.getfixturevalue("followers"), request.getfixturevalue("books"))


def test_a_coupon_passes_once_on_its_terms_with_a_code_that_its_giver_does_not_have(shop: Shop) -> None:
    given = shop.gifts.give_coupon(GIFT, "ann", shown(ANNS).lower())
    assert shop.why_not(ANNS) == "CouponHeldError"
    with pytest.raises(CouponHeldError):
        shop.use(ANNS)

    claimed = shop.gifts.claim(GIFT, "bob")
    assert (given.status, claimed.status, claimed.claimed_by) == (GiftStatus.OPEN, GiftStatus.CLAIMED, "bob")
    assert shop.gifts.claim(GIFT, "bob") == claimed
    with pytest.raises(GiftClaimedError):
        shop.gifts.claim(GIFT, "cid")
    assert shop.coupons.coupon(BOBS) == replace(COUPON, person_id="bob")
    assert shop.why_not(ANNS) == "CouponGivenError"
    assert shop.use(BOBS).taken == 500
    with pytest.raises(CouponUsedError):
        shop.use(BOBS, "order-2")
    assert shop.stores.told == [("ann", CLAIMED)]
    assert shop.stores.available("ann") == 40, "no points move"


@pytest.mark.parametrize(("valid_days", "kept_days"), [(30, 400), (400, 401), (1_000, 1_001)])
def test_a_claimed_gift_stays_for_400_days_and_as_long_as_its_coupon_can_be_used(
    real: Shop, books: BooksStore, valid_days: int, kept_days: int
) -> None:
    until = NOON + timedelta(days=valid_days + 1)
    coupon = CodedCoupon(hash_of(code(7)), replace(COUPON, until=until))
    real.coupons.keep(coupon)
    gift = real.gifts.give_coupon(GIFT, "ann", code(7))
    real.gifts.claim(GIFT, "bob")
    real.gifts.settle_due()
    item = books.table.get(row_key(f"GIFT#{gift.id}", "GIFT#"))
    assert item is not None
    assert columns_of(item)["expires_at"] == int((NOON + timedelta(days=kept_days)).timestamp())


def test_a_gift_of_a_coupon_that_went_back_stays_for_400_days(real: Shop, books: BooksStore) -> None:
    real.coupons.keep(CodedCoupon(hash_of(code(7)), replace(COUPON, until=NOON + timedelta(days=1_000))))
    gift = real.gifts.give_coupon(GIFT, "ann", code(7))
    real.gifts.take_back(gift.id, "ann")
    item = books.table.get(row_key(f"GIFT#{gift.id}", "GIFT#"))
    assert item is not None
    assert columns_of(item)["expires_at"] == int((NOON + timedelta(days=400)).timestamp())


@pytest.mark.parametrize("back", ["in time", "by its giver"])
def test_a_coupon_that_comes_back_is_used_by_the_code_that_it_had(shop: Shop, back: str) -> None:
    gift = shop.gifts.give_coupon(GIFT, "ann", ANNS)
    if back == "in time":
        shop.stores.at += timedelta(days=3)
        with pytest.raises(GiftReturnedError):
            shop.gifts.claim(GIFT, "bob")
        assert [shop.gifts.settle_due() for _ in range(2)] == [1, 0]
    else:
        assert shop.gifts.take_back(gift.id, "ann").status is GiftStatus.TAKEN_BACK
    assert shop.stores.told == ([("ann", RETURNED)] if back == "in time" else [])
    with pytest.raises(GiftReturnedError):
        shop.gifts.claim(GIFT, "bob")
    assert shop.use(ANNS).used is not None


def test_what_was_not_claimed_can_be_given_to_somebody_else_by_another_code(shop: Shop) -> None:
    shop.gifts.take_back(shop.gifts.give_coupon(GIFT, "ann", ANNS).id, "ann")
    shop.gifts.give_coupon(OTHER_GIFT, "ann", ANNS)
    with pytest.raises(GiftReturnedError):
        shop.gifts.claim(GIFT, "bob")
    shop.gifts.claim(OTHER_GIFT, "cid")
    assert shop.coupons.coupon(codes(OTHER_GIFT)) == replace(COUPON, person_id="cid")


def test_a_coupon_is_in_one_gift_at_a_time_and_asked_for_again_it_is_the_same_gift(shop: Shop) -> None:
    gift = shop.gifts.give_coupon(GIFT, "ann", ANNS)
    assert shop.gifts.give_coupon(GIFT, "ann", ANNS) == gift
    with pytest.raises(CouponHeldError):
        shop.gifts.give_coupon(OTHER_GIFT, "ann", ANNS)
    with pytest.raises(PostingConflictError):
        shop.gifts.give(GIFT, "ann", "points", 5)
    shop.gifts.give(OTHER_GIFT, "ann", "points", 5)
    with pytest.raises(PostingConflictError):
        shop.gifts.give_coupon(OTHER_GIFT, "ann", ANNS)


def test_a_coupon_goes_from_friend_to_friend_until_its_own_end(shop: Shop) -> None:
    holders = ("ann", "bob", "cid", "ann", "bob")
    theirs, days = ANNS, 0
    for number, (giver, friend) in enumerate(pairwise(holders)):
        claim = code(20 + number)
        until = shop.gifts.give_coupon(claim, giver, theirs).until
        assert until == min(shop.stores.at + timedelta(days=3), COUPON.until)
        shop.gifts.claim(claim, friend)
        assert shop.why_not(theirs) == "CouponGivenError"
        theirs = codes(claim)
        assert shop.coupons.coupon(theirs) == replace(COUPON, person_id=friend)
        days += 10
        shop.stores.at = NOON + timedelta(days=min(days, 29))
    shop.gifts.give_coupon(code(30), "bob", theirs)
    shop.stores.at = COUPON.until
    with pytest.raises(GiftReturnedError):
        shop.gifts.claim(code(30), "ann")
    assert shop.gifts.settle_due() == 1


def test_whoever_gave_a_coupon_sees_it_among_their_open_gifts_also_as_who_they_turn_out_to_be(
    real: Shop,
) -> None:
    real.gifts.give(code(7), "ann", "points", 5)
    gift = real.gifts.give_coupon(GIFT, "ann", ANNS)
    assert gift in list(real.gifts.open_of("ann"))
    assert len(list(real.gifts.open_of("ann"))) == 2
    merges(real.stores, "ann", "dan")
    assert gift in list(real.gifts.open_of("dan"))
    real.gifts.take_back(gift.id, "dan")
    assert len(list(real.gifts.open_of("dan"))) == 1
    assert real.gifts.give_coupon(OTHER_GIFT, "dan", ANNS).giver == "dan"


def test_one_of_the_holder_and_a_till_is_first(shop: Shop) -> None:
    """The other is told so: by the record, not by what was read before."""
    give = partial(shop.gifts.give_coupon, GIFT, "ann", ANNS)
    with pytest.raises(CouponUsedError):
        shop.overtaken(lambda: shop.use(ANNS)).give_coupon(GIFT, "ann", ANNS)
    shop.coupons.keep(CodedCoupon(hash_of(ANNS), replace(COUPON, rev=2)))

    @dataclass
    class GivenMeanwhile:
        records: CouponRecords

        def coupon(self, code: str) -> Coupon | None:
            return self.records.coupon(code)

        def keep(self, coded: CodedCoupon) -> None:
            if shop.stores.records.gift(hash_of(GIFT)) is None:
                give()
            self.records.keep(coded)

    with pytest.raises(CouponHeldError):
        replace(shop.till, records=GivenMeanwhile(shop.coupons)).use(ANNS, USE)


def test_a_coupon_or_a_gift_that_somebody_else_has_changed_is_not_written_over(shop: Shop) -> None:
    with pytest.raises(StaleBooksError):
        shop.coupons.keep(CodedCoupon(hash_of(ANNS), COUPON))
    with pytest.raises(StaleBooksError):
        shop.coupons.keep(CodedCoupon(hash_of(ANNS), replace(COUPON, rev=2)))
    with pytest.raises(StaleBooksError):
        shop.coupons.keep(CodedCoupon(hash_of(BOBS), replace(COUPON, rev=1)))
    held = CodedCoupon(hash_of(ANNS), replace(COUPON, rev=2))
    with pytest.raises(StaleBooksError):
        shop.stores.records.post_gift(Gift("id", "ann", held, NOON, NOON), held)
    assert shop.coupons.coupon(ANNS) == COUPON
    assert shop.stores.records.gift("id") is None
    assert list(shop.stores.records.coupon_gifts(["ann"])) == []


@pytest.mark.parametrize("happens", HAPPENS)
@pytest.mark.parametrize("when", ["before", "in the midst", "after"])
def test_whoever_is_merged_or_erased_a_coupon_passes_once(real: Shop, happens: str, when: str) -> None:
    happen = partial(HAPPENS[happens], real.stores)
    real.gifts.give_coupon(GIFT, "ann", ANNS)
    if when == "before":
        happen()
    gifts = real.overtaken(happen) if when == "in the midst" else real.gifts
    if when == "before" and happens == "the claimer is erased":
        with pytest.raises(FollowerGoneError):
            gifts.claim(GIFT, "bob")
        gifts.claim(GIFT, "cid")
    else:
        gifts.claim(GIFT, "bob")
    if when == "after":
        happen()
    with pytest.raises((GiftClaimedError, OwnGiftError)):
        real.gifts.claim(GIFT, "dan" if real.gifts.gift(GIFT).claimed_by == "cid" else "cid")
    assert real.why_not(ANNS) == "CouponGivenError"
    assert real.use(BOBS).taken == 500, "a coupon is for whoever shows its code"
    real.gifts.settle_due()
    assert real.why_not(ANNS) == "CouponGivenError"


@pytest.mark.parametrize("happens", [one for one in HAPPENS if "giver" in one])
@pytest.mark.parametrize("when", ["before", "in the midst"])
def test_whoever_is_merged_or_erased_a_coupon_that_nobody_claims_comes_back(
    real: Shop, happens: str, when: str
) -> None:
    happen = partial(HAPPENS[happens], real.stores)
    real.gifts.give_coupon(GIFT, "ann", ANNS)
    real.stores.at += timedelta(days=3)
    if when == "before":
        happen()
    gifts = real.overtaken(happen) if when == "in the midst" else real.gifts
    assert gifts.settle_due() == 1
    assert real.why_not(ANNS) == ""
    assert list(real.stores.records.due_gifts(real.stores.at)) == []


def test_a_coupon_between_two_people_who_turn_out_to_be_one_is_their_own(real: Shop) -> None:
    real.gifts.give_coupon(GIFT, "ann", ANNS)
    merges(real.stores, "bob", "dan")
    merges(real.stores, "ann", "dan")
    with pytest.raises(OwnGiftError):
        real.gifts.claim(GIFT, "bob")
    real.gifts.take_back(real.gifts.gift(GIFT).id, "bob")
    assert real.why_not(ANNS) == ""


def test_of_fifty_who_claim_a_coupon_at_once_one_gets_it(real: Shop, followers: FollowerStore) -> None:
    real.gifts.give_coupon(GIFT, "ann", ANNS)
    friends = [f"friend-{number}" for number in range(50)]
    for name in friends:
        followers.save(None, person(name))
    found = outcomes([partial(claims, name=name) for name in friends], real.stores)
    assert found == {"done": 1, "GiftClaimedError": 49}
    (winner,) = (name for name in friends if real.gifts.gift(GIFT).claimed_by == name)
    assert real.coupons.coupon(BOBS) == replace(COUPON, person_id=winner)
    assert set(real.stores.told) == {("ann", CLAIMED)}


def claims(gifts: Gifts, name: str) -> None:
    replace(gifts, coupon_code=codes).claim(GIFT, name)


def test_of_tills_claimers_and_its_giver_at_once_one_has_the_coupon(
    real: Shop, followers: FollowerStore
) -> None:
    gift = real.gifts.give_coupon(GIFT, "ann", ANNS)
    friends = [f"friend-{number}" for number in range(8)]
    for name in friends:
        followers.save(None, person(name))

    works: list[Callable[[Gifts], object]] = []
    for name in friends:
        works += [partial(claims, name=name), partial(Gifts.take_back, gift_id=gift.id, giver="ann")]
        works += [partial(uses_unless_refused, coupons=real.coupons, order=name)]
    outcomes(works, real.stores)
    coupon, theirs = real.till.coupon(ANNS), real.coupons.coupon(BOBS)
    if real.gifts.gift(GIFT).status is GiftStatus.CLAIMED:
        assert (coupon.used, theirs is not None) == (None, True)
        assert real.why_not(ANNS) == "CouponGivenError"
    else:
        assert (coupon.gift, theirs) == (None, None)


def uses_unless_refused(_: Gifts, coupons: CouponRecords, order: str) -> None:
    """At a till, while the coupon is given away, claimed or taken back."""
    with suppress(CouponRefusedError):
        Coupons(coupons).use(ANNS, replace(USE, order=order))


def test_killed_at_any_call_a_coupon_is_given_claimed_returned_and_used_once(
    real: Shop, followers: FollowerStore
) -> None:
    works: Sequence[Callable[[], object]] = [
        lambda: real.gifts.give_coupon(GIFT, "ann", ANNS),
        lambda: real.gifts.claim(GIFT, "bob"),
        lambda: real.gifts.give_coupon(OTHER_GIFT, "bob", BOBS),
        lambda: real.gifts.take_back(hash_of(OTHER_GIFT), "bob"),
        lambda: real.use(BOBS),
    ]
    client = followers.table.client
    for work in works:
        place, was_killed = 0, True
        while was_killed:
            was_killed, hazard = False, Hazard(place)
            with client.told(hazard.require_alive), client.told(hazard):
                try:
                    work()
                except Killed:
                    was_killed = True
            place += 1
            require_one_holder(real)
        assert place > 1
        assert work() == work()
    used = real.coupons.coupon(BOBS)
    assert used is not None
    assert used.used is not None
    real.gifts.settle_due()
    assert len({event.id for event in real.stores.inbox.queued}) == 1


def require_one_holder(shop: Shop) -> None:
    """The coupon is with Ann or with Bob, and is held if it is in an open gift, and else not."""
    known = [shop.coupons.coupon(one) for one in (ANNS, BOBS)]
    coupons = [coupon for coupon in known if coupon is not None]
    held = [one.gift for one in coupons if one.gift is not None and one.gift.claimed_at is None]
    assert sum(one.gift is None or one.gift.claimed_at is None for one in coupons) == 1
    gifts = [shop.stores.records.gift(hash_of(one)) for one in (GIFT, OTHER_GIFT)]
    assert [gift.id for gift in held] == [gift.id for gift in gifts if gift is not None and is_open(gift)]


def is_open(gift: Gift) -> bool:
    return gift.status is GiftStatus.OPEN


def test_a_coupon_is_given_returned_and_claimed_by_one_transaction_each(
    real: Shop, followers: FollowerStore
) -> None:
    """Of the gift, the rows of the coupon, and the row by which its giver finds the gift."""
    calls: list[tuple[str, int]] = []

    def told(operation: str, asked: dict[str, Any]) -> None:
        calls.append((operation, len(asked.get("TransactItems", ()))))

    works: Sequence[tuple[int, int, Callable[[], object]]] = [
        (5, 3, lambda: real.gifts.give_coupon(OTHER_GIFT, "ann", ANNS)),
        (5, 2, lambda: real.gifts.take_back(hash_of(OTHER_GIFT), "ann")),
        (5, 3, lambda: real.gifts.give_coupon(GIFT, "ann", ANNS)),
        (7, 3, lambda: real.gifts.claim(GIFT, "bob")),
    ]
    for most, writes, work in works:
        calls.clear()
        with followers.table.client.told(told):
            work()
        assert [number for _, number in calls if number] == [writes], calls
        assert len(calls) <= most, calls


def test_no_row_shows_a_code(real: Shop, followers: FollowerStore) -> None:
    real.gifts.give_coupon(GIFT, "ann", ANNS)
    real.gifts.claim(GIFT, "bob")
    for table in ("LedgerTable", "FollowersTable"):
        rows = str(followers.table.client.scan(TableName=table)["Items"])
        assert not any(secret in rows for secret in (ANNS, GIFT, BOBS))


# --- as a mini program asks --------------------------------------------------------------------------


@pytest.fixture
def phones(shop: Shop) -> Phones:
    people = shop.stores.followers
    if isinstance(people, FakeFollowers):
        return Phones(shop.stores, FakeIdentities(people), FakeTries())
    return Phones(shop.stores, PeopleStore(people.table), GiftTries(people.table))


def given(phones: Phones, typed: str = ANNS, id_: str = "gift-0001", who: str = "ann") -> dict[str, Any]:
    status, answer = phones.ask(who, "give_gift", id=id_, coupon=typed)
    assert status == 200
    return answer


def test_the_code_of_a_claimed_coupon_is_told_to_who_has_claimed_it_alone(phones: Phones, shop: Shop) -> None:
    gift = given(phones, shown(ANNS))
    told = {
        "coupon": "friends5",
        "takes": "5 yuan",
        "least": 0,
        "status": "open",
        "usable_until": COUPON.until.isoformat(),
        "until": (NOON + timedelta(days=3)).isoformat(),
    }
    assert gift == {**told, "own": True, "gift": gift["gift"], "code": gift["code"]}
    assert given(phones) == gift, "the answer was lost, say"
    claim = gift["code"]
    assert phones.ask("bob", "look_at_gift", code=claim) == (200, {**told, "own": False})
    listed = {name: value for name, value in gift.items() if name != "code"}
    assert phones.ask("ann", "list_gifts") == (200, {"gifts": [listed]})
    status, claimed = phones.ask("bob", "claim_gift", code=claim)
    bobs = claimed["coupon_code"]
    assert (status, claimed) == (
        200,
        {**told, "status": "claimed", "own": False, "coupon_code": bobs},
    )
    assert phones.ask("bob", "claim_gift", code=claim) == (200, claimed)
    others = [
        phones.ask(who, operation, code=claim)
        for who in ("ann", "cid")
        for operation in ("look_at_gift", "claim_gift")
    ]
    others += [phones.ask("ann", "list_gifts"), phones.ask("ann", "give_gift", id="gift-0001", coupon=ANNS)]
    seen = json.dumps(others)
    for secret in (bobs, code_of(bobs), "bob"):
        assert secret not in seen
    assert code_of(bobs) not in (ANNS, code_of(claim))
    assert shop.use(bobs).taken == 500


def test_each_refusal_about_a_coupon_has_a_name_and_changes_nothing(phones: Phones, shop: Shop) -> None:
    def keep(at: str, coupon: Coupon) -> None:
        shop.coupons.keep(CodedCoupon(hash_of(at), coupon))

    used, late, kept = code(11), code(12), code(13)
    keep(used, replace(COUPON, used=USE))
    keep(late, replace(COUPON, until=NOON))
    keep(kept, replace(COUPON, gift_returns_after=None))
    for number, (who, typed, status, reason) in enumerate(
        [
            ("bob", ANNS, 404, "unknown_coupon"),
            ("nobody", ANNS, 404, "unknown_coupon"),
            ("ann", code(3), 404, "unknown_coupon"),
            ("ann", ANNS[::-1], 400, "mistyped_code"),
            ("ann", used, 409, "coupon_used"),
            ("ann", late, 409, "coupon_expired"),
            ("ann", kept, 409, "not_given_away"),
        ]
    ):
        before = [shop.coupons.coupon(one) for one in (ANNS, used, late, kept)]
        answered, body = phones.ask(who, "give_gift", id=f"gift-0{number:03}", coupon=typed)
        assert (answered, body["reason"]) == (status, reason), typed
        assert typed not in body["error"]
        assert [shop.coupons.coupon(one) for one in (ANNS, used, late, kept)] == before
    claim = given(phones)["code"]
    assert phones.ask("ann", "give_gift", id="gift-0099", coupon=ANNS)[1]["reason"] == "coupon_held"
    assert phones.ask("ann", "claim_gift", code=claim)[1]["reason"] == "own_gift"
    assert phones.ask("ann", "give_gift", id="gift-0001", amount=5)[1]["reason"] == "id_used"
    phones.ask("bob", "claim_gift", code=claim)
    assert phones.ask("ann", "give_gift", id="gift-0099", coupon=ANNS)[1]["reason"] == "coupon_given"
    assert phones.ask("cid", "claim_gift", code=claim)[1]["reason"] == "claimed"
    assert phones.ask("ann", "list_gifts") == (200, {"gifts": []})


@pytest.mark.parametrize(
    "asked",
    [
        {"coupon": ""},
        {"coupon": 7},
        {"coupon": None},
        {"coupon": "x" * 65},
        {"coupon": ANNS, "amount": 5},
        {"coupon": ANNS, "asset": "points"},
    ],
)
def test_what_is_no_gift_of_a_coupon_is_refused_and_changes_nothing(
    phones: Phones, shop: Shop, asked: dict[str, Any]
) -> None:
    with pytest.raises(CallbackRefusedError) as refused:
        phones.ask("ann", "give_gift", id="gift-0001", **asked)
    assert refused.value.status == 400
    assert shop.coupons.coupon(ANNS) == COUPON
    assert shop.stores.available("ann") == 40
