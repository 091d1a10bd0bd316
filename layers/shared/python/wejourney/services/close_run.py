"""The end of a run, however it ends: recorded, so that its journey may start again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.journeys.runs import LiveRun
from wejourney.people.erasure import RunKey
from wejourney.reasons import EndedByEngine, Finished, GoalReached, RunEnd, Stopped
from wejourney.services.ports.environment import TimeSource
from wejourney.services.ports.followers import FollowerInbox


@dataclass(frozen=True)
class End:
    """How a run of a person has ended; `status` is the engine's word for it."""

    person_id: str
    run: RunKey
    status: str
    reason: RunEnd

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> "End":
        """Read the detail of an event "Step Functions Execution Status Change".

        https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        status, output = str(detail["status"]).lower(), json.loads(detail.get("output") or "null")
        data = json.loads(detail["input"])
        # An execution that an earlier release has started has the whole follower.
        person_id = data.get("person_id") or data["follower"]["person_id"]
        return cls(person_id, RunKey(data["journey"], data["id"]), status, ended_as(status, output))


@dataclass(frozen=True)
class CloseRun:
    followers: FollowerInbox
    clock: TimeSource

    def __call__(self, end: End) -> bool:
        """Record the end. False when it was on record before, or the follower was erased."""
        live = LiveRun(end.run.journey, end.run.run_id, event_id="")
        return self.followers.end_run(end.person_id, live, end.reason, self.clock.now())


def ended_as(status: str, output: object) -> RunEnd:
    result = output if isinstance(output, dict) else {}
    if result.get("goal"):
        return GoalReached()
    if result.get("stopped") is not None:
        return Stopped(result["stopped"], result.get("texts", {}))
    return Finished() if status == "succeeded" else EndedByEngine(status)
