"""Gifts in memory, with the books that they move. tests/functional/test_gifts.py holds them to the table."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from wejourney.errors import StaleBooksError
from wejourney.events.event import Subject
from wejourney.loyalty.benefits.gifts import Gift, GiftStatus, TooManyTriesError
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity
from wejourney.services.loyalty.ports import Entry


@dataclass
class FakeGifts(FakeBooks):
    kept: dict[str, Gift] = field(default_factory=dict)
    due_at: dict[str, datetime] = field(default_factory=dict)

    def gift(self, gift_id: str) -> Gift | None:
        return self.kept.get(gift_id)

    def post_gift(self, gift: Gift, *entries: Entry) -> None:
        known = self.kept.get(gift.id)
        is_next = known is None if gift.status is GiftStatus.OPEN else _is_open(known)
        if not is_next:
            raise StaleBooksError
        self.post(*entries)
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
