"""What a till asks for of points: hold them, take them for a sale, or give them back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.loyalty.till.holds import Capture, Hold, WrongRewardError, hold_of_till
from wejourney.services.till.ports import Holds
from wejourney.services.till.serve_visit import ServeVisit
from wejourney.services.till.settle_hold import SettleHold
from wejourney.wire.store_api.requests import StoreRequest


@dataclass(frozen=True)
class ServeHold:
    """Each method answers one operation. Raises TillError or LedgerBusyError."""

    serve: ServeVisit
    holds: Holds
    settle: SettleHold
    now: Callable[[], datetime]

    def hold(self, request: StoreRequest) -> Mapping[str, Any]:
        asked, visit_id = request.body, request.visit_id
        name = asked.get("reward", "")
        reward = self.settle.programme.rewards.get(name)
        if name and (reward is None or reward.points != asked["points"]):
            raise WrongRewardError(reward.points if reward is not None else None)
        customer = self.serve.customer(request, visit_id)
        wanted = Hold(
            f"{visit_id}-{asked['id']}",
            visit_id,
            request.who.store,
            request.who.till,
            customer.person_id,
            asked["points"],
            self.now(),
            name,
            reward.stock if reward is not None else 0,
        )
        return _shown(self.settle.hold(wanted))

    def capture(self, request: StoreRequest) -> Mapping[str, Any]:
        asked = request.body
        taken = Capture(asked["points"], asked["order"], asked["total"])
        return _shown(self.settle.capture(self._hold(request), taken))

    def release(self, request: StoreRequest) -> Mapping[str, Any]:
        return _shown(self.settle.release(self._hold(request)))

    def _hold(self, request: StoreRequest) -> Hold:
        found = self.holds.find(request.parameters["hold"])
        return hold_of_till(found, request.who.store, request.who.till)


def _shown(hold: Hold) -> Mapping[str, Any]:
    return {
        "hold": hold.id,
        "status": hold.status,
        "points": hold.amount,
        "reward": hold.reward or None,
        "captured": hold.capture.points if hold.capture is not None else 0,
        "expires_at": hold.expires_at,
    }
