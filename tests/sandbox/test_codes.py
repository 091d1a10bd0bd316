"""A member of staff has a code printed, somebody follows through it, and comes to the pop-up."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.sandbox.conftest import DIRECTORY
from tests.support.cli import run
from workbench.operations.target import find_target

pytestmark = pytest.mark.sandbox

GUEST = "oComesByStaff"


def created(*arguments: str | Path) -> dict[str, Any]:
    made = run("qr", "create", *arguments, "--class", "social", "--json")
    assert made.exit_code == 0, made.output
    code: dict[str, Any] = json.loads(made.stdout)
    return code


def test_a_code_of_staff_leads_to_the_branch_of_its_store_and_the_pop_up_is_attended_once(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    target = find_target(None)

    def guest() -> Any:
        sandbox.settle()
        known = target.followers.read(target.app_id, GUEST).follower
        assert known is not None
        return known

    staff = created("staff-lily", "staff=Lily", "store=SH01", "--out", tmp_path)
    assert created("staff-lily", "staff=Lily", "store=SH01", "--out", tmp_path) == staff
    shown = sandbox.fake.get(f"/cgi-bin/showqrcode?{urlencode({'ticket': staff['ticket']})}")
    assert shown.content.startswith(b"\x89PNG")
    assert {path.name for path in tmp_path.iterdir()} == {"staff-lily.png", "staff-lily.svg"}

    sandbox.act(GUEST, "follow", scene=staff["scene"])
    assert guest().tags == {"came-by-staff"}
    assert [message["content"] for message in sandbox.messages(GUEST)] == ["欢迎来到上海店！Lily为您服务。"]

    now = sandbox.now()
    window = [f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M}Z" for hours in (1, 3)]
    pop_up = created("pop-up", "event=pop-up", "--opens", window[0], "--closes", window[1])
    for hours, status, attended in ((0, "early", 0), (2, "open", 1), (2.5, "open", 1), (4, "closed", 1)):
        sandbox.until(now + timedelta(hours=hours))
        sandbox.act(GUEST, "scan", scene=pop_up["scene"])
        assert guest().attributes["code_status"] == status
        assert len(guest().dates) == attended
    assert guest().dates["attended_pop-up"].startswith(f"{now + timedelta(hours=2):%Y-%m-%dT%H:%M}")
    assert (guest().attributes["owner"], guest().attributes["first_code_name"]) == ("Lily", "staff-lily")
