"""Answer a request of a till."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, assert_never

from wejourney.errors import (
    InvalidSettingError,
    LedgerBusyError,
    MissingSettingError,
    UnknownAccountError,
    WeChatError,
    WejourneyError,
)
from wejourney.loyalty.benefits.coupons import CouponRefusedError
from wejourney.loyalty.benefits.secret_codes import MistypedCodeError
from wejourney.loyalty.till.holds import (
    AboveHoldError,
    NotOfferedError,
    TooFewPointsError,
    UnknownOfferError,
    UnknownTillHoldError,
    WrongPointsError,
)
from wejourney.loyalty.till.refunds import AboveCaptureError
from wejourney.loyalty.till.visits import TillError, UnknownVisitError, WrongTillError
from wejourney.services.ports.accounts import AccountUnavailableError
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.services.ports.orders import OrdersUnreadableError
from wejourney.services.till.ports import Store
from wejourney.services.till.refund_points import RefundPoints
from wejourney.services.till.serve_coupon import OF_COUPONS, ServeCoupon
from wejourney.services.till.serve_hold import ServeHold
from wejourney.services.till.serve_visit import OpenVisit, ServeVisit, UnknownCustomerError
from wejourney.services.till.tell_sale import TellSale
from wejourney.services.till.verify_request import VerifyRequest
from wejourney.wire.http import Answer
from wejourney.wire.json_api import RequestRejectedError, answer, unavailable
from wejourney.wire.store_api.operations import Name
from wejourney.wire.store_api.requests import SignedRequest, StoreRequest, rejection

_UNAVAILABLE = (
    AccountUnavailableError,
    InboxUnavailableError,
    InvalidSettingError,
    LedgerBusyError,
    MissingSettingError,
    OrdersUnreadableError,
    UnknownAccountError,
    WeChatError,
)


class TillWatch(Protocol):
    """Who is told what happened. Nothing that it is told is personal."""

    def answered(self, request: SignedRequest) -> None: ...

    def rejected(self, request: SignedRequest, status: int, code: str) -> None: ...

    def failed(self, request: SignedRequest, error: WejourneyError) -> None:
        """We could not do our part; the same request may be answered later."""


@dataclass(frozen=True)
class AnswerRequest:
    verify: VerifyRequest
    open_visit: OpenVisit
    serve: ServeVisit
    serve_hold: ServeHold
    refund_points: RefundPoints
    serve_coupon: ServeCoupon
    tell_sale: TellSale
    watch: TillWatch

    def __call__(self, signed: SignedRequest) -> Answer:
        try:
            store = self.verify(signed)
            request = signed.read()
            value = self._answer(request, store)
        except RequestRejectedError as error:
            return self._rejected(signed, error)
        except TillError as error:
            return self._rejected(signed, _rejection_of(error, signed))
        except (CouponRefusedError, MistypedCodeError) as error:
            status, code = OF_COUPONS[type(error)]
            return self._rejected(signed, RequestRejectedError(status, "body", str(error), code))
        except _UNAVAILABLE as error:
            self.watch.failed(signed, error)
            return rejection(unavailable())
        self.watch.answered(signed)
        return answer(signed.operation.status, value)

    def _answer(self, request: StoreRequest, store: Store) -> Mapping[str, Any]:
        match request.name:
            case Name.OPEN_VISIT:
                return self.open_visit(request, store)
            case Name.READ_VISIT:
                return self.serve(request, store)
            case Name.HOLD_POINTS:
                return self.serve_hold.hold(request, store)
            case Name.CAPTURE_HOLD:
                return self.serve_hold.capture(request, store)
            case Name.RELEASE_HOLD:
                return self.serve_hold.release(request)
            case Name.REFUND_HOLD:
                return self.refund_points(request)
            case Name.LOOK_UP_COUPON:
                return self.serve_coupon.look_up(request)
            case Name.USE_COUPON:
                return self.serve_coupon.use(request)
            case Name.TELL_SALE:
                return self.tell_sale(request)
            case _:
                assert_never(request.name)

    def _rejected(self, signed: SignedRequest, error: RequestRejectedError) -> Answer:
        self.watch.rejected(signed, error.status, error.code)
        return rejection(error)


_STATUS: Mapping[type[TillError], int] = {
    UnknownVisitError: 404,
    UnknownTillHoldError: 404,
    UnknownOfferError: 404,
    UnknownCustomerError: 404,
    WrongTillError: 403,
}
_CONFLICT = 409
_WHERE: Mapping[type[TillError], str] = {
    TooFewPointsError: "body.points",
    AboveHoldError: "body.points",
    AboveCaptureError: "body.points",
    WrongPointsError: "body.points",
    UnknownOfferError: "body.offer",
    NotOfferedError: "body.offer",
}


def _rejection_of(error: TillError, signed: SignedRequest) -> RequestRejectedError:
    in_path = next(iter(signed.path_parameters), None)
    where = _WHERE.get(type(error)) or (f"path.{in_path}" if in_path else "body")
    return RequestRejectedError(_STATUS.get(type(error), _CONFLICT), where, str(error), error.code)
