"""Whether a run still speaks with the person that it began with, and how it changes what is known of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from wejourney.errors import AlreadyDoneError, FollowerGoneError, RunEndedError, StaleFollowerError
from wejourney.journeys.runs import FollowerState, Run
from wejourney.loyalty.benefits.coupons import CouponIssue
from wejourney.people.followers import Follower, StepChange
from wejourney.services.loyalty.ports import Entry
from wejourney.services.ports.actions import ActionPorts
from wejourney.services.ports.followers import FollowerRecords

MAX_CONFLICT_RETRIES = 5
"""How often a change is decided anew because the follower changed meanwhile."""


def require_live_run(run: Run, state: FollowerState) -> Follower:
    """The follower of a run as they are now.

    Raises FollowerGoneError when they unfollowed and were erased: who comes back is another person to us.
    Raises RunEndedError when the run has been ended, by its goal for example.
    """
    if state.follower is None:
        raise FollowerGoneError
    if not any(live.run_id == run.id and not live.ended for live in state.live_runs):
        raise RunEndedError
    return state.follower


def reload(records: FollowerRecords, run: Run) -> Run:
    """The run with its follower as they are now. Raises as `require_live_run`."""
    state = records.read_again(run.follower)
    return replace(run, follower=require_live_run(run, state))


@dataclass(frozen=True)
class Decided:
    """A follower after the change of a step, what that posts in their books, and the coupon it issues."""

    follower: Follower
    change: StepChange
    entries: tuple[Entry, ...] = ()
    issue: CouponIssue | None = None


def change_once(ports: ActionPorts, run: Run, decide: Callable[[Run], Decided]) -> tuple[StepChange, Run]:
    """Change the follower and record the step; returns the change as it was first made, and the run.

    Raises NoneLeftError where there are no more of the coupons that it issues.

    An event about the change has the time of the record: published again hours later it is the same event, so
    that the inbox drops it. Raises StaleFollowerError, FollowerGoneError and RunEndedError.
    """
    for _ in range(MAX_CONFLICT_RETRIES):
        decided = decide(run)
        change = decided.change
        try:
            ports.records.change(
                run.follower, decided.follower, run.id, change, decided.entries, decided.issue
            )
        except AlreadyDoneError:
            run = reload(ports.records, run)
            return ports.records.changed(run.follower, run.id, change.step), run
        except StaleFollowerError:
            run = reload(ports.records, run)
        else:
            return change, replace(run, follower=decided.follower)
    raise StaleFollowerError
