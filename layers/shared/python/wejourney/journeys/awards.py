"""What a step of a run asks of the books."""

from datetime import datetime

from wejourney.journeys.action_types import AwardAction
from wejourney.journeys.runs import Run
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind


def award(action: AwardAction, run: Run, at: datetime, programme: Programme) -> Asked:
    """Points that a step gives, once for each run."""
    id_ = f"{run.id}#{action.step}"
    cause = Cause(id_, action.reason, version=run.version, journey=run.journey)
    inputs: dict[str, str | int] = {"points": action.points, "reason": action.reason}
    return Asked(id_, Kind.EARN, at, cause, inputs, day=programme.day_of(at).isoformat())
