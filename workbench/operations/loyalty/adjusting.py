"""Amounts that an operator gives or takes by hand."""

from dataclasses import dataclass
from functools import partial

from wejourney.loyalty.books import Books, adjust
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ProfileModel
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from workbench.operations.target import Target


@dataclass(frozen=True)
class Adjustment:
    """An `amount` to give, or to take when it is below zero; the same `key` adjusts once."""

    key: str
    asset: str
    amount: int
    reason: str


def adjust_books(
    target: Target, person: Follower, adjustment: Adjustment, programme: Programme, profile: ProfileModel
) -> Books:
    """Post it, with the caller's name, and return the books as they are then.

    What is given is as what a rule gives: unclaimed by who has not joined a membership, and with the asset's
    expiry. Raises PostingConflictError when the key was used for something else, and LedgerBusyError.
    """
    now = target.clock.now()
    day = programme.day_of(now)
    lot = programme.lot_for(adjustment.asset, day, may_spend=profile.may_spend(person))
    asked = Asked(
        f"adjust:{adjustment.key}",
        Kind.ADJUST,
        now,
        Cause(target.caller, adjustment.reason),
        {"person": person.person_id, "amount": adjustment.amount, "reason": adjustment.reason},
        day=day.isoformat(),
        asset=adjustment.asset,
    )
    bookkeeping = Bookkeeping(target.ledger, target.followers)
    bookkeeping.post(person.person_id, asked, partial(adjust, amount=adjustment.amount, lot=lot))
    return target.ledger.books(person.person_id, adjustment.asset)
