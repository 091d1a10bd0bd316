"""Offers that are set aside, in memory. tests/functional/test_offers.py holds them to the table."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tests.support.fakes.books import FakeBooks
from wejourney.errors import NoneLeftError, StaleBooksError
from wejourney.loyalty.benefits.offers import Reservation, ReservationStatus
from wejourney.services.loyalty.ports import Entry


@dataclass
class FakeOffers(FakeBooks):
    kept: dict[str, Reservation] = field(default_factory=dict)
    given: Counter[str] = field(default_factory=Counter)

    def reservation(self, id_: str) -> Reservation | None:
        return self.kept.get(id_)

    def keep(self, reservation: Reservation, *entries: Entry) -> None:
        known, is_new = self.kept.get(reservation.id), reservation.status is ReservationStatus.RESERVED
        if is_new is not (known is None) or (known is not None and not _waits(known)):
            raise StaleBooksError
        stock = reservation.offer.stock
        if is_new and stock is not None and self.given[reservation.name] >= stock:
            raise NoneLeftError
        if entries:
            self.post(*entries)
        self.kept[reservation.id] = reservation
        self.given[reservation.name] += is_new - (reservation.status is ReservationStatus.RELEASED)

    def due_reservations(self, now: datetime) -> Iterator[str]:
        due = (one for one in self.kept.values() if _waits(one) and one.until <= now)
        return iter([one.id for one in sorted(due, key=lambda one: (one.until, one.id))])


def _waits(reservation: Reservation) -> bool:
    return reservation.status is ReservationStatus.RESERVED
