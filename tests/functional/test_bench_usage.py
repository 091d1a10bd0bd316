"""The model of what a run uses, against what the code asks of a real DynamoDB: by step and by run."""

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support import asl
from tests.support.asl import Act, follow, say
from tests.support.builders import (
    APP_ID,
    OPENID,
    WELCOME,
    FakeAccounts,
    FakeClock,
    FakeMeter,
    FakeRuns,
    FakeWeChat,
    event,
    perform_actions,
)
from tests.support.dynamodb import ROOT
from tests.support.metering import Scales, metered, scales_of
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.ledger_store import LedgerStore
from wejourney.journeys.actions import Action, AskAction, AwardAction, CloseAction, SendAction, TagAction
from wejourney.journeys.answers import Question
from wejourney.journeys.runs import Run
from wejourney.messaging.contents import Text
from wejourney.messaging.rule_sets import RULE_SETS
from wejourney.people.followers import Follower, LiveRun, WeChatUserInfo
from wejourney.services.perform_actions import Task
from wejourney.services.process_event import ProcessEvent
from workbench.estimate.estimate import estimate
from workbench.estimate.prices import Assumption, Usage, load_prices
from workbench.estimate.usage import Model, memory_of
from workbench.language.reading import read_file

ASSUMED = load_prices().assumptions.model_copy(
    update={"other_events": Assumption(value=1, says="one of them")}
)
MODEL = Model(ASSUMED, memory_of(ROOT / "template.yaml"))
TOKEN = "t" * int(ASSUMED.token_bytes.value)

LONG = Text({"zh": "感谢您的分享，" * 30})
LISTEN = AskAction("1", "occasion", question=Question({"bridal": ("1", "婚戒"), "gift": ("2", "礼物")}))
METALS = Question({"gold": ("黄金",), "rose": ("玫瑰金",)})
QUESTION = AskAction("2", "metal", Text({"zh": "您更喜欢哪一种？"}), METALS)
SCANNED = {"EventKey": "qrscene_store-SH01", "Ticket": "t" * 96}
ASKS = {ask.step: ask for ask in (LISTEN, QUESTION)}


class Brand:
    """The inbox and the task on real tables."""

    def __init__(self, url: str, followers: FollowerStore, ledger: LedgerStore) -> None:
        self.url, self.followers, self.ledger = url, followers, ledger
        self.clock, self.runs, self.meter = FakeClock(), FakeRuns(), FakeMeter()
        self.wechat = FakeWeChat(WeChatUserInfo(union_id="oUnion-0123456789abcdefghijk", language="zh_CN"))

    def hears(self, kind: str, said: str | None = None, **fields: str) -> Scales:
        at = self.clock.pass_(seconds=5)
        process = ProcessEvent(
            FakeAccounts(), self.followers, self.runs, self.wechat, self.clock, self.meter, entries=(WELCOME,)
        )
        with self._weighed() as scales:
            process(event(kind, at, **fields), said)
        return scales

    def performs(self, *actions: Action) -> Scales:
        self.clock.pass_(seconds=5)
        perform = perform_actions(self.followers, self.ledger, self.wechat, self.runs, self.clock)
        task = Task(self._run(), actions, token=TOKEN)
        with self._weighed() as scales:
            perform(task)
        return scales

    def ends(self) -> Scales:
        run = self._run()
        with self._weighed() as scales:
            live = LiveRun(run.journey, run.id, "")
            assert self.followers.end_run(APP_ID, OPENID, live, "succeeded", self.clock.now())
        return scales

    def _run(self) -> Run:
        start = next(iter(self.runs.started.values()))
        follower = self.followers.load(APP_ID, OPENID)
        assert follower is not None
        return replace(start.run, follower=follower)

    def _weighed(self) -> AbstractContextManager[Scales]:
        scales, clients = scales_of(self.url)
        return scales.on(*clients)


@pytest.fixture
def brand(tables: str, followers: FollowerStore, ledger: LedgerStore) -> Brand:
    return Brand(tables, followers, ledger)


def units(usage: Usage) -> tuple[float, float]:
    return usage["dynamodb.write_units"], usage["dynamodb.read_units"]


def test_the_code_writes_and_reads_what_the_model_says(brand: Brand) -> None:
    def agrees(scales: Scales, usage: Usage, in_the_callback: float = 0) -> None:
        write, read = units(usage)
        # Rows grow by whole units: the typical run of the model may weigh one more than this young one.
        assert scales.write == pytest.approx(write, abs=2)
        assert scales.read + in_the_callback == read

    def task(*actions: Action) -> Usage:
        return MODEL.task(actions, ASKS)

    agrees(brand.hears("subscribe", said="welcome", **SCANNED), MODEL.start(WELCOME), in_the_callback=1)
    agrees(brand.performs(LISTEN), task(LISTEN))
    agrees(brand.hears("text", Content="婚戒"), MODEL.woken(LISTEN))
    agrees(brand.hears("view", EventKey="https://example.com"), MODEL.other_events())
    send, tag, award = SendAction("3", LONG), TagAction("4", ("x",)), AwardAction("5", 50, "told us")
    agrees(brand.performs(send, tag, award), task(send, tag, award))
    agrees(brand.performs(QUESTION), task(QUESTION))
    agrees(brand.performs(CloseAction("2")), task(CloseAction("2")))
    agrees(brand.performs(), task())
    agrees(brand.ends(), MODEL.end())


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
    union_id="oUnion-0123456789abcdefghijk",
    tags=frozenset({"from-store", "likes-bridal", "likes-gold"}),
)
"""Known from before, as rich as followers are; their openid is as short as this world has it."""

ANSWERS = {
    "welcome-from-store": (say("1", timedelta(minutes=3)), say("gold", timedelta(hours=24, minutes=9))),
    "welcome-back": (say("2", timedelta(minutes=3)), say("store", timedelta(hours=22, minutes=9))),
}
WITHIN = 0.1
"""An estimate is good when it is so near to what was counted."""


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("path", ["dearest", "cheapest"])
def test_an_estimate_is_within_ten_percent_of_what_a_real_run_uses(
    name: str, path: str, tables: str, followers: FollowerStore, ledger: LedgerStore
) -> None:
    journey = read_file(ROOT / f"infra/journeys/{name}.yaml").journey
    assert journey is not None
    followers.save(None, replace(SOMEBODY, member=bool(journey.trigger.when.member)))
    acts = (*FOLLOWS, *(ANSWERS[name] if path == "dearest" else ()))

    counted = metered(journey, acts, tables, followers, ledger)
    # Somebody who is known is not looked for among those who were erased; the estimate is for strangers.
    counted["dynamodb.read_units"] += 1

    found = estimate(journey, load_prices(), MODEL.memory, RULE_SETS["current"], burst=1)
    estimated = getattr(found, path).usage
    assert {what: estimated.get(what, 0) for what in counted} == pytest.approx(counted, rel=WITHIN)
