"""Whether a run still speaks with the person that it began with, and is still to speak at all."""

from dataclasses import replace

from wejourney.errors import FollowerGoneError, RunEndedError
from wejourney.journeys.runs import Run
from wejourney.people.followers import Follower, FollowerState
from wejourney.services.ports.followers import FollowerRecords

MAX_CONFLICT_RETRIES = 5
"""How often a change is decided anew because the follower changed meanwhile."""


def require_live_run(run: Run, state: FollowerState) -> Follower:
    """The follower of a run as they are now.

    Raises FollowerGoneError when they unfollowed and were erased, also if they have come back since: then
    they are another person to us, and the run is not theirs. Raises RunEndedError when the run has been
    ended, by its goal for example.
    """
    if state.follower is None or state.follower.person_id != run.follower.person_id:
        raise FollowerGoneError
    if not any(live.run_id == run.id and not live.ended for live in state.live_runs):
        raise RunEndedError
    return state.follower


def reload(records: FollowerRecords, run: Run) -> Run:
    """The run with its follower as they are now. Raises as `require_live_run`."""
    state = records.read(run.follower.app_id, run.follower.openid)
    return replace(run, follower=require_live_run(run, state))
