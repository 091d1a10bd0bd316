"""One sandbox for all tests of this folder, on free ports, ended and checked to be gone afterwards."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.sandbox.processes import running_sandbox
from infra.sandbox.settings import ROOT, Settings
from infra.sandbox.timekeeper import STANDING
from tests.sandbox.lives import live
from tests.support.patience import PATIENCE
from tests.support.servers.dynamodb import free_port
from tests.support.servers.processes import processes

DIRECTORY = ROOT / ".sandbox" / "test"
JOURNEYS = Path(__file__).with_name("journeys")
METER = DIRECTORY / "meter.jsonl"


@dataclass
class Sandbox:
    """The running sandbox, as a client sees it that knows only the HTTP contract."""

    settings: Settings
    fake: httpx.Client

    def act(self, openid: str, act: str, **details: Any) -> dict[str, Any]:
        response = self.fake.post(f"/sandbox/followers/{openid}/{act}", json=details)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def merchant(self, act: str, **details: Any) -> dict[str, Any]:
        """A payment or a refund; returns what became of its notices."""
        response = self.fake.post(f"/sandbox/merchant/{act}", json=details)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def visit(self, act: str, **details: Any) -> dict[str, Any]:
        """What somebody does in the mini program; returns what it was answered."""
        response = self.fake.post(f"/sandbox/mini-program/{act}", json=details)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def messages(self, openid: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.fake.get(f"/sandbox/followers/{openid}/messages").json()
        return messages

    def refusals(self) -> list[dict[str, Any]]:
        refusals: list[dict[str, Any]] = self.fake.get("/sandbox/refusals").json()
        return refusals

    def now(self) -> datetime:
        return datetime.fromisoformat(self.fake.get("/sandbox/clock").json()["now"])

    def move(self, control: str, **how: Any) -> dict[str, Any]:
        """Move the time, and wait until nothing is in flight."""
        response = self.fake.post(f"/sandbox/clock/{control}", json=how)
        assert response.status_code == 200, response.text
        state: dict[str, Any] = response.json()
        return state

    def settle(self) -> None:
        """Wait until nothing is in flight."""
        self.move("advance", seconds=0)

    def wait_for(self, what: Callable[[], bool], within: timedelta) -> None:
        """Go on from moment to moment until something is true, at most this much virtual time."""
        until = self.now() + within
        self.settle()
        while not what():
            assert self.now() < until, "it did not happen in time"
            self.move("next", until=until.isoformat())

    def until(self, moment: datetime) -> None:
        """Let virtual time pass, and all happen that is due."""
        self.move("advance", until=moment.isoformat())

    def workers(self, function: str) -> list[int]:
        """The processes that run a function: children of MiniStack, which is a child of the launcher."""
        launcher = json.loads(self.settings.state_file.read_text())["pid"]
        (aws,) = (pid for pid, parent, _command in processes() if parent == launcher)
        return [pid for pid, parent, command in processes() if parent == aws and function in command]

    def kill_workers(self, function: str) -> None:
        """Kill a function's processes without warning."""
        killed = self.workers(function)
        assert killed
        for pid in killed:
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    settings = Settings(
        api_port=free_port(),
        fake_port=free_port(),
        speed=STANDING,
        directory=DIRECTORY,
        journeys=JOURNEYS,
        meter=METER,
    )
    with running_sandbox(settings), httpx.Client(base_url=settings.fake_url, timeout=PATIENCE) as fake:
        yield Sandbox(settings, fake)
    left = [command for _pid, _parent, command in processes() if str(DIRECTORY / "tmp") in command]
    assert left == [], "processes outlived the sandbox"
    assert not settings.state_file.exists()


@pytest.fixture(scope="session")
def lived(sandbox: Sandbox) -> Iterator[list[str]]:
    """Five lives that are over (see `lives`); returns what the meter had noted by then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_DIR", str(DIRECTORY))
        live(sandbox)
        # The end of the last run has to get on record, too.
        sandbox.until(sandbox.now() + timedelta(hours=3))
        yield METER.read_text(encoding="utf-8").splitlines()
