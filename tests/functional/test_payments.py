"""What the stores of payments promise, of real tables and of the fakes in memory alike."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import NOON
from tests.support.fakes.payments import FakeOpenOrders, FakeReports, FakeTradeBills
from tests.support.servers.dynamodb import client, store_client
from wejourney.adapters.dynamo.payments.open_orders import OpenOrderStore
from wejourney.adapters.dynamo.payments.payment_reports import PaymentReportStore
from wejourney.adapters.dynamo.payments.trade_bills import TradeBillStore
from wejourney.adapters.dynamo.table import Table
from wejourney.services.ports.open_orders import OpenOrder, OpenOrders
from wejourney.services.ports.orders import ORDER_KEPT
from wejourney.services.ports.payment_reports import PaymentReports, PaymentSource, Report
from wejourney.services.ports.payments import BillProgress, TradeBills

type Make = Callable[[str], Any]

FOLLOWERS, ACCOUNTS = "FollowersTable", "AccountsTable"
STORES: dict[str, tuple[Make, Make, Make]] = {
    "fake": (lambda _: FakeReports(), lambda _: FakeOpenOrders(), lambda _: FakeTradeBills()),
    "store": (
        lambda url: PaymentReportStore(Table(FOLLOWERS, store_client(url))),
        lambda url: OpenOrderStore(Table(FOLLOWERS, store_client(url))),
        lambda url: TradeBillStore(Table(ACCOUNTS, store_client(url))),
    ),
}


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reports(kind: str, tables: str) -> PaymentReports:
    made: PaymentReports = STORES[kind][0](tables)
    return made


@pytest.fixture
def open_orders(kind: str, tables: str) -> OpenOrders:
    made: OpenOrders = STORES[kind][1](tables)
    return made


@pytest.fixture
def bills(kind: str, tables: str) -> TradeBills:
    made: TradeBills = STORES[kind][2](tables)
    return made


def test_the_first_report_of_a_payment_stays_whoever_tells_another(reports: PaymentReports) -> None:
    first = Report(NOON, 9900, PaymentSource.BILL)
    assert reports.first("a", first) == first
    for source in PaymentSource:
        assert reports.first("a", Report(NOON + timedelta(seconds=1), 1, source)) == first
    other = Report(NOON, 1, PaymentSource.NOTICE)
    assert reports.first("b", other) == other


def order(number: str, minutes: int = 5, kind: Any = "order", merchant: str = "1900000109") -> OpenOrder:
    return OpenOrder(kind, merchant, number, NOON, NOON + timedelta(minutes=minutes))


def due(open_orders: OpenOrders, minutes: float, most: int = 10) -> list[OpenOrder]:
    return list(open_orders.due(NOON + timedelta(minutes=minutes), most))


def test_open_orders_are_due_in_their_order_and_no_sooner(open_orders: OpenOrders) -> None:
    late, first, second = order("A", 30), order("B", 5), order("C#1", 5, merchant="")
    for one in (late, second, first, first):
        open_orders.open(one)
    assert due(open_orders, 4.9) == []
    assert due(open_orders, 5) == sorted([second, first], key=lambda one: one.merchant)
    assert due(open_orders, 31) == [*sorted([second, first], key=lambda one: one.merchant), late]
    assert len(due(open_orders, 31, most=2)) == 2


@pytest.mark.parametrize("asked", [True, False])
def test_a_postponed_order_is_due_later_and_once(open_orders: OpenOrders, *, asked: bool) -> None:
    one = order("A")
    open_orders.open(one)
    open_orders.postpone(one, NOON + timedelta(minutes=30), asked=asked)
    assert due(open_orders, 29) == []
    (again,) = due(open_orders, 30)
    assert (again.tries, again.since, again.number) == (int(asked), NOON, "A")
    # Another run of the sweep that has read it before.
    open_orders.postpone(one, NOON + timedelta(minutes=31), asked=True)
    assert due(open_orders, 60) == [again]


def test_a_closed_order_is_gone_and_may_be_closed_again(open_orders: OpenOrders) -> None:
    open_orders.open(order("A"))
    for _ in range(2):
        open_orders.close(order("A"))
    assert due(open_orders, 60) == []


def test_an_order_and_a_refund_of_one_number_are_two(open_orders: OpenOrders) -> None:
    open_orders.open(order("A"))
    open_orders.open(order("A", kind="refund"))
    assert [one.kind for one in due(open_orders, 5)] == ["order", "refund"]


def test_progress_is_kept_for_each_merchant_and_day(bills: TradeBills) -> None:
    day = date(2026, 11, 22)
    assert bills.progress("1", day) == BillProgress()
    bills.save("1", day, BillProgress(200))
    bills.save("1", day + timedelta(days=1), BillProgress(7, is_done=True))
    assert bills.progress("1", day) == BillProgress(200)
    assert bills.progress("1", day + timedelta(days=1)) == BillProgress(7, is_done=True)
    assert bills.progress("2", day) == BillProgress()


def test_rows_expire_and_name_nobody(tables: str) -> None:
    make_reports, make_orders, make_bills = STORES["store"]
    make_reports(tables).first("a", Report(NOON, 9900, PaymentSource.NOTICE))
    make_orders(tables).open(order("A"))
    make_bills(tables).save("1", NOON.date(), BillProgress(1))
    found = [
        *client(tables).scan(TableName=FOLLOWERS)["Items"],
        *client(tables).scan(TableName=ACCOUNTS)["Items"],
    ]
    lasting = {
        item["pk"]["S"].partition("#")[0]: datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC) - NOON
        for item in found
    }
    assert lasting["PAYMENT"] == ORDER_KEPT
    assert lasting["OPEN_ORDERS"] == timedelta(days=30)
    assert timedelta(days=99) <= lasting["BILL"] <= timedelta(days=100)
    assert all("openid" not in item for item in found)
