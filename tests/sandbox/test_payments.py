"""Somebody pays, gives back, and pays in a mini program: notices of WeChat Pay reach their journeys."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.conftest import DIRECTORY
from workbench.operations.target import find_target

pytestmark = pytest.mark.sandbox

PAYER = "oPaysAndGivesBack"
JOURNEY = "sample-paid"


def test_each_order_has_a_run_which_hears_of_its_own_refund_only(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    target = find_target(None)

    def state() -> tuple[set[str], set[str]]:
        """The tags, and the orders that are looked after."""
        known = target.followers.read(target.app_id, PAYER)
        assert known.follower is not None
        live = {run.key for run in known.live_runs if run.journey == JOURNEY and not run.ended}
        return set(known.follower.tags), live

    sandbox.act(PAYER, "follow", scene="no-journey")
    began = sandbox.now()
    store = {"openid": PAYER, "total": 9900, "attach": "SH01 spring"}
    assert sandbox.merchant("pay", **store, order="A-1", times=15)["status"] == 200
    assert sandbox.merchant("pay", **store, order="B-1", key="public_key")["status"] == 200
    elsewhere = {**store, "attach": "BJ01 spring", "order": "C-1"}
    assert sandbox.merchant("pay", **elsewhere)["status"] == 200
    # Of an app that is no account here, such as a mini program: nobody is known by it.
    mini = sandbox.merchant("pay", openid="oMini", app_id="wx0000000000000001", order="M-1", total=1)
    assert mini["status"] == 200
    sandbox.settle()
    assert state() == ({"bought"}, {"A-1", "B-1"})

    sandbox.until(began + timedelta(hours=1))
    refunds = [
        sandbox.merchant("refund", order="A-1", number="R-1", total=9900, times=3),
        sandbox.merchant("refund", order="C-1", number="R-2", total=1),
        sandbox.merchant("refund", order="M-1", number="R-3", total=1, key="public_key"),
    ]
    assert [answer["status"] for answer in refunds] == [200, 200, 200]
    sandbox.settle()
    assert state() == ({"bought", "gave-an-order-back"}, {"B-1"})

    sandbox.until(began + timedelta(hours=4))
    assert state() == ({"bought", "gave-an-order-back", "kept-an-order"}, set())
