"""The trade bill: what each row becomes, exactly, and what is told of a row that cannot be read."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.sandbox.fake_wechat.merchant import payment, refund
from infra.sandbox.fake_wechat.merchant_api import MerchantApi
from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.servers.pay_notices import MERCHANT, PAID, REFUNDED, SELLER, notice
from wejourney.events.event import InboundEvent, Subject, check_event
from wejourney.events.event_types import Paid, Refunded
from wejourney.merchants import Merchant, StoreRule
from wejourney.wire.http import FRESHNESS
from wejourney.wire.pay.events import PayEvent, read_events, read_payment, read_refund
from wejourney.wire.pay.notice import open_notice
from wejourney.wire.pay.trade_bill import OddRow, PendingRefund, UnreadableBillError, read_bill

ROW = {
    "交易时间": "2026-11-27 12:00:00",
    "公众账号ID": APP_ID,
    "商户号": SELLER.id,
    "特约商户号": "0",
    "设备号": "POS1",
    "微信订单号": "4200001",
    "商户订单号": "SH01-1",
    "用户标识": OPENID,
    "交易类型": "MICROPAY",
    "交易状态": "SUCCESS",
    "货币种类": "CNY",
    "应结订单金额": "99.00",
    "代金券金额": "0.00",
    "商户退款单号": "0",
    "退款金额": "0.00",
    "充值券退款金额": "0.00",
    "退款状态": "",
    "商品名称": "tea, green",
    "商户数据包": "门店01|spring, summer",
    "订单金额": "99.00",
    "申请退款金额": "0.00",
}
BACK = {
    "交易状态": "REFUND",
    "商户退款单号": "R-1",
    "退款金额": "40.00",
    "退款状态": "SUCCESS",
    "申请退款金额": "40.00",
}
TOTALS = ["总交易单数,订单总金额\r\n", "`1,`99.00\r\n"]
TRADE_AT = datetime(2026, 11, 27, 4, tzinfo=UTC)


def lines(*rows: dict[str, str], bom: str = "\ufeff", end: list[str] = TOTALS) -> list[str]:
    """A bill of these rows, which all have the columns of the first."""
    names = rows[0].keys()
    written = ["".join(f",`{row[name]}" for name in names)[1:] + "\r\n" for row in rows]
    return [bom + ",".join(names) + "\r\n", *written, *end]


def read(*rows: dict[str, str], merchant: Merchant = MERCHANT, **how: Any) -> Any:
    found = list(read_bill(lines(*rows, **how), merchant))
    return found[0] if len(found) == 1 else found


def test_a_payment_of_a_till_is_read_with_its_store() -> None:
    rule = StoreRule("attach", "|")
    event = read(ROW, merchant=Merchant(SELLER.id, b"", {}, rule))
    body = Paid(9900, "SH01-1", 9900, "4200001", SELLER.id, "门店01")
    assert (event.at, event.body, event.payer) == (TRADE_AT, body, Subject(APP_ID, OPENID))
    check_event(InboundEvent(event.id, event.payer, event.at, event.body))


WRITTEN = st.text(st.sampled_from('a,`"\n\r\x0b\x85\u2028总交易单数门店') | st.characters(codec="utf-8"))


@given(WRITTEN.filter(lambda text: ",`" not in f"`{text}," and "总交易单数," not in text))
def test_whatever_the_merchant_has_written_loses_no_row(written: str) -> None:
    rows = [ROW | {"商品名称": written}, ROW | {"商户数据包": written}, ROW | BACK]
    found = list(read_bill(io.StringIO("".join(lines(*rows)), newline="\n"), MERCHANT))
    events = [event for event in found if isinstance(event, PayEvent)]
    assert [event.body for event in events] == [read(ROW).body, read(ROW).body, read(ROW | BACK).body]


def test_a_row_that_is_cut_takes_no_other_along() -> None:
    bill = lines(ROW, ROW | BACK)
    cut = [bill[0], "`2026-11-27 12:00:00,`wx\n", *bill[1:]]
    odd, *others = read_bill(cut, MERCHANT)
    assert odd == OddRow(2, "")
    assert others == list(read_bill(bill, MERCHANT))


def test_notice_query_and_bill_tell_of_the_same_events() -> None:
    books = MerchantApi(SELLER, {PAID["out_trade_no"]: PAID}, {"R-1": REFUNDED})
    bill = list(read_bill(books.bill(NOON.date()).splitlines(keepends=True), MERCHANT))
    told = [
        event
        for resource, kind in ((PAID, "TRANSACTION.SUCCESS"), (REFUNDED, "REFUND.SUCCESS"))
        for event in read_events(open_notice(notice(resource, kind), MERCHANT, NOON, FRESHNESS), MERCHANT)
    ]
    answer = {"status": "SUCCESS", **{name: REFUNDED[name] for name in REFUNDED if name != "mchid"}}
    asked = [read_payment(PAID, MERCHANT, NOON), read_refund(answer, SELLER.id, NOON)]

    def facts(events: Any) -> set[Any]:
        return {(event.id, event.at, event.body) for event in events}

    assert facts(bill) == facts(told) == facts(asked)


@pytest.mark.parametrize("state", ["NOTPAY", "CLOSED", "USERPAYING", "REVOKED", "PAYERROR", 5, None])
def test_an_order_that_is_not_paid_is_no_payment(state: object) -> None:
    assert read_payment({**PAID, "trade_state": state}, MERCHANT, NOON) is None
    assert read_refund({**REFUNDED, "status": state}, SELLER.id, NOON) is None


def test_an_order_of_which_something_was_given_back_is_paid() -> None:
    assert read_payment({**PAID, "trade_state": "REFUND"}, MERCHANT, NOON) is not None


def test_a_refund_is_read_and_one_that_is_under_way_is_pending() -> None:
    event = read(ROW | BACK)
    assert event.body == Refunded(4000, "SH01-1", 4000, "4200001", SELLER.id)
    assert read(ROW | BACK | {"退款状态": "PROCESSING"}) == PendingRefund(SELLER.id, "R-1")


def test_a_bill_of_refunds_says_when_they_succeeded() -> None:
    event = read(ROW | BACK | {"退款申请时间": "2026-11-27 13:00:00", "退款成功时间": "2026-11-27 13:00:05"})
    assert event.at == TRADE_AT + timedelta(hours=1, seconds=5)


def test_a_reversal_at_a_till_gives_all_back_and_is_known_by_the_payment() -> None:
    reversal = {"交易状态": "REVOKED", "商户退款单号": "0"}
    first, second = read(ROW | reversal), read(ROW | reversal | {"微信订单号": "4200002"})
    assert first.body == Refunded(9900, "SH01-1", None, "4200001", SELLER.id)
    assert first.id != second.id


@pytest.mark.parametrize(
    ("changes", "total", "by_payer"),
    [
        ({"代金券金额": "9.90"}, 9900, 8910),
        ({"代金券金额": "9.90", "应结订单金额": "89.10"}, 9900, None),
        ({"代金券金额": "99.01"}, 9900, None),
        ({"代金券金额": ""}, 9900, None),
        ({"订单金额": "", "应结订单金额": "89.1"}, 8910, 8910),
    ],
)
def test_what_the_payer_paid_is_said_only_where_the_bill_leaves_no_doubt(
    changes: dict[str, str], total: int, by_payer: int | None
) -> None:
    """Whether coupons include those of the merchant differs from bill to bill."""
    body = read(ROW | changes).body
    assert (body.total, body.by_payer) == (total, by_payer)


@given(fen=st.integers(0, 10**13))
def test_yuan_are_fen_exactly(fen: int) -> None:
    yuan = f"{fen // 100}.{fen % 100:02}"
    expected = fen if fen < 10**14 else None
    assert read(ROW | {"订单金额": yuan, "应结订单金额": yuan}).body.total == expected


@given(columns=st.permutations(list(ROW)), extra=st.text("新列AB", min_size=1, max_size=3))
def test_columns_may_stand_in_any_order_among_others(columns: list[str], extra: str) -> None:
    row = {name: ROW[name] for name in columns[:9]} | {f"{extra}?": "x, y"}
    row |= {name: ROW[name] for name in columns[9:]}
    assert read(row, bom="") == read(ROW)


@pytest.mark.parametrize(
    ("older", "newer"),
    [("总金额", "订单金额"), ("子商户号", "特约商户号"), ("代金券或立减优惠金额", "代金券金额")],
)
def test_older_names_of_columns_are_known(older: str, newer: str) -> None:
    row = {older if name == newer else name: value for name, value in ROW.items()}
    assert read(row) == read(ROW)


def test_a_payment_to_a_sub_merchant_is_one_to_it() -> None:
    assert read(ROW | {"特约商户号": "1900000999"}).body.merchant == "1900000999"


ODD = {
    "openid": ({"用户标识": ""}, "用户标识"),
    "app id": ({"公众账号ID": "?"}, "公众账号ID"),
    "time": ({"交易时间": "27.11.2026"}, "交易时间"),
    "amount": ({"订单金额": "-1.00"}, "订单金额"),
    "three digits": ({"订单金额": "1.001"}, "订单金额"),
    "amount in words": ({"订单金额": "1e3"}, "订单金额"),
    "no amount": ({"订单金额": "", "应结订单金额": ""}, "订单金额"),
    "currency": ({"货币种类": "USD"}, "货币种类"),
    "state": ({"交易状态": "LOST"}, "交易状态"),
    "no number": ({"微信订单号": ""}, "微信订单号"),
    "refund without a number": (BACK | {"商户退款单号": "0"}, "商户退款单号"),
    "state of a refund": (BACK | {"退款状态": "FAIL"}, "退款状态"),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_row_is_told_by_its_line_and_column_and_the_others_are_read(what: str) -> None:
    changes, column = ODD[what]
    first, odd, last = read(ROW, ROW | changes, ROW | {"微信订单号": "4200002"})
    assert odd == OddRow(3, column)
    assert {type(first), type(last)} == {PayEvent}


@pytest.mark.parametrize("line", ["a line without backticks", "`1,`2", "`" + ",`" * 40])
def test_a_line_with_other_fields_is_told(line: str) -> None:
    whole = lines(ROW)
    (odd, event) = read_bill([whole[0], line + "\n", "\n", *whole[1:]], MERCHANT)
    assert odd == OddRow(2, "")
    assert event == read(ROW)


@pytest.mark.parametrize(
    ("bill", "message"),
    [
        ([], "lacks the columns 交易时间, 公众账号ID"),
        (["<html>"], "lacks the columns"),
        (
            lines({name: value for name, value in ROW.items() if name != "用户标识"}),
            "lacks the columns 用户标识$",
        ),
        (lines(ROW, end=[]), "ends before its totals"),
    ],
)
def test_what_is_no_complete_bill_says_so(bill: list[str], message: str) -> None:
    with pytest.raises(UnreadableBillError, match=message):
        list(read_bill(bill, MERCHANT))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=4))
def test_nothing_in_a_row_stops_the_import(values: list[str]) -> None:
    row = dict(zip(ROW, [*values, *list(ROW.values())[len(values) :]], strict=True))
    whole = lines(row)
    text = "".join(whole[1:-2]).replace("\n", " ")
    for event in read_bill([whole[0], text, *TOTALS], MERCHANT):
        if isinstance(event, PayEvent):
            check_event(InboundEvent(event.id, event.payer or Subject(APP_ID, "o"), event.at, event.body))


def test_the_fake_wechats_bill_is_that_of_its_day_in_beijing() -> None:
    late = datetime(2026, 11, 27, 15, 59, 59, tzinfo=UTC)
    first = payment(SELLER.id, APP_ID, OPENID, "A", 1, late, "MICROPAY")
    second = payment(SELLER.id, APP_ID, OPENID, "B", 1, late + timedelta(seconds=1))
    books = MerchantApi(SELLER, {"A": first, "B": second}, {"R": refund(first, "R", 1, late)})
    days = {
        day: [
            event.body.kind
            for event in read_bill(books.bill(datetime(2026, 11, day).date()).splitlines(), MERCHANT)  # noqa: DTZ001 - a day
            if isinstance(event, PayEvent)
        ]
        for day in (26, 27, 28)
    }
    assert {day: sorted(kinds) for day, kinds in days.items()} == {
        26: [],
        27: ["payment", "refund"],
        28: ["payment"],
    }
