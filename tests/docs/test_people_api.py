"""docs/people-api.md: its tables are those of the code, its requests work."""

import io
import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request

import pytest

from tests.docs.pages import page
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EVENT_TYPES
from wejourney.people.disclosure.accesses import ACCESSES_KEPT
from wejourney.people.disclosure.published_event import published_event
from wejourney.people.erasure import FORGOTTEN_AFTER
from wejourney.people.identities import IdentityKind
from wejourney.wire.http import LARGEST_BODY
from wejourney.wire.json_api import conform
from wejourney.wire.people_api import schemas
from wejourney.wire.people_api.operations import OPERATIONS

PAGES = ["docs/people-api.md", "docs/people-api.zh-CN.md"]
BOTH = pytest.mark.parametrize("name", PAGES)


def first_cells(name: str) -> list[str]:
    return [span for row in page(name).rows for span in re.findall("`([^`]+)`", row[0])]


@BOTH
def test_each_operation_and_no_other_is_listed(name: str) -> None:
    assert {one for one in first_cells(name) if " /" in one} == OPERATIONS.keys()


@BOTH
def test_each_event_is_listed_with_its_fields(name: str) -> None:
    rows = {row[0].strip("`"): set(re.findall("`([^`]+)`", row[1])) for row in page(name).rows}
    for kind, schema in schemas.EVENTS.items():
        assert rows[kind] == set(schema["properties"]["fields"]["properties"]), kind
    assert {one for one in rows if one in EVENT_TYPES} == set(schemas.EVENTS)
    for schema in schemas.CONSENTS.values():
        assert set(schema["properties"]["fields"]["properties"]) <= set(page(name).spans)


@BOTH
def test_each_kind_of_identity_is_listed(name: str) -> None:
    assert set(IdentityKind) <= set(first_cells(name))


@BOTH
def test_the_bounds_are_those_of_the_code(name: str) -> None:
    assert (schemas.MOST_EVENTS, schemas.MOST_IDENTITIES, schemas.MOST_ENTRIES) == (50, 5, 100)
    assert LARGEST_BODY == 256 * 1024
    assert FORGOTTEN_AFTER.days == 29
    assert ACCESSES_KEPT.days // 365 == 3
    for number in ("50", "5", "100", "256 KB", "29"):
        assert number in page(name).prose


@BOTH
def test_the_examples_are_requests_that_the_api_takes(name: str) -> None:
    policy, identity, batch, card, rule, told, problem = (
        json.loads(block) for kind, block in page(name).blocks if kind == "json"
    )
    paid = InboundEvent.from_dict({**told, "kind": told["type"], "openid": "oLee"})
    assert published_event(paid, told["person_id"]) == told
    assert set(rule["detail-type"]) <= EVENT_TYPES.keys()
    conform(identity, schemas.IDENTITY, "body")
    conform(batch, schemas.batch({"type": "object"}), "body")
    (event,) = batch["events"]
    conform(event, schemas.EVENTS[event["type"]], "body")
    conform(card, schemas.GIFT_CARD, "body")
    conform(problem, schemas.PROBLEM, "body")
    allowed = [resource.partition("$default/")[2] for resource in policy["Statement"][0]["Resource"]]
    for path in allowed:
        method, _, rest = path.partition("/")
        pattern = re.compile(re.escape(f"{method} /{rest}").replace(r"\*", ".*"))
        meant = [one.name for route, one in OPERATIONS.items() if pattern.fullmatch(route)]
        assert meant, path
        assert not any(one.endswith("_in_clear") for one in meant)


@BOTH
def test_the_program_signs_its_requests_for_iam(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[Request] = []
    answers: list[Any] = [{"person_id": "0" * 32}, {"points": 17}]

    def send(request: Request) -> io.StringIO:
        sent.append(request)
        return io.StringIO(json.dumps(answers[len(sent) - 1]))

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("urllib.request.urlopen", send)
    exec(page(name).block("python"), {})  # noqa: S102 - the program of the page
    assert "17" in capsys.readouterr().out
    routes = [f"{one.get_method()} {one.full_url.partition('.com.cn')[2]}" for one in sent]
    assert routes == ["POST /api/people/lookup", f"GET /api/people/{'0' * 32}"]
    body = sent[0].data
    assert isinstance(body, bytes)
    conform(json.loads(body), schemas.IDENTITY, "body")
    day = f"{datetime.now(UTC):%Y}"
    for request in sent:
        scope = rf"Credential=AKIDEXAMPLE/{day}\d{{4}}/cn-north-1/execute-api/aws4_request"
        assert re.match(f"AWS4-HMAC-SHA256 {scope}", request.get_header("Authorization") or "")
