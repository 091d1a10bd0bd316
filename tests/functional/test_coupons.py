"""Coupons on a real table, and in memory: issued once by a step, used once at a till."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.support.builders import NOON
from tests.support.fakes.followers import FakeFollowers
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.coupon_store import CouponStore
from wejourney.adapters.dynamo.table import Table
from wejourney.errors import AlreadyDoneError, NoneLeftError, StaleFollowerError
from wejourney.loyalty.benefits.coupons import (
    CodedCoupon,
    Coupon,
    CouponIssue,
    CouponTerms,
    CouponUse,
    CouponUsedError,
    UnknownCouponError,
    issued,
)
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.secret_codes import MistypedCodeError, new_code, shown
from wejourney.people.followers import Follower, StepChange
from wejourney.services.loyalty.coupons import CouponRecords, Coupons
from wejourney.services.ports.followers import FollowerRecords

ANN = Follower("wx1", "ann-openid", "ann", contact_id="c", following=True, followed_at=NOON)
TERMS = CouponTerms(Discount(percent=10), 30, from_fen=10_000, stock=2)
COUPON = issued("welcome-10", TERMS, "ann", "run-1#3", NOON, "Asia/Shanghai")
USE = CouponUse("paris", "order-1", 20_000, NOON + timedelta(hours=1))


def code(number: int) -> str:
    return new_code(lambda most: (number + most) % most)


@dataclass
class Stores:
    followers: FollowerRecords
    records: CouponRecords

    def issue(self, step: str, number: int, *, before: Follower = ANN, coupon: Coupon = COUPON) -> Follower:
        """The person as they are afterwards."""
        change = StepChange(step, NOON, coupons={coupon.name: code(number)})
        after = before.changed()
        issue = CouponIssue(code(number), coupon, TERMS.stock)
        self.followers.change(before, after, "run-1", change, issue=issue)
        return after


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "in memory":
        fakes = FakeFollowers()
        fakes.save(None, ANN)
        yield Stores(fakes, fakes.coupons)
    else:
        followers: FollowerStore = request.getfixturevalue("followers")
        followers.save(None, ANN)
        yield Stores(followers, CouponStore(Table("LedgerTable", followers.table.client)))


def test_a_coupon_is_found_by_its_code_as_people_type_it(stores: Stores) -> None:
    stores.issue("3", 1)
    coupons = Coupons(stores.records)

    assert coupons.coupon(shown(code(1)).lower()) == COUPON
    assert stores.followers.changed(ANN, "run-1", "3").coupons == {"welcome-10": code(1)}
    with pytest.raises(UnknownCouponError):
        coupons.coupon(code(2))
    with pytest.raises(MistypedCodeError):
        coupons.coupon(code(1)[::-1])


def test_a_step_issues_once_whatever_code_a_later_attempt_would_give(stores: Stores) -> None:
    after = stores.issue("3", 1)
    for before in (ANN, after):
        with pytest.raises(AlreadyDoneError):
            stores.issue("3", 2, before=before)

    assert stores.records.coupon(code(2)) is None


def test_nothing_is_issued_to_somebody_who_has_changed(stores: Stores) -> None:
    stores.issue("3", 1)
    with pytest.raises(StaleFollowerError):
        stores.issue("4", 2)

    assert stores.records.coupon(code(2)) is None


def test_no_more_are_issued_than_there_are(stores: Stores) -> None:
    after = stores.issue("4", 2, before=stores.issue("3", 1))
    with pytest.raises(NoneLeftError):
        stores.issue("5", 3, before=after)

    assert stores.records.coupon(code(3)) is None
    others = replace(COUPON, name="other")
    stores.issue("5", 3, before=after, coupon=others)
    assert stores.records.coupon(code(3)) == others


def test_a_coupon_is_used_once_and_the_same_sale_is_answered_again(stores: Stores) -> None:
    stores.issue("3", 1)
    coupons = Coupons(stores.records)
    used = coupons.use(code(1), USE)

    assert (used.used, used.taken) == (USE, 2_000)
    assert coupons.use(code(1), replace(USE, at=NOON + timedelta(hours=2))) == used
    with pytest.raises(CouponUsedError):
        coupons.use(code(1), replace(USE, order="order-2"))
    assert coupons.coupon(code(1)) == used


@dataclass
class Overtaken:
    """Another till uses the coupon after this one has looked at it."""

    records: CouponRecords
    by: CouponUse
    looked: bool = False

    def coupon(self, code: str) -> Coupon | None:
        found = self.records.coupon(code)
        if not self.looked:
            self.looked = True
            Coupons(self.records).use(code, self.by)
        return found

    def keep(self, coded: CodedCoupon) -> None:
        self.records.keep(coded)


def test_of_two_tills_at_once_one_wins_and_the_other_is_told_when_it_was_used(stores: Stores) -> None:
    stores.issue("3", 1)
    first = replace(USE, order="order-2", at=USE.at + timedelta(minutes=1))
    with pytest.raises(CouponUsedError) as told:
        Coupons(Overtaken(stores.records, first)).use(code(1), USE)

    assert told.value.at == first.at
    used = stores.records.coupon(code(1))
    assert used is not None
    assert used.used == first


def test_a_till_that_asks_twice_at_once_has_one_answer(stores: Stores) -> None:
    stores.issue("3", 1)

    assert Coupons(Overtaken(stores.records, USE)).use(code(1), USE).used == USE


def test_no_row_of_the_ledger_shows_a_code(followers: FollowerStore) -> None:
    followers.save(None, ANN)
    stores = Stores(followers, CouponStore(Table("LedgerTable", followers.table.client)))
    stores.issue("3", 1)
    Coupons(stores.records).use(code(1), USE)

    rows = followers.table.client.scan(TableName="LedgerTable")["Items"]
    assert len(rows) == 2
    assert not any(code(1) in str(row) for row in rows)
