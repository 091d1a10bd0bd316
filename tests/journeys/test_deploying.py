"""A new version of a journey while runs wait on the old one."""

from datetime import timedelta

import pytest

from tests.support.asl import APP_ID, tell, world_of
from wejourney.domain.followers import Follower
from wejourney.domain.journeys import (
    Again,
    Ask,
    EventPattern,
    Journey,
    Notify,
    Step,
    Trigger,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)
from wejourney.language.compiling import compile_journey

RUNS = 1_000
HOURS, DAY = 3600, timedelta(days=1)
LEE = Follower(APP_ID, "lee", "person-lee", following=True)


def version(number: int, *waits: Step) -> Journey:
    said = Notify("staff", {"en": f"version {number}"})
    again = Again("per", key="order")
    return Journey("made-up", {"any": "T"}, Trigger("payment"), (*waits, said), again=again)


@pytest.mark.parametrize(
    "waiting",
    [
        Wait(5 * HOURS),
        WaitUntil(20 * 60),
        WaitEvent(EventPattern("scan"), 5 * HOURS),
        WaitDate("day", 5 * HOURS),
        Ask("q", 5 * HOURS),
    ],
    ids=lambda step: step.kind,
)
def test_all_runs_that_wait_finish_on_the_version_that_they_began_on(waiting: Step) -> None:
    """A thousand runs, none of which restarts or stays behind: # n8n #13168, #3531."""
    runs = RUNS if isinstance(waiting, Wait) else 20
    payments = [tell("payment", timedelta(seconds=n), Order=str(n)) for n in range(runs)]
    later = tell("payment", timedelta(hours=1), Order="new")
    world = world_of(version(1, waiting), acts=[*payments, later], follower=LEE)

    world.live_on(timedelta(minutes=30))
    world.engine.deploy("made-up", compile_journey(version(2), "made-up.yaml"))
    world.live_on(DAY)

    told = [detail["text"] for _, detail in world.bus.published.values()]
    assert sorted(told) == ["version 1"] * runs + ["version 2"]
    assert world.statuses() == ["succeeded"] * (runs + 1)
    assert len(world.runs.started) == runs + 1
