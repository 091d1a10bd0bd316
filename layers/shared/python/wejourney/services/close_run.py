"""The end of a run, however it ends: recorded, so that its journey may start again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.journeys.runs import Run
from wejourney.people.followers import LiveRun
from wejourney.reasons import EndedByEngine, Finished, GoalReached, RunEnd, Stopped
from wejourney.services.ports.environment import Clock
from wejourney.services.ports.followers import FollowerInbox


@dataclass(frozen=True)
class End:
    """What the engine tells of a run that has ended.

    `status` is the engine's word. Of a run that came to a stop, `stopped` is the stop's reason, and `at_goal`
    says whether that is the goal.
    """

    run: Run
    status: str
    stopped: str | None = None
    at_goal: bool = False

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> "End":
        """Read the detail of an event "Step Functions Execution Status Change".

        https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        data = json.loads(detail.get("output") or "null")
        output = data if isinstance(data, dict) else {}
        return cls(
            run=Run.from_dict(json.loads(detail["input"])),
            status=str(detail["status"]).lower(),
            stopped=output.get("stopped"),
            at_goal=bool(output.get("goal")),
        )


@dataclass(frozen=True)
class CloseRun:
    """The record of an end, with its ports."""

    followers: FollowerInbox
    clock: Clock

    def __call__(self, end: End) -> bool:
        """Record the end. False when it was on record before, or nobody is there any more."""
        run, follower = end.run, end.run.follower
        live = LiveRun(journey=run.journey, run_id=run.id, event_id="", key=run.key)
        reason = ended_as(end.status, end.stopped, at_goal=end.at_goal)
        return self.followers.end_run(follower.app_id, follower.openid, live, reason, self.clock.now())


def ended_as(status: str, stopped: str | None, *, at_goal: bool) -> RunEnd:
    """How a run ended, from the engine's word and from what its machine put out."""
    if at_goal:
        return GoalReached()
    if stopped is not None:
        return Stopped(stopped)
    return Finished() if status == "succeeded" else EndedByEngine(status)
