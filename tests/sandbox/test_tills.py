"""A shop assistant's till in the sandbox: a follower scans its code; points are held, taken, refunded."""

import json
from datetime import timedelta
from typing import Any

import pytest

from infra.sandbox.settings import StoreAccount
from tests.sandbox.conftest import DIRECTORY
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.programme import Programme
from wejourney.people.profile_model import ANY_PROFILE
from workbench.operations.loyalty.adjusting import Adjustment, adjust_books
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
    # With points they are held, taken for an order, and a part is refunded.
    target = find_target(None)
    person = target.followers.read(target.app_id, CUSTOMER).follower
    assert person is not None
    adjust_books(target, person, Adjustment("a-key", POINTS, 300, "a test"), Programme(), ANY_PROFILE)
    status, held = till(sandbox, "POST", f"visits/{opened['visit']}/holds", {"id": "2", "points": 200})
    assert (status, held["status"]) == (201, "held")
    asked = f"holds/{held['hold']}"
    status, taken = till(sandbox, "POST", f"{asked}/capture", {"order": "T-1", "total": 13100})
    assert (status, taken["captured"], taken["taken"]) == (200, 200, 200)
    for _ in range(2):
        refund = {"id": "1", "order": "T-1", "points": 100}
        status, back = till(sandbox, "POST", f"{asked}/refund", refund)
        assert (status, back["points"]) == (200, 100)
    assert target.ledger.books(person.person_id).available == 200
    sale = {"order": "T-1", "total": 12900, "at": sandbox.now().isoformat(), "visit": opened["visit"]}
    status, told = till(sandbox, "POST", "sales", sale)
    assert (status, told["status"]) == (202, "queued")
    sandbox.settle()
    sandbox.until(sandbox.now() + timedelta(minutes=1))
    timeline = timeline_of(target.followers, target.app_id, CUSTOMER)
    kinds = [row["event"]["kind"] for row in timeline if "event" in row]
    assert {"follow", "till.visit", "order.paid"} <= set(kinds)
    (paid,) = [row["event"]["fields"] for row in timeline if row.get("event", {}).get("kind") == "order.paid"]
    assert paid["store"] == StoreAccount().name
