"""What WeChat Pay is to be asked for: orders that were announced, and refunds that are under way."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, Self

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import MiniProgramEvent
from wejourney.events.mini_program_events import ORDER_CREATED

type OpenKind = Literal["order", "refund"]

ASKED_AFTER: Mapping[OpenKind, tuple[timedelta, ...]] = {
    # A payment page is good for two hours; what is paid later than that is in the trade bill.
    "order": (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2, minutes=5)),
    # Refunds to bank cards take days.
    "refund": (timedelta(hours=6), timedelta(days=1), timedelta(days=3), timedelta(days=7)),
}
"""When WeChat Pay is asked, counted from the announcement; after the last time it is given up.

https://pay.weixin.qq.com/docs/merchant/apis/jsapi-payment/direct-jsons/jsapi-prepay.html
"""

_NUMBER = re.compile(r"[!-~]{1,64}", re.ASCII)
_MERCHANT = re.compile(r"[0-9]{6,32}", re.ASCII)


@dataclass(frozen=True)
class OpenOrder:
    """An order whose payment is not known, or a refund that has not succeeded.

    `merchant` is empty where nobody has said which one it is. `tries`: how often WeChat Pay has answered.
    """

    kind: OpenKind
    merchant: str
    number: str
    since: datetime
    due: datetime
    tries: int = 0

    @classmethod
    def begin(cls, kind: OpenKind, merchant: str, number: str, since: datetime) -> Self:
        return cls(kind, merchant, number, since, since + ASKED_AFTER[kind][0])


def announced_by(event: InboundEvent) -> OpenOrder | None:
    """The order that an event announces, if WeChat Pay can know its number."""
    body = event.body
    if not isinstance(body, MiniProgramEvent) or body.name != ORDER_CREATED:
        return None
    if not _NUMBER.fullmatch(body.order):
        return None
    merchant = body.details.get("merchant", "")
    return OpenOrder.begin("order", merchant if _MERCHANT.fullmatch(merchant) else "", body.order, event.at)


class OpenOrders(Protocol):
    def open(self, order: OpenOrder) -> None:
        """Keep it until it is closed, or given up. Done again, it changes nothing."""

    def due(self, now: datetime, most: int) -> Iterator[OpenOrder]:
        """Those that are due, the longest due first."""

    def postpone(self, order: OpenOrder, until: datetime, *, asked: bool) -> None:
        """Ask again at this moment; `asked`: WeChat Pay has answered this time."""

    def close(self, order: OpenOrder) -> None: ...
