"""Compiled journeys in virtual time, with the real services and a scripted follower."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sfnx.testing import Execution, Failure

from tests.support.events import body
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.bus import FakeBus
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from tests.support.kms import personal_data
from tests.support.virtual_time.engine import Engine, refused_by_engine
from wejourney.accounts import Account
from wejourney.adapters.sealed_runs import SealedRuns, sealed
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.errors import WeChatError, WejourneyError
from wejourney.events.event import InboundEvent, Subject, arrival_of, own_event
from wejourney.events.event_types import OWN, Source
from wejourney.journeys.routing import JourneyEntry, all_subscribed_kinds, may_open, route
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.sending import Message
from wejourney.messaging.wechat_errors import TRIED_AGAIN_AFTER
from wejourney.people.followers import Follower
from wejourney.reasons import RunEnd
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.perform_actions import PerformActions, Task
from wejourney.services.ports.actions import ActionPorts
from wejourney.services.process_event import ProcessEvent
from wejourney.wire.official_account.events import read_event
from workbench.compiler.catalogue import catalogue_of
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.simulator.books import SimulatedOffers, SimulatedSales
from workbench.simulator.deployment import simulated_code
from workbench.trace.engine import StateEntered

__all__ = ["refused_by_engine"]

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
APP_ID, ACCOUNT, OPENID = "wx1234567890abcdef", "gh_1234567890ab", "lee"
SUBJECT = Subject(APP_ID, OPENID)


@dataclass(frozen=True)
class Act:
    """Something that the follower does, or that is told of them, this long after the start.

    `fields` are WeChat's; of an event of our own, `kind` is the kind.
    """

    after: timedelta
    fields: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""


def follow(scene: str | None = None, after: timedelta = timedelta()) -> Act:
    key = f"qrscene_{scene}" if scene else ""
    return _happens("subscribe", after, EventKey=key)


def unfollow(after: timedelta) -> Act:
    return _happens("unsubscribe", after)


def scan(scene: str, after: timedelta) -> Act:
    return _happens("SCAN", after, EventKey=scene)


def click(key: str, after: timedelta) -> Act:
    return _happens("CLICK", after, EventKey=key)


def view(url: str, after: timedelta) -> Act:
    return _happens("VIEW", after, EventKey=url)


def close_chat(after: timedelta) -> Act:
    return _happens("kf_close_session", after)


def _happens(event: str, after: timedelta, **fields: str) -> Act:
    return Act(after, {"MsgType": "event", "Event": event, **fields})


def say(text: str, after: timedelta) -> Act:
    return Act(after, {"MsgType": "text", "MsgId": str(int(after.total_seconds())), "Content": text})


def tap(item: str, after: timedelta) -> Act:
    return Act(after, {**say(item, after).fields, "bizmsgmenuid": item})


def send_media(kind: str, after: timedelta) -> Act:
    """Send an image, a voice message, a video, a location or a link."""
    return Act(after, {"MsgType": kind, "MsgId": str(int(after.total_seconds()))})


def tell(kind: str, after: timedelta, **fields: Any) -> Act:
    """An event of our own, told by another system or an operator."""
    assert kind in OWN
    return Act(after, fields, kind)


def note(after: timedelta, **changes: str | bool) -> Act:
    """Somebody notes something about the follower; `date_x` is the date `x`."""
    return tell(
        "profile", after, changes={name.replace("date_", "date."): one for name, one in changes.items()}
    )


def join(after: timedelta) -> Act:
    """Become a member, in a store: WeChat is not told."""
    return note(after, member=True)


@dataclass
class World:
    """One account, one follower and the clock, around the real services."""

    entries: tuple[JourneyEntry, ...]
    acts: Iterable[Act] = ()
    follower: Follower | None = None
    language: str = "en"
    rules: str = "current"
    people: PeopleRules = NO_RULES
    clock: FakeClock = field(default_factory=lambda: FakeClock(START))
    runs: FakeRuns = field(default_factory=FakeRuns)
    bus: FakeBus = field(default_factory=FakeBus)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    meter: FakeMeter = field(default_factory=FakeMeter)
    late: bool = False
    """The time limit of a task fires although the answer is on record: the two met."""
    deaf: bool = False
    """The engine stops no run in time: the run itself finds out that it is over."""

    def __post_init__(self) -> None:
        settings = AccountSettings(APP_ID, language=self.language, rules=RULE_SETS[self.rules])
        account = Account(settings, "token", "k" * 43, "secret")
        accounts = FakeAccounts(account)
        self._numbers = itertools.count()
        self._arrivals = itertools.count(1)
        self.ahead = sorted(self.acts, key=lambda act: act.after)
        self.records = FakeFollowers(self.follower)
        self.ledger = FakeBooks(self.records)
        self._sales = SimulatedSales()
        self.wechat = FakeWeChat(clock=self.clock)
        self.ports = ActionPorts(
            accounts,
            self.records,
            self.ledger,
            {"custom": self.wechat},
            self.runs,
            self.bus,
            self.inbox,
            self.clock,
            self.meter,
            personal_data(),
            simulated_code,
            SimulatedOffers(),
        )
        self.perform = PerformActions(self.ports, all_subscribed_kinds(self.entries))
        self.process = ProcessEvent(
            accounts,
            self.records,
            FakeOrders(),
            self.runs,
            self.wechat,
            self.clock,
            self.meter,
            self.entries,
            people_rules=self.people,
            earn=self._earn,
        )
        self.sealed_runs = SealedRuns(self.records)
        self.engine = Engine(self.clock, self.runs, self._perform, self._ended)
        self.engine.late, self.engine.deaf = self.late, self.deaf
        self.attempts: list[StateEntered] = []
        """The attempts at tasks, each with its state."""
        self.shown: list[str] = []
        """What the engine has seen of runs: the data that tasks were given and gave back, and errors."""

    @property
    def _earn(self) -> EarnPoints:
        bookkeeping = Bookkeeping(self.ledger, self.records, pause=lambda _: None)
        kinds = all_subscribed_kinds(self.entries)
        return EarnPoints(bookkeeping, self._sales, self.people.programme, self.people.profile, kinds)

    def takes(self, event: InboundEvent, opened_journey: str | None = None) -> None:
        """The inbox works on an event, and gets what is to be told of it."""
        self.inbox.tell(self.process(self._arrived(event), opened_journey).told)

    # --- the follower ------------------------------------------------------------------------

    def live(self, until: datetime, token: str | None = None) -> None:
        """Let time pass, and the follower act, until then or until the token's run is woken."""
        self._live(until, lambda: token in self.runs.woken)

    def _live(self, until: datetime, is_over: Callable[[], bool]) -> None:
        self._settle()
        while not is_over():
            act, due = self._next_act(), self.engine.next_due
            first = due is not None and due == act and self.engine.next_is_pause
            if act is not None and act <= min(due or until, until) and not first:
                self.clock.pass_to(act)
                self._happen(self.ahead.pop(0))
            elif due is not None and due <= until:
                self.clock.pass_to(due)
                self.engine.pass_due()
            else:
                self.clock.pass_to(until)
                return
            self._settle()

    def begin(self) -> None:
        """Let the first event happen."""
        self.live(START)

    def _next_act(self) -> datetime | None:
        return START + self.ahead[0].after if self.ahead else None

    def _settle(self) -> None:
        """Let the engine and the inbox work until nothing is left to do now.

        What runs have told is worked on when none of them can go on.
        """
        while True:
            if self.engine.settle():
                continue
            if not self.inbox.queued:
                return
            self.takes(self.inbox.queued.pop(0))

    def _happen(self, act: Act) -> None:
        event = self.event_of(act)
        # The callback has asked the same question a moment before, and said the opening.
        way = (
            route(event, self.records.read(APP_ID, OPENID), self.entries)
            if event.source is not Source.OWN and may_open(event, self.entries)
            else None
        )
        greeted = way.starts if way else None
        self.takes(event, greeted.name if greeted and greeted.opening else None)

    def _arrived(self, event: InboundEvent) -> InboundEvent:
        """The event with its number in the inbox."""
        return replace(event, arrival=arrival_of(next(self._arrivals)))

    def event_of(self, act: Act) -> InboundEvent:
        """The event that an act is to the inbox."""
        if act.kind:
            cause = f"told {next(self._numbers)}"
            return own_event(body(act.kind, **act.fields), cause, SUBJECT, START + act.after)
        when = str(int((START + act.after).timestamp()))
        fields = {**act.fields, **self._label(act.fields.get("bizmsgmenuid"))}
        return read_event(
            APP_ID, {"FromUserName": OPENID, "ToUserName": ACCOUNT, "CreateTime": when, **fields}
        )

    def _label(self, item: str | None) -> dict[str, str]:
        """A tap says what the follower reads on the line: that of the newest menu message which has it."""
        lines = (line for _, content in reversed(self.wechat.arrived) for line in content.get("items", ()))
        return next(({"Content": line["text"]} for line in lines if line["id"] == item), {})

    # --- the engine --------------------------------------------------------------------------

    def _ended(self, run_id: str, end: RunEnd) -> None:
        self.records.end(run_id, end, self.clock.now())

    def run(self, definition: Mapping[str, Any]) -> Execution:
        """Run the journey that the first event starts, to its end."""
        (journey,) = {entry.name for entry in self.entries if self._is_first(entry)} or {""}
        self.engine.deploy(journey, definition)
        self.begin()
        one = self.engine.executions[self.runs.first.run.id]
        while not one.done:
            self._live(self._next(), lambda: one.done)
        return one.result or Execution((), (), failure=Failure("Stopped", "it was stopped"))

    def live_on(self, after: timedelta) -> "World":
        """Let everything happen until so long after the start."""
        self.live(START + after)
        return self

    def _is_first(self, entry: JourneyEntry) -> bool:
        first = route(self.event_of(self.ahead[0]), self.records.read(APP_ID, OPENID), self.entries)
        return first.starts is not None and first.starts.name == entry.name

    def _next(self) -> datetime:
        """The next moment at which something happens."""
        moments = [at for at in (self._next_act(), self.engine.next_due) if at is not None]
        return min(moments)

    def _perform(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.shown.append(json.dumps(payload["run"], ensure_ascii=False))
        try:
            data = self.sealed_runs.read(payload["run"])
            self.attempts.append(StateEntered(payload["state"], self.clock.now(), data))
            result = sealed(self.perform(Task.from_payload({**payload, "run": data})))
        except WejourneyError as error:
            self.shown.append(str(error))
            if isinstance(error, WeChatError) and type(error) in TRIED_AGAIN_AFTER:
                # A retry waits; how long exactly is the engine's, and may be random.
                self.clock.pass_(seconds=TRIED_AGAIN_AFTER[type(error)])
            raise Failure(type(error).__name__, str(error)) from error
        else:
            self.shown.append(json.dumps(result, ensure_ascii=False))
            return result

    # --- what can be seen ----------------------------------------------------------------------

    @property
    def openings(self) -> list[Message]:
        """What runs began with."""
        return [start.opening for start in self.runs.started.values() if start.opening is not None]

    @property
    def heard(self) -> list[tuple[timedelta, str]]:
        """What the follower received: when, after the start, and of which type."""
        arrived = [*((one.at, one.content) for one in self.openings), *self.wechat.arrived]
        return [(at - START, str(content["type"])) for at, content in sorted(arrived, key=lambda one: one[0])]

    @property
    def texts(self) -> list[tuple[timedelta, str]]:
        """The texts that arrived, and when."""
        return [(at - START, str(content.get("text"))) for at, content in self.wechat.arrived]

    @property
    def tags(self) -> set[str]:
        return set(self.records.follower.tags) if self.records.follower else set()

    @property
    def points(self) -> list[int]:
        return [posted.transaction.amount for posted in self.ledger.rows.transactions.values()]

    def output(self, journey: str = "") -> dict[str, Any]:
        """The output of the first run (of this journey), which has ended."""
        ours = (one for one in self.engine.executions.values() if journey in ("", one.journey))
        result = next(ours).result
        assert result is not None
        return dict(self.sealed_runs.read(cast("dict[str, Any]", result.output)))

    def statuses(self, journey: str = "") -> list[str]:
        """How the runs (of this journey) stand: `live`, or the kind of their end."""
        ours = (one.run_id for one in self.engine.executions.values() if journey in ("", one.journey))
        ends = (self.records.ends.get(run_id) for run_id in ours)
        return ["live" if end is None else end.kind for end in ends]


def world_of(*journeys: Journey, acts: Iterable[Act] = (), **world: Any) -> World:
    """A world with these journeys deployed."""
    made = World(tuple(catalogue_of(journeys)), acts, **world)
    for journey in journeys:
        made.engine.deploy(journey.name, compile_journey(journey, f"{journey.name}.yaml"))
    return made
