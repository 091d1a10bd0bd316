"""The API for the brand's own systems: its function on real tables, behind what API Gateway does."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from jsonschema import Draft202012Validator

from functions.people_api import app
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.inbox import FakeInbox
from tests.support.kms import FakeKms, personal_data
from tests.support.servers.callback_function import CONTEXT
from wejourney.adapters.dynamo.access_store import AccessStore
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.segment_store import SegmentStore
from wejourney.adapters.dynamo.table import Table
from wejourney.people.profile_model import AttributeType, ProfileModel
from wejourney.services.deliver_events import DeliverEvents
from wejourney.services.people_api.answer_request import AnswerRequest
from wejourney.services.people_api.ports import Accesses
from wejourney.services.people_api.read_people import ReadPeople
from wejourney.services.people_api.take_events import TakeEvents
from wejourney.services.ports.keys import DeploymentKey
from wejourney.wire.people_api import schemas
from wejourney.wire.people_api.operations import OPERATIONS, Operation

CALLER = "arn:aws-cn:sts::123456789012:assumed-role/crm/session"
PHONE_KEY = b"p" * 64
PROFILE = ProfileModel(
    {"city": AttributeType.TEXT, "height": AttributeType.NUMBER, "given_name": AttributeType.TEXT},
    private=frozenset({"given_name"}),
    private_purpose="membership",
)


class FakeKeys:
    def get(self, name: str) -> DeploymentKey:
        assert name == "phones"
        return DeploymentKey(PHONE_KEY)


@dataclass(frozen=True)
class Answered:
    status: int
    body: Any


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
            app.watch,
        )

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
        event, operation = gateway_event(method, path, query or {}, content, caller)
        answer = self.handle(event)
        told = Answered(answer["statusCode"], json.loads(answer["body"]))
        if operation is not None:
            expected = operation.answer if told.status == operation.status else schemas.PROBLEM
            Draft202012Validator(expected, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
                told.body
            )
        return told

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app, "answer_request", self.built)
            answer: dict[str, Any] = app.handler(event, CONTEXT)
        return answer


def gateway_event(
    method: str, path: str, query: Mapping[str, str], content: bytes, caller: str | None = CALLER
) -> tuple[dict[str, Any], Operation | None]:
    """What API Gateway makes of a request, and its operation."""
    for operation in OPERATIONS.values():
        # A literal part of a path goes before a variable one: so they are in OPERATIONS.
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(operation.path))
        found = re.fullmatch(pattern, path)
        if operation.method == method and found:
            parameters = {name: unquote(value) for name, value in found.groupdict().items()}
            break
    else:
        operation, parameters = None, {}
    iam = {"authorizer": {"iam": {"userArn": caller}}} if caller else {}
    event = {
        "version": "2.0",
        "routeKey": operation.route if operation else "$default",
        "rawPath": path,
        "headers": {"content-type": "application/json"},
        "queryStringParameters": dict(query) or None,
        "pathParameters": parameters or None,
        "requestContext": {"http": {"method": method}, "requestId": "Request0000000=", **iam},
        "body": b64encode(content).decode(),
        "isBase64Encoded": True,
    }
    return event, operation


@dataclass(frozen=True)
class AsWsgi:
    """The API as a WSGI application. Without a signature IAM lets nothing pass."""

    api: PeopleApi

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        if "HTTP_AUTHORIZATION" not in environ:
            start("403 Forbidden", [("content-type", "application/json")])
            return [b'{"message":"Forbidden"}']
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        event, _ = gateway_event(environ["REQUEST_METHOD"], path, query, content)
        answer = self.api.handle(event)
        start(f"{answer['statusCode']} As told", list(answer["headers"].items()))
        return [answer["body"].encode()]
