"""Hold points for a sale, take them, or give them back: each with its posting, or not at all."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from wejourney.errors import (
    LedgerBusyError,
    NoneLeftError,
    PostingConflictError,
    TooLittleError,
    UnknownHoldError,
)
from wejourney.loyalty.books import Books, capture, hold, release
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.till.holds import (
    Capture,
    ConflictError,
    Hold,
    HoldStatus,
    RewardGoneError,
    TooFewPointsError,
    captured,
    released,
)
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.holding import Holding
from wejourney.services.loyalty.ports import People
from wejourney.services.till.ports import Holds

type Inputs = Mapping[str, str | int]
type Decide = Callable[[Books], tuple[Posting, ...]]

_ATTEMPTS = 3
"""Of a person who is merged while their hold is settled, it is looked for again where they are then."""


@dataclass(frozen=True)
class SettleHold:
    """Post a hold, a capture or a release, and keep the hold as it is then, in one transaction."""

    holds: Holds
    people: People
    programme: Programme
    now: Callable[[], datetime]

    def hold(self, wanted: Hold) -> Hold:
        """The hold, as it is: one that is asked for again is not held twice.

        Raises TooFewPointsError, RewardGoneError, ConflictError or LedgerBusyError.
        """
        known = self.holds.find(wanted.id)
        if known is None:
            inputs: Inputs = {"amount": wanted.amount, "reward": wanted.reward}
            asked = self._asked(Kind.HOLD, wanted, inputs)
            try:
                self._post(wanted, asked, lambda books: hold(books, wanted.amount, wanted.id))
            except TooLittleError as error:
                raise TooFewPointsError(error.there) from None
            except NoneLeftError:
                raise RewardGoneError from None
            except PostingConflictError:
                raise ConflictError(wanted.id) from None
            known = self.holds.find(wanted.id) or wanted
        if (known.amount, known.reward) != (wanted.amount, wanted.reward):
            raise ConflictError(wanted.id)
        return known

    def capture(self, held: Hold, taken: Capture) -> Hold:
        """Raises HoldOverError, AboveHoldError or LedgerBusyError."""

        def after(found: Hold) -> Hold:
            return captured(found, taken, self.now())

        inputs: Inputs = {"points": taken.points, "order": taken.order, "total": taken.total}
        return self._settle(
            held, after, Kind.CAPTURE, inputs, lambda books: capture(books, held.id, taken.points)
        )

    def release(self, held: Hold) -> Hold:
        """Raises HoldOverError or LedgerBusyError."""

        def after(found: Hold) -> Hold:
            return released(found, self.now())

        return self._settle(held, after, Kind.RELEASE, {}, lambda books: release(books, held.id))

    def _settle(
        self,
        held: Hold,
        after: Callable[[Hold], Hold],
        kind: Kind,
        inputs: Inputs,
        decide: Decide,
    ) -> Hold:
        """Who settles it first decides; the other finds the hold as it is then."""
        for _ in range(_ATTEMPTS):
            settled = after(held)
            if settled == held:
                return held
            with suppress(UnknownHoldError, PostingConflictError):
                self._post(settled, self._asked(kind, held, inputs), decide)
            held = self.holds.find(held.id) or held
            if held.status is not HoldStatus.HELD:
                return after(held)
        raise LedgerBusyError(held.id)

    def _post(self, hold: Hold, asked: Asked, decide: Decide) -> None:
        records = self.holds.recording(hold, asked.id)
        person_id = Holding(records, self.people, self.programme, self.now).id_of(hold.person_id)
        Bookkeeping(records, self.people).post(person_id, asked, decide)

    def _asked(self, kind: Kind, hold: Hold, inputs: Inputs) -> Asked:
        cause = Cause(hold.id, f"till {hold.store}/{hold.till}")
        now = self.now()
        day = self.programme.day_of(now).isoformat()
        return Asked(transaction_id(kind, hold), kind, now, cause, inputs, day=day, asset=hold.asset)


def transaction_id(kind: Kind, hold: Hold) -> str:
    """The id of what is posted when a hold is made, captured or released."""
    return f"{kind}:{hold.id}"
