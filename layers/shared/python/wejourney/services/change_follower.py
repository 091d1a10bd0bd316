"""What a step changes of its follower: once, and told the same however often the step is done."""

from collections.abc import Callable
from dataclasses import replace

from wejourney.errors import AlreadyDoneError, StaleFollowerError
from wejourney.journeys.runs import Run
from wejourney.people.followers import Follower
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES, reload
from wejourney.services.ports.environment import Clock
from wejourney.services.ports.followers import Change, FollowerRecords


def change_once(
    records: FollowerRecords, clock: Clock, run: Run, step: str, change: Callable[[Follower], Follower]
) -> tuple[Change, Run]:
    """Change the follower and record the step; returns the change as it was first made, and the run.

    What is told of it has the time of the record: told again hours later it is the same event, so that the
    inbox knows it. Raises StaleFollowerError, FollowerGoneError and RunEndedError.
    """
    for _ in range(MAX_CONFLICT_RETRIES):
        before, after, at = run.follower, change(run.follower), clock.now()
        try:
            records.change(before, after, run.id, step, at)
        except AlreadyDoneError:
            run = reload(records, run)
            return records.changed(run.follower, run.id, step), run
        except StaleFollowerError:
            run = reload(records, run)
        else:
            made = Change(at, after.tags - before.tags, before.tags - after.tags)
            return made, replace(run, follower=after)
    raise StaleFollowerError
