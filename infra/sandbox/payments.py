"""The merchant's till: payments and refunds become notices, delivered as WeChat Pay delivers them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

import httpx
from annotated_types import Gt, Le, MinLen
from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as validated

from infra.sandbox.fake_wechat.merchant import payment, refund, sealed
from infra.sandbox.fake_wechat.merchant_api import MerchantApi
from infra.sandbox.fake_wechat.world import World
from infra.sandbox.phone import ANSWER_WITHIN, MOST_TIMES, BadActError
from infra.sandbox.time_control import TimeControl, mistakes_in
from wejourney.allowances.wechat_rules import Act

_ACCEPTED = (200, 204)

type KeyKind = Literal["certificate", "public_key"]
type Text = Annotated[str, MinLen(1)]
type Amount = Annotated[int, Gt(0)]
type TradeType = Literal["JSAPI", "MICROPAY"]
type Times = Annotated[int, Gt(0), Le(MOST_TIMES)]

_STRICT = ConfigDict(extra="forbid", strict=True)


@validated(config=_STRICT)
class Payment:
    """`app_id` is the app in which they pay; the account's own by default.

    A payment with a payment code at a till (MICROPAY) has no notice; that of any other can be lost.
    """

    openid: Text
    order: Text
    total: Amount
    app_id: str | None = None
    attach: str = ""
    key: KeyKind = "certificate"
    times: Times = 1
    trade_type: TradeType = "JSAPI"
    lost: bool = False


@validated(config=_STRICT)
class Refund:
    order: Text
    total: Amount
    number: Text
    key: KeyKind = "certificate"
    times: Times = 1
    lost: bool = False


@dataclass(frozen=True)
class Undelivered:
    """A notice that was not accepted: WeChat delivers it again, for a day, signed anew."""

    event_type: str
    resource: Mapping[str, Any]
    key: KeyKind


@dataclass
class Payments:
    """The payments at one merchant, whose books WeChat Pay keeps. `url` takes its notices."""

    world: World
    books: MerchantApi
    url: str
    http: httpx.AsyncClient
    times: TimeControl
    _undelivered: list[Undelivered] = field(default_factory=list)

    async def do(self, act: str, details: Mapping[str, Any]) -> dict[str, Any]:
        """Pay, refund, or deliver again what was not accepted, and deliver the notices.

        Returns when it was, the last HTTP status (0: no answer), how many deliveries. Raises BadActError.
        """
        with self.times.hold():
            now = self.world.clock.now()
            try:
                match act:
                    case "pay":
                        statuses = await self._pay(Payment(**details), now)
                    case "refund":
                        statuses = await self._refund(Refund(**details), now)
                    case "redeliver":
                        again, self._undelivered = self._undelivered, []
                        statuses = [await self._deliver(notice) for notice in again]
                    case _:
                        raise BadActError(f"no act {act}: there are pay, refund, redeliver")
            except ValidationError as error:
                raise BadActError(mistakes_in(error)) from error
        last = statuses[-1] if statuses else 0
        return {"at": now.replace(microsecond=0).isoformat(), "status": last, "deliveries": len(statuses)}

    async def _pay(self, asked: Payment, now: datetime) -> list[int]:
        app_id = asked.app_id or self.world.account.app_id
        paid = payment(
            self.books.merchant.id, app_id, asked.openid, asked.order, asked.total, now, asked.trade_type
        )
        resource = paid | ({"attach": asked.attach} if asked.attach else {})
        self.books.paid[asked.order] = resource
        person = self.world.people.get(asked.openid)
        if person is not None and person.following and app_id == self.world.account.app_id:
            self.world.act(person, Act.PAY, now)
        notice = Undelivered("TRANSACTION.SUCCESS", resource, asked.key)
        told = 0 if asked.lost or asked.trade_type == "MICROPAY" else asked.times
        return [await self._deliver(notice) for _ in range(told)]

    async def _refund(self, asked: Refund, now: datetime) -> list[int]:
        paid = self.books.paid.get(asked.order)
        if paid is None:
            raise BadActError("no such order was paid")
        given_back = self.books.refunds[asked.number] = refund(paid, asked.number, asked.total, now)
        notice = Undelivered("REFUND.SUCCESS", given_back, asked.key)
        return [await self._deliver(notice) for _ in range(0 if asked.lost else asked.times)]

    async def _deliver(self, notice: Undelivered) -> int:
        merchant = self.books.merchant
        key = merchant.certificate if notice.key == "certificate" else merchant.public_key
        now = self.world.clock.now()
        headers, body = sealed(merchant, key, notice.event_type, notice.resource, now)
        try:
            answer = await self.http.post(self.url, headers=headers, content=body, timeout=ANSWER_WITHIN)
            status = answer.status_code
        except httpx.TransportError:
            status = 0
        if status not in _ACCEPTED:
            self._undelivered.append(notice)
        return status
