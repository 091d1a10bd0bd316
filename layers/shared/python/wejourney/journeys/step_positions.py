"""When a run took its named steps: conditions count what happened since."""

from dataclasses import replace
from datetime import datetime

from wejourney.events.events import position_at
from wejourney.journeys.runs import Run


def marked(run: Run, name: str | None, at: datetime) -> Run:
    """The run with the step of this name taken at this time."""
    if name is None:
        return run
    return replace(run, marks={**run.marks, name: mark_at(run.heard, at)})


def mark_at(heard: str, at: datetime) -> str:
    """The position of a step that a run takes at this time, after what it has heard.

    WeChat's clock ticks seconds, and what made the run take the step may stand in the same second: it
    came before the step, so it does not count as having happened since.
    """
    return max(position_at(at), f"{heard}~")
