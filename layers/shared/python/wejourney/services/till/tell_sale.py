"""A sale at a till, as an event: WeChat Pay calls nobody back when a till has scanned a payment code."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wejourney.errors import MalformedEventError
from wejourney.events.event import Subject, check_event
from wejourney.events.event_fields import CNY
from wejourney.events.event_types import OrderPaid, Paid
from wejourney.events.pending import PendingEvent, told_id
from wejourney.loyalty.till.holds import ConflictError
from wejourney.people.identities import Identity
from wejourney.people.phones import phone_hash
from wejourney.people.told_events import ToldEvents
from wejourney.services.deliver_events import DeliverEvents
from wejourney.services.ports.inbox import BulkInbox
from wejourney.services.ports.keys import PHONES, Keys
from wejourney.services.ports.payment_reports import PaymentReports, PaymentSource, Report
from wejourney.services.till.ports import NotedSale, ToldSales
from wejourney.services.till.serve_visit import ServeVisit
from wejourney.wire.json_api import RequestRejectedError, happened_at
from wejourney.wire.pay.event_ids import payment_id
from wejourney.wire.people_api.identities import read_identity
from wejourney.wire.store_api.requests import StoreRequest


@dataclass(frozen=True)
class TellSale:
    serve: ServeVisit
    sales: ToldSales
    reports: PaymentReports
    deliver: DeliverEvents
    inbox: BulkInbox
    keys: Keys
    now: Callable[[], datetime]

    def __call__(self, request: StoreRequest) -> Mapping[str, Any]:
        """Done again, it changes nothing and answers the same, as long as the sale is noted.

        Raises RequestRejectedError, TillError, or what the ports raise.
        """
        sale, store, order = request.body, request.who.store, request.body["order"]
        if ("visit" in sale) is ("identities" in sale):
            raise RequestRejectedError(400, "body", "must have either `visit` or `identities`")
        content, noted = _content(sale), self.sales.find(store, order)
        if noted is not None and noted.content != content:
            raise ConflictError(order)
        if noted is None or not noted.status:
            noted = self._noted(request, NotedSale(content), was_noted=noted is not None)
        return {"order": order, "event_id": _event_id(request), "status": noted.status}

    def _noted(self, request: StoreRequest, sale: NotedSale, *, was_noted: bool) -> NotedSale:
        """The sale after its event was told. It is noted before, so that no other content is told as well.

        Whoever noted it and was killed before it was told was in time for the visit.
        """
        store, order = request.who.store, request.body["order"]
        event = _event(request, happened_at(request.body["at"], "body.at", self.now()))
        self._check(event)
        person = self._person(request, visit_may_be_over=was_noted)
        if not self.sales.note(store, order, sale, event.at):
            raise ConflictError(order)
        told = self._first_told(event)
        waits = told is not None and self._waits(told.received(self.now()), person)
        sale = replace(sale, status="waiting" if waits else "queued")
        self.sales.note(store, order, sale, event.at)
        return sale

    def _first_told(self, event: PendingEvent) -> PendingEvent | None:
        """The event, at the time that was told first; None where WeChat Pay has told of it before."""
        if not isinstance(event.body, Paid):
            return event
        first = self.reports.first(event.id, Report(event.at, event.body.total, PaymentSource.TILL))
        return replace(event, at=first.at) if first.source is PaymentSource.TILL else None

    def _check(self, event: PendingEvent) -> None:
        try:
            check_event(event.about(Subject("-", "-"), history=False))
        except MalformedEventError as error:
            raise RequestRejectedError(400, "body", str(error)) from None

    def _person(self, request: StoreRequest, *, visit_may_be_over: bool) -> Subject | tuple[Identity, ...]:
        """A contact of the customer of the visit, or the identities."""
        if "visit" in request.body:
            visit_id = request.body["visit"]
            return self.serve.customer(request, visit_id, may_be_over=visit_may_be_over).subject
        return tuple(
            read_identity(one, f"body.identities[{number}]", self._phone_hash)
            for number, one in enumerate(request.body["identities"])
        )

    def _waits(self, event: PendingEvent, person: Subject | tuple[Identity, ...]) -> bool:
        """Tell the event. Whether it waits for its customer."""
        if isinstance(person, Subject):
            self.inbox.tell_in_bulk([event.about(person, history=False)])
            return False
        told = ToldEvents(tuple(dict.fromkeys(person)), (event,), event.at)
        return event.id in self.deliver([told]).waiting

    def _phone_hash(self, number: str) -> str:
        return phone_hash(number, self.keys.get(PHONES).current)


def _event(request: StoreRequest, at: datetime) -> PendingEvent:
    """The sale: what was paid with WeChat Pay is the payment that WeChat Pay itself may tell of as well."""
    sale, store = request.body, request.who.store
    if (paid_by := sale.get("wechat_pay")) is None:
        # Each store numbers from 1: the number is the brand's only with the store.
        order, currency = f"{store}/{sale['order']}", sale.get("currency", CNY)
        paid = OrderPaid(sale["total"], order, store=store, currency=currency)
        return PendingEvent(_event_id(request), at, paid)
    if sale.get("currency", CNY) != CNY:
        raise RequestRejectedError(400, "body.currency", f"must be {CNY} with `wechat_pay`")
    transaction, merchant = paid_by["transaction"], paid_by["merchant"]
    numbers = {"order": sale["order"], "transaction": transaction, "merchant": merchant}
    return PendingEvent(
        _event_id(request), at, Paid(sale["total"], **numbers, store=store, till=request.who.till)
    )


def _event_id(request: StoreRequest) -> str:
    sale = request.body
    if "wechat_pay" in sale:
        return payment_id(sale["wechat_pay"]["transaction"])
    return told_id("till", request.who.store, OrderPaid.kind, sale["order"])


def _content(sale: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(sale, sort_keys=True).encode()).hexdigest()
