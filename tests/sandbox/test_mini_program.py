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
UPLOADER = "oUploadsInTheMiniProgram"
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


def test_an_uploaded_picture_is_checked_and_its_person_is_told_once(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the phone's form to the push: the bucket, its queue, the address for WeChat, and the inbox."""
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    target = find_target(None)

    def told() -> list[tuple[str, str]]:
        events = [one["event"] for one in timeline_of(target.followers, APP_ID, UPLOADER) if "event" in one]
        return [(one["kind"], one["fields"]["upload"]) for one in events if one["kind"].startswith("upload.")]

    sandbox.visit("open", openid=UPLOADER)
    sandbox.visit("track", openid=UPLOADER, events=[VIEWED])
    sandbox.settle()
    uploads = []
    for suggest in ("pass", "risky", "review"):
        answer = sandbox.visit("upload", openid=UPLOADER, suggest=suggest)
        assert answer["status"] == 200, answer
        uploads.append(answer["answer"]["upload"])
        sandbox.settle()
    assert told() == [("upload.approved", uploads[0]), ("upload.rejected", uploads[1])]
    (waiting,) = target.uploads.waiting()
    assert (waiting.upload.id, waiting.upload.status) == (uploads[2], "review")
    assert sandbox.visit("check", openid=UPLOADER, suggest="pass", times=2)["status"] == 200
    sandbox.settle()
    assert told()[2:] == [("upload.approved", uploads[2])]
    known = target.followers.read(APP_ID, UPLOADER).follower
    assert known is not None
    kept = {one.file: target.upload_files.read(one.file) for one in target.uploads.all(known.person_id)}
    assert sorted(data is None for data in kept.values()) == [False, False, True]
