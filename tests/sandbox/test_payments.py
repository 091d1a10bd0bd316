"""Somebody pays, gives back, and pays in a mini program: notices of WeChat Pay reach their journeys."""

import json
from datetime import timedelta
from typing import Any

import pytest

from infra.sandbox.fake_wechat.merchant import MERCHANT_ID
from tests.sandbox.conftest import DIRECTORY
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.events.mini_program_events import ORDER_CREATED
from wejourney.wire.pay.trade_bill import BEIJING
from workbench.operations.target import find_target
from workbench.operations.timeline import timeline_of

pytestmark = pytest.mark.sandbox

PAYER = "oPaysAndGivesBack"
SHOPPER = "oShopsWithoutNotices"
JOURNEY = "sample-paid"


def test_each_order_has_a_run_which_hears_of_its_own_refund_only(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    target = find_target(None)

    def state() -> tuple[set[str], set[str]]:
        """The tags, and the orders that are looked after."""
        known = target.followers.read(target.app_id, PAYER)
        assert known.follower is not None
        live = {run.key for run in known.live_runs if run.journey == JOURNEY and not run.ended}
        return set(known.follower.tags), live

    sandbox.act(PAYER, "follow", scene="no-journey")
    began = sandbox.now()
    store = {"openid": PAYER, "total": 9900, "attach": "SH01 spring"}
    assert sandbox.merchant("pay", **store, order="A-1", times=15)["status"] == 200
    assert sandbox.merchant("pay", **store, order="B-1", key="public_key")["status"] == 200
    elsewhere = {**store, "attach": "BJ01 spring", "order": "C-1"}
    assert sandbox.merchant("pay", **elsewhere)["status"] == 200
    # Of an app that is no account here, such as a mini program: nobody is known by it.
    mini = sandbox.merchant("pay", openid="oMini", app_id="wx0000000000000001", order="M-1", total=1)
    assert mini["status"] == 200
    sandbox.settle()
    assert state() == ({"bought"}, {"A-1", "B-1"})

    sandbox.until(began + timedelta(hours=1))
    refunds = [
        sandbox.merchant("refund", order="A-1", number="R-1", total=9900, times=3),
        sandbox.merchant("refund", order="C-1", number="R-2", total=1),
        sandbox.merchant("refund", order="M-1", number="R-3", total=1, key="public_key"),
    ]
    assert [answer["status"] for answer in refunds] == [200, 200, 200]
    sandbox.settle()
    assert state() == ({"bought", "gave-an-order-back"}, {"B-1"})

    sandbox.until(began + timedelta(hours=4))
    assert state() == ({"bought", "gave-an-order-back", "kept-an-order"}, set())


def test_what_no_notice_told_comes_by_a_query_and_by_the_trade_bill(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    target = find_target(None)
    lambdas = target.client("lambda")
    (function,) = (
        found["FunctionName"]
        for found in lambdas.list_functions()["Functions"]
        if "ReconcilePayments" in found["FunctionName"]
    )

    def called_by_its_schedule(do: str) -> None:
        """In the sandbox the schedules are off."""
        answer = lambdas.invoke(FunctionName=function, Payload=json.dumps({"do": do}))
        assert "FunctionError" not in answer, answer["Payload"].read()
        sandbox.settle()

    def told(kind: str) -> list[str]:
        """The orders of the events of a kind on the shopper's timeline."""
        events = (row.get("event", {}) for row in timeline_of(target.followers, target.app_id, SHOPPER))
        return sorted(event["fields"]["order"] for event in events if event.get("kind") == kind)

    sandbox.act(SHOPPER, "follow", scene="no-journey")
    began = sandbox.now()
    order = MiniProgramEvent(ORDER_CREATED, "L-1", details={"merchant": MERCHANT_ID})
    target.inbox.put(own_event(order, "L-1", Subject(target.app_id, SHOPPER), began), None)
    store = {"openid": SHOPPER, "total": 9900, "attach": "SH01 spring"}
    assert sandbox.merchant("pay", **store, order="L-1", lost=True)["deliveries"] == 0
    assert sandbox.merchant("pay", **store, order="T-1", trade_type="MICROPAY")["deliveries"] == 0
    assert sandbox.merchant("pay", **store, order="N-1", key="public_key")["status"] == 200
    assert sandbox.merchant("refund", order="N-1", number="RN-1", total=1, lost=True)["deliveries"] == 0
    sandbox.settle()
    assert told("payment") == ["N-1"]

    called_by_its_schedule("sweep_orders")
    assert told("payment") == ["N-1"]
    sandbox.until(began + timedelta(minutes=6))
    for _ in range(2):
        called_by_its_schedule("sweep_orders")
        assert told("payment") == ["L-1", "N-1"]

    tomorrow = (began.astimezone(BEIJING) + timedelta(days=1)).replace(hour=10, minute=15)
    sandbox.until(tomorrow)
    for _ in range(2):
        called_by_its_schedule("import_trade_bills")
        assert told("payment") == ["L-1", "N-1", "T-1"]
        assert told("refund") == ["N-1"]
    known = target.followers.read(target.app_id, SHOPPER)
    assert known.follower is not None
    assert {"bought", "kept-an-order"} <= known.follower.tags
    # The journey of the till's payment has begun with the bill, once.
    assert {run.key for run in known.live_runs if run.journey == JOURNEY and not run.ended} == {"T-1"}
