"""Somebody opens the mini program, looks at a product and shares their number: their timeline has it."""

from datetime import timedelta
from typing import Any

import pytest

from infra.sandbox.settings import MiniProgramAccount
from tests.sandbox.conftest import DIRECTORY
from wejourney.people.identities import IdentityKind
from workbench.operations.target import find_target
from workbench.operations.timeline import timeline_of

pytestmark = pytest.mark.sandbox

VISITOR = "oVisitsTheMiniProgram"
APP_ID = MiniProgramAccount().app_id
VIEWED = {"name": "product.viewed", "properties": {"product": "R-7", "price": 20000}}


def test_what_somebody_does_in_the_mini_program_is_on_their_timeline_once(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    target = find_target(None)

    opened = sandbox.visit("open", openid=VISITOR, union_id="oUnionOfTheVisitor")
    assert (opened["status"], set(opened["answer"])) == (200, {"expires_in", "now"})
    unknown = {"name": "product.view"}
    told = sandbox.visit("track", openid=VISITOR, events=[VIEWED, unknown], times=3)
    assert (told["status"], told["answer"]["accepted"]) == (200, 1)
    assert [rejected["index"] for rejected in told["answer"]["rejected"]] == [1]
    # The session is over by then, and the phone logs in again.
    sandbox.until(sandbox.now() + timedelta(hours=25))
    created = {"name": "order.created", "order": "A-1", "properties": {"total": 20000}}
    assert sandbox.visit("track", openid=VISITOR, events=[created])["status"] == 200
    assert sandbox.visit("phone", openid=VISITOR, number="13800138000")["status"] == 200
    sandbox.settle()

    known = target.followers.read(APP_ID, VISITOR)
    assert known.follower is not None
    assert not known.follower.following
    timeline = timeline_of(target.followers, APP_ID, VISITOR)
    told_of = [entry["event"] for entry in timeline if entry["kind"] == "event"]
    names = [event["fields"]["name"] for event in told_of if event["kind"] == "mini_program"]
    assert names == ["product.viewed", "order.created"]
    kinds = {identity.kind for identity in known.follower.identities}
    assert kinds >= {IdentityKind.UNION_ID, IdentityKind.PHONE}
    assert "13800138000" not in str([known, told_of])
