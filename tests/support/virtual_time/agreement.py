"""One life, twice: simulated, and with the compiled journeys and the real services in virtual time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from tests.support.virtual_time.asl import APP_ID, OPENID, START, Act, World
from tests.support.virtual_time.engine import machine_of
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.errors import WeChatError
from wejourney.journeys.action_types import BranchAction
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.followers import Follower
from workbench.compiler.branches import paths_through
from workbench.compiler.state_machine import compile_journey
from workbench.compiler.task_states import actions_of
from workbench.language.journey import Journey
from workbench.simulator.deployment import Person, SimulatedDeployment
from workbench.simulator.simulator import Simulator
from workbench.trace.engine import Compiled, StateEntered, engine_trace
from workbench.trace.trace_events import (
    Answered,
    BranchTaken,
    MessageSent,
    PointsChanged,
    Published,
    RunEnded,
    TraceEvent,
)

FOREVER = timedelta(days=500)
BEFORE = Follower(APP_ID, OPENID, "person-1", following=True, dates={"booking": "2026-11-24T09:00"})

type Sent = tuple[datetime, str]

type Taken = tuple[str, str, int]
"""A case that a task decided on: run, step and number."""


@dataclass(frozen=True)
class Life:
    """What can be seen of a life: all that the simulator and a deployment must agree on.

    What is on record only until somebody leaves is empty where they have left.
    """

    sent: tuple[Sent, ...]
    points: tuple[int, ...]
    told: tuple[tuple[str, tuple[str, ...]], ...]
    ended: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str], ...]
    cases: frozenset[Taken]
    profile: dict[str, Any] | None


@dataclass(frozen=True)
class Agreement:
    """Journeys that are compiled once, unchecked, and then lived through as often as wanted."""

    entries: tuple[JourneyEntry, ...]
    journeys: tuple[Journey, ...]
    machines: Mapping[str, Mapping[str, Any]]
    deployment: SimulatedDeployment

    @classmethod
    def of(cls, *journeys: Journey, people: PeopleRules = NO_RULES) -> "Agreement":
        machines = {one.name: machine_of(compile_journey(one, f"{one.name}.yaml")) for one in journeys}
        deployment = SimulatedDeployment.of(journeys, AccountSettings(APP_ID, language="en"), people)
        deployment = replace(deployment, reading=None)  # As FakeWeChat, which counts nothing.
        return cls(deployment.entries, journeys, machines, deployment)

    def deployed(self, acts: Iterable[Act], errors: Iterable[WeChatError | None], rules: str) -> Life:
        """A life as the compiled journeys and the services make it."""
        return self.seen_in(self.lived(acts, errors, rules))

    def seen_in(self, world: World) -> Life:
        """What can be seen in the world of a life, at its end."""
        trace = (
            event
            for journey in self.journeys
            for event in engine_trace(self.compiled[journey.name], _histories(world, journey), ())
        )
        return _seen_in(world, self._decided(trace))

    def lived(self, acts: Iterable[Act], errors: Iterable[WeChatError | None], rules: str) -> World:
        """The world of that life, at its end."""
        return self.world(acts, errors, rules).live_on(FOREVER)

    def world(self, acts: Iterable[Act], errors: Iterable[WeChatError | None], rules: str) -> World:
        """The world of that life, at its beginning."""
        world = World(self.entries, acts, BEFORE, rules=rules, people=self.deployment.people)
        world.wechat.failures = list(errors)
        world.engine.machines.update(self.machines)
        return world

    def simulated(self, acts: Iterable[Act], errors: Iterable[WeChatError | None], rules: str) -> Life:
        """The same life as the simulator plays it."""
        played = self.played(acts, errors, rules)
        return self.seen_by(played, played.play())

    def seen_by(self, played: Simulator, trace: Sequence[TraceEvent]) -> Life:
        """What can be seen of a simulated life, at its end."""
        return _seen_by(played, trace, self._decided(trace))

    def _decided(self, trace: Iterable[TraceEvent]) -> frozenset[Taken]:
        """The cases that tasks took: of a Choice, or a branch that is skipped, no attempt tells."""
        by_tasks = self.steps_by_tasks
        return frozenset(
            (event.run, event.step, event.number)
            for event in trace
            if isinstance(event, BranchTaken)
            and event.way == "case"
            and event.step in by_tasks[event.journey]
        )

    @cached_property
    def compiled(self) -> Mapping[str, Compiled]:
        """What the history of each journey's runs is read with."""
        return {journey.name: Compiled.of(journey) for journey in self.journeys}

    @cached_property
    def steps_by_tasks(self) -> Mapping[str, set[str]]:
        """The branches of each journey that its tasks decide."""
        return {name: decided_by_tasks(machine) for name, machine in self.machines.items()}

    def played(self, acts: Iterable[Act], errors: Iterable[WeChatError | None], rules: str) -> Simulator:
        """The simulator of that life, which has not begun."""
        maker = World(())
        events = [maker.event_of(act) for act in sorted(acts, key=lambda act: act.after)]
        deployment = replace(
            self.deployment, account=replace(self.deployment.account, rules=RULE_SETS[rules])
        )
        return Simulator(deployment, Person("", START, BEFORE), events, errors)


def _histories(world: World, journey: Journey) -> list[list[StateEntered]]:
    """The attempts of each run of a journey, in order."""
    runs = [run for run, execution in world.engine.executions.items() if execution.journey == journey.name]
    return [[attempt for attempt in world.attempts if attempt.run["id"] == run] for run in runs]


def decided_by_tasks(definition: Mapping[str, Any]) -> set[str]:
    """The steps of the branches that tasks of this machine decide."""
    paths = (path for state in definition["States"].values() for path in paths_through(actions_of(state)))
    return {action.step for path in paths for action in path if isinstance(action, BranchAction)}


def _seen_in(world: World, cases: frozenset[Taken]) -> Life:
    gone = world.records.follower is None
    openings = [] if gone else world.openings
    sent = [(one.at, repr(one.content)) for one in openings]
    sent += [(at, repr(content)) for at, content in world.wechat.arrived]
    took = (step for runs in world.records.only.took.values() for step in runs.values())
    return Life(
        sent=tuple(sorted(sent)),
        points=tuple(world.points),
        told=tuple(
            (what, tuple(str(one) for one in list(detail.values())[5:])) for what, detail in world.bus.once
        ),
        ended=tuple(sorted(_endings(world))),
        answers=tuple(sorted((step, answer) for step, answer in took if answer is not None)),
        cases=cases,
        profile=_profile(world.records.follower),
    )


def _endings(world: World) -> Iterable[tuple[str, str]]:
    for run_id in world.engine.executions:
        # An erased follower has no record: what stopped the run tells.
        yield run_id, repr(world.records.ends.get(run_id) or world.runs.stopped[run_id])


def _seen_by(played: Simulator, happened: Sequence[TraceEvent], cases: frozenset[Taken]) -> Life:
    gone = played.follower is None
    sent = [
        one for one in happened if isinstance(one, MessageSent) and not (gone and one.channel == "passive")
    ]
    answered = [one for one in happened if isinstance(one, Answered) and not gone]
    return Life(
        sent=tuple(sorted((one.at, repr(one.content)) for one in sent)),
        points=tuple(one.points for one in happened if isinstance(one, PointsChanged)),
        told=tuple((one.event, tuple(one.detail.values())) for one in happened if isinstance(one, Published)),
        ended=tuple(sorted((one.run, repr(one.end)) for one in happened if isinstance(one, RunEnded))),
        answers=tuple(sorted((one.step, one.answer) for one in answered)),
        cases=cases,
        profile=_profile(played.follower),
    )


def _profile(follower: Follower | None) -> dict[str, Any] | None:
    if follower is None:
        return None
    data = follower.to_snapshot()
    # The revision counts writes.
    return {name: value for name, value in data.items() if name != "rev"}
