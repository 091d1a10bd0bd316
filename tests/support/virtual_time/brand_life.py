"""A brand's project on real tables in virtual time: its inbox, journeys and books, and the till of a shop.

Everything is the product's own, but for the queue, WeChat, the engine's service and the clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sfnx.testing import Failure

from tests.support.apis.gateway import Answered
from tests.support.apis.store_api import StoreApi
from tests.support.builders import APP_ID, event
from tests.support.calendars import Watch
from tests.support.events import body
from tests.support.fakes.wechat import FakeWeChat
from tests.support.keeping import Silent
from tests.support.one_person import MINI, AllAccounts
from tests.support.virtual_time.engine import Engine
from tests.support.world import World
from wejourney.accounts import Account
from wejourney.adapters.dynamo.calendar_store import CalendarStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import shard_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.sealed_runs import SealedRuns, sealed
from wejourney.errors import WejourneyError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import Source, TierChanged
from wejourney.journeys.routing import all_subscribed_kinds, may_open, route
from wejourney.journeys.runs import LiveRun
from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import due_on
from wejourney.loyalty.till.visits import scene_of
from wejourney.people.codes import SHARER, Code, CodeKind, SourceClass
from wejourney.people.followers import Follower, WeChatUserInfo
from wejourney.people.identities import openid_identity, union_identity
from wejourney.reasons import RunEnd
from wejourney.services.look_at_calendars import LookAtCalendars
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.keep_books import KeepBooks
from wejourney.services.loyalty.reward_referrals import RewardReferrals
from wejourney.services.perform_actions import PerformActions, Task
from workbench.compiler.catalogue import catalogue_of
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.operations.timeline import timeline_of
from workbench.project import Project, read_project

_SWEEP = timedelta(minutes=5)
"""How often the books are looked at; a day's dues are posted that long after midnight."""


def deployable(root: Path) -> Project:
    """A project without mistakes."""
    project = read_project(root)
    assert project.mistakes == ()
    return project


@dataclass
class UnionIds(FakeWeChat):
    """WeChat tells the union id of whoever follows."""

    def user_info(self, account: Account, openid: str) -> WeChatUserInfo:
        return WeChatUserInfo(language="en", union_id=_union_id(_who(openid)))


@dataclass
class BrandLife:
    """A deployment, and the people of a story by their names.

    `journeys` are deployed beside those of the project.
    """

    project: Project
    followers: FollowerStore
    ledger: BooksStore
    starts: datetime
    journeys: tuple[Journey, ...] = ()
    _number: int = 0
    _heard: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        deployed = (*self.project.journeys, *self.journeys)
        self.programme = self.project.programme
        self.rules = self.project.people.with_programme(self.programme)
        self.world = world = World(self.followers, self.ledger)
        world.clock.at = self.starts
        world.accounts, world.wechat = AllAccounts(), UnionIds(clock=world.clock)
        world.entries = tuple(catalogue_of(deployed))
        world.people_rules = self.rules
        kinds = all_subscribed_kinds(world.entries).union(self.rules.subscribed_kinds)
        bookkeeping = Bookkeeping(self.ledger, self.followers, pause=lambda _: None)
        sales = SaleStore(self.ledger.table)
        earn = EarnPoints(bookkeeping, sales, self.programme, self.rules.profile, kinds)
        world.earn, world.referrals = earn, RewardReferrals(earn)
        self.inbox = world.announcements
        self.api = StoreApi(
            self.followers.table,
            self.ledger.table,
            world.clock,
            self.inbox,
            world.wechat,
            programme=self.programme,
        )
        self._perform_actions = PerformActions(world.ports, kinds, self.rules.profile, self.programme)
        self.keep = KeepBooks(
            self.ledger,
            CalendarStore(self.followers.table),
            self.inbox,
            world.clock,
            Silent(),
            self.programme,
            self.rules.profile.may_spend,
        )
        self.watch = Watch()
        self.calendar = LookAtCalendars(
            world.accounts,
            CalendarStore(self.followers.table),
            self.inbox,
            world.clock,
            self.watch,
            world.entries,
            self.rules,
        )
        self.engine = Engine(world.clock, world.runs, self._perform, self._ended)
        for journey in deployed:
            self.engine.deploy(journey.name, compile_journey(journey, f"{journey.name}.yaml"))

    # --- what people do ------------------------------------------------------------------------------

    def follows(self, who: str, scene: str) -> None:
        self._happens(event("subscribe", self.now, _openid(who), EventKey=f"qrscene_{scene}"))

    def opens_event(self, name: str, **lasts: float) -> str:
        """The scene of a code that checks people in to an event, from now on for so long."""
        closes = self.now + timedelta(**lasts)
        facts = {CodeKind.EVENT.value: name}
        code = Code(
            MINI, name, name, CodeKind.EVENT, SourceClass.CONTENT, self.now, facts,
            opens_at=self.now, closes_at=closes, page="pages/event",
        )  # fmt: skip
        self.world.codes.add(code)
        return name

    def shares(self, who: str) -> str:
        """The scene of a QR code of their own, which they show to friends."""
        scene = f"friend-of-{who}"
        facts = {SHARER: self.known(who).person_id, CodeKind.CAMPAIGN.value: "friends"}
        kind, social = CodeKind.CAMPAIGN, SourceClass.SOCIAL
        code = Code(APP_ID, scene, scene, kind, social, self.now, facts, url="http://weixin.qq.com/q/1")
        self.world.codes.add(code)
        return scene

    def says(self, who: str, text: str) -> None:
        self._number += 1
        self._happens(event("text", self.now, _openid(who), Content=text, MsgId=str(self._number)))

    def clicks(self, who: str, key: str) -> None:
        self._happens(event("CLICK", self.now, _openid(who), EventKey=key))

    def scans_till(self, who: str, visit: str) -> None:
        """Who does not follow yet follows by it."""
        scene, is_new = scene_of(visit), self.person(who) is None or not self.known(who).following
        kind, key = ("subscribe", f"qrscene_{scene}") if is_new else ("SCAN", scene)
        self._happens(event(kind, self.now, _openid(who), EventKey=key))

    def is_identified(self, who: str) -> None:
        """The union id of whoever has paid is told by the brand's own system."""
        self.does(who, "identified", None, **_identity(who))

    def does(self, who: str, kind: str, subject: Subject | None = None, **fields: Any) -> None:
        """An event that another system tells of; without a subject, of the official account's."""
        self._number += 1
        where, cause = subject or Subject(APP_ID, _openid(who)), f"{kind} {self._number}"
        self._happens(own_event(body(kind, **fields), cause, where, self.now))

    def visits(self, who: str, name: str, **details: str) -> None:
        """They log in to the mini program, which tells their union id, and do something there."""
        self.does(who, "identified", in_mini_program(who), **_identity(who))
        self.does(who, "mini_program", in_mini_program(who), name=name, details=details)

    def pays(self, who: str, yuan: int, order: str) -> None:
        self.does(who, "payment", total=100 * yuan, order=order, merchant="1900000001", store="SH01")

    def till(self, method: str, path: str, **told: Any) -> Answered:
        """What the till of the shop asks; it is answered before anything else happens."""
        answer = self.api.send(method, f"/store/v1/{path}", told or None)
        self._settle()
        return answer

    # --- time ----------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def passes(self, **duration: float) -> None:
        """Let time pass, and all happen that is due."""
        until = self.now + timedelta(**duration)
        while (due := min(self._moments(), default=until)) < until:
            self.world.clock.pass_to(due)
            if self.engine.next_due is not None and self.engine.next_due <= due:
                self.engine.pass_due()
            else:
                people = [person for who in self._heard if (person := self.person(who))]
                for shard in {shard_of(person.person_id) for person in people}:
                    self.keep(shard, lambda: True)
                    self.calendar(shard, lambda: True)
            self._settle()
        self.world.clock.pass_to(until)
        assert self.watch.failures == []

    def _moments(self) -> Iterator[datetime]:
        if self.engine.next_due is not None:
            yield self.engine.next_due
        for who in self._heard:
            person = self.person(who)
            if person is None:
                continue
            if person.look_at is not None:
                yield max(person.look_at, self.now)
            due = due_on(self.books(who))
            if due:
                midnight = datetime.combine(date.fromisoformat(due), time(), ZoneInfo(self.programme.zone))
                yield max(midnight + _SWEEP, self.now)

    # --- what came of it ---------------------------------------------------------------------------------

    def heard(self, who: str) -> list[str]:
        """What they have read since this was asked last."""
        read, self._heard[who] = self._heard.get(who, []), []
        return read

    def person(self, who: str) -> Follower | None:
        """By their contact of the official account, else by that of the mini program."""
        places = openid_identity(APP_ID, _openid(who)), openid_identity(MINI, _openid(who, "m"))
        found = (self.followers.person_id_of(place) for place in places)
        person_id = next(filter(None, found), None)
        return None if person_id is None else self.followers.person(person_id)

    def known(self, who: str) -> Follower:
        person = self.person(who)
        assert person is not None, who
        return person

    def books(self, who: str, asset: str = "points") -> Books:
        """The books, which sum to zero and are what the row of the person says."""
        person = self.known(who)
        books = self.ledger.books(person.person_id, asset)
        assert sum(books.lots.values()) + sum(books.programme.values()) == 0
        if asset in person.balances:
            assert person.balances[asset].available == books.available
        return books

    def has(self, who: str) -> dict[Pocket, int]:
        books = self.books(who)
        return {pocket: amount for pocket in Pocket if (amount := books.total(pocket))}

    def tier(self, who: str) -> str | None:
        return self.known(who).tier

    def tiers_told(self, who: str) -> list[tuple[str, str]]:
        """From which tier to which they have come, the oldest change first."""
        rows = timeline_of(self.followers, APP_ID, _openid(who))
        told = [InboundEvent.from_dict(row["event"]).body for row in rows if "event" in row]
        return [(one.before, one.tier) for one in told if isinstance(one, TierChanged)]

    # --- the deployment ------------------------------------------------------------------------------------

    def _happens(self, one: InboundEvent) -> None:
        self._heard.setdefault(_who(one.subject.openid), [])
        self._apply(one)
        self._settle()
        self.world.clock.pass_(seconds=1)

    def _apply(self, one: InboundEvent) -> None:
        """The callback greets, then the inbox applies it."""
        state = self.followers.read(one.subject.app_id, one.subject.openid)
        is_act = one.source is not Source.OWN and may_open(one, self.world.entries)
        way = route(one, state, self.world.entries) if is_act else None
        greeted = way.starts.name if way and way.starts and way.starts.opening else None
        known = set(self.world.runs.started)
        self.inbox.tell(self.world.takes(one, greeted).told)
        for run_id in self.world.runs.started.keys() - known:
            start = self.world.runs.started[run_id]
            if start.opening is not None:
                self._read(start.run.follower.openid, start.opening.content)

    def _settle(self) -> None:
        while True:
            if self.engine.settle():
                continue
            if not self.inbox.queued:
                return
            self._apply(self.inbox.queued.pop(0))

    def _read(self, openid: str, content: Any) -> None:
        self._heard[_who(openid)].append(str(content.get("text", content["type"])))

    def _perform(self, payload: dict[str, Any]) -> dict[str, Any]:
        data, before = SealedRuns(self.followers).read(payload["run"]), len(self.world.wechat.calls)
        try:
            result = self._perform_actions(Task.from_payload({**payload, "run": data}))
        except WejourneyError as error:
            raise Failure(type(error).__name__, str(error)) from error
        for openid, content in self.world.wechat.calls[before:]:
            self._read(openid, content)
        return sealed(result)

    def _ended(self, run_id: str, end: RunEnd) -> None:
        run = self.world.runs.started[run_id].run
        live = LiveRun(run.journey, run_id, event_id="")
        self.followers.end_run(run.follower.person_id, live, end, self.now)


def in_mini_program(who: str) -> Subject:
    return Subject(MINI, _openid(who, "m"))


def _openid(who: str, app: str = "o") -> str:
    return f"{app}{who}-".ljust(27, "0") + "1"


def _who(openid: str) -> str:
    return openid[1:].partition("-")[0]


def _union_id(who: str) -> str:
    return f"u-{who}"


def _identity(who: str) -> dict[str, str]:
    identity = union_identity("main", _union_id(who))
    return {"identity_kind": identity.kind.value, "identity": identity.value}
