"""When a run took its named steps: conditions count what happened since."""

from dataclasses import replace
from datetime import datetime

from wejourney.events.positions import Position
from wejourney.journeys.runs import Run


def marked(run: Run, name: str | None, at: datetime) -> Run:
    """The run with the step of this name taken at this time."""
    if name is None:
        return run
    taken = step_position(run.last_position, at)
    return replace(run, step_positions={**run.step_positions, name: taken})


def step_position(last_position: Position, at: datetime) -> Position:
    """The position of a step that a run takes at this time, after the last thing it said or heard.

    WeChat's clock ticks seconds, and what made the run take the step may stand in the same second: it
    came before the step, so it does not count as having happened since.
    """
    return max(Position.at(at), last_position.just_after)
