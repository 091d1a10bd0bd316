"""Offer something at a till: to whom it applies, set aside until midnight, given or released, once."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wejourney.errors import PostingConflictError
from wejourney.loyalty.benefits.offers import (
    NotJoinedError,
    NotOfferedError,
    Reservation,
    ReservationOverError,
    UnknownOfferError,
    WhyNotOffered,
    joined_today,
    reserved,
    why_not_offered,
)
from wejourney.loyalty.books import capture, hold, release
from wejourney.loyalty.transactions import Kind
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import Decide
from wejourney.services.loyalty.holding import Holding, settle_due
from wejourney.services.loyalty.ports import BookRecords, Entry, Failed, raise_failure


class OfferRecords(BookRecords, Protocol):
    def reservation(self, id_: str) -> Reservation | None: ...

    def keep(self, reservation: Reservation, *entries: Entry) -> None:
        """Post entries, keep the reservation as it is after them, and take one of its stock or give it back.

        Raises NoneLeftError, StaleBooksError where it was neither new nor reserved, else as `post`.
        """

    def due_reservations(self, now: datetime) -> Iterator[str]:
        """The ids of those that are reserved and whose time is over by now, the longest over first."""


@dataclass(frozen=True)
class Offers:
    """`membership` is the purpose of members. `failed` is told whose reservation cannot be released."""

    records: OfferRecords
    holding: Holding
    membership: str = ""
    failed: Failed = raise_failure

    def eligible(self, person: Follower, zone: str) -> Mapping[str, tuple[WhyNotOffered, ...]]:
        """Each offer of the programme, and why it does not apply to somebody now; where it does, nothing."""
        now = self.holding.now()
        return {
            name: tuple(why_not_offered(offer, person, now, zone, self.membership))
            for name, offer in self.holding.programme.offer_terms.items()
        }

    def reserve(self, id_: str, name: str, person_id: str, store: str, zone: str) -> Reservation:
        """Set an offer aside, with what it costs and one of its stock; asked again it is set aside once.

        Raises OfferRefusedError, NoneLeftError, TooLittleError, PostingConflictError or LedgerBusyError.
        """

        def attempt() -> Reservation:
            known, by = self.records.reservation(id_), self.holding.id_of(person_id)
            if known is not None:
                if (known.name, self.holding.id_of(known.person_id), known.store) != (name, by, store):
                    raise PostingConflictError(id_)
                return known
            offer, person = self.holding.programme.offer_terms.get(name), self.holding.people.person(by)
            if offer is None or person is None:
                raise UnknownOfferError
            now = self.holding.now()
            reasons = tuple(why_not_offered(offer, person, now, zone, self.membership))
            if reasons:
                raise NotOfferedError(reasons)
            made = reserved(id_, name, offer, by, store, zone, now)
            held = self._moved(made, Kind.HOLD, lambda books: hold(books, offer.costs, made.hold))
            self.records.keep(made, *held)
            return made

        return self.holding.until_done(attempt)

    def take(self, id_: str) -> Reservation:
        """The till gives what was set aside, once. Raises OfferRefusedError or LedgerBusyError."""

        def after(found: Reservation) -> Reservation:
            taken, now = found.taken(self.holding.now()), self.holding.now()
            if taken is not found and found.offer.joins_today:
                person = self.holding.people.person(found.person_id)
                if person is None or not joined_today(person, now, found.zone, self.membership):
                    raise NotJoinedError
            return taken

        return self._settle(id_, after, Kind.CAPTURE)

    def release(self, id_: str) -> Reservation:
        """What was set aside is there again. Raises OfferRefusedError or LedgerBusyError."""
        return self._settle(id_, Reservation.released, Kind.RELEASE)

    def release_due(self, has_time: Callable[[], bool] = lambda: True) -> int:
        """Release what was set aside until a midnight that is over, while there `has_time`; how many were."""

        def release(reservation: Reservation) -> None:
            with suppress(ReservationOverError):  # Taken meanwhile.
                self.release(reservation.id)

        due = self.records.due_reservations(self.holding.now())
        return settle_due(due, self.records.reservation, release, self.failed, has_time)

    def _settle(self, id_: str, after: Callable[[Reservation], Reservation], kind: Kind) -> Reservation:
        def attempt() -> Reservation:
            found = self.records.reservation(id_)
            if found is None:
                raise UnknownOfferError
            settled = after(found)
            if settled != found:
                costs, held = found.offer.costs, found.hold
                settle: Mapping[Kind, Decide] = {
                    Kind.CAPTURE: lambda books: capture(books, held, costs),
                    Kind.RELEASE: lambda books: release(books, held),
                }
                self.records.keep(settled, *self._moved(settled, kind, settle[kind]))
            return settled

        return self.holding.until_done(attempt)

    def _moved(self, reservation: Reservation, kind: Kind, decide: Decide) -> tuple[Entry, ...]:
        """What it moves in the books; nothing where it costs nothing."""
        costs, by = reservation.offer.costs, self.holding.id_of(reservation.person_id)
        return (self.holding.entry(by, kind, reservation.hold, costs, decide),) if costs else ()
