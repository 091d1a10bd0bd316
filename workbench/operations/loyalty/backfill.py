"""A rule for what has happened already: what it gives for past events, and posting that once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from wejourney.adapters.dynamo.expressions import Column, Condition, expressions
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import FOLLOWER, RawItem, columns_of, person_of
from wejourney.errors import AlreadyDoneError
from wejourney.events.event import InboundEvent
from wejourney.events.positions import BEGINNING, Position
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.earning import Sale
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Kind, Transaction
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ProfileModel
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints, Sales
from wejourney.services.loyalty.ports import BookRecords, Entry, People, Posted


@dataclass(frozen=True, order=True)
class Liability:
    """What a rule has the brand owe: to people who have joined (`claimed`), until the end of a month.

    The `month` (`2027-11`) is empty for what can be spent for ever.
    """

    asset: str
    month: str
    claimed: bool


@dataclass
class Given:
    """What a rule has given, or would give: amounts, to how many people, in how many transactions."""

    liability: Counter[Liability] = field(default_factory=Counter)
    people: set[str] = field(default_factory=set)
    transactions: int = 0

    def note(self, entry: Entry) -> None:
        if entry.transaction.kind is Kind.EXPIRE:
            return  # Of what they had before: it is posted before anything is given.
        self.people.add(entry.person_id)
        self.transactions += 1
        for place, amount in entry.transaction.moved.items():
            if isinstance(place, Lot):
                claimed = place.pocket is not Pocket.UNCLAIMED
                self.liability[Liability(entry.transaction.asset, place.expires[:7], claimed)] += amount


@dataclass
class NotedBooks:
    """The books, and what is posted in them here."""

    records: BookRecords
    given: Given = field(default_factory=Given)

    def books(self, person_id: str, asset: str = POINTS) -> Books:
        return self.records.books(person_id, asset)

    def posted(self, transaction_id: str) -> Posted | None:
        return self.records.posted(transaction_id)

    def post(self, *entries: Entry) -> None:
        self.records.post(*entries)
        for entry in entries:
            self.given.note(entry)

    def newest(self, person_id: str, asset: str = POINTS) -> Iterator[Transaction]:
        return self.records.newest(person_id, asset)


@dataclass
class DraftBooks(NotedBooks):
    """What would be in the books: nothing is posted in the real ones."""

    drafts: dict[tuple[str, str], Books] = field(default_factory=dict)
    made: dict[str, Posted] = field(default_factory=dict)

    def books(self, person_id: str, asset: str = POINTS) -> Books:
        found = self.drafts.get((person_id, asset))
        return self.records.books(person_id, asset) if found is None else found

    def posted(self, transaction_id: str) -> Posted | None:
        return self.made.get(transaction_id) or self.records.posted(transaction_id)

    def post(self, *entries: Entry) -> None:
        for entry in entries:
            moved = entry.transaction
            if self.posted(moved.id) is not None:
                raise AlreadyDoneError
            self.drafts[entry.person_id, moved.asset] = entry.after
            self.made[moved.id] = Posted(
                entry.person_id, moved, entry.inputs_hash, balance=entry.after.available
            )
            if moved.reverses and (original := self.posted(moved.reverses)) is not None:
                taken = original.reversed + moved.amount
                self.made[moved.reverses] = replace(original, reversed=taken)
            self.given.note(entry)

    def newest(self, person_id: str, asset: str = POINTS) -> Iterator[Transaction]:
        made = (
            one.transaction
            for one in self.made.values()
            if one.person_id == person_id and one.transaction.asset == asset
        )
        return chain(made, self.records.newest(person_id, asset))


@dataclass
class DraftSales:
    """What would be known of orders."""

    sales: Sales
    drafts: dict[str, Sale] = field(default_factory=dict)

    def find(self, order: str) -> Sale:
        return self.drafts.get(order) or self.sales.find(order)

    def paid(self, order: str, total: int, earned_by: Iterable[str]) -> Sale:
        sale = self.find(order)
        ids = tuple(sorted({*sale.earned_by, *earned_by}))
        return self._keep(order, replace(sale, paid=total, earned_by=ids))

    def returned(self, order: str, event_id: str, amount: int | None) -> Sale:
        sale = self.find(order)
        return self._keep(order, replace(sale, returned={**sale.returned, event_id: amount}))

    def _keep(self, order: str, sale: Sale) -> Sale:
        self.drafts[order] = sale
        return sale


@dataclass(frozen=True)
class Backfill:
    """A rule of the programme, for all people whom `followers` has.

    Each transaction has the id that it would have had when its event came: what was given then, or by an
    earlier backfill, is not given again. What would have expired for them by `now` is not given.
    """

    rule: str
    programme: Programme
    profile: ProfileModel
    followers: FollowerStore
    sales: Sales
    since: datetime | None = None

    def draft(self, records: BookRecords, now: datetime) -> Given:
        """What it would give."""
        return self._all(DraftBooks(records), DraftSales(self.sales), now)

    def post(self, records: BookRecords, now: datetime) -> Given:
        """Post it; done again, it goes on. Journeys are not told of it."""
        return self._all(NotedBooks(records), self.sales, now)

    def _all(self, books: NotedBooks, sales: Sales, now: datetime) -> Given:
        people: People = self.followers
        earn = EarnPoints(Bookkeeping(books, people), sales, self.programme, self.profile, only=self.rule)
        begin = BEGINNING if self.since is None else Position.at(self.since)
        for follower in everybody(self.followers):
            events = [event for event in self.followers.newest_events(follower, begin) if event.at <= now]
            for event in reversed(events):
                if self._is_worth(event, follower, now):
                    # The past was imported, or came as it happened: here it counts alike.
                    earn(replace(event, history=False), follower)
        return books.given

    def _is_worth(self, event: InboundEvent, follower: Follower, now: datetime) -> bool:
        """Whether the person could spend still what the rule gives for the event."""
        asset, today = self.programme.rules[self.rule].asset, self.programme.day_of(now).isoformat()
        day, may_spend = self.programme.day_of(event.at), self.profile.may_spend(follower)
        last = self.programme.lot_for(asset, day, may_spend=may_spend).expires
        return not last or last >= today


def everybody(followers: FollowerStore) -> Iterator[Follower]:
    """All people of a deployment. It reads the whole table."""
    here: Condition = Column("contacts").exists() & Column("merged_into").does_not_exist()
    asked = expressions(condition=here)
    asked["FilterExpression"] = asked.pop("ConditionExpression")
    begins: dict[str, RawItem] = {}
    while True:
        page = followers.table.client.scan(TableName=followers.table.name, **asked, **begins)
        for item in page["Items"]:
            if item["sk"]["S"] == FOLLOWER:
                yield person_of(columns_of(item))
        if "LastEvaluatedKey" not in page:
            return
        begins = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
