"""The trade bill (交易账单) of a day, read into the same events as notices, row by row.

A bill is a line of column names, rows whose every field begins with a backtick, and a line of names with one
row of totals. Columns are found by their names: it may be a bill of all trades (ALL), of payments (SUCCESS)
or of refunds (REFUND). https://pay.weixin.qq.com/docs/merchant/apis/in-app-payment/get-trade-bill.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from wejourney.accounts import is_app_id
from wejourney.bounds import LONGEST_NAME
from wejourney.errors import WejourneyError
from wejourney.events.event import OPENID, Subject
from wejourney.events.event_types import Paid, Refunded
from wejourney.merchants import Merchant
from wejourney.wire.pay.event_ids import payment_id, refund_id
from wejourney.wire.pay.events import PayEvent

BEIJING = timezone(timedelta(hours=8))
"""The time of bills. China has had no summer time since WeChat Pay exists."""

_TIME, _APP, _MERCHANT = "交易时间", "公众账号ID", "商户号"
_SUB_MERCHANTS = ("特约商户号", "子商户号")
_DEVICE, _TRANSACTION, _ORDER, _OPENID, _STATE = "设备号", "微信订单号", "商户订单号", "用户标识", "交易状态"
_CURRENCY, _ATTACH = "货币种类", "商户数据包"
_SETTLED, _TOTALS = "应结订单金额", ("订单金额", "总金额", "应结订单金额")
_COUPONS = ("代金券金额", "代金券或立减优惠金额")
_REFUND_NUMBER, _REFUND_TIME, _REFUND_STATE = "商户退款单号", "退款成功时间", "退款状态"
_REFUND_SETTLED, _REFUND_TOTALS = "退款金额", ("申请退款金额", "退款金额")
_REFUND_COUPONS = ("充值券退款金额", "代金券或立减优惠退款金额")

_REQUIRED = (_TIME, _APP, _MERCHANT, _TRANSACTION, _ORDER, _OPENID, _STATE)
_TOTALS_BEGIN = "总交易单数,"
_BETWEEN = ",`"
_LONGEST_ROW = 10_000
_YUAN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2})0*)?", re.ASCII)


class UnreadableBillError(WejourneyError):
    """What was downloaded or given is no trade bill, which has all these columns, or no complete one."""

    def __init__(self, missing: Sequence[str] = ()) -> None:
        self.missing = tuple(missing)
        why = f"lacks the columns {', '.join(missing)}" if missing else "ends before its totals"
        super().__init__(f"the trade bill {why}")


@dataclass(frozen=True)
class PendingRefund:
    """A refund that was begun and has not succeeded yet; `number` is the merchant's."""

    merchant: str
    number: str


@dataclass(frozen=True)
class OddRow:
    """A row that cannot be read because of this column; empty: it has other columns than the first line."""

    line: int
    column: str


type BillRow = PayEvent | PendingRefund | OddRow


class _OddError(Exception):
    """A column that has not what a bill has there; stays inside this module."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def read_bill(lines: Iterable[str], merchant: Merchant) -> Iterator[BillRow]:
    """Each row of a bill. Raises UnreadableBillError without the names of columns, or before the totals."""
    numbered = enumerate(lines, 1)
    _, first = next(numbered, (0, ""))
    names = [name.strip() for name in first.lstrip("\ufeff").split(",")]
    if missing := [name for name in _REQUIRED if name not in names]:
        raise UnreadableBillError(missing)
    for number, text in _rows(numbered, len(names)):
        if _are_totals(text):
            return
        yield _read_line(number, text, names, merchant)
    raise UnreadableBillError


def _rows(numbered: Iterator[tuple[int, str]], columns: int) -> Iterator[tuple[int, str]]:
    """The rows, each with the number of its first line: what the merchant wrote may have line breaks.

    A line that is whole by itself ends a row before it that is not.
    """

    def is_whole(text: str) -> bool:
        return _are_totals(text) or (text.startswith("`") and text.count(_BETWEEN) == columns - 1)

    first, row = 0, ""
    for number, line in numbered:
        text = line.rstrip("\r\n")
        if row and (is_whole(text) or is_whole(row) or len(row) > _LONGEST_ROW):
            yield first, row
            row = ""
        first, row = (first, f"{row}\n{text}") if row else (number, text)
    if row:
        yield first, row


def _are_totals(text: str) -> bool:
    return text.startswith(_TOTALS_BEGIN) and _BETWEEN not in text


def _read_line(number: int, text: str, names: list[str], merchant: Merchant) -> BillRow:
    # Fields are not quoted: a comma alone may stand in what the merchant wrote.
    fields = text[1:].split(_BETWEEN)
    if not text.startswith("`") or len(fields) != len(names):
        return OddRow(number, "")
    try:
        return _read(dict(zip(names, (field.strip() for field in fields), strict=True)), merchant)
    except _OddError as error:
        return OddRow(number, error.column)


def _read(row: Mapping[str, str], merchant: Merchant) -> BillRow:
    if row.get(_CURRENCY, "CNY") not in ("CNY", ""):
        raise _OddError(_CURRENCY)
    match row[_STATE]:
        case "SUCCESS":
            return _payment(row, merchant)
        case "REFUND" | "REVOKED":
            return _refund(row)
        case _:
            raise _OddError(_STATE)


def _payment(row: Mapping[str, str], merchant: Merchant) -> PayEvent:
    transaction, order, seller = _name(row, _TRANSACTION), _name(row, _ORDER), _seller(row)
    device = row.get(_DEVICE, "")
    store = merchant.store.store_of(
        {"attach": row.get(_ATTACH, ""), "order": order, "device": device, "merchant": seller}
    )
    total = _first_fen(row, _TOTALS)
    by_payer = _by_payer(row, total, _SETTLED, _COUPONS)
    body = Paid(total, order, by_payer, transaction, seller, store)
    return PayEvent(payment_id(transaction), _time(row, _TIME), body, _payer(row))


def _refund(row: Mapping[str, str]) -> BillRow:
    """A refund; a reversal of a payment at a till (撤销) has no number of its own and gives all back."""
    transaction, order, seller = _name(row, _TRANSACTION), _name(row, _ORDER), _seller(row)
    reversal = row[_STATE] == "REVOKED"
    number = row.get(_REFUND_NUMBER, "")
    if not number.strip("0"):
        number = f"reversal {transaction}" if reversal else ""
    if not 0 < len(number) <= LONGEST_NAME:
        raise _OddError(_REFUND_NUMBER)
    state = row.get(_REFUND_STATE, "")
    if state == "PROCESSING":
        return PendingRefund(seller, number)
    if state != "SUCCESS" and not reversal:
        raise _OddError(_REFUND_STATE)
    total = _first_fen(row, _REFUND_TOTALS)
    if reversal and not total:
        total = _first_fen(row, _TOTALS)
    by_payer = _by_payer(row, total, _REFUND_SETTLED, _REFUND_COUPONS)
    body = Refunded(total, order, by_payer, transaction, seller)
    at = _time(row, _REFUND_TIME if row.get(_REFUND_TIME) else _TIME)
    return PayEvent(refund_id(seller, number), at, body, _payer(row))


def _payer(row: Mapping[str, str]) -> Subject:
    app_id, openid = row[_APP], row[_OPENID]
    if not is_app_id(app_id):
        raise _OddError(_APP)
    if not OPENID.fullmatch(openid):
        raise _OddError(_OPENID)
    return Subject(app_id, openid)


def _seller(row: Mapping[str, str]) -> str:
    """The merchant's number, or that of the sub-merchant; a 0 stands for none."""
    subs = (row.get(name, "") for name in _SUB_MERCHANTS)
    return next((sub for sub in subs if sub.strip("0")), None) or _name(row, _MERCHANT)


def _name(row: Mapping[str, str], name: str) -> str:
    value = row[name]
    if not 0 < len(value) <= LONGEST_NAME:
        raise _OddError(name)
    return value


def _time(row: Mapping[str, str], name: str) -> datetime:
    try:
        return datetime.strptime(row[name], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _OddError(name) from None


def _first_fen(row: Mapping[str, str], names: tuple[str, ...]) -> int:
    for name in names:
        if row.get(name):
            return _fen(row, name)
    raise _OddError(names[0])


def _by_payer(row: Mapping[str, str], total: int, settled: str, coupons: tuple[str, ...]) -> int | None:
    """What of a total is the payer's own money; None where the bill does not say it beyond doubt.

    `settled` is without coupons that the merchant paid for, `coupons` may be with or without them.
    """
    names = [name for name in coupons if row.get(name)]
    if not names or not row.get(settled) or _fen(row, settled) != total:
        return None
    left = total - _fen(row, names[0])
    return left if left >= 0 else None


def _fen(row: Mapping[str, str], name: str) -> int:
    """Yuan as they are written, in fen: nothing is rounded."""
    found = _YUAN.fullmatch(row[name])
    if found is None:
        raise _OddError(name)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
