"""The model of what a run writes and reads, against what the code asks of a real DynamoDB.

DynamoDB Local reports other units than AWS documents (none for new items of a transaction), so the requests
are weighed here, each item as it is stored.
"""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from infra.bench.prices import Assumption, Usage, load_prices
from infra.bench.rows import item_bytes
from infra.bench.usage import Model, memory_of
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
)
from tests.support.dynamodb import ROOT, client
from wejourney.adapters.dynamo.follower_rows import FollowersTable
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.ledger_store import LedgerStore, LedgerTable
from wejourney.domain.actions import Action, AskAction, AwardAction, CloseAction, SendAction, TagAction
from wejourney.domain.followers import LiveRun, WhatWeChatKnows
from wejourney.domain.messages import Text
from wejourney.domain.runs import Run
from wejourney.services.asking import Asking
from wejourney.services.outbox import Outbox
from wejourney.services.perform_actions import PerformActions, Task
from wejourney.services.process_event import ProcessEvent

ASSUMED = load_prices().assumptions.model_copy(
    update={"other_events": Assumption(value=1, says="one of them")}
)
MODEL = Model(ASSUMED, memory_of(ROOT / "template.yaml"))
TOKEN = "t" * int(ASSUMED.token_bytes.value)

LONG = Text({"zh": "感谢您的分享，" * 30})
LISTEN = AskAction("1", "occasion", None, {"bridal": ("1", "婚戒"), "gift": ("2", "礼物")})
QUESTION = AskAction("2", "metal", Text({"zh": "您更喜欢哪一种？"}), {"gold": ("黄金",), "rose": ("玫瑰金",)})
ASKS = {ask.step: ask for ask in (LISTEN, QUESTION)}


@dataclass
class Scales:
    """Weighs the requests that go to DynamoDB, by the rules that AWS documents."""

    url: str
    write: float = 0
    read: float = 0

    @contextmanager
    def on(self, *listened: Any) -> Iterator["Scales"]:
        def weigh(params: dict[str, Any], model: Any, **_: Any) -> None:
            self._weigh(model.name, params)

        for one in listened:
            one.meta.events.register("provide-client-params.dynamodb.*", weigh)
        try:
            yield self
        finally:
            for one in listened:
                one.meta.events.unregister("provide-client-params.dynamodb.*", weigh)

    def _weigh(self, operation: str, params: dict[str, Any]) -> None:
        match operation:
            case "Query" | "GetItem":
                assert params["ConsistentRead"]
                self.read += 1
            case "UpdateItem":
                item = self._stored(params)
                self.write += _units(item) + _indexed(item)
            case "TransactWriteItems":
                for one in params["TransactItems"]:
                    ((_, write),) = one.items()
                    item = write.get("Item") or self._stored(write)
                    self.write += 2 * _units(item) + _indexed(item)
            case _:
                pytest.fail(f"the model knows no {operation}")

    def _stored(self, write: dict[str, Any]) -> dict[str, Any]:
        found = client(self.url).get_item(TableName=write["TableName"], Key=write["Key"])
        return dict(found.get("Item", write["Key"]))


def _units(item: dict[str, Any]) -> int:
    return math.ceil(item_bytes(item) / 1024)


def _indexed(item: dict[str, Any]) -> bool:
    return item.keys() >= {"journey", "at"}


class Brand:
    """The inbox and the task on real tables."""

    def __init__(self, url: str, followers: FollowerStore, ledger: LedgerStore) -> None:
        self.url, self.followers, self.ledger = url, followers, ledger
        self.clock, self.runs, self.meter = FakeClock(), FakeRuns(), FakeMeter()
        self.wechat = FakeWeChat(WhatWeChatKnows(union_id="oUnion-0123456789abcdefghijk", language="zh_CN"))

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
        outbox = Outbox(FakeAccounts(), self.followers, self.wechat, self.clock, self.meter)
        asking = Asking(self.followers, outbox, self.runs, self.clock)
        perform = PerformActions(self.followers, self.ledger, outbox, asking, self.clock)
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
        clients = [table.connection().connection.client for table in (FollowersTable, LedgerTable)]
        return Scales(self.url).on(*clients)


@pytest.fixture
def brand(tables: str, followers: FollowerStore, ledger: LedgerStore) -> Brand:
    return Brand(tables, followers, ledger)


def units(usage: Usage) -> tuple[float, float]:
    return usage["dynamodb.write_units"], usage["dynamodb.read_units"]


def test_the_code_writes_and_reads_what_the_model_says(brand: Brand) -> None:
    def agrees(scales: Scales, usage: Usage, in_the_callback: float = 0) -> None:
        assert (scales.write, scales.read + in_the_callback) == units(usage)

    def task(*actions: Action) -> Usage:
        return MODEL.task(actions, ASKS)

    scanned = {"EventKey": "qrscene_store-SH01", "Ticket": "t" * 96}
    agrees(brand.hears("subscribe", said="welcome", **scanned), MODEL.start(WELCOME), in_the_callback=1)
    agrees(brand.performs(LISTEN), task(LISTEN))
    agrees(brand.hears("text", Content="婚戒"), MODEL.answer(LISTEN))
    agrees(brand.hears("view", EventKey="https://example.com"), MODEL.other_events())
    send, tag, award = SendAction("3", LONG), TagAction("4", ("x",)), AwardAction("5", 50, "told us")
    agrees(brand.performs(send, tag, award), task(send, tag, award))
    agrees(brand.performs(QUESTION), task(QUESTION))
    agrees(brand.performs(CloseAction("2")), task(CloseAction("2")))
    agrees(brand.performs(), task())
    agrees(brand.ends(), MODEL.end())
