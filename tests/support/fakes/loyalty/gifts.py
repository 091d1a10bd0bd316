"""Gifts in memory, with the books that they move. tests/functional/test_gifts.py holds them to the table."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.loyalty.coupons import FakeCoupons
from wejourney.errors import StaleBooksError
from wejourney.events.event import Subject
from wejourney.loyalty.benefits.coupons import CodedCoupon, Coupon
from wejourney.loyalty.benefits.gifts import Gift, GiftStatus, TooManyTriesError
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity
from wejourney.services.loyalty.ports import Entry, GiftChange


@dataclass
class FakeGifts(FakeBooks):
    kept: dict[str, Gift] = field(default_factory=dict)
    due_at: dict[str, datetime] = field(default_factory=dict)
    coupons: FakeCoupons = field(default_factory=FakeCoupons)

    def gift(self, gift_id: str) -> Gift | None:
        return self.kept.get(gift_id)

    def coupon(self, code: str) -> Coupon | None:
        return self.coupons.coupon(code)

    def coupon_gifts(self, givers: Iterable[str]) -> Iterator[str]:
        ids = set(givers)
        kept = [gift for gift in self.kept.values() if isinstance(gift.content, CodedCoupon)]
        return (gift.id for gift in kept if gift.giver in ids)

    def post_gift(self, gift: Gift, *changes: GiftChange) -> None:
        known = self.kept.get(gift.id)
        is_next = known is None if gift.status is GiftStatus.OPEN else _is_open(known)
        if not is_next:
            raise StaleBooksError
        coupons = [change for change in changes if isinstance(change, CodedCoupon)]
        for coupon in coupons:
            self.coupons.require_before(coupon)
        self.post(*(change for change in changes if isinstance(change, Entry)))
        for coupon in coupons:
            self.coupons.keep(coupon)
        self.kept[gift.id] = gift
        if gift.due_at is not None:
            self.due_at[gift.id] = gift.due_at
        else:
            self.due_at.pop(gift.id, None)

    def due_gifts(self, now: datetime) -> Iterator[str]:
        due = sorted((at, gift_id) for gift_id, at in self.due_at.items() if at <= now)
        return iter([gift_id for _, gift_id in due])

    def gift_told(self, gift: Gift) -> None:
        self.due_at.pop(gift.id, None)


@dataclass
class FakeIdentities:
    """People whose id is their openid, as in most tests."""

    followers: FakeFollowers

    def owner(self, identity: Identity) -> str | None:
        person = self.followers.person(identity.value.rpartition("#")[2])
        return person.person_id if person is not None else None

    def person(self, person_id: str) -> Follower | None:
        return self.followers.person(person_id)


@dataclass
class FakeTries:
    counted: Counter[tuple[Subject, datetime]] = field(default_factory=Counter)

    def count(self, subject: Subject, most: int, now: datetime) -> None:
        hour = (subject, now.replace(minute=0, second=0, microsecond=0))
        if self.counted[hour] >= most:
            raise TooManyTriesError
        self.counted[hour] += 1


def _is_open(gift: Gift | None) -> bool:
    return gift is not None and gift.status is GiftStatus.OPEN
