"""The API for the brand's own systems: its function on real tables, behind what API Gateway does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.people_api import app
from tests.support.apis.gateway import Answered, AsWsgi, answered, gateway_event
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.inbox import FakeInbox
from tests.support.kms import FakeKms, personal_data
from tests.support.servers.callback_function import CONTEXT
from wejourney.adapters.dynamo.access_store import AccessStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.segment_store import SegmentStore
from wejourney.adapters.dynamo.table import Table
from wejourney.loyalty.benefits.gifts import GiftTerms
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.people.profile_model import AttributeType, ProfileModel
from wejourney.services.deliver_events import DeliverEvents
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.people_api.answer_request import AnswerRequest
from wejourney.services.people_api.issue_gift_cards import IssueGiftCards
from wejourney.services.people_api.ports import Accesses
from wejourney.services.people_api.read_people import ReadPeople
from wejourney.services.people_api.take_events import TakeEvents
from wejourney.services.ports.keys import DeploymentKey
from wejourney.wire.people_api import schemas
from wejourney.wire.people_api.operations import OPERATIONS

CALLER = "arn:aws-cn:sts::123456789012:assumed-role/crm/session"
PHONE_KEY = b"p" * 64
PROFILE = ProfileModel(
    {"city": AttributeType.TEXT, "height": AttributeType.NUMBER, "given_name": AttributeType.TEXT},
    private=frozenset({"given_name"}),
    private_purpose="membership",
)

PROGRAMME = Programme(
    assets={"points": Expiry(Period(12, "month"))}, gift_cards={"points": GiftTerms(500, returns_after=365)}
)


class FakeKeys:
    def get(self, name: str) -> DeploymentKey:
        assert name == "phones"
        return DeploymentKey(PHONE_KEY)


@dataclass
class PeopleApi:
    """The API of a deployment. Every answer is as the operation's schemas say."""

    table: Table
    clock: FakeClock = field(default_factory=FakeClock)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    accesses: Accesses | None = None
    kms: FakeKms = field(default_factory=FakeKms)

    def built(self) -> AnswerRequest:
        people, keys, now = PeopleStore(self.table), FakeKeys(), self.clock.now
        deliver = DeliverEvents(people, PendingEventStore(self.table), self.inbox, now, profile=PROFILE)
        accesses, segments = self.accesses or AccessStore(self.table), SegmentStore(self.table)
        return AnswerRequest(
            ReadPeople(people, segments, accesses, keys, personal_data(self.kms), PROFILE, now),
            TakeEvents(people, deliver, self.inbox, keys, PROFILE, now),
            IssueGiftCards(self.gifts, keys),
            app.watch,
        )

    @property
    def gifts(self) -> Gifts:
        records = GiftStore(Table("LedgerTable", self.table.client), self.table)
        people, now = PeopleStore(self.table), self.clock.now
        return Gifts(records, people, PROGRAMME, PROFILE, self.inbox, now, lambda _: None)

    def get(self, path: str, **query: str | int) -> Answered:
        return self.send("GET", path, {name: str(value) for name, value in query.items()})

    def post(self, path: str, body: Any) -> Answered:
        return self.send("POST", path, body=body)

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        caller: str | None = CALLER,
    ) -> Answered:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        event, operation = gateway_event(OPERATIONS, method, path, query or {}, content, caller=caller)
        return answered(self.handle(event), operation, schemas.PROBLEM)

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app, "answer_request", self.built)
            answer: dict[str, Any] = app.handler(event, CONTEXT)
        return answer


def as_wsgi(api: PeopleApi) -> AsWsgi:
    """Without a signature IAM lets nothing pass."""

    def handle(
        method: str, path: str, query: Mapping[str, str], content: bytes, headers: Mapping[str, str]
    ) -> Mapping[str, Any]:
        if "authorization" not in headers:
            json_headers = {"content-type": "application/json"}
            return {"statusCode": 403, "headers": json_headers, "body": '{"message":"Forbidden"}'}
        return api.handle(gateway_event(OPERATIONS, method, path, query, content, caller=CALLER)[0])

    return AsWsgi(handle)
