"""Journeys hear of each change of what somebody can spend, whoever posts it: a threshold is passed once."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path as Path_
from typing import Any

import pytest

from tests.functional.test_joining import PROFILE
from tests.functional.test_keep_books import Watch
from tests.support.builders import NOON, SUBJECT
from tests.support.events import body
from tests.support.fakes.inbox import FakeInbox
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import TableSnapshot
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import PointsChanged
from wejourney.events.matching import EventPattern, matches
from wejourney.journeys.action_types import AwardAction
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.benefits.gifts import GiftTerms
from wejourney.loyalty.benefits.referrals import ReferralTerms
from wejourney.loyalty.benefits.secret_codes import new_code
from wejourney.loyalty.earning_rules import EarningRule
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.services.loyalty.bookkeeping import Bookkeeping, Decide
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.keep_books import KeepBooks
from wejourney.services.loyalty.reward_referrals import RewardReferrals

PROGRAMME = Programme(
    assets={"points": Expiry(Period(12, "month"))},
    rules={
        "purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1),
        "songs": EarningRule(EventPattern("mini_program", name="custom.heard"), 30, once_per="song"),
    },
    gifts={"points": GiftTerms(most=500, returns_after=7)},
    referrals=ReferralTerms(gets=100, friend_gets=50, pending_days=3, unfollow_within=30 * 24 * 3600),
)
LOT = Lot(Pocket.AVAILABLE, "2027-11-23")
DAY = timedelta(days=1)

type Change = tuple[int, int]
"""What could be spent before, and after."""


@dataclass
class Life:
    """Somebody with 100 points, and what the inbox is told of their points by whom."""

    world: World
    told: dict[tuple[str, str], InboundEvent] = field(default_factory=dict)
    number: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        followers = self.world.followers
        self.table, self.ledger = followers.table, self.world.ledger.table
        self.records = BooksStore(self.ledger, self.table)
        self.world.people_rules = PeopleRules(PROFILE).with_programme(PROGRAMME)
        self.world.subscribed_kinds = frozenset({"points"})
        self.world.entries = (JourneyEntry("reached", "v1", Trigger("points", at_least=150)),)
        points = EarnPoints(
            self.bookkeeping, SaleStore(self.ledger), PROGRAMME, PROFILE, frozenset({"points"})
        )
        self.world.earn, self.world.referrals = points, RewardReferrals(points)
        self.does("consent_given", purpose="membership", version="1", channel="store")
        self.posts(Kind.EARN, lambda books: decide.earn(books, 100, LOT))
        self.hears()
        self.forget()

    @property
    def bookkeeping(self) -> Bookkeeping:
        return Bookkeeping(self.records, self.world.followers, pause=lambda _: None)

    @property
    def me(self) -> str:
        return self.world.follower().person_id

    def posts(self, kind: Kind, decided: Decide, id_: str = "", who: str = "") -> None:
        """A till, an operator or another part of the product posts, and tells nobody."""
        id_, at = id_ or f"{next(self.number)}", self.world.clock.now()
        asked = Asked(id_, kind, at, Cause(id_), {}, day=PROGRAMME.day_of(at).isoformat())
        assert self.bookkeeping.post(who or self.me, asked, decided)

    def does(self, kind: str, who: Subject = SUBJECT, **fields: Any) -> None:
        """Something happens, and the inbox works on it, and on what it tells."""
        self.world.clock.pass_(minutes=1)
        self.takes(own_event(body(kind, **fields), f"{next(self.number)}", who, self.world.clock.now()))

    def takes(self, event: InboundEvent) -> None:
        told = [*self.world.takes(event).told, *self.world.announcements.told]
        self.world.announcements.told.clear()
        for one in told:
            if isinstance(one.body, PointsChanged):
                self.told.setdefault((one.subject.openid, one.id), one)
            self.takes(one)

    def hears(self, inbox: FakeInbox | None = None) -> FakeInbox:
        """The function `keep_books` does what it does each minute, and the inbox works on it."""
        watch, inbox = Watch(), inbox or FakeInbox()
        keep = self.keeps(inbox, watch)
        for shard in range(CALENDAR_SHARDS):
            keep(shard, lambda: True)
        keep.tell(lambda: True)
        assert watch.failures == []
        for event in inbox.told:
            self.told.setdefault((event.subject.openid, event.id), event)
            self.takes(event)
        return inbox

    def keeps(self, inbox: FakeInbox, watch: Watch) -> KeepBooks:
        people, clock = PeopleStore(self.table), self.world.clock
        return KeepBooks(self.records, people, inbox, clock, watch, PROGRAMME, PROFILE.may_spend)

    def knows(self, name: str, points: int = 0, **told: Any) -> str:
        """Another member."""
        since = self.world.clock.now()
        agreed = self.world.follower().consents
        person = Follower("wx1", name, name, contact_id=f"c-{name}", following=True, followed_at=since)
        person = replace(person, known_since=since, member=True, consents=agreed, **told)
        self.world.followers.save(None, person)
        if points:
            self.posts(Kind.EARN, lambda books: decide.earn(books, points, LOT), who=name)
            self.hears()
            self.forget()
        return name

    def forget(self) -> None:
        """What was told so far does not count."""
        self.told.clear()
        started = self.world.runs.started
        for name in [name for name, start in started.items() if start.run.journey == "reached"]:
            del started[name]

    def heard(self, person_id: str = "") -> list[InboundEvent]:
        """What one person has heard, by whichever contact."""
        person = self.world.followers.person(person_id or self.me)
        assert person is not None
        openids = {contact.openid for contact in person.contacts}
        return [one for (openid, _), one in self.told.items() if openid in openids]

    def changes(self, person_id: str = "") -> list[Change]:
        bodies = [one.body for one in self.heard(person_id) if isinstance(one.body, PointsChanged)]
        # What has been earned and cannot be spent is told for tiers.
        return [(one.before, one.points) for one in bodies if one.before != one.points]


@pytest.fixture
def life(followers: FollowerStore, books: BooksStore) -> Life:
    return Life(new_world(followers, books))


def pays(life: Life, yuan: int = 120, who: Subject = SUBJECT, order: str = "A-1") -> None:
    life.does("payment", who, total=100 * yuan, order=order, merchant="1900000001")


def holds(life: Life, amount: int = 80) -> None:
    life.posts(Kind.HOLD, lambda books: decide.hold(books, amount, "till"))


# --- the paths: what each changes, by the contact that hears of it -------------------------------------


def earned(life: Life) -> list[Change]:
    pays(life)
    return [(100, 220)]


def awarded(life: Life) -> list[Change]:
    life.world.perform(life.world.run(), AwardAction("9", 60, "x"))
    for event in life.world.announcements.told:
        life.told[event.subject.openid, event.id] = event
    return [(100, 160)]


def held(life: Life) -> list[Change]:
    holds(life)
    return [(100, 20)]


def captured_in_part(life: Life) -> list[Change]:
    holds(life)
    life.posts(Kind.CAPTURE, lambda books: decide.capture(books, "till", 30))
    return [(100, 20), (20, 70)]


def captured(life: Life) -> list[Change]:
    holds(life)
    life.posts(Kind.CAPTURE, lambda books: decide.capture(books, "till", 80))
    return [(100, 20)]


def released(life: Life) -> list[Change]:
    holds(life)
    life.posts(Kind.RELEASE, lambda books: decide.release(books, "till"))
    return [(100, 20), (20, 100)]


def spent(life: Life) -> list[Change]:
    life.posts(Kind.SPEND, lambda books: decide.spend(books, 30))
    return [(100, 70)]


def given_back(life: Life) -> list[Change]:
    life.posts(Kind.SPEND, lambda books: decide.spend(books, 30), "sale")
    asked = Asked("back", Kind.REVERSE, NOON, Cause("back"), {}, day="2026-11-23", reverses="sale")
    assert life.bookkeeping.take_back(asked, 10)
    return [(100, 70), (70, 80)]


def adjusted(life: Life) -> list[Change]:
    life.posts(Kind.ADJUST, lambda books: decide.adjust(books, 90, LOT))
    life.posts(Kind.ADJUST, lambda books: decide.adjust(books, -200, LOT))
    return [(100, 190), (190, -10)]


def owed_for_first(life: Life) -> list[Change]:
    life.posts(Kind.ADJUST, lambda books: decide.adjust(books, -120, LOT))
    pays(life, 50)
    return [(100, -20), (-20, 30)]


def claimed(life: Life) -> list[Change]:
    life.posts(Kind.EARN, lambda books: decide.earn(books, 70, Lot(Pocket.UNCLAIMED)))
    life.does("consent_given", purpose="membership", version="2", channel="store")
    return [(100, 170)]


def expired(life: Life) -> list[Change]:
    life.world.clock.pass_(hours=24 * 370)
    return [(100, 0)]


def expired_before_a_sale(life: Life) -> list[Change]:
    life.posts(Kind.ADJUST, lambda books: decide.adjust(books, 60, Lot(Pocket.AVAILABLE)))
    life.world.clock.pass_(hours=24 * 370)
    life.posts(Kind.SPEND, lambda books: decide.spend(books, 10))
    return [(100, 160), (160, 60), (60, 50)]


def matured(life: Life) -> list[Change]:
    pending = Lot(Pocket.PENDING, "2027-11-23", "2026-11-25")
    life.posts(Kind.EARN, lambda books: decide.earn(books, 70, pending))
    life.world.clock.pass_(hours=72)
    return [(100, 170)]


def returned(life: Life) -> list[Change]:
    pays(life)
    life.does("refund", total=6_000, order="A-1", merchant="1900000001")
    return [(100, 220), (220, 160)]


def returned_by_somebody_else(life: Life) -> list[Change]:
    pays(life)
    other = life.knows("somebody", 40)
    life.forget()
    life.does("refund", Subject("wx1", other), total=6_000, order="A-1", merchant="1900000001")
    assert life.changes(other) == []
    return [(220, 160)]


def gifts(life: Life) -> Gifts:
    records, now = GiftStore(life.ledger, life.table), life.world.clock.now
    return Gifts(records, life.world.followers, PROGRAMME, PROFILE, FakeInbox(), now, lambda _: None)


CODE = new_code(lambda _: 5)


def gave(life: Life) -> list[Change]:
    other = life.knows("bob", 140)
    gifts(life).give(CODE, life.me, "points", 30)
    gifts(life).claim(CODE, other)
    life.hears()
    assert life.changes("bob") == [(140, 170)]
    return [(100, 70)]


def received(life: Life) -> list[Change]:
    other = life.knows("bob", 140)
    gifts(life).give(CODE, other, "points", 60)
    gifts(life).claim(CODE, life.me)
    life.hears()
    assert sorted(life.changes("bob")) == [(140, 80)]
    return [(100, 160)]


def gift_came_back(life: Life) -> list[Change]:
    gifts(life).give(CODE, life.me, "points", 30)
    life.world.clock.pass_(hours=24 * 8)
    assert gifts(life).settle_due() == 1
    return [(100, 70), (70, 100)]


def merges(life: Life, points: int, before: int) -> list[Change]:
    """Somebody younger turns out to be them."""
    life.world.clock.pass_(minutes=1)
    younger = life.knows("younger", points)
    first, me = life.world.followers.person(younger), life.world.follower()
    assert first is not None
    life.world.followers.merge(first, me, IdentityKind.UNION_ID, life.world.clock.now())
    return [(before, 100 + points)]


def merged(life: Life) -> list[Change]:
    return merges(life, 70, before=100)


def merged_with_who_had_more(life: Life) -> list[Change]:
    """What the younger one has passed before is not passed again."""
    return merges(life, 160, before=160)


def is_them(life: Life, younger: str, older: str = "") -> None:
    first, second = (life.world.followers.person(one or life.me) for one in (younger, older))
    assert first is not None
    assert second is not None
    life.world.followers.merge(first, second, IdentityKind.UNION_ID, life.world.clock.now())


def merged_before_anybody_has_heard(life: Life) -> list[Change]:
    """A till posts for somebody who is merged within the minute; the older one has passed some of it."""
    life.world.clock.pass_(minutes=1)
    younger = life.knows("younger")
    life.posts(Kind.EARN, lambda books: decide.earn(books, 160, LOT), who=younger)
    is_them(life, younger)
    return [(100, 160), (160, 260)]


def merged_with_less_before_anybody_has_heard(life: Life) -> list[Change]:
    life.world.clock.pass_(minutes=1)
    younger = life.knows("younger", 30)
    life.posts(Kind.EARN, lambda books: decide.earn(books, 50, LOT), who=younger)
    is_them(life, younger)
    return [(100, 180)]


def merged_with_nothing_left_before_anybody_has_heard(life: Life) -> list[Change]:
    life.world.clock.pass_(minutes=1)
    younger = life.knows("younger")
    life.posts(Kind.EARN, lambda books: decide.earn(books, 60, LOT), who=younger)
    life.posts(Kind.SPEND, lambda books: decide.spend(books, 60), who=younger)
    is_them(life, younger)
    return []


def merged_while_both_have_not_heard(life: Life) -> list[Change]:
    life.world.clock.pass_(minutes=1)
    younger = life.knows("younger")
    life.posts(Kind.EARN, lambda books: decide.earn(books, 160, LOT), who=younger)
    life.posts(Kind.EARN, lambda books: decide.earn(books, 40, LOT))
    is_them(life, younger)
    return [(100, 140), (140, 160), (160, 300)]


def merged_twice_before_anybody_has_heard(life: Life) -> list[Change]:
    life.world.clock.pass_(minutes=1)
    middle = life.knows("middle", 120)
    life.world.clock.pass_(minutes=1)
    younger = life.knows("younger")
    life.posts(Kind.EARN, lambda books: decide.earn(books, 150, LOT), who=younger)
    is_them(life, younger, middle)
    is_them(life, middle)
    return [(120, 150), (150, 270), (270, 370)]


def dies(life: Life, kind: str, who: Subject, **fields: Any) -> InboundEvent:
    """A worker posts what an event brings, and tells nobody; the event is delivered again."""
    life.world.clock.pass_(minutes=1)
    event = own_event(body(kind, **fields), f"{next(life.number)}", who, life.world.clock.now())
    life.world.takes(event)
    return event


def younger_than_me(life: Life, points: int) -> Subject:
    life.world.clock.pass_(minutes=1)
    return Subject("wx1", life.knows("younger", points))


ORDER: dict[str, Any] = {"order": "B-1", "merchant": "1900000001"}


def earned_by_who_was_merged_before_it_was_told(life: Life) -> list[Change]:
    younger = younger_than_me(life, 90)
    event = dies(life, "payment", younger, total=3_000, **ORDER)
    is_them(life, younger.openid)
    life.takes(event)
    return [(100, 120), (120, 220)]


def earned_once_by_who_was_merged_before_it_was_told(life: Life) -> list[Change]:
    """The id of the transaction has whose it was, unlike that of an order."""
    younger = younger_than_me(life, 90)
    event = dies(life, "mini_program", younger, name="custom.heard", details={"song": "S-1"})
    is_them(life, younger.openid)
    life.takes(event)
    return [(100, 120), (120, 220)]


def earned_by_who_was_merged_twice_before_it_was_told(life: Life) -> list[Change]:
    life.world.clock.pass_(minutes=1)
    middle = life.knows("middle", 110)
    younger = younger_than_me(life, 90)
    event = dies(life, "payment", younger, total=3_000, **ORDER)
    is_them(life, younger.openid, middle)
    is_them(life, middle)
    life.takes(event)
    return [(110, 120), (120, 230), (230, 330)]


def claimed_by_who_was_merged_before_it_was_told(life: Life) -> list[Change]:
    """The older one has something to claim as well, with a later event."""
    younger = younger_than_me(life, 50)
    for who in (life.me, younger.openid):
        life.posts(Kind.EARN, lambda books: decide.earn(books, 20, Lot(Pocket.UNCLAIMED)), who=who)
    event = dies(life, "consent_given", younger, purpose="membership", version="2", channel="store")
    is_them(life, younger.openid)
    life.takes(event)
    return [(100, 170), (170, 190)]


def returned_by_who_was_merged_before_it_was_told(life: Life) -> list[Change]:
    younger = younger_than_me(life, 40)
    life.does("payment", younger, total=3_000, **ORDER)
    life.forget()
    event = dies(life, "refund", younger, total=2_000, **ORDER)
    is_them(life, younger.openid)
    life.takes(event)
    return [(100, 150)]


def returned_by_somebody_else_before_it_was_told(life: Life) -> list[Change]:
    other, younger = life.knows("somebody"), younger_than_me(life, 40)
    life.does("payment", younger, total=3_000, **ORDER)
    life.forget()
    event = dies(life, "refund", Subject("wx1", other), total=2_000, **ORDER)
    is_them(life, younger.openid)
    life.takes(event)
    return [(100, 150)]


def brought_a_friend(life: Life) -> list[Change]:
    friend(life)
    life.world.clock.pass_(hours=24 * 5)
    life.hears()
    assert life.changes("friend") == [(100, 150)]
    return [(100, 200)]


def brought_a_friend_who_left(life: Life) -> list[Change]:
    brought_a_friend(life)
    left, referrals = life.world.followers.person("friend"), life.world.referrals
    assert left is not None
    assert referrals is not None
    referrals.unfollowed(left, life.world.clock.now())
    return [(100, 200), (200, 100)]


def brought_a_friend_who_returned_the_order(life: Life) -> list[Change]:
    brought_a_friend(life)
    life.does("refund", Subject("wx1", "friend"), total=10_000, order="F-1", merchant="1900000001")
    return [(100, 200), (200, 100)]


def brought_a_friend_whose_return_was_told_first(life: Life) -> list[Change]:
    life.does("refund", Subject("wx1", "friend"), total=10_000, order="F-1", merchant="1900000001")
    friend(life)
    life.world.clock.pass_(hours=24 * 5)
    return []


def friend(life: Life) -> None:
    came = {"first_code_name": life.world.clock.now()}
    life.knows("friend", attributes={"first_code_sharer": life.me}, told_at=came)
    pays(life, 100, Subject("wx1", "friend"), "F-1")
    life.told = {key: one for key, one in life.told.items() if one.body.by != "rule:purchases"}


def another_asset(life: Life) -> list[Change]:
    asked = Asked("s", Kind.EARN, NOON, Cause("s"), {}, day="2026-11-23", asset="stamps")
    assert life.bookkeeping.post(life.me, asked, lambda books: decide.earn(books, 200, LOT))
    return []


type Path = Callable[[Life], list[Change]]

PATHS: dict[Path, set[Kind]] = {
    earned: {Kind.EARN},
    awarded: {Kind.EARN},
    held: {Kind.HOLD},
    captured_in_part: {Kind.CAPTURE},
    captured: {Kind.CAPTURE},
    released: {Kind.RELEASE},
    spent: {Kind.SPEND},
    given_back: {Kind.REVERSE},
    adjusted: {Kind.ADJUST},
    owed_for_first: {Kind.EARN},
    claimed: {Kind.CLAIM},
    expired: {Kind.EXPIRE},
    expired_before_a_sale: {Kind.EXPIRE, Kind.SPEND},
    matured: {Kind.MATURE},
    returned: {Kind.REVERSE},
    returned_by_somebody_else: {Kind.REVERSE},
    gave: {Kind.GIVE},
    received: {Kind.RECEIVE},
    gift_came_back: {Kind.RELEASE},
    merged: {Kind.MERGE},
    merged_with_who_had_more: {Kind.MERGE},
    merged_before_anybody_has_heard: {Kind.MERGE},
    merged_with_less_before_anybody_has_heard: {Kind.MERGE},
    merged_with_nothing_left_before_anybody_has_heard: {Kind.EARN},
    merged_while_both_have_not_heard: {Kind.MERGE},
    merged_twice_before_anybody_has_heard: {Kind.MERGE},
    earned_by_who_was_merged_before_it_was_told: {Kind.MERGE},
    earned_once_by_who_was_merged_before_it_was_told: {Kind.MERGE},
    earned_by_who_was_merged_twice_before_it_was_told: {Kind.MERGE},
    claimed_by_who_was_merged_before_it_was_told: {Kind.MERGE},
    returned_by_who_was_merged_before_it_was_told: {Kind.MERGE},
    returned_by_somebody_else_before_it_was_told: {Kind.MERGE},
    brought_a_friend: {Kind.MATURE},
    brought_a_friend_who_left: {Kind.REVERSE},
    brought_a_friend_who_returned_the_order: {Kind.REVERSE},
    brought_a_friend_whose_return_was_told_first: {Kind.EARN},
    another_asset: {Kind.EARN},
}
"""And the kinds of transactions that each posts last."""


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_whoever_posts_journeys_hear_of_each_change_once_and_of_each_threshold_that_is_passed(
    life: Life, path: Path
) -> None:
    expected = path(life)
    for _ in range(2):
        life.hears()

    assert sorted(life.changes()) == sorted(expected)
    events = life.heard()
    for threshold in range(1, 300):
        passed = sum(matches(EventPattern("points", at_least=threshold), event) for event in events)
        assert passed == sum(before < threshold <= after for before, after in expected), threshold
    reached = any(before < 150 <= after for before, after in expected)
    runs = [start.run for start in life.world.runs.started.values()]
    started = [run.journey for run in runs if run.follower.person_id == life.me]
    assert ("reached" in started) == (
        reached and path is not awarded
    )  # What a step tells waits in the inbox.
    kinds = {moved.kind for asset in ("points", "stamps") for moved in life.records.newest(life.me, asset)}
    assert kinds >= PATHS[path]


def test_the_paths_post_transactions_of_every_kind() -> None:
    assert set[Kind]().union(*PATHS.values()) == set(Kind)


def test_only_who_puts_it_into_the_inbox_itself_says_that_it_is_told() -> None:
    """All others leave it to the function `keep_books`, also whoever posts in a way that is added later."""
    found = set[str]()
    for file in (Path_("layers"), Path_("workbench"), Path_("functions")):
        for source in file.rglob("*.py"):
            nodes = ast.walk(ast.parse(source.read_text("utf-8")))
            # The result of a leader board is told, too, and posts nothing.
            calls = (one for one in nodes if isinstance(one, ast.Call) and ast.unparse(one.func) != "Result")
            if any(word.arg == "is_told" for call in calls for word in call.keywords):
                found.add(source.stem)
    posters = {"bookkeeping", "change_profile", "earn_points", "keep_books", "ports", "run_interpreter"}
    assert found == posters


def test_killed_at_any_call_the_inbox_hears_of_a_sale_once(life: Life, tables: str) -> None:
    holds(life)
    before, place, was_killed = TableSnapshot(tables, "FollowersTable", "LedgerTable"), 0, True
    while was_killed:
        before.restore()
        inbox, hazard, was_killed = FakeInbox(), Hazard(place), False
        with hazard.in_dynamodb(life.world):
            try:
                life.keeps(hazard.around(inbox), Watch()).tell(lambda: True)
            except Killed:
                was_killed = True
        life.hears(inbox)
        assert {
            (event.id, event.body.points) for event in inbox.told if isinstance(event.body, PointsChanged)
        }
        assert len({event.id for event in inbox.told}) == 1, place
        place += 1

    assert place > 11


def test_what_nobody_can_hear_of_is_not_told_again_and_again(life: Life) -> None:
    life.posts(Kind.EARN, lambda books: decide.earn(books, 5, LOT), who="somebody-erased")
    life.hears()

    assert life.told == {}
    assert list(life.records.untold()) == []


def test_who_follows_nowhere_hears_of_it_by_a_contact_that_they_have(life: Life) -> None:
    person = life.knows("browses")
    known = life.world.followers.person(person)
    assert known is not None
    life.world.followers.save(known, known.changed(following=False))
    life.posts(Kind.EARN, lambda books: decide.earn(books, 5, LOT), who=person)
    life.hears()

    assert life.changes("browses") == [(0, 5)]
