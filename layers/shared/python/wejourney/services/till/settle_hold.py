"""Hold points or an offer for a sale, take it, or give it back: each with its posting, or not at all."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from wejourney.errors import NoneLeftError, TooLittleError
from wejourney.loyalty.benefits.offers import (
    AsOf,
    NoneLeft,
    OfferTerms,
    WhyNotOffered,
    joined_today,
)
from wejourney.loyalty.books import capture, hold, release
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.till.holds import (
    Capture,
    Held,
    HeldOffer,
    HeldPoints,
    Hold,
    HoldOverError,
    NotJoinedError,
    NotOfferedError,
    TooFewPointsError,
    UnknownOfferError,
    UnknownTillHoldError,
    Wanted,
    WrongPointsError,
    asked_again,
    captured,
    held,
    released,
)
from wejourney.loyalty.till.visits import TillError
from wejourney.loyalty.transactions import Kind
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import MOST_ATTEMPTS, Decide
from wejourney.services.loyalty.holding import FEW_ATTEMPTS, Holding, settle_due
from wejourney.services.loyalty.offers import Offers
from wejourney.services.loyalty.ports import Entry, Failed, People, raise_failure
from wejourney.services.till.ports import HoldRecords


@dataclass(frozen=True)
class SettleHold:
    """`membership` is the purpose of members, `pause` waits for so many seconds.

    `failed` is told whose hold cannot be released.
    """

    records: HoldRecords
    people: People
    programme: Programme
    now: Callable[[], datetime]
    membership: str = ""
    pause: Callable[[float], None] = time.sleep
    failed: Failed = raise_failure

    def why_not(
        self, offers: Mapping[str, OfferTerms], person: Follower, zone: str
    ) -> Mapping[str, tuple[WhyNotOffered, ...]]:
        """Why each of these offers does not apply to somebody now; where it does, nothing."""
        found = Offers(self.records, self.programme, self.now, self.membership)
        return found.why_not(offers, person, found.given(offers, person), zone)

    def hold(self, wanted: Wanted, customer: Callable[[], Follower]) -> Hold:
        """The hold, as it is: one that is asked for again is not held twice, nor for another price.

        `customer` reads whose it is. Raises what it raises, UnknownOfferError, NotOfferedError,
        WrongPointsError, TooFewPointsError, ConflictError, WrongTillError or LedgerBusyError.
        """

        def attempt() -> Hold:
            if (known := self.records.hold(wanted.id)) is not None:
                return asked_again(known, wanted)
            person = customer()
            try:
                return self._new(wanted, person)
            except TillError as error:
                self._holding.require_whole(person.person_id, error)
                raise

        try:
            return self._holding.until_done(attempt)
        except (TillError, TooLittleError, NoneLeftError) as error:
            # What is missing may be what the same request has taken that was sent twice.
            if (known := self.records.hold(wanted.id)) is not None:
                return asked_again(known, wanted)
            if isinstance(error, TooLittleError):
                raise TooFewPointsError(error.there) from None
            if isinstance(error, NoneLeftError):
                raise NotOfferedError((NoneLeft(),)) from None
            raise

    def capture(self, hold_id: str, points: int | None, order: str, total: int, zone: str) -> Hold:
        """Take so many of the points for a sale (None: as many as pay it, an offer whole).

        Raises HoldOverError, AboveHoldError, WrongPointsError, NotJoinedError or LedgerBusyError.
        """

        def after(found: Hold) -> Hold:
            taken = Capture(found.held.enough_for(total) if points is None else points, order, total)
            settled = captured(found, taken, self.now())
            if settled is not found and found.terms is not None and found.terms.joins_today:
                person = self.people.person(found.person_id)
                if person is None or not joined_today(person, AsOf(self.now(), zone, self.membership)):
                    raise NotJoinedError
            return settled

        return self._settle(hold_id, after)

    def release(self, hold_id: str, attempts: int = MOST_ATTEMPTS) -> Hold:
        """Raises HoldOverError or LedgerBusyError."""
        return self._settle(hold_id, lambda found: released(found, self.now()), attempts)

    def release_due(self, has_time: Callable[[], bool] = lambda: True) -> int:
        """Release what tills have held for too long, while there `has_time`; how many are."""

        def settle(found: Hold) -> None:
            with suppress(HoldOverError):  # Taken meanwhile.
                self.release(found.id, FEW_ATTEMPTS)

        due = self.records.due_holds(self.now())
        return settle_due(due, self.records.hold, settle, self.failed, has_time)

    def _new(self, wanted: Wanted, person: Follower) -> Hold:
        made = held(wanted, self._wanted(wanted, person), person.person_id, self.now())
        moved = self._moved(made, made.person_id, Kind.HOLD, lambda books: hold(books, made.points, made.id))
        # Whether an offer applies was decided on the person as they were read.
        rev = person.rev if made.offer else None
        self.records.keep(made, *(replace(entry, person_rev=rev) for entry in moved), rev=rev)
        return made

    def _wanted(self, wanted: Wanted, person: Follower) -> Held:
        if not wanted.offer:
            rate = self.programme.redeem
            if rate is None or wanted.points % rate.points:
                raise WrongPointsError(rate.points if rate is not None else None)
            return HeldPoints(wanted.points, rate)
        terms = self.programme.offers.get(wanted.offer)
        if terms is None:
            raise UnknownOfferError
        if reasons := self.why_not({wanted.offer: terms}, person, wanted.zone)[wanted.offer]:
            raise NotOfferedError(reasons)
        return HeldOffer(wanted.offer, terms)

    def _settle(self, hold_id: str, after: Callable[[Hold], Hold], attempts: int = MOST_ATTEMPTS) -> Hold:
        """Who settles it first decides; the other finds the hold as it is then."""

        def attempt() -> Hold:
            found = self.records.hold(hold_id)
            if found is None:
                raise UnknownTillHoldError
            settled = after(found)
            if settled != found:
                person_id = self._holding.id_of(found.person_id) if found.points else ""
                kind, decide = Kind.RELEASE, partial(release, hold_id=hold_id)
                if settled.capture is not None:
                    kind = Kind.CAPTURE
                    decide = partial(capture, hold_id=hold_id, amount=settled.capture.points)
                moved = self._moved(settled, person_id, kind, decide)
                self.records.keep(settled, *moved)
            return settled

        return self._holding.until_done(attempt, attempts)

    def _moved(self, made: Hold, person_id: str, kind: Kind, decide: Decide) -> tuple[Entry, ...]:
        """What it moves in the books of a person; nothing where it costs nothing."""
        if not made.points:
            return ()
        told = f"till {made.store}/{made.till}"
        return (self._holding.entry(person_id, kind, made.id, made.points, decide, reason=told),)

    @property
    def _holding(self) -> Holding:
        return Holding(self.records, self.people, self.programme, self.now, self.pause)
