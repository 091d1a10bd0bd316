"""Open a visit at a till, and show the till who has scanned its code."""

import secrets
from base64 import b32encode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from wejourney.loyalty.balance import POINTS, Balance
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.till.redeeming import MoneyOff, Offer, RewardOffer
from wejourney.loyalty.till.visits import (
    CODE_LASTS,
    TillError,
    Visit,
    VisitStatus,
    of_till,
    require_scanned,
    scene_of,
)
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import is_sealed, masked
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.codes import CodeMaker, CodePictures
from wejourney.services.till.ports import Customers, Store, Visits
from wejourney.wire.store_api.requests import StoreRequest

_RANDOM_BYTES = 15


class UnknownCustomerError(TillError):
    """Who has scanned the code was erased meanwhile."""

    code = "unknown_customer"

    def __init__(self) -> None:
        super().__init__("is of somebody who was erased")


def new_visit_id() -> str:
    return b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode().lower()


@dataclass(frozen=True)
class OpenVisit:
    """The visit is on record before WeChat makes its code: no scan can come earlier."""

    accounts: Accounts
    visits: Visits
    codes: CodeMaker
    pictures: CodePictures
    now: Callable[[], datetime]
    new_id: Callable[[], str] = new_visit_id

    def __call__(self, request: StoreRequest, store: Store) -> Mapping[str, Any]:
        """Raises UnknownAccountError, or what WeChat says."""
        account = self.accounts.get(store.app_id)
        visit = Visit(self.new_id(), store.name, request.who.till, store.app_id, self.now())
        self.visits.add(visit)
        scene, code, picture = scene_of(visit.id), None, None
        if account.kind == "mini_program":
            picture = b64encode(self.pictures.code_picture(account, scene, store.page)).decode()
        else:
            code = self.codes.create_qr_code(account, scene, int(CODE_LASTS.total_seconds())).url
        return {"visit": visit.id, "expires_at": visit.expires_at, "code": code, "picture": picture}


@dataclass(frozen=True)
class ServeVisit:
    """The visit of a request, and its customer as they are now."""

    visits: Visits
    customers: Customers
    programme: Programme
    now: Callable[[], datetime]

    def __call__(self, request: StoreRequest) -> Mapping[str, Any]:
        """What the till is shown. Raises TillError."""
        visit, now = self._visit(request, request.visit_id), self.now()
        is_scanned = visit.status(now) is VisitStatus.SCANNED
        return {
            "visit": visit.id,
            "status": visit.status(now),
            "expires_at": visit.expires_at,
            "customer": self._shown(self._customer(visit)) if is_scanned else None,
        }

    def customer(self, request: StoreRequest, visit_id: str, *, may_be_over: bool = False) -> Follower:
        """Who is served in a visit of the till, or was in one that may be over. Raises TillError."""
        visit = self._visit(request, visit_id)
        return self._customer(visit if may_be_over else require_scanned(visit, self.now()))

    def _visit(self, request: StoreRequest, visit_id: str) -> Visit:
        return of_till(self.visits.find(visit_id), request.who.store, request.who.till)

    def _customer(self, visit: Visit) -> Follower:
        person = self.customers.person(visit.person_id)
        if person is None:
            raise UnknownCustomerError
        return person

    def _shown(self, person: Follower) -> Mapping[str, Any]:
        """What an assistant may see: of the name the first character, of a private one nothing."""
        name = person.attributes.get("name", "")
        balance = person.balances.get(POINTS, Balance(person.points))
        return {
            "name": masked(name) if name and not is_sealed(name) else None,
            "member": person.member,
            "tier": person.tier,
            "points": balance.available,
            "unclaimed": balance.unclaimed,
            "expiring": balance.expiring,
            "expires_on": balance.expires_on or None,
            "offers": [_offer(offer) for offer in self.programme.offers(balance.available)],
        }


def _offer(offer: Offer) -> Mapping[str, Any]:
    match offer:
        case MoneyOff():
            return {"points": offer.points, "fen": offer.fen, "reward": None}
        case RewardOffer():
            return {"points": offer.points, "fen": None, "reward": offer.reward}
        case _:
            assert_never(offer)
