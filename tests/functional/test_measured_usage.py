"""What the code asks of a real DynamoDB, measured event by event, action by action, and for whole runs.

WEJOURNEY_UPDATE_GOLDEN=1 uv run pytest tests/functional/test_measured_usage.py writes the file anew.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.infra.template import TEMPLATE, of_type
from tests.support.builders import APP_ID, HELP, OPENID, SUBJECT, WELCOME, event
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.bus import FakeBus
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.ports import action_ports
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from tests.support.kms import FakeKms, personal_data
from tests.support.servers.dynamodb import ROOT, store_client
from tests.support.virtual_time import asl
from tests.support.virtual_time.asl import Act, follow, say
from tests.support.virtual_time.metering import Scales, metered
from wejourney.adapters.dynamo.callback_tables import DynamoFollowers
from wejourney.adapters.dynamo.code_store import CodeStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.payments.order_store import OrderStore
from wejourney.adapters.dynamo.payments.payment_reports import PaymentReportStore
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.sealed_runs import SealedRuns, sealed
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.event import InboundEvent
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.action_types import (
    Action,
    AskAction,
    AwaitAction,
    AwardAction,
    BranchAction,
    CallAction,
    CheckAction,
    CloseAction,
    ConsentAction,
    CouponAction,
    PauseAction,
    QuietAction,
    SendAction,
    SetAction,
    TagAction,
    TellAction,
)
from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Condition, QuietHours, Trigger
from wejourney.journeys.runs import LiveRun, Run
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.programme import NO_PROGRAMME, Programme
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower, WeChatUserInfo
from wejourney.people.identities import union_identity
from wejourney.people.profile_model import ProfileModel
from wejourney.reasons import Finished
from wejourney.services.perform_actions import PerformActions, Task
from wejourney.services.ports.orders import Order
from wejourney.services.ports.payment_reports import PaymentSource, Report
from wejourney.services.process_event import ProcessEvent
from wejourney.services.recognize_code import RecognizeCode
from wejourney.services.release_pending_events import ReleasePendingEvents
from workbench.estimate.estimate import estimate
from workbench.estimate.prices import Usage, load_prices
from workbench.estimate.usage import MEASURED, further_kilobytes
from workbench.language.reading import read_file

HEAD = """\
# What the functions ask of DynamoDB, WeChat and EventBridge, for each event, state and action that a run can
# meet: the real code on DynamoDB Local, a typical follower, contents below 700 bytes, task tokens of 800.
# tests/functional/test_measured_usage.py measures it again, fails when it differs, and writes it."""
TOKEN = "t" * 800
"""As long as a task token of Step Functions."""

SHORT = Text({"zh": "感谢您的分享，" * 30})
LONG = Text({"zh": "感谢您的分享，" * 42})
PRIVATE = Text({"zh": "{attribute.given_name|您好}，" + "感谢您的分享，" * 24})
OFFERED = Text({"zh": "{offers|暂无优惠}，" + "感谢您的分享，" * 24})
PROFILE = ProfileModel(private=frozenset({"given_name"}), private_purpose="membership")
CLICK = EventPattern("click", key="CARE")
LISTEN = AskAction("1", "occasion", question=Question({"bridal": ("1", "婚戒"), "gift": ("2", "礼物")}))
METALS = Question({"gold": ("黄金",), "rose": ("玫瑰金",)})
QUESTION = AskAction("2", "metal", Text({"zh": "您更喜欢哪一种？"}), METALS)
SCANNED = {"EventKey": "qrscene_store-SH01", "Ticket": "t" * 96}
GOAL_HELP = replace(
    HELP, name="goal-help", trigger=Trigger("text", keywords=("goal",)), goal=Condition(member=True)
)
SILENT_WELCOME = replace(WELCOME, opening=None)
EVERYTHING = frozenset({"tag", "points", "profile"})
"""The kinds of events of our own that a journey can react to."""


class Brand:
    """The inbox and the task on real tables."""

    def __init__(self, url: str, followers: FollowerStore, ledger: BooksStore) -> None:
        self.url, self.followers, self.ledger = url, followers, ledger
        self.clock, self.runs, self.meter = FakeClock(), FakeRuns(), FakeMeter()
        self.wechat = FakeWeChat(WeChatUserInfo(language="zh_CN"))
        self.inbox, self.bus, self.kms = FakeInbox(), FakeBus(), FakeKms()

    def hears(self, kind: str, opened: str | None = None, openid: str = OPENID, **fields: str) -> Usage:
        return self.processes(event(kind, self.clock.pass_(seconds=5), openid, **fields), opened)

    def keeps_order(self) -> Usage:
        order, payer = Order("1900000109", "A-2026112700001", SUBJECT), self._run().follower.person_id
        with self._measured() as usage:
            told = Report(self.clock.now(), 9900, PaymentSource.NOTICE)
            PaymentReportStore(self.followers.table).first("0" * 32, told)
            OrderStore(self.followers.table).keep(order, payer, self.clock.now())
        return usage

    def processes(self, happened: InboundEvent, opened: str | None = None) -> Usage:
        entries = (WELCOME if opened else SILENT_WELCOME, HELP, GOAL_HELP)
        process = ProcessEvent(
            FakeAccounts(),
            self.followers,
            OrderStore(self.followers.table),
            self.runs,
            self.wechat,
            self.clock,
            self.meter,
            entries,
            people_rules=PeopleRules(PROFILE),
        )
        recognize = RecognizeCode(CodeStore(self.followers.table), self.inbox, process)
        release = ReleasePendingEvents(PendingEventStore(self.followers.table), self.inbox)
        with self._measured() as usage:
            for identity in recognize(happened, opened).appeared:
                release(identity, happened.subject)
        return usage

    def performs(self, *actions: Action, heard: bool = False, programme: Programme = NO_PROGRAMME) -> Usage:
        self.clock.pass_(seconds=5)
        run = self._run()
        ports = action_ports(
            self.followers,
            self.ledger,
            self.wechat,
            self.runs,
            self.clock,
            announcements=self.inbox,
            bus=self.bus,
            private=personal_data(self.kms),
        )
        perform = PerformActions(ports, EVERYTHING if heard else frozenset(), PROFILE, programme)
        with self._measured() as usage:
            perform(Task(run, actions, token=TOKEN))
        return usage

    def enters_state(self) -> Usage:
        """What a task asks before its actions: the key to the data that its state hands to it."""
        data = sealed(self._run())
        with self._measured() as usage:
            SealedRuns(self.followers).read(data)
        return usage

    def ends(self) -> Usage:
        run = self._run()
        with self._measured() as usage:
            live = LiveRun(run.journey, run.id, "")
            assert self.followers.end_run(run.follower.person_id, live, Finished(), self.clock.now())
        return usage

    def callback_reads(self) -> Usage:
        """What the callback asks before it opens a journey."""
        callback, scales = DynamoFollowers(store_client(self.url), "FollowersTable"), Scales(self.url)
        with scales.on(callback.client):
            assert callback.read(APP_ID, OPENID).follower is not None
        return scales.usage

    def _run(self) -> Run:
        start = next(iter(self.runs.started.values()))
        follower = self.followers.read(APP_ID, OPENID).follower
        assert follower is not None
        return replace(start.run, follower=follower, acted_at=None)

    @contextmanager
    def _measured(self) -> Iterator[Usage]:
        usage, before = Usage(), self._counts()
        scales = Scales(self.url)
        with scales.on(self.followers.table.client):
            yield usage
        usage.update(scales.usage + more(self._counts(), before))

    def _counts(self) -> Usage:
        counts = {
            "messages": len(self.wechat.calls),
            "eventbridge.published": len(self.bus.published),
            "own events": len(self.inbox.told),
            "kms.requests": len(self.kms.calls),
        }
        return Usage(counts)


@pytest.fixture
def brand(tables: str, followers: FollowerStore, ledger: BooksStore) -> Brand:
    return Brand(tables, followers, ledger)


def more(larger: Usage, smaller: Usage) -> Usage:
    """What one uses beyond the other."""
    return larger + smaller * -1


def measured(brand: Brand) -> dict[str, Usage]:
    """A life in which everything happens once that a journey can bring about."""
    found: dict[str, Usage] = {}
    found["start of a new follower's run"] = brand.hears("subscribe", **SCANNED)
    opened = brand.hears("subscribe", "welcome", "oFollower0000000000000000002", **SCANNED)
    found["opening"] = more(opened, found["start of a new follower's run"]) + brand.callback_reads()
    brand.wechat.known = WeChatUserInfo(language="zh_CN", union_id="oUnion-0123456789abcdefghijk")
    told = brand.hears("subscribe", None, "oFollower0000000000000000003", **SCANNED)
    found["union id of a new follower"] = more(told, found["start of a new follower's run"])
    found["start of a run"] = brand.hears("text", Content="help")
    found["goal"] = more(brand.hears("text", Content="goal"), found["start of a run"])
    found["other event"] = brand.hears("view", EventKey="https://example.com")
    found["state entered"] = brand.enters_state()
    found["tag"] = brand.performs(TagAction("10", ("likes-gold", "from-store", "likes-bridal")))
    found["ask without a message"] = brand.performs(LISTEN)
    found["answer"] = brand.hears("text", Content="婚戒")
    found["ask"] = brand.performs(QUESTION)
    found["close"] = brand.performs(CloseAction("2"))
    found["await"] = brand.performs(AwaitAction("5", CLICK))
    found["awaited event"] = brand.hears("CLICK", EventKey="CARE")
    # Most messages are sent when one allowance is open.
    brand.clock.pass_(minutes=2)
    brand.hears("text", Content="thanks")
    assert (further_kilobytes(SHORT), further_kilobytes(LONG)) == (0, 1)
    found["send"] = brand.performs(SendAction("3", SHORT))
    tagged = brand.performs(TagAction("15", ("vip", "likes-rose")), SendAction("16", SHORT))
    assert more(tagged, found["send"]) == dict.fromkeys(tagged, 0), "written with the message"
    found["kilobyte more"] = more(brand.performs(SendAction("4", LONG)), found["send"])
    found["task without actions"] = brand.performs()
    found["pause"] = brand.performs(PauseAction("6", time=9 * 60))
    found["quiet"] = brand.performs(QuietAction("6", QuietHours(3 * 60, 3 * 60 + 1)))
    clicked = Condition(events=(EventCount(CLICK),))
    found["check"] = brand.performs(CheckAction("7", {"clicked": clicked}))
    found["branch"] = brand.performs(BranchAction("15", otherwise=()))
    found["set"] = brand.performs(SetAction("8", {"size": "52"}))
    found["consent"] = brand.performs(ConsentAction("8.1", "newsletter", given=True, version="2026-11"))
    terms = CouponTerms(Discount(percent=10), 30, 10_000, 1000)
    found["coupon"] = brand.performs(CouponAction("8.3", "welcome-10", terms, "Asia/Shanghai"))
    found["award"] = brand.performs(AwardAction("9", 50, "told us"))
    found["tell"] = brand.performs(TellAction("11", "CouponGiven", {"coupon": "FIRST-VISIT"}))
    found["call"] = brand.performs(CallAction("12", "journey", "help"))
    found["own event"] = brand.processes(brand.inbox.told[0])
    heard = brand.performs(AwardAction("13", 50, "told us again"), heard=True)
    found["award that a journey hears"] = more(heard, Usage({"own events": 1}))
    both = brand.performs(AwardAction("17", 50, "told us with a message"), SendAction("18", SHORT))
    found["award with a message"] = more(both, found["send"])
    both = brand.performs(AwardAction("19", 50, "told us again"), SendAction("20", SHORT), heard=True)
    found["award with a message that a journey hears"] = more(both, found["send"] + Usage({"own events": 1}))
    found["order of a payment"] = brand.keeps_order()
    found |= with_offers(brand, found["send"], found["check"])
    found |= with_private_values(brand, found["send"])
    found["end of a run"] = brand.ends()
    return found


def with_private_values(brand: Brand, send: Usage) -> dict[str, Usage]:
    """Of somebody who has agreed to it. The first value makes their key; each function decrypts it once."""
    brand.performs(ConsentAction("8.2", "membership", given=True, version="2026-11"))
    saved = brand.performs(SetAction("21", {"given_name": "李明"}))
    brand.clock.pass_(minutes=2)
    brand.hears("text", Content="thanks again")
    shown = brand.performs(SendAction("22", PRIVATE))
    return {"set of a private value": saved, "private value of a message": more(shown, send)}


def with_offers(brand: Brand, send: Usage, check: Usage) -> dict[str, Usage]:
    """Of two offers, one of which has a stock and costs points, the other one is given once."""
    title = {"zh": "赠品"}
    offers = {"tote": OfferTerms(costs=500, stock=100, title=title), "tea": OfferTerms(title=title)}
    programme = Programme(offers=offers)
    brand.clock.pass_(minutes=2)
    brand.hears("text", Content="thanks once more")
    shown = brand.performs(SendAction("23", OFFERED), programme=programme)
    looked_at = Condition(events=(EventCount(CLICK),), offers=("tote", "tea"))
    found = brand.performs(CheckAction("24", {"offered": looked_at}), programme=programme)
    return {"offers of a message": more(shown, send), "offers of a branch": more(found, check)}


def text_of(found: Mapping[str, Usage]) -> str:
    """The committed file."""
    default = TEMPLATE["Globals"]["Function"]["MemorySize"]
    functions = of_type("AWS::Serverless::Function")
    memory = {name: one.get("MemorySize", default) for name, one in functions.items()}
    used = ({what: amount for what, amount in usage.items() if amount} for usage in found.values())
    lines = (f"  {name}: {json.dumps(usage)}" for name, usage in zip(found, used, strict=True))
    return "\n".join([HEAD, f"memory_mb: {json.dumps(memory)}", "requests:", *lines, ""])


def test_the_committed_usage_is_what_the_code_asks_for(brand: Brand) -> None:
    found = text_of(measured(brand))
    if "WEJOURNEY_UPDATE_GOLDEN" in os.environ:
        MEASURED.write_text(found, "utf-8")
    assert MEASURED.read_text("utf-8") == found


# --- whole runs ------------------------------------------------------------------------------------


def looks(after: timedelta) -> Act:
    """A tap on a page of the account's menu: an event that neither starts nor wakes anything."""
    return Act(after, {"MsgType": "event", "Event": "VIEW", "EventKey": "https://example.com"})


FOLLOWS = (
    Act(timedelta(), {**follow().fields, **SCANNED}),
    looks(timedelta(minutes=1)),
    looks(timedelta(minutes=2)),
)
SOMEBODY = Follower(
    asl.APP_ID,
    "lee",
    person_id="0123456789abcdef" * 2,
    identities=frozenset({union_identity("main", "oUnion-0123456789abcdefghijk")}),
    tags=frozenset({"from-the-fair", "likes-watches", "likes-silver"}),
)
"""Known from before, as rich as followers are; their openid is as short as this world has it."""

ANSWERS = {
    "welcome-from-store": (say("1", timedelta(minutes=3)), say("gold", timedelta(hours=24, minutes=9))),
    "welcome-back": (say("2", timedelta(minutes=3)), say("store", timedelta(hours=22, minutes=9))),
}
WRITE_UNITS = {
    ("welcome-from-store", "dearest"): 60,
    ("welcome-from-store", "cheapest"): 27,
    ("welcome-back", "dearest"): 64,
    ("welcome-back", "cheapest"): 27,
}
"""What a run writes, to the unit."""

WITHIN = 0.1
"""An estimate is good when it is so near to what was counted."""


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("path", ["dearest", "cheapest"])
def test_an_estimate_is_within_ten_percent_of_what_a_real_run_uses(
    name: str, path: str, tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    journey = read_file(ROOT / f"infra/journeys/{name}.yaml").journey
    assert journey is not None
    followers.save(None, replace(SOMEBODY, member=name == "welcome-back"))
    acts = (*FOLLOWS, *(ANSWERS[name] if path == "dearest" else ()))

    counted = metered(journey, acts, tables, followers, ledger)
    assert counted["dynamodb.write_units"] == WRITE_UNITS[name, path]
    # The follower is known, so their union id is, too.
    found = estimate(journey, load_prices().assuming(union_ids=0), RULE_SETS["current"], burst=1)
    (estimated,) = (cost.usage_per_run for cost in found.paths if cost.path == path)
    assert {what: estimated.get(what, 0) for what in counted} == pytest.approx(counted, rel=WITHIN)
