"""The function that asks WeChat Pay: what each schedule makes it do, until when, and what it logs."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from functions.reconcile_payments import app
from tests.support.builders import NOON, OPENID
from tests.support.pay_world import PayWorld
from tests.support.servers.callback_function import CONTEXT
from tests.support.servers.pay_notices import MERCHANT, PAID
from wejourney.events.event import InboundEvent
from wejourney.metrics import Metric
from wejourney.services.ports.merchants import PayUnavailableError
from wejourney.services.ports.payment_reports import PaymentSource, Report
from wejourney.services.ports.payments import BillProgress
from wejourney.wire.pay.events import read_payment
from wejourney.wire.pay.trade_bill import OddRow


@pytest.mark.parametrize("do", ["import_trade_bills", "sweep_orders"])
@pytest.mark.parametrize(("left", "has_time"), [(app.RESERVE + 1, True), (app.RESERVE, False), (0, False)])
def test_each_schedule_does_its_own_part_and_stops_before_the_time_limit(
    monkeypatch: pytest.MonkeyPatch, do: str, left: int, *, has_time: bool
) -> None:
    told: list[tuple[str, bool]] = []

    def part(name: str) -> Callable[[Callable[[], bool]], None]:
        return lambda has_time: told.append((name, has_time()))

    parts = {name: part(name) for name in ("import_trade_bills", "sweep_orders")}
    monkeypatch.setattr(app, "reconcile_payments", lambda: SimpleNamespace(**parts))
    context = SimpleNamespace(**vars(CONTEXT), get_remaining_time_in_millis=lambda: left)
    app.handler({"do": do}, context)
    app.handler({"warm": True}, context)
    assert told == [(do, has_time)]


def test_everything_that_happens_is_a_log_line_that_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    log, counted = io.StringIO(), list[Metric]()
    monkeypatch.setattr(app.logger.registered_handler, "stream", log)
    monkeypatch.setattr(app, "meter", SimpleNamespace(count=counted.append))
    told = read_payment(PAID, MERCHANT, NOON)
    assert told is not None
    assert told.payer is not None
    event = InboundEvent(told.id, told.payer, told.at, told.body)
    first = Report(NOON, 9900, PaymentSource.NOTICE)
    watch, day = app.LoggedPayments(), date(2026, 11, 22)
    watch.received(event, MERCHANT.id)
    watch.rejected(event.id, MERCHANT.id)
    watch.differs(event.id, MERCHANT.id, first, replace(first, total=1, source=PaymentSource.BILL))
    watch.odd(MERCHANT.id, day, OddRow(7, "订单金额"))
    watch.imported(MERCHANT.id, day, BillProgress(3, is_done=True))
    watch.failed(PayUnavailableError("401 SIGN_ERROR"), MERCHANT.id)

    lines: list[dict[str, Any]] = [json.loads(line) for line in log.getvalue().splitlines()]
    assert len(lines) == 6
    assert {line["merchant"] for line in lines} == {MERCHANT.id}
    assert (lines[2]["first"], lines[2]["now"], lines[2]["source"]) == (9900, 1, "bill")
    assert (lines[3]["line"], lines[3]["column"], lines[3]["day"]) == (7, "订单金额", "2026-11-22")
    assert lines[5]["reason"] == "asking WeChat Pay: 401 SIGN_ERROR"
    for secret in (OPENID, PAID["out_trade_no"], PAID["transaction_id"]):
        assert secret not in log.getvalue()
    assert counted == [
        Metric.EVENT_RECEIVED,
        Metric.EVENTS_REJECTED,
        Metric.PAYMENTS_DIFFER,
        Metric.PAYMENTS_DIFFER,
        Metric.PAY_QUERY_FAILED,
    ]


def test_without_merchants_nothing_is_asked() -> None:
    world = PayWorld(merchants={})
    world.imports()
    world.sweeps()
    assert (world.asked, world.seen) == ([], [])
