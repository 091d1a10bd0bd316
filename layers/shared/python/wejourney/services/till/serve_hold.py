"""What a till asks for: hold points or an offer, take it for a sale, or give it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.loyalty.till.holds import Hold, Wanted, hold_of_till
from wejourney.services.till.ports import Store
from wejourney.services.till.serve_visit import ServeVisit
from wejourney.services.till.settle_hold import SettleHold
from wejourney.wire.json_api import RequestRejectedError
from wejourney.wire.store_api.requests import StoreRequest


@dataclass(frozen=True)
class ServeHold:
    """Each method answers one operation. Raises RequestRejectedError, TillError or LedgerBusyError."""

    serve: ServeVisit
    settle: SettleHold

    def hold(self, request: StoreRequest, store: Store) -> Mapping[str, Any]:
        asked, visit = request.body, request.visit_id
        if ("points" in asked) is ("offer" in asked):
            raise RequestRejectedError(400, "body", "must have either `points` or `offer`")
        what = (asked.get("offer", ""), asked.get("points", 0))
        zone = self.serve.zone_of(store)
        wanted = Wanted(f"{visit}-{asked['id']}", visit, store.name, request.who.till, zone, *what)
        return _shown(self.settle.hold(wanted, lambda: self.serve.customer(request, visit)))

    def capture(self, request: StoreRequest, store: Store) -> Mapping[str, Any]:
        asked, hold, zone = request.body, self._hold(request), self.serve.zone_of(store)
        return _shown(self.settle.capture(hold.id, asked.get("points"), asked["order"], asked["total"], zone))

    def release(self, request: StoreRequest) -> Mapping[str, Any]:
        return _shown(self.settle.release(self._hold(request).id))

    def _hold(self, request: StoreRequest) -> Hold:
        found = self.settle.records.hold(request.parameters["hold"])
        return hold_of_till(found, request.who.store, request.who.till)


def _shown(hold: Hold) -> Mapping[str, Any]:
    takes = hold.held.takes(hold.points)
    return {
        "hold": hold.id,
        "status": hold.status,
        "points": hold.points,
        "offer": hold.offer or None,
        "takes": str(takes) if takes is not None else None,
        "gift": (hold.terms.gift or None) if hold.terms is not None else None,
        "captured": hold.capture.points if hold.capture is not None else 0,
        "taken": hold.taken_off,
        "expires_at": hold.expires_at,
    }
