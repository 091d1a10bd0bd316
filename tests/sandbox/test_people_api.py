"""A system of the brand's own reads a follower of the sandbox, and tells of an order, through the API."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.sandbox.conftest import DIRECTORY
from tests.support.patience import PATIENCE
from workbench.operations.target import Target, find_target

pytestmark = pytest.mark.sandbox

SHOPPER = "oIsReadByATill0000000000000001"


def call(sandbox: Any, target: Target, method: str, path: str, body: Any = None) -> Any:
    assert target.sandbox is not None
    url, data = f"{sandbox.settings.api_url}/api/{path}", None if body is None else json.dumps(body)
    request = AWSRequest(method, url, data=data, headers={"content-type": "application/json"})
    SigV4Auth(Credentials("test", "test"), "execute-api", target.sandbox["region"]).add_auth(request)
    answer = httpx.request(
        method, url, content=data, headers=dict(request.headers), timeout=PATIENCE, trust_env=False
    )
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_a_till_finds_a_follower_tells_of_an_order_and_reads_it(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    target = find_target(None)
    unsigned = httpx.get(f"{sandbox.settings.api_url}/api/segments", timeout=PATIENCE, trust_env=False)
    assert unsigned.status_code == 403
    sandbox.act(SHOPPER, "follow")
    sandbox.until(sandbox.now() + timedelta(minutes=1))
    identity = {"kind": "openid", "value": SHOPPER, "within": target.app_id}
    person_id = call(sandbox, target, "POST", "people/lookup", identity)["person_id"]
    order = {
        "id": "receipt-1",
        "type": "order.paid",
        "at": sandbox.now().isoformat(),
        "person": {"id": person_id},
        "fields": {"total": 12900, "order": "4711"},
    }
    told = call(sandbox, target, "POST", "events", {"source": "till", "events": [order]})
    assert [one["status"] for one in told["accepted"]] == ["queued"]
    sandbox.settle()
    timeline = call(sandbox, target, "GET", f"people/{person_id}/timeline")["events"]
    assert [event["type"] for event in timeline] == ["order.paid", "follow"]
    assert SHOPPER not in json.dumps(call(sandbox, target, "GET", f"people/{person_id}"))
    operations = {access.operation for access in target.accesses.all(person_id)}
    assert operations == {"find_person", "read_timeline", "read_person"}
