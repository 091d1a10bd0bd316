"""Things to test with, and fakes with behaviour for the ports that leave the process."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.events import body
from wejourney.accounts import Account
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.ledger_store import LedgerStore
from wejourney.errors import UnknownAccountError
from wejourney.events.events import InboundEvent, Subject, own_event
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import RunStart, Wake
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.channels import CUSTOM
from wejourney.messaging.contents import Text
from wejourney.metrics import Metric
from wejourney.people.followers import LiveRun, WeChatUserInfo
from wejourney.reasons import RunEnd
from wejourney.services.perform_actions import ActionPorts
from wejourney.wire.official_account.events import read_event

APP_ID = "wx1234567890abcdef"
OPENID = "oFollower0000000000000000001"
SUBJECT = Subject(APP_ID, OPENID)
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)

SETTINGS = AccountSettings(APP_ID)
ACCOUNT = Account(SETTINGS, "token", "k" * 43, "an app secret")

WELCOME = JourneyEntry(
    "welcome",
    "v1",
    Trigger(event="follow", when=Condition(member=False)),
    Text(text={"zh": "你好，回复 1 或 2", "en": "Hello, reply 1 or 2"}),
)
HELP = JourneyEntry("help", "v1", Trigger(event="text", keywords=("help", "帮助")))


def event(kind: str, at: datetime = NOON, openid: str = OPENID, **fields: Any) -> InboundEvent:
    """An event as WeChat sends it: `event("text", Content="1", MsgId=7)`, `event("subscribe")`."""
    envelope: dict[str, Any] = {
        "ToUserName": "gh_1",
        "FromUserName": openid,
        "CreateTime": str(int(at.timestamp())),
    }
    if kind in {"text", "image", "voice", "location"}:
        envelope |= {"MsgType": kind, "MsgId": str(int(at.timestamp()))}
    else:
        envelope |= {"MsgType": "event", "Event": kind}
    return read_event(APP_ID, envelope | fields)


def own(kind: str, cause: str = "cause", **fields: Any) -> InboundEvent:
    """An event of our own at noon: `own("tag", tag="vip")`; `cause` tells two of them apart."""
    return own_event(body(kind, **fields), cause, SUBJECT, NOON)


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def pass_(self, **duration: float) -> datetime:
        self.at += timedelta(**duration)
        return self.at


class FakeAccounts:
    """One account."""

    def get(self, app_id: str) -> Account:
        if app_id != ACCOUNT.app_id:
            raise UnknownAccountError(app_id)
        return ACCOUNT


@dataclass
class FakeRuns:
    """An engine that remembers: a run starts once by its id, a token wakes once."""

    started: dict[str, RunStart] = field(default_factory=dict)
    woken: dict[str, Wake] = field(default_factory=dict)
    stopped: list[LiveRun] = field(default_factory=list)
    crash_on_start: bool = False

    def start(self, start: RunStart) -> None:
        if self.crash_on_start:
            self.crash_on_start = False
            raise ConnectionError("the worker was killed")
        self.started.setdefault(start.run.id, start)

    def wake(self, wake: Wake) -> None:
        self.woken.setdefault(wake.token, wake)

    def stop(self, run: LiveRun, end: RunEnd) -> None:
        self.stopped.append(run)


@dataclass
class FakeWeChat:
    """WeChat as the outbox sees it: it takes messages, or fails as it is told, in order."""

    known: WeChatUserInfo | Exception = field(default_factory=WeChatUserInfo)
    failures: list[Exception | None] = field(default_factory=list)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    before_send: Callable[[], None] | None = None

    def user_info(self, account: Account, openid: str) -> WeChatUserInfo:
        if isinstance(self.known, Exception):
            raise self.known
        return self.known

    def send(self, account: Account, openid: str, content: Mapping[str, Any]) -> None:
        if self.before_send is not None:
            self.before_send()
        self.calls.append((openid, content))
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.taken.append(str(content.get("text", content["type"])))


@dataclass
class FakeMeter:
    """Counts."""

    counts: Counter[str] = field(default_factory=Counter)

    def count(self, metric: Metric, **dimensions: str) -> None:
        self.counts[metric] += 1
        for value in dimensions.values():
            self.counts[f"{metric}.{value}"] += 1


@dataclass
class FakeAnnouncements:
    """The inbox's door for events of our own: what was told, in order."""

    told: list[InboundEvent] = field(default_factory=list)

    def tell(self, events: Sequence[InboundEvent]) -> None:
        self.told.extend(events)


@dataclass
class FakeBus:
    """What other systems heard."""

    published: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def publish(self, event_name: str, detail: Mapping[str, Any]) -> None:
        self.published.append((event_name, detail))


def action_ports(
    records: FollowerStore,
    ledger: LedgerStore,
    wechat: FakeWeChat,
    runs: FakeRuns,
    clock: FakeClock,
    *,
    meter: FakeMeter | None = None,
    announcements: FakeAnnouncements | None = None,
    bus: FakeBus | None = None,
) -> ActionPorts:
    """The ports of the journeys' task on real tables, everything else as given."""
    return ActionPorts(
        FakeAccounts(),
        records,
        ledger,
        {CUSTOM.name: wechat},
        runs,
        bus or FakeBus(),
        announcements or FakeAnnouncements(),
        clock,
        meter or FakeMeter(),
    )
