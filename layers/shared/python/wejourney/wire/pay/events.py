"""What WeChat Pay tells in notices and answers, read into typed events of the inbox.

Fields: https://pay.weixin.qq.com/docs/merchant/apis/jsapi-payment/payment-notice.html and
https://pay.weixin.qq.com/docs/merchant/apis/jsapi-payment/refund-result-notice.html
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.accounts import is_app_id
from wejourney.bounds import LONGEST_NAME
from wejourney.events.event import OPENID, Subject
from wejourney.events.event_types import UNKNOWN, EventBody, OtherEvent, Paid, Refunded
from wejourney.merchants import Merchant
from wejourney.wire.pay.event_ids import pay_event_id, payment_id, refund_id
from wejourney.wire.pay.notice import Notice

_LARGEST = 10**15
_YUAN = ("CNY", "")
_IDENTIFIERS = (
    *("mchid", "sp_mchid", "sub_mchid", "combine_mchid", "out_trade_no", "combine_out_trade_no"),
    *("transaction_id", "trade_state", "out_refund_no", "refund_id", "refund_status", "out_order_no"),
)
"""What is kept of a notice that no type stands for: its numbers, which name nobody."""


class _UnusualError(Exception):
    """A notice that is not what the contract says; stays inside this module."""


@dataclass(frozen=True)
class PayEvent:
    """What WeChat Pay tells; `payer` is None where it does not say whose order it is.

    `id` is the same for every delivery, for a second notice of the same payment or refund, for the answer to
    a query, and for its row in the trade bill.
    """

    id: str
    at: datetime
    body: EventBody
    payer: Subject | None = None


def read_events(notice: Notice, merchant: Merchant) -> tuple[PayEvent, ...]:
    """A payment, one for each order that was paid together, a refund, or what no type stands for.

    WeChat has signed the notice, so an unusual field never loses it: it becomes `unknown`.
    """
    resource = notice.resource
    is_payment = (notice.event_type, notice.original_type) == ("TRANSACTION.SUCCESS", "transaction")
    try:
        if is_payment and "combine_out_trade_no" in resource:
            return tuple(_paid_together(notice, merchant))
        if is_payment:
            return (_payment(notice, resource, merchant),)
        if (notice.event_type, notice.original_type) == ("REFUND.SUCCESS", "refund"):
            return (_refund(notice, resource),)
    except _UnusualError:
        pass
    return (unknown(notice, resource),)


def read_payment(answer: Mapping[str, Any], merchant: Merchant, now: datetime) -> PayEvent | None:
    """The payment of an order that was asked for: the same as in its notice. None: it is not paid."""
    try:
        return _payment(Notice.of_answer(answer, now), answer, merchant)
    except _UnusualError:
        return None


def read_refund(answer: Mapping[str, Any], seller: str, now: datetime) -> PayEvent | None:
    """As `read_payment`, of a refund, whose answer does not say of which merchant it is."""
    refund = {**answer, "mchid": seller, "refund_status": answer.get("status")}
    try:
        return _refund(Notice.of_answer(refund, now), refund)
    except _UnusualError:
        return None


def _payment(notice: Notice, paid: Mapping[str, Any], merchant: Merchant) -> PayEvent:
    # REFUND says that a refund was begun: of an order that was paid.
    if paid.get("trade_state", "SUCCESS") not in ("SUCCESS", "REFUND"):
        raise _UnusualError
    amount, device = _object(paid, "amount"), _object(paid, "scene_info").get("device_id")
    transaction, order, seller = _name(paid, "transaction_id"), _name(paid, "out_trade_no"), _seller(paid)
    attach = paid.get("attach")
    store = merchant.store.store_of(
        {
            "attach": attach if isinstance(attach, str) else "",
            "order": order,
            "device": device if isinstance(device, str) else "",
            "merchant": seller,
        }
    )
    body = Paid(
        total=_fen(amount, "total", "total_amount"),
        order=order,
        by_payer=_by_payer(amount, "payer_total", "payer_amount"),
        transaction=transaction,
        merchant=seller,
        store=store,
    )
    return PayEvent(payment_id(transaction), _time(notice, paid), body, _payer(paid))


def _paid_together(notice: Notice, merchant: Merchant) -> Iterator[PayEvent]:
    """The orders, of one merchant or several, that were paid in one payment."""
    orders = notice.resource.get("sub_orders")
    if not isinstance(orders, list) or not orders or not all(isinstance(order, dict) for order in orders):
        raise _UnusualError
    payer, app_id = _object(notice.resource, "combine_payer_info"), notice.resource.get("combine_appid")
    for order in orders:
        paid = {"appid": app_id, "payer": payer, "scene_info": notice.resource.get("scene_info"), **order}
        try:
            yield _payment(notice, paid, merchant)
        except _UnusualError:
            yield unknown(notice, order)


def _refund(notice: Notice, refund: Mapping[str, Any]) -> PayEvent:
    if refund.get("refund_status") != "SUCCESS":
        raise _UnusualError
    amount, seller = _object(refund, "amount"), _seller(refund)
    body = Refunded(
        total=_fen(amount, "refund"),
        order=_name(refund, "out_trade_no"),
        by_payer=_by_payer(amount, "payer_refund"),
        transaction=_name(refund, "transaction_id"),
        merchant=seller,
    )
    identity = refund_id(seller, _name(refund, "out_refund_no"))
    return PayEvent(identity, _time(notice, refund), body)


def unknown(notice: Notice, resource: Mapping[str, Any]) -> PayEvent:
    """The notice without what only its type would give a meaning, for people to look at."""
    numbers = {name: value for name in _IDENTIFIERS if isinstance(value := resource.get(name), str)}
    kept = {"event_type": notice.event_type, "original_type": notice.original_type, **numbers}
    details = {name: value[:LONGEST_NAME] for name, value in kept.items()}
    same = hashlib.sha256(notice.plaintext).hexdigest()
    identity = pay_event_id("unknown", notice.event_type, same, numbers.get("out_trade_no", ""))
    at = notice.first_time(notice.created) or notice.signed_at
    return PayEvent(identity, at, OtherEvent(UNKNOWN, details))


def _payer(paid: Mapping[str, Any]) -> Subject:
    """Who paid, as an openid of the app in which they did; that of a sub-merchant where there is one."""
    payer = _object(paid, "payer")
    for app, openid in (("sub_appid", "sub_openid"), ("sp_appid", "sp_openid"), ("appid", "openid")):
        app_id, person = paid.get(app), payer.get(openid)
        if not isinstance(app_id, str) or not isinstance(person, str):
            continue
        if is_app_id(app_id) and OPENID.fullmatch(person):
            return Subject(app_id, person)
    raise _UnusualError


def _seller(resource: Mapping[str, Any]) -> str:
    return _name(resource, "sub_mchid" if resource.get("sub_mchid") else "mchid")


def _time(notice: Notice, resource: Mapping[str, Any]) -> datetime:
    at = notice.first_time(resource.get("success_time"), notice.created)
    if at is None:
        raise _UnusualError
    return at


def _object(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def _name(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise _UnusualError
    return value


def _fen(amount: Mapping[str, Any], *names: str) -> int:
    """An amount of yuan: the cents of another currency are no fen."""
    if amount.get("currency", "CNY") not in _YUAN:
        raise _UnusualError
    value = _optional_fen(amount, *names)
    if value is None:
        raise _UnusualError
    return value


def _by_payer(amount: Mapping[str, Any], *names: str) -> int | None:
    """What the payer paid themselves; None where they paid in another currency."""
    return _optional_fen(amount, *names) if amount.get("payer_currency", "CNY") in _YUAN else None


def _optional_fen(amount: Mapping[str, Any], *names: str) -> int | None:
    value = next((amount[name] for name in names if name in amount), None)
    return value if type(value) is int and 0 <= value < _LARGEST else None
