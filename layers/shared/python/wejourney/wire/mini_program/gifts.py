"""What a mini program asks about gifts, and what it is told of one: never the code, nor who gave it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, assert_never

from wejourney.errors import CallbackRefusedError
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.benefits.coupons import CodedCoupon
from wejourney.loyalty.benefits.gifts import Gift, GiftContent, GiftStatus, GivenAmount
from wejourney.wire.mini_program.requests import read_client_id

_LARGEST = 10**9
_LONGEST = 64


class CouponCode(NamedTuple):
    """The code of a coupon as somebody has it."""

    typed: str


@dataclass(frozen=True)
class Giving:
    """What somebody wants to give: `id` is the mini program's own of this gift."""

    id: str
    what: GivenAmount | CouponCode


def read_giving(asked: Mapping[str, Any]) -> Giving:
    """Raises CallbackRefusedError, which quotes nothing."""
    client_id = read_client_id(asked)
    if "coupon" not in asked:
        return Giving(client_id, GivenAmount(_text(asked, "asset", POINTS), _amount(asked)))
    if asked.keys() & {"amount", "asset"}:
        raise CallbackRefusedError(400, "a gift is either of a `coupon` or of an `amount`")
    return Giving(client_id, CouponCode(_text(asked, "coupon")))


def read_gift_code(asked: Mapping[str, Any]) -> str:
    """The code of a gift as somebody has it. Raises CallbackRefusedError."""
    return _text(asked, "code")


def read_gift_id(asked: Mapping[str, Any]) -> str:
    """Our id of a gift, which its giver was told. Raises CallbackRefusedError."""
    return _text(asked, "gift")


def gift_answer(gift: Gift, now: datetime, *, is_own: bool) -> dict[str, Any]:
    """A gift whose time is over is shown as returned, also while it still waits to go back."""
    status = GiftStatus.RETURNED if gift.status is GiftStatus.OPEN and not gift.is_open(now) else gift.status
    shown = {**_shown(gift.content), "status": status, "until": gift.until.isoformat()}
    return {**shown, "own": is_own, **({"gift": gift.id} if is_own else {})}


def _shown(content: GiftContent) -> dict[str, Any]:
    match content:
        case GivenAmount(asset, amount):
            return {"asset": asset, "amount": amount}
        case CodedCoupon(coupon=coupon):
            worth = {"takes": str(coupon.takes), "least": coupon.from_fen}
            return {"coupon": coupon.name, **worth, "usable_until": coupon.until.isoformat()}
        case _:
            assert_never(content)


def _amount(asked: Mapping[str, Any]) -> int:
    amount = asked.get("amount")
    if type(amount) is not int or not 0 < amount <= _LARGEST:
        raise CallbackRefusedError(400, f"`amount` is no whole number from 1 to {_LARGEST}")
    return amount


def _text(asked: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = asked.get(name, default)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise CallbackRefusedError(400, f"`{name}` is no text of 1 to {_LONGEST} characters")
    return value
