"""The end of a run, however it ends: recorded, so that its journey may start again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.journeys.runs import GOAL, Run
from wejourney.people.followers import LiveRun
from wejourney.services.ports.clock import Clock
from wejourney.services.ports.followers import FollowerInbox


@dataclass(frozen=True)
class End:
    """What the engine tells of a run that has ended.

    `status` is the engine's word; `at_goal`: the run came to a step that says so.
    """

    run: Run
    status: str
    at_goal: bool = False

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> "End":
        """Read the detail of an event "Step Functions Execution Status Change".

        https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        output = json.loads(detail.get("output") or "null")
        return cls(
            run=Run.from_dict(json.loads(detail["input"])),
            status=str(detail["status"]).lower(),
            at_goal=isinstance(output, dict) and bool(output.get("goal")),
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
        status = GOAL if end.at_goal else end.status
        return self.followers.end_run(follower.app_id, follower.openid, live, status, self.clock.now())
