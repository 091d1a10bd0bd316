"""The simulator plays what happened in the sandbox: the same trace, at the same virtual times.

Each of the lives of `lives` is simulated from the events that the deployment has on record.
"""

from dataclasses import replace
from typing import Any

import pytest

from tests.sandbox.conftest import DIRECTORY
from tests.sandbox.lives import DEAR, SAMPLED
from tests.support.virtual_time.traces import comparable
from wejourney.people.followers import Follower
from workbench.operations.records import RunHistories, trace_on_record
from workbench.operations.target import Target, find_target
from workbench.project import read_project
from workbench.simulator.deployment import Person, SimulatedDeployment, simulated_account
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import EventReceived, MessageSent, TraceEvent

pytestmark = pytest.mark.sandbox

DEPLOYED = DIRECTORY / "source"
"""The repository with the journeys of this folder, as the sandbox has built it."""

TYPES = {"menu": "msgmenu", "mini_program": "miniprogrampage"}


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("openid", [*SAMPLED, DEAR])
def test_the_simulator_and_the_sandbox_tell_the_same_trace(sandbox: Any, openid: str) -> None:
    target = find_target(None)
    recorded = _recorded(target, openid)
    simulated = _simulated(target, openid, recorded)

    assert comparable(simulated) == comparable(recorded)
    received = [
        (one["at"], one["channel"], one["content"] if one["type"] == "text" else one["type"])
        for one in sandbox.messages(openid)
    ]
    assert received == [_on_phone(one) for one in simulated if isinstance(one, MessageSent)]


@pytest.mark.usefixtures("lived")
def test_what_came_before_its_step_and_what_was_known_end_no_wait() -> None:
    target = find_target(None)
    follower = target.followers.read(target.app_id, "oMoves").follower

    assert follower is not None
    assert follower.tags == {"visited", "not-looked", "not-visited"}


def _on_phone(sent: MessageSent) -> tuple[str, str, str]:
    """A text, or what WeChat calls this type of message."""
    kind = str(sent.content["type"])
    said = str(sent.content["text"]) if kind == "text" else TYPES.get(kind, kind)
    return sent.at.isoformat(), sent.channel, said


def _recorded(target: Target, openid: str) -> list[TraceEvent]:
    """What the deployment has on record, and what the engine knows of its runs."""
    journeys = read_project(DEPLOYED).journeys
    follower = target.followers.read(target.app_id, openid).follower
    assert follower is not None
    trace = trace_on_record(target, follower, journeys)
    histories = RunHistories(target)
    for journey in journeys:
        trace = histories.add_to(trace, journey)
    return trace


def _simulated(target: Target, openid: str, recorded: list[TraceEvent]) -> list[TraceEvent]:
    """The same life as the simulator makes it of what somebody and other systems did."""
    events = [one.event for one in recorded if isinstance(one, EventReceived) and not one.by_run]
    known = target.followers.read(target.app_id, openid).follower
    assert known is not None
    account = replace(simulated_account(), app_id=target.app_id)
    project = read_project(DEPLOYED)
    stage = SimulatedDeployment.of(project.journeys, account, project.people_rules)
    before = Follower(target.app_id, openid, known.person_id)
    return Simulator(stage, Person(openid, events[0].at, before), events).play()
