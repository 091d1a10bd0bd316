"""Give points back that a till has taken for a sale which is returned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.errors import PostingConflictError, TooLittleError
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.till.holds import ConflictError
from wejourney.loyalty.till.refunds import AboveCaptureError, refundable
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.holding import transaction_id
from wejourney.services.till.ports import HoldRecords
from wejourney.wire.store_api.requests import StoreRequest


@dataclass(frozen=True)
class RefundPoints:
    """What comes back are the lots that were taken; those whose last day is over expire again."""

    holds: HoldRecords
    books: Bookkeeping
    programme: Programme
    now: Callable[[], datetime]

    def __call__(self, request: StoreRequest) -> Mapping[str, Any]:
        """Done again, it changes nothing. Raises TillError or LedgerBusyError."""
        asked, who, now = request.body, request.who, self.now()
        hold = refundable(self.holds.hold(request.parameters["hold"]), who.store, asked["order"])
        points: int | None = asked.get("points")
        if not hold.points:
            raise AboveCaptureError(0)
        refund = Asked(
            f"refund:{hold.id}:{asked['id']}",
            Kind.REVERSE,
            now,
            Cause(hold.id, f"till {who.store}/{who.till}"),
            {} if points is None else {"points": points},
            day=self.programme.day_of(now).isoformat(),
            reverses=transaction_id(Kind.CAPTURE, hold.id),
        )
        try:
            posted = self.books.take_back(refund, points)
        except TooLittleError as error:
            raise AboveCaptureError(error.there) from None
        except PostingConflictError:
            raise ConflictError(asked["id"]) from None
        if posted is None:
            raise AboveCaptureError(0)
        came_back = posted.transaction.amount
        return {"hold": hold.id, "id": asked["id"], "order": asked["order"], "points": came_back}
