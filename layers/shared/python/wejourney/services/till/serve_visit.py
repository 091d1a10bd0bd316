"""Open a visit at a till, and show the till who has scanned its code."""

import secrets
from base64 import b32encode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from wejourney.loyalty.balance import POINTS, Balance
from wejourney.loyalty.benefits.offers import (
    ConditionNotMet,
    HadBefore,
    MemberBefore,
    NoneLeft,
    OfferTerms,
    TooFewPoints,
    TooFewUnclaimed,
    WhyNotOffered,
)
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
from wejourney.services.till.settle_hold import SettleHold
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
    settle: SettleHold
    now: Callable[[], datetime]

    def zone_of(self, store: Store) -> str:
        return store.zone or self.settle.programme.zone

    def __call__(self, request: StoreRequest, store: Store) -> Mapping[str, Any]:
        """What the till is shown. Raises TillError."""
        visit, now = self._visit(request, request.visit_id), self.now()
        is_scanned = visit.status(now) is VisitStatus.SCANNED
        return {
            "visit": visit.id,
            "status": visit.status(now),
            "expires_at": visit.expires_at,
            "customer": self._shown(self._customer(visit), self.zone_of(store)) if is_scanned else None,
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

    def _shown(self, person: Follower, zone: str) -> Mapping[str, Any]:
        """What an assistant may see: of the name the first character, of a private one nothing."""
        name = person.attributes.get("name", "")
        balance = person.balances.get(POINTS, Balance(person.points))
        programme = self.settle.programme
        rate, why_not = programme.redeem, self.settle.why_not(programme.offers, person, zone)
        most = rate.most(balance.available) if rate is not None else 0
        return {
            "name": masked(name) if name and not is_sealed(name) else None,
            "member": person.member,
            "tier": person.tier,
            "points": balance.available,
            "unclaimed": balance.unclaimed,
            "expiring": balance.expiring,
            "expires_on": balance.expires_on or None,
            "money_off": {"points": most, "fen": rate.worth(most)} if rate is not None and most else None,
            "offers": [_offer(name, terms, why_not[name]) for name, terms in programme.offers.items()],
        }


def _offer(name: str, terms: OfferTerms, why_not: Iterable[WhyNotOffered]) -> Mapping[str, Any]:
    return {
        "offer": name,
        "costs": terms.costs,
        "takes": str(terms.discount) if terms.discount is not None else None,
        "gift": terms.gift or None,
        "why_not": [{"code": reason.code, **_details(reason)} for reason in why_not],
    }


def _details(reason: WhyNotOffered) -> Mapping[str, Any]:
    """What was looked at and wanted, and how much of it there is; nothing else that is known of a person."""
    match reason:
        case ConditionNotMet(part):
            wanted = part.name if part.wanted is True else part.wanted
            return {"about": part.fact, "wanted": str(wanted) if wanted else None, "there": None}
        case TooFewPoints() | TooFewUnclaimed():
            return {"about": None, "wanted": str(reason.asked), "there": reason.there}
        case MemberBefore() | HadBefore() | NoneLeft():
            return {"about": None, "wanted": None, "there": None}
        case _:
            assert_never(reason)
