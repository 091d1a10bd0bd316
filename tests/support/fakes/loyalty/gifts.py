"""Gifts in memory, with the books that they move. tests/functional/test_gifts.py holds them to the table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tests.support.fakes.books import FakeBooks
from wejourney.errors import StaleBooksError
from wejourney.loyalty.benefits.gifts import Gift, GiftStatus
from wejourney.services.loyalty.ports import Entry


@dataclass
class FakeGifts(FakeBooks):
    kept: dict[str, Gift] = field(default_factory=dict)

    def gift(self, gift_id: str) -> Gift | None:
        return self.kept.get(gift_id)

    def post_gift(self, gift: Gift, *entries: Entry) -> None:
        known = self.kept.get(gift.id)
        is_next = known is None if gift.status is GiftStatus.OPEN else _is_open(known)
        if not is_next:
            raise StaleBooksError
        self.post(*entries)
        self.kept[gift.id] = gift

    def due_gifts(self, now: datetime) -> Iterator[str]:
        due = (gift for gift in self.kept.values() if _is_open(gift) and gift.until <= now)
        return iter([gift.id for gift in sorted(due, key=lambda gift: (gift.until, gift.id))])


def _is_open(gift: Gift | None) -> bool:
    return gift is not None and gift.status is GiftStatus.OPEN
