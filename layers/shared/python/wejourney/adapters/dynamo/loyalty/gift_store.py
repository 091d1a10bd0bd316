"""Gifts in the table of the ledger, by the hash of their code, each written with the postings that change it.

A gift that is open, or whose giver has not been told what became of it, is in the index of what comes due, in
a shard of its own. A settled one is deleted at `expires_at`, seconds since 1970, and so is the row that leads
from the giver of a coupon to its gift, when the time of the gift is over.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import Row, columns_of, packed, row_key
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.coupon_store import CouponStore, add_coupon
from wejourney.adapters.dynamo.loyalty.due_rows import deleted_at, due_ids
from wejourney.adapters.dynamo.request_counts import RequestCounts
from wejourney.adapters.dynamo.table import Transaction
from wejourney.errors import StaleBooksError, WejourneyError
from wejourney.loyalty.benefits.coupons import CodedCoupon, Coupon
from wejourney.loyalty.benefits.gifts import Gift, GiftStatus, TooManyTriesError
from wejourney.plain_data import from_plain
from wejourney.services.loyalty.ports import Entry, GiftChange

GIFT = "GIFT#"
"""The beginning of a pk."""

GIVEN = "GIVEN#"
"""The beginning of a pk: the coupons that a person has given away, each with its last gift."""

TRIES = "GIFT-TRIES#"
"""The beginning of a pk in the followers' table."""

_DUE_GIFTS = "gifts"
"""The shard of the index."""


@dataclass(frozen=True)
class GiftStore(BooksStore):
    def gift(self, gift_id: str) -> Gift | None:
        item = self.table.get(_key(gift_id))
        return None if item is None else from_plain(Gift, columns_of(item)["data"])

    def coupon(self, code: str) -> Coupon | None:
        return CouponStore(self.table).coupon(code)

    def post_gift(self, gift: Gift, *changes: GiftChange) -> None:
        coupons = tuple(change for change in changes if isinstance(change, CodedCoupon))
        entries = (change for change in changes if isinstance(change, Entry))
        _GiftBooks(self.table, self.followers, gift, coupons).post(*entries)

    def coupon_gifts(self, givers: Iterable[str]) -> Iterator[str]:
        for giver in givers:
            for item in self.table.query(f"{GIVEN}{giver}"):
                yield columns_of(item)["gift"]

    def due_gifts(self, now: datetime) -> Iterator[str]:
        return due_ids(self.table, _DUE_GIFTS, GIFT, now)

    def gift_told(self, gift: Gift) -> None:
        self.table.put(_row(gift), Column("status") == gift.status)


@dataclass(frozen=True)
class _GiftBooks(BooksStore):
    """The books, whose only posting is written with a gift, and with coupons, as they are after it."""

    gift: Gift
    coupons: tuple[CodedCoupon, ...]

    def also(self, write: Transaction, entries: Sequence[Entry]) -> None:  # noqa: ARG002 - all of them belong to the gift
        gift, due_at = self.gift, self.gift.due_at
        due = {"due_shard": _DUE_GIFTS, "due_on": due_at} if due_at is not None else {}
        if gift.status is GiftStatus.OPEN:
            write.create({**_row(gift), **due}, StaleBooksError)
            if isinstance(gift.content, CodedCoupon):
                write.put(_given_row(gift, gift.content))
        else:
            write.put({**_row(gift), **due}, Column("status") == GiftStatus.OPEN, StaleBooksError)
        for coupon in self.coupons:
            add_coupon(write, coupon)


@dataclass(frozen=True)
class GiftTries(RequestCounts):
    """How often somebody has asked about gifts in this hour."""

    prefix: str = TRIES
    span: timedelta = timedelta(hours=1)
    refused: type[WejourneyError] = TooManyTriesError


def _key(gift_id: str) -> Row:
    return row_key(f"{GIFT}{gift_id}", GIFT)


def _given_row(gift: Gift, coupon: CodedCoupon) -> Row:
    """For as long as the gift is open: whether it still is, the gift's own row says."""
    over = int(gift.until.timestamp())
    return {**row_key(f"{GIVEN}{gift.giver}", coupon.id), "gift": gift.id, "expires_at": over}


def _row(gift: Gift) -> Row:
    return {**_key(gift.id), "data": packed(gift), "status": gift.status, "expires_at": _expires_at(gift)}


def _expires_at(gift: Gift) -> int | None:
    """Of a claimed coupon not before the coupon's own end: to claim it again is the only way to its code."""
    if gift.settled_at is None:
        return None
    settled = deleted_at(gift.settled_at)
    if gift.status is GiftStatus.CLAIMED and isinstance(gift.content, CodedCoupon):
        return max(settled, int(gift.content.coupon.until.timestamp()))
    return settled
