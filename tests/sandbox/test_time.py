"""Time that moves by itself, as in `make sandbox`, in the sandbox that all tests of this folder share."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.patience import PATIENCE

pytestmark = pytest.mark.sandbox

FAST = 20_000


@pytest.fixture
def moving(sandbox: Any) -> Iterator[Any]:
    sandbox.move("run", speed=FAST)
    yield sandbox
    sandbox.move("pause")


def test_time_that_moves_by_itself_makes_no_message_late_either(moving: Any) -> None:
    moving.act("oWatches", "follow", scene="store-SH01")
    answered = datetime.fromisoformat(moving.act("oWatches", "say", text="1")["at"])
    ends = time.monotonic() + PATIENCE
    while len(moving.messages("oWatches")) < 5:
        assert time.monotonic() < ends
        time.sleep(0.05)
    came = [datetime.fromisoformat(message["at"]) for message in moving.messages("oWatches")[1:]]
    due = [timedelta(0), timedelta(hours=24), timedelta(hours=24), timedelta(hours=46)]
    assert [at - answered for at in came] == due
