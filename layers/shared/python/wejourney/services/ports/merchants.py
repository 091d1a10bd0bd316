"""What notices of WeChat Pay need of the world."""

from typing import Protocol

from wejourney.errors import CallbackRefusedError, WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.merchants import Merchant


class Merchants(Protocol):
    def get(self, merchant_id: str, /) -> Merchant:
        """The merchant, possibly as it was a while ago. Raises as `Accounts.get`."""


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
