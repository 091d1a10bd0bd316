"""What notices of WeChat Pay need of the world."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, BinaryIO, Protocol

from wejourney.errors import CallbackRefusedError, WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.merchants import Merchant


class Merchants(Protocol):
    def get(self, merchant_id: str, /) -> Merchant:
        """The merchant, possibly as it was a while ago. Raises as `Accounts.get`."""


class PayUnavailableError(WejourneyError):
    """WeChat Pay gave no answer that can be used; `reason` holds nothing of what was asked for."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"asking WeChat Pay: {reason}")
        self.reason = reason


class PayRefusedError(PayUnavailableError):
    """WeChat Pay refused what was asked; `code` is its own word.

    `may_pass`: the same request may be taken later, when there are fewer, or when our key is in order.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}".strip())
        self.code = code
        self.may_pass = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)


class PayUntrustedError(PayUnavailableError):
    """An answer that no key of the merchant's secret vouches for."""


class ApiKeyDiffersError(PayUnavailableError):
    """The merchant's `api_v3_key` does not decrypt what WeChat Pay has encrypted with it."""


class BillNotReadyError(PayUnavailableError):
    """WeChat Pay is still making the bill."""


class PayQueries(Protocol):
    """What WeChat Pay is asked. `seller` is the merchant itself or a sub-merchant of it.

    All raise PayUnavailableError, and MissingSettingError for a merchant without a request key.
    """

    def order(self, merchant: Merchant, seller: str, number: str) -> Mapping[str, Any] | None:
        """The order by the merchant's number, as a notice would tell it; None: there is none."""

    def refund(self, merchant: Merchant, seller: str, number: str) -> Mapping[str, Any] | None:
        """The refund by the merchant's number; None: there is none."""

    def trade_bill(self, merchant: Merchant, day: date, file: BinaryIO) -> bool:
        """Write the bill of all trades of a day into a file, compressed by gzip; False: there is none."""


class NoticeWatch(Protocol):
    """Who is told what happened: logs and metrics. Nothing that it is told names a payer in clear."""

    def received(self, event: InboundEvent, merchant_id: str) -> None: ...

    def not_matched(self, event_id: str, merchant_id: str) -> None:
        """A refund of an order whose payment is not known yet: WeChat delivers it again."""

    def rejected(self, event_id: str, merchant_id: str) -> None:
        """A refund of an order whose payer is not known, or was erased."""

    def refused(self, refusal: CallbackRefusedError, merchant_id: str | None) -> None:
        """A request was refused. The id is None where no merchant of ours was asked for."""

    def failed(self, error: WejourneyError, merchant_id: str | None) -> None:
        """We could not do our part; WeChat delivers again, for a day. The id is as in `refused`."""
