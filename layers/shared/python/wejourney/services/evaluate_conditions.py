"""Looking again: at the follower after time has passed, and at what has happened."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wejourney.events.positions import BEGINNING, Position
from wejourney.journeys.action_types import CheckAction
from wejourney.journeys.conditions import History, holds
from wejourney.journeys.definition import EventCount
from wejourney.journeys.runs import Run
from wejourney.services.live_runs import reload
from wejourney.services.ports.environment import Clock
from wejourney.services.ports.followers import FollowerRecords


@dataclass(frozen=True)
class EvaluateConditions:
    """The looking, with its ports."""

    records: FollowerRecords
    clock: Clock

    def again(self, run: Run) -> Run:
        """The run with its follower as the row has it."""
        return reload(self.records, run)

    def check(self, action: CheckAction, run: Run) -> Run:
        """Find out which conditions hold, as the run's facts."""
        run = reload(self.records, run)
        now = self.clock.now()
        since = min(_since(count, run, now) for one in action.conditions.values() for count in one.events)
        events = tuple(past.event for past in self.records.events(run.follower, since))
        history = History(events, now, run.start_position, run.step_positions)
        found = {
            name: holds(condition, run.follower, run.answers, history)
            for name, condition in action.conditions.items()
        }
        return replace(run, facts={**run.facts, **found})


def _since(count: EventCount, run: Run, now: datetime) -> Position:
    """The position before which no event matters."""
    if count.scope != "ever":
        return run.start_position
    return BEGINNING if count.days is None else Position.at(now - timedelta(days=count.days))
