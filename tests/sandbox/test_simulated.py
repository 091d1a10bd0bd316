"""The simulator plays what happened in the sandbox: the same messages, at the same virtual times.

Each of the lives of `lives` is simulated from the events that the deployment has on record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.conftest import DIRECTORY
from tests.sandbox.lives import DEAR, SAMPLED
from wejourney.events.events import InboundEvent
from wejourney.people.followers import Follower
from wejourney.reasons import RunEnd, run_end_from
from workbench.operations.target import Target, find_target
from workbench.project import read_project
from workbench.simulator.deployment import Person, SimulatedDeployment, simulated_account
from workbench.simulator.simulator import Simulator
from workbench.trace.events import MessageSent, RunEnded

pytestmark = pytest.mark.sandbox

DEPLOYED = DIRECTORY / "source"
"""The repository with the journeys of this folder, as the sandbox has built it."""

TYPES = {"menu": "msgmenu", "mini_program": "miniprogrampage"}

type Said = tuple[str, str]


@dataclass(frozen=True)
class Life:
    """What was said to somebody and when, and how each of their runs ended."""

    said: tuple[Said, ...]
    at: tuple[datetime, ...]
    ended: Mapping[str, RunEnd]


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("openid", [*SAMPLED, DEAR])
def test_the_simulator_says_what_the_sandbox_said_at_the_same_virtual_times(
    sandbox: Any, openid: str
) -> None:
    target = find_target(None)
    assert _simulated(target, openid) == _lived(sandbox, target, openid)


def _said(content: Mapping[str, Any]) -> str:
    """A text, or what WeChat calls this type of message."""
    kind = str(content["type"])
    return str(content["text"]) if kind == "text" else TYPES.get(kind, kind)


def _runs(target: Target, openid: str) -> list[dict[str, Any]]:
    return [one for one in target.followers.timeline(target.app_id, openid) if one["kind"] == "run"]


def _lived(sandbox: Any, target: Target, openid: str) -> Life:
    messages = sandbox.messages(openid)
    return Life(
        said=tuple(
            (one["channel"], one["content"] if one["type"] == "text" else one["type"]) for one in messages
        ),
        at=tuple(datetime.fromisoformat(one["at"]) for one in messages),
        ended={run["journey"]: run_end_from(run["end"]) for run in _runs(target, openid)},
    )


def _from_outside(target: Target, openid: str) -> list[InboundEvent]:
    """What somebody and other systems did, as the deployment has it on record."""
    timeline = target.followers.timeline(target.app_id, openid)
    events = [InboundEvent.from_dict(one["event"]) for one in timeline if one["kind"] == "event"]
    return [one for one in events if one.body.by is None]


def _simulated(target: Target, openid: str) -> Life:
    """The life of somebody; what runs did is the simulator's own."""
    events = _from_outside(target, openid)
    known = target.followers.load(target.app_id, openid)
    assert known is not None
    stage = SimulatedDeployment.of(read_project(DEPLOYED).journeys, simulated_account())
    before = Follower(target.app_id, openid, known.person_id)
    happened = Simulator(stage, Person(openid, events[0].at, before), events).play()
    said = [one for one in happened if isinstance(one, MessageSent)]
    return Life(
        said=tuple((one.channel, _said(one.content)) for one in said),
        at=tuple(one.at for one in said),
        ended={one.journey: one.end for one in happened if isinstance(one, RunEnded)},
    )
