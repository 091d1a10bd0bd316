"""Gifts in mini programs: who gives, looks, claims or takes back is whose session it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from wejourney.errors import (
    FollowerGoneError,
    LedgerBusyError,
    PostingConflictError,
    TooLittleError,
    WejourneyError,
)
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.events.mini_program_events import GIFT_OPENED
from wejourney.loyalty.benefits.coupons import (
    CodedCoupon,
    CouponExpiredError,
    CouponGivenError,
    CouponHeldError,
    CouponNotYetError,
    CouponUsedError,
    UnknownCouponError,
)
from wejourney.loyalty.benefits.gifts import (
    MOST_TRIES,
    Gift,
    GiftClaimedError,
    GiftReturnedError,
    GivenAmount,
    NotGivenAwayError,
    NotTransferableError,
    OwnGiftError,
    TooManyGiftsError,
    TooManyTriesError,
    UnknownGiftError,
)
from wejourney.loyalty.benefits.secret_codes import MistypedCodeError, code_of, derived_code, shown
from wejourney.people.followers import Follower
from wejourney.people.identities import openid_identity
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.ports.inbox import BulkInbox
from wejourney.services.ports.keys import PHONES, Keys
from wejourney.services.ports.mini_programs import KnownIdentities, Tries
from wejourney.wire.http import Answer
from wejourney.wire.mini_program.gifts import (
    CouponCode,
    gift_answer,
    read_gift_code,
    read_gift_id,
    read_giving,
)
from wejourney.wire.mini_program.requests import GiftOperation, answer

_CLAIMED = "claimed coupon"

_REFUSALS: Mapping[type[WejourneyError], tuple[int, str]] = {
    MistypedCodeError: (400, "mistyped_code"),
    UnknownGiftError: (404, "unknown_gift"),
    GiftClaimedError: (409, "claimed"),
    GiftReturnedError: (409, "returned"),
    OwnGiftError: (409, "own_gift"),
    NotGivenAwayError: (409, "not_given_away"),
    NotTransferableError: (409, "not_given_away"),
    TooManyGiftsError: (409, "too_many_gifts"),
    TooLittleError: (409, "too_little"),
    UnknownCouponError: (404, "unknown_coupon"),
    CouponUsedError: (409, "coupon_used"),
    CouponGivenError: (409, "coupon_given"),
    CouponNotYetError: (409, "coupon_not_yet"),
    CouponExpiredError: (409, "coupon_expired"),
    CouponHeldError: (409, "coupon_held"),
    PostingConflictError: (409, "id_used"),
    TooManyTriesError: (429, "too_many_tries"),
    FollowerGoneError: (503, "not_known_yet"),
    LedgerBusyError: (503, "busy"),
}
"""The status of each error, and its name for the mini program, which has words of its own for it."""


def claimed_coupon_codes(keys: Keys) -> Callable[[str], str]:
    """The code that a coupon has after it was claimed by a code: nobody's who lacks the key.

    It is made of the code of the gift, which is on record nowhere.
    """
    return lambda claimed_by: derived_code(keys.get(PHONES).current, _CLAIMED, claimed_by)


@dataclass(frozen=True)
class ServeGifts:
    gifts: Gifts
    people: KnownIdentities
    tries: Tries
    inbox: BulkInbox
    keys: Keys
    now: Callable[[], datetime]

    def __call__(self, operation: GiftOperation, subject: Subject, asked: Mapping[str, Any]) -> Answer:
        """Raises CallbackRefusedError for what is no request, and the errors of ports."""
        try:
            self.tries.count(subject, MOST_TRIES, self.now())
            return answer(200, **self._answer(operation, subject, asked))
        except tuple(_REFUSALS) as error:
            status, reason = _REFUSALS[type(error)]
            return answer(status, error=str(error), reason=reason)

    def _answer(
        self, operation: GiftOperation, subject: Subject, asked: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        person = self._person(subject)
        match operation:
            case "give_gift":
                return self._give(subject, person, asked)
            case "list_gifts":
                found = self.gifts.open_of(person.person_id) if person is not None else ()
                return {"gifts": [self._shown(gift, is_own=True) for gift in found]}
            case "look_at_gift":
                return self._looked(self.gifts.gift(read_gift_code(asked)), subject, person)
            case "claim_gift":
                code = read_gift_code(asked)
                if person is None:
                    self._looked(self.gifts.gift(code), subject, person)
                    raise FollowerGoneError("not known yet: ask again in a moment")
                return self._claimed(self.gifts.claim(code, person.person_id), code)
            case "take_gift_back":
                gift_id = read_gift_id(asked)
                if person is None:
                    raise UnknownGiftError
                return self._shown(self.gifts.take_back(gift_id, person.person_id), is_own=True)
            case _:
                assert_never(operation)

    def _give(self, subject: Subject, person: Follower | None, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """The only answer that has the code: the same whenever the same is asked.

        It is made of the id, which is on record nowhere, under a key of the deployment.
        """
        giving = read_giving(asked)
        code = derived_code(self.keys.get(PHONES).current, subject.app_id, subject.openid, giving.id)
        match giving.what:
            case GivenAmount(asset, amount):
                if person is None:
                    raise TooLittleError(amount, 0)
                gift = self.gifts.give(code, person.person_id, asset, amount)
            case CouponCode(typed):
                if person is None:
                    raise UnknownCouponError
                gift = self.gifts.give_coupon(code, person.person_id, typed)
            case _:
                assert_never(giving.what)
        return {**self._shown(gift, is_own=True), "code": shown(code)}

    def _claimed(self, gift: Gift, code: str) -> Mapping[str, Any]:
        """To who has claimed it alone: a coupon has a code that nobody else knows, its giver least of all."""
        match gift.content:
            case GivenAmount():
                return self._shown(gift, is_own=False)
            case CodedCoupon():
                coupon_code = shown(self.gifts.coupon_code(code_of(code)))
                return {**self._shown(gift, is_own=False), "coupon_code": coupon_code}
            case _:
                assert_never(gift.content)

    def _looked(self, gift: Gift, subject: Subject, person: Follower | None) -> Mapping[str, Any]:
        """A gift. Who comes for its sake, and is not known yet, is known soon after they have looked."""
        if person is not None:
            return self._shown(gift, is_own=self.gifts.is_of(gift, person.person_id))
        opened = own_event(MiniProgramEvent(GIFT_OPENED), gift.id, subject, self.now())
        self.inbox.tell_in_bulk([opened])
        return self._shown(gift, is_own=False)

    def _shown(self, gift: Gift, *, is_own: bool) -> Mapping[str, Any]:
        return gift_answer(gift, self.now(), is_own=is_own)

    def _person(self, subject: Subject) -> Follower | None:
        person_id = self.people.owner(openid_identity(subject.app_id, subject.openid))
        return self.people.person(person_id) if person_id is not None else None
