"""The ids of what WeChat Pay tells, the same for a notice, an answer, a row of a bill, and a till."""

import hashlib


def pay_event_id(*parts: str) -> str:
    return hashlib.sha256("\n".join(("wechat pay", *parts)).encode()).hexdigest()[:32]


def payment_id(transaction: str) -> str:
    """The id of a payment, whoever tells of it; `transaction` is WeChat Pay's number."""
    return pay_event_id("payment", transaction)


def refund_id(seller: str, number: str) -> str:
    """The id of a refund, whoever tells of it; `number` is the merchant's."""
    return pay_event_id("refund", seller, number)
