"""The loyalty programme for one simulated person: the services of the runtime, on books in memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Protocol

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import PointsChanged
from wejourney.journeys.receiving import Received
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.accounts import OWED, Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.balance import POINTS, Balance
from wejourney.loyalty.benefits.referrals import WhyNoReward, with_unrewarded
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import due_on
from wejourney.loyalty.earning import Nothing
from wejourney.loyalty.membership import amounts_for, with_membership
from wejourney.messaging.contents import LocalizedText
from wejourney.people.counters import NOTHING_COUNTED, DailyAmounts, day_of
from wejourney.people.followers import Follower
from wejourney.plain_data import changed
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.keep_books import KeepBooks
from wejourney.services.loyalty.offers import Offers
from wejourney.services.loyalty.ports import Entry, raise_failure
from wejourney.services.loyalty.reward_referrals import RewardReferrals
from workbench.simulator.books import BookRows, SimulatedBooks, SimulatedOffers, SimulatedSales


class Life(Protocol):
    """Whose books they are, and when it is now; it is told of what is posted in them."""

    follower: Follower | None
    now: datetime

    def posted(self, entry: Entry) -> None: ...


@dataclass(frozen=True)
class Ahead:
    """When the `next` day begins that brings something in the books; None: none does.

    `gains`: on that day or a later one, what is pending becomes the person's.
    """

    next: datetime | None = None
    gains: bool = False


class SimulatedProgramme:
    """Posts for the person of a life whatever the functions of a deployment would post for them.

    `subscribed_kinds` are the events of our own that somebody wants to hear of.
    """

    def __init__(self, life: Life, rules: PeopleRules, subscribed_kinds: frozenset[str]) -> None:
        self.life, self.rules = life, rules
        self.subscribed_kinds = subscribed_kinds
        self._told: list[InboundEvent] = []
        self._nothing: dict[str, Mapping[str, str]] = {}
        self._unrewarded: dict[str, str] = {}
        self._ahead: tuple[str, Ahead] | None = None

    # --- what happens ----------------------------------------------------------------------------

    def earn(self, event: InboundEvent) -> tuple[InboundEvent, ...]:
        """Post what an event of the person gives or takes back; returns what is to be told of it."""
        told, follower = self._earn(event, self.life.follower), self.life.follower
        if self.rules.programme.referrals is not None and follower is not None:
            told += self._referrals.ordered(event, follower)
        return told

    def why_nothing(self, received: Received) -> Mapping[str, str]:
        """Why rules have given nothing for an event that was posted, by rule."""
        found = {one.rule: one.why for one in received.earnings if isinstance(one, Nothing)}
        nothing, why = self._nothing.get(received.event.id, found), self._unrewarded
        return with_unrewarded(nothing, why.get(received.event.id, "")) if why else nothing

    def keep(self) -> list[InboundEvent]:
        """Post what the day brings; returns what is to be told of it."""
        self._told.clear()
        self._keep_books(0, lambda: True)
        self._keep_books.tell(lambda: True)
        return list(self._told)

    def unfollows(self, at: datetime) -> None:
        if self.rules.programme.referrals is not None and self.life.follower is not None:
            self._referrals.unfollowed(self.life.follower, at)

    @property
    def ahead(self) -> Ahead:
        """What the books of the person bring, as they are now."""
        follower = self.life.follower
        if follower is None:
            return Ahead()
        if self._ahead is None or self._ahead[0] != follower.person_id:
            self._ahead = follower.person_id, self._looked_ahead(follower.person_id)
        return self._ahead[1]

    def _looked_ahead(self, person_id: str) -> Ahead:
        rows = self.book_rows.by_person.items()
        theirs = [books for (owner, _), books in rows if owner == person_id]
        day = min(filter(None, map(due_on, theirs)), default="")
        if not day:
            return Ahead()
        gains = any(lot.due for books in theirs for lot in books.of(Pocket.PENDING))
        return Ahead(self.rules.programme.start_of(date.fromisoformat(day)), gains)

    def offered(self, names: Iterable[str]) -> frozenset[str]:
        """Those of these offers that apply to the person now."""
        follower, offers = self.life.follower, self.rules.programme.offers
        if follower is None:
            return frozenset()
        named = {name: offers[name] for name in names if name in offers}
        return self._offers.applying(named, follower, self._offers.given(named, follower))

    def titles_of_offers(self, follower: Follower) -> tuple[LocalizedText, ...]:
        listed = self.rules.programme.listed_offers
        return self._offers.titles(follower, self._offers.given(listed, follower))

    # --- the services ----------------------------------------------------------------------------

    @cached_property
    def bookkeeping(self) -> Bookkeeping:
        return Bookkeeping(self._books, self, pause=lambda _: None)

    @cached_property
    def _books(self) -> "_Books":
        return _Books(self, self._written)

    @cached_property
    def _earn(self) -> EarnPoints:
        rules, sales = self.rules, SimulatedSales()
        return EarnPoints(
            self.bookkeeping, sales, rules.programme, rules.profile, self.subscribed_kinds, timeline=self
        )

    @cached_property
    def _referrals(self) -> RewardReferrals:
        return RewardReferrals(self._earn)

    @cached_property
    def _keep_books(self) -> KeepBooks:
        programme = self.rules.programme
        return KeepBooks(
            records=self._books,
            people=self,
            inbox=self,
            clock=self,
            watch=self,
            programme=programme,
            may_spend=self.rules.profile.may_spend,
            is_heard=PointsChanged.kind in self.subscribed_kinds or bool(programme.tiers.levels),
        )

    @cached_property
    def _offers(self) -> Offers:
        return Offers(SimulatedOffers(), self.rules.programme, self.now, self.rules.profile.membership)

    def note_nothing(self, event: InboundEvent, follower: Follower, nothing: Mapping[str, str]) -> None:  # noqa: ARG002 - of its port
        self._nothing[event.id] = nothing

    def note_unrewarded(self, event: InboundEvent, follower: Follower, why: WhyNoReward) -> None:  # noqa: ARG002 - of its port
        self._unrewarded[event.id] = why

    # --- the ports -------------------------------------------------------------------------------

    @cached_property
    def book_rows(self) -> BookRows:
        """What is in the books; at first what the person has when their life begins."""
        rows, follower = BookRows(), self.life.follower
        if follower is not None:
            has = {POINTS: Balance(follower.points), **follower.balances}
            rows.by_person = {
                (follower.person_id, asset): opened_with(balance) for asset, balance in has.items()
            }
        return rows

    def person(self, person_id: str) -> Follower | None:
        follower = self.life.follower
        return follower if follower is not None and follower.person_id == person_id else None

    def tell_balance(self, person: Follower, asset: str, balance: Balance) -> None:
        self.life.follower = person.having(asset, balance).changed()

    def _written(self, entries: Sequence[Entry]) -> None:
        self._ahead = None
        for entry in entries:
            if self.person(entry.person_id) is not None:
                self.life.posted(entry)

    def tell(self, events: Sequence[InboundEvent]) -> None:
        self._told += events

    def now(self) -> datetime:
        return self.life.now

    def posted(self, entry: Entry) -> None:
        """The life is told of every entry, whoever posts it."""

    def failed(self, person_id: str, error: Exception) -> None:
        raise_failure(person_id, error)


def as_life_begins(follower: Follower, rules: PeopleRules, at: datetime) -> Follower:
    """The person of a file: a member by the consents in it, who has just reached the tier in it."""
    follower, tiers = with_membership(follower, rules.profile), rules.programme.tiers
    tier = next((one for one in tiers.levels if one.name == follower.tier), None)
    today = rules.programme.day_of(at)
    lacks = tier.at_least - tiers.within(amounts_for(tiers, follower), today) if tier is not None else 0
    if lacks <= 0:
        return follower
    if tiers.counter:
        counted = follower.counts.get(tiers.counter, NOTHING_COUNTED)
        more = counted.plus(DailyAmounts({day_of(at): lacks}))
        return changed(follower, counts={**follower.counts, tiers.counter: more})
    balance, month = follower.balances.get(POINTS, Balance(follower.points)), today.isoformat()[:7]
    earned = {**balance.earned, month: balance.earned.get(month, 0) + lacks}
    return follower.having(POINTS, changed(balance, earned=earned))


def opened_with(balance: Balance) -> Books:
    """Books in which somebody has what a balance says; what is pending stays so, as no day is known."""
    ending = min(balance.expiring, max(balance.available, 0)) if balance.expires_on else 0
    amounts = {
        Lot(Pocket.AVAILABLE, balance.expires_on): ending,
        Lot(Pocket.AVAILABLE): max(balance.available, 0) - ending,
        OWED: min(balance.available, 0),
        Lot(Pocket.UNCLAIMED): balance.unclaimed,
        Lot(Pocket.PENDING): balance.pending,
        Lot(Pocket.HELD, hold="before"): balance.held,
    }
    lots = {lot: amount for lot, amount in amounts.items() if amount}
    other_side = sum(lots.values())
    return Books(lots, {ProgrammeAccount.ADJUSTED: -other_side} if other_side else {}, dict(balance.earned))


@dataclass
class _Books(SimulatedBooks):
    """`written` is told of whatever is posted."""

    written: Callable[[Sequence[Entry]], None]

    def post(self, *entries: Entry) -> None:
        super().post(*entries)
        self.written(entries)
