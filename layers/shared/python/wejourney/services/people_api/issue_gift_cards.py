"""Issue gift cards for the brand's own systems."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.errors import PostingConflictError
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.benefits.gifts import NotGivenAwayError
from wejourney.loyalty.benefits.secret_codes import derived_code, shown
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.ports.keys import PHONES, Keys
from wejourney.wire.json_api import RequestRejectedError
from wejourney.wire.people_api.requests import ApiRequest


@dataclass(frozen=True)
class IssueGiftCards:
    gifts: Gifts
    keys: Keys

    def __call__(self, request: ApiRequest) -> Mapping[str, Any]:
        """The card with its code, the same whenever the same is asked.

        Raises RequestRejectedError or LedgerBusyError.
        """
        asked = request.body
        asset = asked.get("asset", POINTS)
        code = derived_code(self.keys.get(PHONES).current, "gift card", asked["id"])
        try:
            card = self.gifts.issue(code, asset, asked["amount"])
        except NotGivenAwayError as error:
            where = "body.amount" if error.most else "body.asset"
            what = f"must be at most {error.most}" if error.most else "has no `gift_cards` in the programme"
            raise RequestRejectedError(400, where, what) from None
        except PostingConflictError:
            what = "was used for a card of another asset or amount"
            raise RequestRejectedError(400, "body.id", what) from None
        told = {"asset": asset, "amount": asked["amount"], "status": card.status, "until": card.until}
        return {"code": shown(code), **told}
