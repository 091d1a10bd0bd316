"""The model of what a run uses against the real code on AWS's own DynamoDB Local, which counts units."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.bench.prices import Usage, load_prices
from infra.bench.usage import Model, memory_of
from tests.support.builders import (
    APP_ID,
    NOON,
    OPENID,
    WELCOME,
    FakeAccounts,
    FakeClock,
    FakeMeter,
    FakeRuns,
    FakeWeChat,
    event,
)
from tests.support.dynamodb import create_table, dynamodb_local, environment
from wejourney.adapters.dynamo.follower_rows import FollowersTable
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.ledger_store import LedgerStore, LedgerTable
from wejourney.domain.actions import Action, AskAction, AwardAction, CloseAction, SendAction, TagAction
from wejourney.domain.followers import Follower, LiveRun, WhatWeChatKnows
from wejourney.domain.messages import Text
from wejourney.domain.runs import Run
from wejourney.services.asking import Asking
from wejourney.services.outbox import Outbox
from wejourney.services.perform_actions import PerformActions, Task
from wejourney.services.process_event import ProcessEvent

ROOT = Path(__file__).parents[3]
TABLE = load_prices()
MODEL = Model(TABLE.assumptions, memory_of(ROOT / "template.yaml"))
TOKEN = "t" * int(TABLE.assumptions.token_bytes.value)

LONG = Text({"zh": "感谢您的分享，" * 30})
LISTEN = AskAction("1", "occasion", None, {"bridal": ("1", "婚戒"), "gift": ("2", "礼物")})
QUESTION = AskAction("2", "metal", Text({"zh": "您更喜欢哪一种？"}), {"gold": ("黄金",), "rose": ("玫瑰金",)})
ASKS = {ask.step: ask for ask in (LISTEN, QUESTION)}


@dataclass
class Consumed:
    """Capacity that DynamoDB says it used, and how often the outbox and the books were written."""

    write: float = 0
    read: float = 0
    operations: list[str] = field(default_factory=list)

    def note(self, operation: str, answer: dict[str, Any]) -> None:
        self.operations.append(operation)
        capacity = answer.get("ConsumedCapacity", [])
        units = sum(one["CapacityUnits"] for one in (capacity if isinstance(capacity, list) else [capacity]))
        if operation in {"Query", "GetItem"}:
            self.read += units
        else:
            self.write += units


@contextmanager
def consumed(*clients: Any) -> Iterator[Consumed]:
    used = Consumed()

    def ask(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "INDEXES"}

    def note(model: Any, parsed: dict[str, Any], **_: Any) -> None:
        print(model.name, parsed.get("ConsumedCapacity"))
        used.note(model.name, parsed)

    for client in clients:
        client.meta.events.register("provide-client-params.dynamodb.*", ask)
        client.meta.events.register("after-call.dynamodb.*", note)
    try:
        yield used
    finally:
        for client in clients:
            client.meta.events.unregister("provide-client-params.dynamodb.*", ask)
            client.meta.events.unregister("after-call.dynamodb.*", note)


class Brand:
    """The inbox and the task on real tables."""

    def __init__(self) -> None:
        self.followers, self.ledger = FollowerStore("FollowersTable"), LedgerStore("LedgerTable")
        self.clock, self.runs, self.meter = FakeClock(), FakeRuns(), FakeMeter()
        known = WhatWeChatKnows(union_id="oUnion-0123456789abcdefghijk", language="zh_CN")
        self.wechat = FakeWeChat(known)

    def hears(self, kind: str, said: str | None = None, **fields: str) -> Consumed:
        self.clock.pass_(seconds=5)
        process = ProcessEvent(
            FakeAccounts(), self.followers, self.runs, self.wechat, self.meter, entries=(WELCOME,)
        )
        with self.measured() as used:
            process(event(kind, self.clock.now(), **fields), said)
        return used

    def performs(self, *actions: Action) -> Consumed:
        self.clock.pass_(seconds=5)
        outbox = Outbox(FakeAccounts(), self.followers, self.wechat, self.clock, self.meter)
        asking = Asking(self.followers, outbox, self.runs, self.clock)
        perform = PerformActions(self.followers, self.ledger, outbox, asking, self.clock)
        run = self.run()
        with self.measured() as used:
            perform(Task(run, actions, token=TOKEN))
        return used

    def ends(self) -> Consumed:
        run = self.run()
        with self.measured() as used:
            live = LiveRun(run.journey, run.id, "")
            self.followers.end_run(APP_ID, OPENID, live, "succeeded", self.clock.now())
        return used

    def run(self) -> Run:
        start = next(iter(self.runs.started.values()))
        follower = self.followers.load(APP_ID, OPENID)
        assert follower is not None
        return replace(start.run, follower=follower)

    def measured(self) -> Any:
        clients = {table.connection().connection.client for table in (FollowersTable, LedgerTable)}
        return consumed(*clients)


def test_x(monkeypatch):
    with dynamodb_local() as url:
        for t in ("FollowersTable", "LedgerTable"): create_table(url, t)
        for name, value in environment(url).items():
            monkeypatch.setenv(name, value)
        b = Brand()
        print("start", b.hears("subscribe", said="welcome"))
        print("listen", b.performs(LISTEN))
        print("answer", b.hears("text", Content="婚戒"))
        print("other", b.hears("view", EventKey="x"))
        print("send", b.performs(SendAction("3", LONG)))
        print("tag", b.performs(TagAction("4", ("x",))))
        print("award", b.performs(AwardAction("5", 50, "told")))
        print("ask", b.performs(QUESTION))
        print("close", b.performs(CloseAction("2")))
        print("look", b.performs())
        print("end", b.ends())
        M=MODEL
        for n,u in dict(start=M.start(WELCOME),listen=M.task([LISTEN],ASKS),answer=M.answer(LISTEN),other=M.other_events(),send=M.task([SendAction("3", LONG)],ASKS),tag=M.task([TagAction("4",("x",))],ASKS),award=M.task([AwardAction("5", 50, "told")],ASKS),ask=M.task([QUESTION],ASKS),close=M.task([CloseAction("2")],ASKS),look=M.task([],ASKS),end=M.end()).items():
            print(n,u["dynamodb.write_units"],u.get("dynamodb.read_units"))
        assert 0
