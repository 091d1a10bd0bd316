"""Answer a request of a till."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, assert_never

from wejourney.errors import (
    InvalidSettingError,
    MissingSettingError,
    UnknownAccountError,
    WeChatError,
    WejourneyError,
)
from wejourney.loyalty.visits import TillError, UnknownVisitError, WrongTillError
from wejourney.services.ports.accounts import AccountUnavailableError
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.services.till.ports import Store
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
    MissingSettingError,
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
                return self.serve(request)
            case Name.TELL_SALE:
                return self.tell_sale(request)
            case _:
                assert_never(request.name)

    def _rejected(self, signed: SignedRequest, error: RequestRejectedError) -> Answer:
        self.watch.rejected(signed, error.status, error.code)
        return rejection(error)


_STATUS: Mapping[type[TillError], int] = {
    UnknownVisitError: 404,
    UnknownCustomerError: 404,
    WrongTillError: 403,
}
_CONFLICT = 409


def _rejection_of(error: TillError, signed: SignedRequest) -> RequestRejectedError:
    where = "path.visit" if "visit" in signed.path_parameters else "body"
    return RequestRejectedError(_STATUS.get(type(error), _CONFLICT), where, str(error), error.code)
