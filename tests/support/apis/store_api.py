"""The API for tills: its function on real tables, behind what API Gateway does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from functions.store_api import app
from tests.support.apis.gateway import Answered, AsWsgi, answered, gateway_event
from tests.support.apis.people_api import PROFILE, FakeKeys
from tests.support.builders import APP_ID, OPENID, event
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.wechat import FakeWeChat
from tests.support.servers.callback_function import CONTEXT
from tests.support.world import World
from wejourney.accounts import Account
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.coupon_store import CouponStore
from wejourney.adapters.dynamo.payments.payment_reports import PaymentReportStore
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.dynamo.tills.hold_store import HoldStore
from wejourney.adapters.dynamo.tills.visit_store import NonceStore, ToldSaleStore, VisitStore
from wejourney.errors import WejourneyError
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.till.redeeming import Redeem
from wejourney.loyalty.till.visits import scene_of
from wejourney.services.deliver_events import DeliverEvents
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.coupons import Coupons
from wejourney.services.ports.keys import DeploymentKey
from wejourney.services.till.answer_request import AnswerRequest
from wejourney.services.till.ports import Store, UnknownStoreError
from wejourney.services.till.refund_points import RefundPoints
from wejourney.services.till.serve_coupon import ServeCoupon
from wejourney.services.till.serve_hold import ServeHold
from wejourney.services.till.serve_visit import OpenVisit, ServeVisit
from wejourney.services.till.settle_hold import SettleHold
from wejourney.services.till.tell_sale import TellSale
from wejourney.services.till.verify_request import VerifyRequest
from wejourney.wire.http import FRESHNESS
from wejourney.wire.store_api import schemas
from wejourney.wire.store_api.operations import OPERATIONS
from wejourney.wire.store_api.signature import Credentials, signature_of

KEY, OTHER_KEY, PREVIOUS_KEY = b"k" * 64, b"o" * 64, b"p" * 64


PROGRAMME = Programme(
    redeem=Redeem(10, 100),
    offers={
        "tote": OfferTerms(gift="tote", stock=1, costs=50),
        "mug": OfferTerms(gift="mug", stock=9, costs=200),
        "tea": OfferTerms(gift="tea", stock=1),
        "join-today": OfferTerms(joins_today=True, discount=Discount(percent=40)),
    },
)


@dataclass
class FakeStores:
    """A deployment with these stores. `failure` is what Secrets Manager says."""

    stores: dict[str, Store] = field(
        default_factory=lambda: {
            "S1": Store("S1", DeploymentKey(KEY), APP_ID),
            "S2": Store("S2", DeploymentKey(OTHER_KEY, PREVIOUS_KEY), APP_ID),
        }
    )
    failure: WejourneyError | None = None

    def get(self, name: str) -> Store:
        if self.failure is not None:
            raise self.failure
        if name not in self.stores:
            raise UnknownStoreError(name)
        return self.stores[name]


def signed(who: Credentials, key: bytes, method: str, path: str, content: bytes) -> str:
    """The header of a request of a till."""
    return replace(who, signature=signature_of(key, method, path, who, content)).header()


@dataclass
class StoreApi:
    """The API of a deployment. Every answer is as the operation's schemas say."""

    table: Table
    ledger: Table
    clock: FakeClock = field(default_factory=FakeClock)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    wechat: FakeWeChat = field(default_factory=FakeWeChat)
    stores: FakeStores = field(default_factory=FakeStores)
    account: Account | None = None
    programme: Programme = PROGRAMME
    numbers: Any = field(default_factory=lambda: count(1))

    def built(self) -> AnswerRequest:
        people, now, visits = PeopleStore(self.table), self.clock.now, VisitStore(self.table)
        accounts = FakeAccounts() if self.account is None else FakeAccounts(self.account)
        deliver = DeliverEvents(people, PendingEventStore(self.table), self.inbox, now, profile=PROFILE)
        serve = ServeVisit(visits, people, self.settle, now)
        return AnswerRequest(
            VerifyRequest(self.stores, NonceStore(self.table), now, FRESHNESS),
            OpenVisit(accounts, visits, self.wechat, self.wechat, now),
            serve,
            ServeHold(serve, self.settle),
            RefundPoints(
                self.holds, Bookkeeping(BooksStore(self.ledger, self.table), people), self.programme, now
            ),
            ServeCoupon(Coupons(CouponStore(self.ledger)), now),
            TellSale(
                serve,
                ToldSaleStore(self.table),
                PaymentReportStore(self.table),
                deliver,
                self.inbox,
                FakeKeys(),
                now,
            ),
            app.watch,
        )

    @property
    def holds(self) -> HoldStore:
        return HoldStore(self.ledger, self.table)

    @property
    def settle(self) -> SettleHold:
        """Who loses tries again at once."""
        people, pause = PeopleStore(self.table), lambda _seconds: None
        return SettleHold(self.holds, people, self.programme, self.clock.now, "membership", pause)

    def credentials(
        self, store: str = "S1", till: str = "2", at: datetime | None = None, nonce: str = ""
    ) -> Credentials:
        time = int((at or self.clock.now()).timestamp())
        return Credentials(store, till, time, nonce or f"nonce-{next(self.numbers):012d}")

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: Credentials | None = None,
        key: bytes = KEY,
        header: str | None = None,
    ) -> Answered:
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if header is None:
            header = signed(who or self.credentials(), key, method, path, content)
        event, operation = gateway_event(
            OPERATIONS, method, path, {}, content, headers={"Authorization": header}
        )
        return answered(self.handle(event), operation, schemas.PROBLEM)

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app, "answer_request", self.built)
            answer: dict[str, Any] = app.handler(event, CONTEXT)
        return answer


def store_api(world: World) -> StoreApi:
    """The API on the tables of a world, whose inbox is empty."""
    world.announcements.queued.clear()
    world.announcements.told.clear()
    table = world.followers.table
    ledger = Table("LedgerTable", table.client)
    return StoreApi(table, ledger, world.clock, world.announcements)


def scan(world: World, visit_id: str, openid: str = OPENID, seconds: float = 5, kind: str = "SCAN") -> None:
    """Somebody scans the code of a visit; who follows by it is told of with a prefix."""
    scene = scene_of(visit_id)
    key = scene if kind == "SCAN" else f"qrscene_{scene}"
    at = world.clock.now() + timedelta(seconds=seconds)
    world.takes(event(kind, at, EventKey=key, FromUserName=openid))


def code_of(answered: Answered) -> tuple[int, str]:
    """The status and the code of a request that is rejected."""
    return answered.status, answered.body["error"]["code"]


def as_wsgi(api: StoreApi) -> AsWsgi:
    """Each request that has the header of a signature is signed anew, as a till would."""

    def handle(
        method: str, path: str, query: Mapping[str, str], content: bytes, headers: Mapping[str, str]
    ) -> Mapping[str, Any]:
        event, operation = gateway_event(OPERATIONS, method, path, query, content)
        if "authorization" in headers and operation is not None:
            path = operation.path
            for name, value in (event["pathParameters"] or {}).items():
                path = path.replace(f"{{{name}}}", value)
            event["headers"]["Authorization"] = signed(api.credentials(), KEY, method, path, content)
        return api.handle(event)

    return AsWsgi(handle)
