"""Lives of coupons on a real table: given, claimed, used and returned, by workers that are killed.

What is done is done again after a kill. The same is done once in memory, by the same services: what is on
record is the same. Beside that, a coupon is always with one person, and used once in all.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.functional.test_book_lives import Act, Kill, Killed, Mortal, act, done, one_of
from tests.functional.test_given_coupons import TERMS, codes
from tests.support.builders import NOON
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.loyalty.gifts import FakeGifts
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.coupon_store import CouponStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore
from wejourney.adapters.dynamo.table import Table
from wejourney.errors import StaleFollowerError
from wejourney.loyalty.benefits import secret_codes
from wejourney.loyalty.benefits.coupons import CodedCoupon, Coupon, CouponUse, issued
from wejourney.loyalty.benefits.gifts import Gift, GiftStatus
from wejourney.loyalty.benefits.secret_codes import hash_of, new_code
from wejourney.loyalty.programme import Programme
from wejourney.people.erasure import Erasure
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.people.profile_model import ANY_PROFILE
from wejourney.services.loyalty.coupons import Coupons
from wejourney.services.loyalty.gifts import Gifts

pytestmark = pytest.mark.capability(row="C27")

_LIFE = count()
NAMES = ("older", "younger", "friend")


@dataclass
class Deployment:
    records: Any
    coupons: Any
    followers: Any
    at: datetime = NOON
    inbox: FakeInbox = field(default_factory=FakeInbox)

    @property
    def gifts(self) -> Gifts:
        now, pause = (lambda: self.at), (lambda _: None)
        return Gifts(
            *(self.records, self.followers, Programme(), ANY_PROFILE, self.inbox, now, pause),
            coupon_code=codes,
        )

    def use(self, code: str, order: str) -> Coupon:
        use = CouponUse("paris", order, 20_000, self.at)
        return Coupons(self.coupons, lambda _: None).use(code, use)

    def settle(self) -> None:
        self.gifts.settle_due()

    def merge(self, younger: str, older: str) -> None:
        is_one = False
        while not is_one:
            # Of a merge that has begun, whoever reads one of them completes it.
            with suppress(StaleFollowerError):
                one, other = self.followers.person(younger), self.followers.person(older)
                if one is not None and other is not None and one.person_id != other.person_id:
                    self.followers.merge(one, other, IdentityKind.PHONE, NOON)
                is_one = True

    def erase(self, person_id: str) -> None:
        person: Follower | None = self.followers.person(person_id)
        if person is not None:
            while not self.followers.erase(person.subject, Erasure(NOON, person_ids=(person_id,))):
                pass


class Life:
    """Two people who may turn out to be one, each with a coupon, and a friend; one of them may be erased."""

    def __init__(self, followers: FollowerStore, ledger: BooksStore) -> None:
        self.life, self.number, self.days = next(_LIFE), 0, 0
        self.ids = {name: f"{name}-c{self.life}" for name in NAMES}
        self.mortal = Mortal(ledger.table.client)
        people, books = (Table(one.table.name, self.mortal) for one in (followers, ledger))
        store = replace(followers, table=people)
        self.tables = Deployment(GiftStore(books, people), CouponStore(books), store)
        fakes = FakeFollowers()
        records = FakeGifts(fakes)
        self.memory = Deployment(records, records.coupons, fakes)
        self.claim_codes: list[str] = []
        self.issues: dict[str, Coupon] = {}
        for name, id_ in self.ids.items():
            since = NOON - timedelta(days=9 if name == "older" else 1)
            known = {"followed_at": since, "known_since": since}
            person = Follower("wx1", id_, id_, contact_id=id_, following=True, **known)  # type: ignore[arg-type]  # both are times
            for deployment in (self.memory, self.tables):
                deployment.followers.save(None, person)
        for name in ("older", "younger"):
            code, coupon = self.code(), issued("friends5", TERMS, self.ids[name], f"run#{name}", NOON, "UTC")
            self.issues[code] = coupon
            for deployment in (self.memory, self.tables):
                deployment.coupons.keep(CodedCoupon(hash_of(code), coupon))
        self.coupon_codes = list(self.issues)

    def code(self) -> str:
        self.number += 1
        numbers = iter([*divmod(self.life, 31), *divmod(self.number, 31)])
        return new_code(lambda _: next(numbers, 1))

    def both(self, kill: Kill, does: Callable[[Deployment], object]) -> None:
        """Do it in memory, and by a worker that may be killed, and then by one that lives."""
        self.number += 1
        for deployment in (self.memory, self.tables):
            deployment.at = NOON + timedelta(days=self.days, seconds=self.number)
        expected = done(does, self.memory)
        self.mortal.kill, self.mortal.calls = kill, 0
        try:
            found = done(does, self.tables)
        except Killed:
            self.mortal.kill = None
            found = done(does, self.tables)
        self.mortal.kill = None
        assert found == expected

    # --- what happens ------------------------------------------------------------------------

    def give(self, kill: Kill, name: str | None, which: int) -> None:
        """By its holder, or by one of these."""
        claim, code = self.code(), one_of(self.coupon_codes[::-1], which)
        coupon = self.memory.coupons.coupon(code)
        giver = self.ids[name] if name is not None else coupon.person_id
        self.both(kill, lambda one: one.gifts.give_coupon(claim, giver, code))
        if self.gift(claim) is not None:
            self.claim_codes.append(claim)

    def claim(self, kill: Kill, name: str, which: int) -> None:
        if self.claim_codes:
            code = one_of(self.claim_codes[::-1], which)
            self.both(kill, lambda one: one.gifts.claim(code, self.ids[name]))
            if self.memory.coupons.coupon(codes(code)) and codes(code) not in self.coupon_codes:
                self.coupon_codes.append(codes(code))

    def take_back(self, kill: Kill, name: str | None, which: int) -> None:
        if self.claim_codes:
            gift = self.gift(one_of(self.claim_codes[::-1], which))
            assert gift is not None
            giver = self.ids[name] if name is not None else gift.giver
            self.both(kill, lambda one: one.gifts.take_back(gift.id, giver))

    def use(self, kill: Kill, which: int, order: str) -> None:
        code = one_of(self.coupon_codes[::-1], which)
        self.both(kill, lambda one: one.use(code, order))

    def days_pass(self, kill: Kill, days: int) -> None:
        self.days += days
        self.both(kill, Deployment.settle)

    def merge(self, kill: Kill) -> None:
        self.both(kill, lambda one: one.merge(self.ids["younger"], self.ids["older"]))

    def erase(self, kill: Kill) -> None:
        self.both(kill, lambda one: one.erase(self.ids["friend"]))

    # --- what is always true -------------------------------------------------------------------

    def what_is_on_record_is_what_happened_once(self) -> None:
        for code in self.coupon_codes:
            assert self.tables.coupons.coupon(code) == self.memory.coupons.coupon(code)
        for code in self.claim_codes:
            assert self.tables.records.gift(hash_of(code)) == self.gift(code)
        for giver in self.ids.values():
            shown = [
                sorted(gift.id for gift in one.gifts.open_of(giver)) for one in (self.tables, self.memory)
            ]
            assert shown[0] == shown[1]

    def gift(self, code: str) -> Gift | None:
        gift: Gift | None = self.memory.records.gift(hash_of(code))
        return gift

    def coupons(self) -> Iterator[Coupon]:
        return filter(None, map(self.memory.coupons.coupon, self.coupon_codes))

    def each_coupon_is_with_one_person_on_its_terms_and_used_once_at_most(self) -> None:
        for coupon in self.issues.values():
            rows = [one for one in self.coupons() if one.cause == coupon.cause]
            own = [one for one in rows if one.gift is None or one.gift.claimed_at is None]
            assert len(own) == 1
            assert all(one.used is None for one in rows if one not in own)
            blank = {"person_id": "", "gift": None, "used": None, "rev": 0}
            assert {replace(one, **blank) for one in rows} == {replace(coupon, **blank)}  # type: ignore[arg-type]  # as the fields are

    def what_is_held_is_in_one_open_gift(self) -> None:
        held = sorted(
            one.gift.id for one in self.coupons() if one.gift is not None and one.gift.claimed_at is None
        )
        gifts = filter(None, map(self.gift, self.claim_codes))
        assert held == sorted(gift.id for gift in gifts if gift.status is GiftStatus.OPEN)

    def ends(self) -> None:
        """All is over: whoever gave something and is still there has heard once of it, as in memory."""
        self.days_pass(None, 99)
        told = [{one.id: one.body for one in each.inbox.queued} for each in (self.tables, self.memory)]
        assert told[0] == told[1]
        assert list(self.coupons())
        assert not any(one.gift is not None and one.gift.claimed_at is None for one in self.coupons())


NAME, WHICH = st.sampled_from(NAMES), st.integers(0, 2)
MOSTLY_ITS_OWN = st.sampled_from([None, None, *NAMES])
GIVE = act(Life.give, name=MOSTLY_ITS_OWN, which=WHICH)
CLAIM = act(Life.claim, name=NAME, which=WHICH)
ACTS = st.one_of(
    *(GIVE, GIVE, GIVE, CLAIM, CLAIM, CLAIM),
    act(Life.take_back, name=MOSTLY_ITS_OWN, which=WHICH),
    act(Life.use, which=WHICH, order=st.sampled_from(["A", "B"])),
    act(Life.days_pass, days=st.integers(1, 4)),
)


@pytest.mark.long
@pytest.mark.parametrize("number", range(2))
def test_whatever_happens_with_kills_at_any_call_a_coupon_is_with_one_person_and_used_once(
    followers: FollowerStore, ledger: BooksStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(secret_codes, "_COST", 2)  # Slow hashes are half a minute of these lives.

    @seed(number)
    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        before=st.lists(ACTS, min_size=9, max_size=12),
        between=st.lists(ACTS, min_size=7, max_size=10),
        after=st.lists(ACTS, min_size=7, max_size=10),
        changes=st.permutations([act(Life.merge, 20), act(Life.erase, 20)]).flatmap(
            lambda two: st.tuples(*two)
        ),
    )
    def lives(before: list[Act], between: list[Act], after: list[Act], changes: tuple[Act, Act]) -> None:
        life = Life(followers, ledger)
        for does, fields in (*before, changes[0], *between, changes[1], *after):
            does(life, **fields)
            life.what_is_on_record_is_what_happened_once()
            life.each_coupon_is_with_one_person_on_its_terms_and_used_once_at_most()
            life.what_is_held_is_in_one_open_gift()
        life.ends()

    lives()
