"""A new version of a journey while runs wait on the old one."""

from datetime import timedelta

import pytest

from tests.support.virtual_time.asl import APP_ID, say, tell, world_of
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Again, Trigger
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Notify, Send, Step, Tag, Wait, WaitDate, WaitEvent, WaitUntil

RUNS = 200
HOURS, DAY = 3600, timedelta(days=1)
LEE = Follower(APP_ID, "lee", "person-lee", following=True)


def version(number: int, *waits: Step) -> Journey:
    said = Notify("staff", {"en": f"version {number}"})
    again = Again("per", key="order")
    return Journey("made-up", {"any": "T"}, Trigger("payment"), (*waits, said), again=again)


@pytest.mark.long
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
    """Two hundred runs, none of which restarts or stays behind: # n8n #13168, #3531."""
    runs = RUNS if isinstance(waiting, Wait) else 20
    payments = [tell("payment", timedelta(seconds=n), order=str(n)) for n in range(runs)]
    later = tell("payment", timedelta(hours=1), order="new")
    world = world_of(version(1, waiting), acts=[*payments, later], follower=LEE)

    world.live_on(timedelta(minutes=30))
    world.engine.deploy("made-up", compile_journey(version(2), "made-up.yaml"))
    world.live_on(DAY)

    told = [detail["text"] for _, detail in world.bus.once]
    assert sorted(told) == ["version 1"] * runs + ["version 2"]
    assert world.statuses() == ["finished"] * (runs + 1)
    assert len(world.runs.started) == runs + 1


FIRST: tuple[Step, ...] = (
    Send(Text({"any": "first"})),
    Wait(5 * HOURS),
    Tag(("tagged",)),
    Send(Text({"any": "second"})),
)
EDITS: dict[str, tuple[Step, ...]] = {
    "another content": (*FIRST[:3], Send(Text({"any": "edited"}))),
    "a shorter wait": (FIRST[0], Wait(2 * HOURS), *FIRST[2:]),
    "a longer wait": (FIRST[0], Wait(9 * HOURS), *FIRST[2:]),
    "a step put in": (FIRST[0], Send(Text({"any": "put in"})), *FIRST[1:]),
    "a step taken out": (*FIRST[:2], FIRST[3]),
    "the wait taken out": (FIRST[0], *FIRST[2:]),
    "all steps taken out": FIRST[:1],
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_while_a_run_waits_changes_the_next_run_and_neither_starts_nor_ends_one(edit: str) -> None:
    """# mautic #4144, #150: an edit moved what was scheduled; # mautic #6054: it began all runs again."""

    def played(*deployed: tuple[Step, ...], runs: int) -> tuple[list[tuple[timedelta, str]], list[str]]:
        journeys = [Journey("made-up", {"any": "T"}, Trigger("text"), steps) for steps in deployed]
        acts = [say("hello", timedelta(days=number)) for number in range(runs)]
        world = world_of(journeys[0], acts=acts, follower=LEE).live_on(timedelta(hours=3))
        world.engine.deploy("made-up", compile_journey(journeys[-1], "made-up.yaml"))
        world.live_on(3 * DAY)
        return world.texts, world.statuses()

    before, _ = played(FIRST, runs=1)
    edited, _ = played(EDITS[edit], runs=1)
    both, statuses = played(FIRST, EDITS[edit], runs=2)

    assert both == [*before, *((DAY + at, text) for at, text in edited)]
    assert statuses == ["finished"] * 2
