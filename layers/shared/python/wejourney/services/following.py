"""Whether a run still speaks with the person that it began with, and is still to speak at all."""

from dataclasses import replace

from wejourney.domain.errors import FollowerGoneError, RunEndedError
from wejourney.domain.followers import Follower, FollowerState
from wejourney.domain.runs import Run
from wejourney.services.ports import FollowerRecords

DECISIONS = 5
"""How often a change is decided anew because the follower changed meanwhile."""


def still(run: Run, state: FollowerState) -> Follower:
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


def look(records: FollowerRecords, run: Run) -> Run:
    """The run with its follower as they are now. Raises as `still`."""
    state = records.read(run.follower.app_id, run.follower.openid)
    return replace(run, follower=still(run, state))
