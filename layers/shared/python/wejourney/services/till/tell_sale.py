"""A sale at a till, as an event: WeChat Pay calls nobody back when a till has scanned a payment code."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.errors import MalformedEventError
from wejourney.events.event import Subject, check_event
from wejourney.events.event_fields import CNY
from wejourney.events.event_types import OrderPaid
from wejourney.events.pending import PendingEvent, told_id
from wejourney.loyalty.holds import ConflictError
from wejourney.people.identities import Identity
from wejourney.people.phones import phone_hash
from wejourney.people.told_events import ToldEvents
from wejourney.services.deliver_events import DeliverEvents
from wejourney.services.ports.inbox import BulkInbox
from wejourney.services.ports.keys import PHONES, Keys
from wejourney.services.till.ports import Sales
from wejourney.services.till.serve_visit import ServeVisit
from wejourney.wire.json_api import RequestRejectedError, happened_at
from wejourney.wire.people_api.identities import read_identity
from wejourney.wire.store_api.requests import StoreRequest


@dataclass(frozen=True)
class TellSale:
    serve: ServeVisit
    sales: Sales
    deliver: DeliverEvents
    inbox: BulkInbox
    keys: Keys
    now: Callable[[], datetime]

    def __call__(self, request: StoreRequest) -> Mapping[str, Any]:
        """Done again, it changes nothing. Raises RequestRejectedError, TillError or InboxUnavailableError."""
        sale, store = request.body, request.who.store
        if ("visit" in sale) is ("identities" in sale):
            raise RequestRejectedError(400, "body", "must have either `visit` or `identities`")
        at = happened_at(sale["at"], "body.at", self.now())
        paid = OrderPaid(sale["total"], sale["order"], store=store, currency=sale.get("currency", CNY))
        event = PendingEvent(told_id("till", store, paid.kind, paid.order), at, paid)
        self._check(event)
        person = self._person(request)
        if not self.sales.note(store, paid.order, _content(sale), at):
            raise ConflictError(paid.order)
        waiting = self._told(event.received(self.now()), person)
        return {"order": paid.order, "event_id": event.id, "status": "waiting" if waiting else "queued"}

    def _check(self, event: PendingEvent) -> None:
        try:
            check_event(event.about(Subject("-", "-"), history=False))
        except MalformedEventError as error:
            raise RequestRejectedError(400, "body", str(error)) from None

    def _person(self, request: StoreRequest) -> Subject | tuple[Identity, ...]:
        """A contact of the customer of the visit, or the identities."""
        if "visit" in request.body:
            return self.serve.customer(request, request.body["visit"]).subject
        return tuple(
            read_identity(one, f"body.identities[{number}]", self._phone_hash)
            for number, one in enumerate(request.body["identities"])
        )

    def _told(self, event: PendingEvent, person: Subject | tuple[Identity, ...]) -> bool:
        """Whether the sale waits for its customer."""
        if isinstance(person, Subject):
            self.inbox.tell_in_bulk([event.about(person, history=False)])
            return False
        told = ToldEvents(tuple(dict.fromkeys(person)), (event,), event.at)
        return event.id in self.deliver([told]).waiting

    def _phone_hash(self, number: str) -> str:
        return phone_hash(number, self.keys.get(PHONES).current)


def _content(sale: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(sale, sort_keys=True).encode()).hexdigest()
