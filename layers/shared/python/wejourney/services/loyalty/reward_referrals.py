"""Reward whoever brought a friend, and the friend, for the friend's first order: each once.

An order that comes back takes its share back, as it does of everything that it gave (`EarnPoints`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wejourney.events.event import InboundEvent
from wejourney.events.event_fields import CNY
from wejourney.events.event_types import OrderPaid, Paid
from wejourney.loyalty.benefits.referrals import (
    REFERRALS,
    ReferralTerms,
    WhyNoReward,
    brought_by,
    is_taken_back,
    why_no_reward,
)
from wejourney.loyalty.books import earn
from wejourney.loyalty.earning import order_of, total_of
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.ports import Posted

MOST_LINKS = 20
"""Of a chain of people who brought one another, that is looked at."""

_REFERRER, _FRIEND = "referrer", "friend"


@dataclass(frozen=True)
class RewardReferrals:
    points: EarnPoints

    @property
    def are_declared(self) -> bool:
        return self.points.programme.referrals is not None

    def ordered(self, event: InboundEvent, friend: Follower) -> tuple[InboundEvent, ...]:
        """Post the rewards for an order, if it is the first that the friend is rewarded for.

        Returns what is to be told. An order that is told again posts what is missing. Raises LedgerBusyError.
        """
        terms, order = self.points.programme.referrals, order_of(event.body)
        if terms is None or not order or not _is_order(event) or not brought_by(friend):
            return ()
        if total_of(event.body) < max(terms.from_fen, 1):
            return self._unrewarded(event, friend, WhyNoReward.ORDER_TOO_SMALL)
        rewarded = self._rewarded(friend)
        if any(reward.transaction.cause.id != order for reward in rewarded):
            return self._unrewarded(event, friend, WhyNoReward.REWARDED_BEFORE)
        chain = list(self._chain(friend))
        if not rewarded and (why := why_no_reward(friend, chain)) is not None:
            return self._unrewarded(event, friend, why)
        referrer = rewarded[0].person_id if rewarded else chain[0]
        friend_id = _friend_of(rewarded[0].transaction.id) if rewarded else friend.person_id
        first = self._reward(event, terms, friend_id, _REFERRER, referrer)
        if first is None or first.transaction.cause.id != order:
            # Another order was faster.
            return self._unrewarded(event, friend, WhyNoReward.REWARDED_BEFORE)
        ids = [first.transaction.id]
        if terms.friend_gets:
            other = self._reward(event, terms, friend_id, _FRIEND, friend.person_id)
            ids += [other.transaction.id] if other is not None else []
        sale = self.points.sales.paid(order, total_of(event.body), ids)
        return self.points.told(event, friend, self.points.taken_back(event, sale))

    def _unrewarded(self, event: InboundEvent, friend: Follower, why: WhyNoReward) -> tuple[()]:
        if self.points.timeline is not None:
            self.points.timeline.note_unrewarded(event, friend, why)
        return ()

    def merged(self, person_id: str, at: datetime) -> None:
        """Take back what was given for somebody who has turned out to be another person as well.

        That is for who brought themselves, who was known before, or whom somebody else has brought; and of
        two rewards for one friend all but the first.
        """
        terms, people = self.points.programme.referrals, self.points.bookkeeping.people
        person = people.person(person_id) if terms is not None else None
        rewarded = self._rewarded(person) if person is not None else []
        if person is None or not rewarded:
            return
        by, why = self._id_of(brought_by(person)), why_no_reward(person, list(self._chain(person)))
        for number, reward in enumerate(rewarded):
            is_theirs = by == self._id_of(reward.person_id)
            # Who was erased after the reward brought the friend all the same.
            if number or not is_theirs or why not in (None, WhyNoReward.REFERRER_GONE):
                self._take_back(reward, at)

    def unfollowed(self, friend: Follower, at: datetime) -> None:
        """Take back what was given for a friend who unfollows too soon, if that is the rule."""
        terms = self.points.programme.referrals
        if terms is None or not terms.unfollow_within:
            return
        for reward in self._rewarded(friend):
            if is_taken_back(terms, friend.followed_at, reward.transaction.effective_at, at):
                self._take_back(reward, at)

    def _rewarded(self, friend: Follower) -> list[Posted]:
        """What was posted for whoever brought this friend, under all their ids, the first one first."""
        ids = sorted({friend.person_id, *friend.merged})
        found = (self.points.bookkeeping.records.posted(_id(person_id, _REFERRER)) for person_id in ids)
        return sorted(filter(None, found), key=lambda one: one.transaction.effective_at)

    def _chain(self, friend: Follower) -> Iterator[str]:
        """Who brought the friend, who brought that person, and so on."""
        seen, person = set[str](), friend
        while (by := brought_by(person)) and len(seen) < MOST_LINKS:
            found = self.points.bookkeeping.people.person(by)
            if found is None or found.person_id in seen:
                return
            seen.add(found.person_id)
            yield found.person_id
            person = found

    def _reward(
        self, event: InboundEvent, terms: ReferralTerms, friend: str, part: str, who: str
    ) -> Posted | None:
        """Post what somebody gets, pending; or what was posted before."""
        programme, amount = self.points.programme, terms.gets if part == _REFERRER else terms.friend_gets
        day = programme.day_of(event.at)
        person = self.points.bookkeeping.people.person(who)
        may_spend = person is not None and self.points.profile.may_spend(person)
        lot = programme.lot_for(terms.asset, day, may_spend=may_spend, pending_days=terms.pending_days)
        cause = Cause(order_of(event.body), rule=REFERRALS)
        asked = Asked(_id(friend, part), Kind.EARN, event.at, cause, {}, day=str(day), asset=terms.asset)
        person_id = person.person_id if person is not None else who
        return self.points.bookkeeping.post(person_id, asked, lambda books: earn(books, amount, lot))

    def _take_back(self, reward: Posted, at: datetime) -> None:
        """Take back both parts of a reward, as far as they are not."""
        friend = _friend_of(reward.transaction.id)
        for part in (_REFERRER, _FRIEND):
            original = self.points.bookkeeping.records.posted(_id(friend, part))
            if original is not None:
                moved, day = original.transaction, self.points.programme.day_of(at).isoformat()
                asked = Asked(
                    f"back#{moved.id}#all",
                    Kind.REVERSE,
                    at,
                    moved.cause,
                    {},
                    day=day,
                    asset=moved.asset,
                    reverses=moved.id,
                )
                self.points.bookkeeping.take_back(asked)

    def _id_of(self, person_id: str) -> str:
        person = self.points.bookkeeping.people.person(person_id)
        return person.person_id if person is not None else person_id


def _is_order(event: InboundEvent) -> bool:
    """Whether it is an order in CNY, and not one of an imported past."""
    is_paid = isinstance(event.body, Paid | OrderPaid) and getattr(event.body, "currency", CNY) == CNY
    return is_paid and not event.history


def _id(friend: str, part: str) -> str:
    return f"refer#{friend}#{part}"


def _friend_of(transaction_id: str) -> str:
    return transaction_id.split("#")[1]
