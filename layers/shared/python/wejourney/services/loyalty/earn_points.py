"""After an event is on record: post what it gives by the rules of the programme, or what it takes back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Protocol

from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import OrderReturned, PointsChanged, Refunded
from wejourney.journeys.segments import look_again
from wejourney.loyalty.accounts import pocket_for
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.benefits.referrals import WhyNoReward
from wejourney.loyalty.books import Books, claim, earn, mature_early
from wejourney.loyalty.earning import (
    Earner,
    Earning,
    Nothing,
    Sale,
    WhyNothing,
    earnings,
    is_settled_by_wechat,
    order_of,
    returned_by,
    rivals,
    settled_order,
    total_of,
)
from wejourney.loyalty.limits import is_forgotten
from wejourney.loyalty.membership import reviewed
from wejourney.loyalty.programme import NO_PROGRAMME, Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting, settlement_of
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.ports import Posted, heard_by, passed_by

_FOUND_LATER = {WhyNothing.LIMIT_REACHED, WhyNothing.GIVEN_BEFORE}
"""What only the books say."""


class Sales(Protocol):
    """What orders have given. `order` is the order's hash."""

    def find(self, order: str) -> Sale:
        """What is known of it."""

    def paid(self, order: str, total: int, earned_by: Iterable[str]) -> Sale:
        """Note that an order was paid, and the transactions that it gives. Done again, it changes nothing."""

    def returned(self, order: str, event_id: str, amount: int | None) -> Sale:
        """Note what came back of it (None: all) by an event. Done again, it changes nothing."""


class Timeline(Protocol):
    def note_nothing(self, event: InboundEvent, follower: Follower, nothing: Mapping[str, str]) -> None:
        """Note on record of an event why rules have given nothing for it. Done again, it changes nothing."""

    def note_unrewarded(self, event: InboundEvent, follower: Follower, why: WhyNoReward) -> None:
        """Note on record of an order why nobody is rewarded for it, though somebody brought the buyer."""


@dataclass(frozen=True)
class EarnPoints:
    """Each transaction has an id by what it is for, so that an event that comes again posts what is missing.

    `subscribed_kinds` are the events of our own that somebody wants to hear of. `only` is the one rule by
    which something is posted; empty: all.
    """

    bookkeeping: Bookkeeping
    sales: Sales
    programme: Programme = NO_PROGRAMME
    profile: ProfileModel = ANY_PROFILE
    subscribed_kinds: frozenset[str] = field(default_factory=frozenset)
    only: str = ""
    timeline: Timeline | None = None

    def __call__(self, event: InboundEvent, follower: Follower | None) -> tuple[InboundEvent, ...]:
        """Post it; returns what is to be told of it. Asks nothing of AWS where no rule is about the event.

        Raises LedgerBusyError.
        """
        return self.told(event, follower, self._posted(event, follower))

    def told(
        self, event: InboundEvent, follower: Follower | None, postings: Iterable[Posted | None]
    ) -> tuple[InboundEvent, ...]:
        """What is to be told of what was posted here, the same whenever it is told."""
        posted = [one for one in postings if one is not None]
        return (*self._balances(event, follower, posted), *self._to_review(event, posted))

    def _posted(self, event: InboundEvent, follower: Follower | None) -> Iterator[Posted | None]:
        if follower is not None and not self.only:
            yield from self._claimed(event, follower)
        if not self.programme.rules and self.programme.referrals is None:
            return
        if isinstance(event.body, Refunded | OrderReturned):
            yield from self._returned(event, event.body)
        elif order := settled_order(event.body):
            yield from self._settled(event, order)
        elif follower is not None:
            yield from self._earned(event, follower)

    def _claimed(self, event: InboundEvent, follower: Follower) -> Iterator[Posted | None]:
        """What waits for a member is theirs from the event by which they join.

        What somebody else posts meanwhile, who still takes them for no member, is theirs from the next one.
        `KeepBooks` tells of it as well, with the same event: delivered again, this event finds nothing that
        waits.
        """
        if not self.profile.is_member(follower):
            return
        for asset, balance in follower.balances.items():
            if balance.unclaimed:
                asked = self._asked(
                    event, f"claim#{asset}#{event.id}", Kind.CLAIM, Cause(event.id, "joined"), asset
                )
                yield self.bookkeeping.post(follower.person_id, asked, claim)

    def _earned(self, event: InboundEvent, follower: Follower) -> Iterator[Posted | None]:
        """Post what an event gives.

        An order is noted after that, with what was returned of it by then: a return that comes before the
        note takes nothing back, and the note does; one that comes later finds what is posted.
        """
        found, order = self._found(event, follower), order_of(event.body)
        before = [one for one in found.values() if isinstance(one, Posted)]
        given = [one for one in found.values() if isinstance(one, Earning)]
        yield from before
        for earning in given:
            posted = self._post(event, earning, follower)
            if posted is None:
                found[earning.rule] = Nothing(earning.rule, WhyNothing.LIMIT_REACHED)
            yield posted
        nothing = {one.rule: one.why.value for one in found.values() if isinstance(one, Nothing)}
        # The others are on record with the event.
        if self.timeline is not None and _FOUND_LATER.intersection(nothing.values()):
            self.timeline.note_nothing(event, follower, nothing)
        gives = [*(posted.transaction.id for posted in before), *(earning.id for earning in given)]
        if order and gives:
            yield from self.taken_back(event, self.sales.paid(order, total_of(event.body), gives))

    def _returned(self, event: InboundEvent, body: Refunded | OrderReturned) -> Iterator[Posted | None]:
        if order := order_of(body):
            yield from self.taken_back(event, self.sales.returned(order, event.id, returned_by(body)))

    def _found(self, event: InboundEvent, follower: Follower) -> dict[str, Earning | Nothing | Posted]:
        """What the event gives by rule, or what was posted of it for somebody who turned out to be them."""
        earner = Earner.of(follower, self.profile)

        def given_to(who: str) -> dict[str, Earning | Nothing]:
            found = earnings(self.programme, event, who, earner)
            return {one.rule: one for one in found if not self.only or one.rule == self.only}

        found: dict[str, Earning | Nothing | Posted] = {**given_to(follower.person_id)}
        for rule, one in found.items():
            others = (
                rivals(self.programme, event, follower.person_id, one) if isinstance(one, Earning) else ()
            )
            if any(self.bookkeeping.records.posted(other) for other in others):
                found[rule] = Nothing(rule, WhyNothing.GIVEN_BEFORE)
        for person_id in follower.merged if found else ():
            for rule, other in given_to(person_id).items():
                mine = found[rule]
                if not (isinstance(mine, Earning) and isinstance(other, Earning)) or mine.id == other.id:
                    continue
                if (before := self.bookkeeping.records.posted(other.id)) is not None:
                    is_of_this = before.transaction.cause.id == event.id
                    found[rule] = before if is_of_this else Nothing(rule, WhyNothing.GIVEN_BEFORE)
        return found

    def _post(self, event: InboundEvent, earning: Earning, follower: Follower) -> Posted | None:
        cause = Cause(event.id, rule=earning.rule, version=earning.version)
        asked = self._asked(event, earning.id, Kind.EARN, cause, earning.asset)
        asked = replace(asked, limits=tuple(earning.limits))

        def decide(books: Books) -> tuple[Posting, ...]:
            left = earning.within(self._used(event, earning, books, follower))
            return () if isinstance(left, Nothing) else earn(books, left.amount, left.lot)

        return self.bookkeeping.post(follower.person_id, asked, decide, is_told=True)

    def _used(
        self, event: InboundEvent, earning: Earning, books: Books, follower: Follower
    ) -> Mapping[str, int]:
        """What was used of the limits: of a day that the books have forgotten, what its transactions say."""
        forgotten = [key for key in earning.limits if is_forgotten(key, books.used)]
        if not forgotten:
            return books.used
        used = dict.fromkeys(forgotten, 0)
        begin = self.programme.start_of(self.programme.day_of(event.at))
        for person_id in (follower.person_id, *follower.merged):
            newest = self.bookkeeping.records.newest(person_id, earning.asset)
            for moved in takewhile(lambda moved: moved.effective_at >= begin, newest):
                for key in forgotten:
                    used[key] += moved.used.get(key, 0)
        return {**books.used, **used}

    def taken_back(self, event: InboundEvent, sale: Sale) -> Iterator[Posted | None]:
        """Take back what the order has given, as far as it was returned by now.

        The caller tells of it, and so does `KeepBooks`, with the same event: an event that is delivered again
        may find that more was returned meanwhile.
        """
        for earning_id in sale.earned_by if sale.returned else ():
            original = self.bookkeeping.records.posted(earning_id)
            if original is None:
                continue
            up_to = sale.taken_back(original.transaction.amount)
            if not up_to:
                continue
            moved = original.transaction
            back = self._asked(event, f"back#{earning_id}#{up_to}", Kind.REVERSE, moved.cause, moved.asset)
            yield self.bookkeeping.take_back(replace(back, reverses=earning_id), up_to=up_to)

    def _settled(self, event: InboundEvent, order: str) -> Iterator[Posted | None]:
        """What waits for the settlement of an order is theirs."""
        if not any(is_settled_by_wechat(rule) for rule in self.programme.rules.values()):
            return
        for earning_id in self.sales.find(order).earned_by:
            original = self.bookkeeping.records.posted(earning_id)
            rule = self.programme.rules.get(original.transaction.cause.rule) if original is not None else None
            if original is not None and rule is not None and is_settled_by_wechat(rule):
                yield self._mature(event, original)

    def _mature(self, event: InboundEvent, original: Posted) -> Posted | None:
        person = self.bookkeeping.people.person(original.person_id)
        into = pocket_for(may_spend=person is not None and self.profile.may_spend(person))
        moved = original.transaction
        asked = self._asked(event, settlement_of(moved.id), Kind.MATURE, moved.cause, moved.asset)
        left = moved.amount - original.reversed
        return self.bookkeeping.post(
            person.person_id if person is not None else original.person_id,
            asked,
            lambda books: mature_early(books, moved.lots, left, into),
            is_told=True,
        )

    def _asked(self, event: InboundEvent, id_: str, kind: Kind, cause: Cause, asset: str) -> Asked:
        day = self.programme.day_of(event.at).isoformat()
        return Asked(id_, kind, event.at, cause, {}, day=day, asset=asset)

    def _balances(
        self, event: InboundEvent, follower: Follower | None, posted: Iterable[Posted]
    ) -> Iterator[InboundEvent]:
        if PointsChanged.kind not in self.subscribed_kinds:
            return
        for one in posted:
            if one.transaction.asset == POINTS and one.balance != one.balance_before:
                hearer = self._hearer(one, event, follower)
                if hearer is not None:
                    person, subject = hearer
                    passed = passed_by(self.bookkeeping.records, one.person_id, person.person_id)
                    yield one.told_to(subject, passed)

    def _to_review(self, event: InboundEvent, posted: Iterable[Posted]) -> Iterator[InboundEvent]:
        """What has the inbox look at people again whose tier has changed by what they have earned."""
        tiers = self.programme.tiers
        if not tiers.levels or tiers.counter:
            return
        by_person = {one.person_id: one for one in posted if one.transaction.earned}
        for person_id, last in by_person.items():
            person = self.bookkeeping.people.person(person_id)
            if person is not None and reviewed(person, self.programme, event.at) is not person:
                yield look_again(person, event.at, last.transaction.id)

    def _hearer(
        self, posted: Posted, event: InboundEvent, follower: Follower | None
    ) -> tuple[Follower, Subject] | None:
        """Who hears of a balance, and by which contact; None: erased.

        That is whose balance it is, which need not be who returns an order.
        """
        if follower is not None and posted.person_id in (follower.person_id, *follower.merged):
            return follower, event.subject
        person = self.bookkeeping.people.person(posted.person_id)
        return (person, heard_by(person)) if person is not None else None
