"""A shop assistant's till in the sandbox: a follower scans its code, and points are held and given back."""

import json
from datetime import timedelta
from typing import Any

import pytest

from infra.sandbox.settings import StoreAccount
from tests.sandbox.conftest import DIRECTORY
from workbench.operations.target import find_target
from workbench.operations.timeline import timeline_of

pytestmark = pytest.mark.sandbox

CUSTOMER = "oCustomerAtTheTill0000000000001"


def till(sandbox: Any, method: str, path: str, body: Any = None) -> Any:
    answer = sandbox.fake.request(method, f"/sandbox/till-api/{path}", json=body)
    return answer.status_code, answer.json()


def test_a_till_serves_who_has_scanned_its_code_and_tells_of_the_sale(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    status, opened = till(sandbox, "POST", "visits")
    assert status == 201, opened
    sandbox.act(CUSTOMER, "follow", scene=f"visit-{opened['visit']}")
    sandbox.settle()
    _, shown = till(sandbox, "GET", f"visits/{opened['visit']}")
    assert shown["status"] == "scanned"
    assert CUSTOMER not in json.dumps(shown)
    # They have no points yet: nothing is held.
    wanted = {"id": "1", "points": 100}
    status, told = till(sandbox, "POST", f"visits/{opened['visit']}/holds", wanted)
    assert (status, told["error"]["code"]) == (409, "too_few_points")
    sale = {"order": "T-1", "total": 12900, "at": sandbox.now().isoformat(), "visit": opened["visit"]}
    status, told = till(sandbox, "POST", "sales", sale)
    assert (status, told["status"]) == (202, "queued")
    sandbox.settle()
    sandbox.until(sandbox.now() + timedelta(minutes=1))
    target = find_target(None)
    timeline = timeline_of(target.followers, target.app_id, CUSTOMER)
    kinds = [row["event"]["kind"] for row in timeline if "event" in row]
    assert {"follow", "till.visit", "order.paid"} <= set(kinds)
    (paid,) = [row["event"]["fields"] for row in timeline if row.get("event", {}).get("kind") == "order.paid"]
    assert paid["store"] == StoreAccount().name
