"""Where a run's copy of the profile is old: after a wait, until a task has read the follower again.

A branch that looks at the profile must not decide on what was true before a wait.
"""

from typing import assert_never

from workbench.compiler.jsonata import looks_at_profile
from workbench.language import step_types


def reads_profile(branch: step_types.Branch) -> bool:
    """Whether a case of the branch looks at the profile."""
    return any(looks_at_profile(case.when) for case in branch.cases)


def is_stale_after(step: step_types.Step, *, stale: bool, quiet: bool = False) -> bool:
    """Whether the profile can be old after this step, given whether it can be before.

    `quiet` says that a time limit's path begins with a wait for the end of the quiet hours.
    """
    match step:
        case step_types.Branch():
            before = stale and not reads_profile(step)
            paths = (*(case.steps for case in step.cases), step.otherwise)
            return any(_after(path, stale=before, quiet=quiet) for path in paths)
        case step_types.Split():
            return any(_after(share.steps, stale=stale, quiet=quiet) for share in step.shares)
        case step_types.Send():
            return _after_unsent(step.not_sent, quiet=quiet)
        case (
            step_types.Wait()
            | step_types.WaitUntil()
            | step_types.Ask()
            | step_types.WaitEvent()
            | step_types.WaitDate()
            | step_types.HandOver()
        ):
            return _is_stale_after_wait(step, quiet=quiet)
        case step_types.Award():
            # An award is posted to the person, whose follower is not read.
            return stale
        case (
            step_types.Tag()
            | step_types.Untag()
            | step_types.Set()
            | step_types.Notify()
            | step_types.Give()
            | step_types.StartJourney()
            | step_types.EndJourney()
            | step_types.Stop()
        ):
            return False
        case _:
            assert_never(step)


def _is_stale_after_wait(
    step: step_types.WaitStep | step_types.Ask | step_types.HandOver, *, quiet: bool
) -> bool:
    """What ends a wait brings the follower as they are then; only time brings nothing."""
    match step:
        case step_types.Wait() | step_types.WaitUntil():
            return True
        case step_types.Ask():
            # The unanswered path begins with a task, that of a question not sent goes on without one.
            silent = _after(step.unanswered, stale=quiet, quiet=quiet)
            return silent or _after_unsent(step.not_sent, quiet=quiet)
        case step_types.WaitEvent():
            return _after(step.otherwise, stale=quiet, quiet=quiet)
        case step_types.WaitDate():
            return _after(step.otherwise, stale=False, quiet=quiet)
        case step_types.HandOver():
            return quiet
        case _:
            assert_never(step)


def _after_unsent(steps: tuple[step_types.Step, ...] | None, *, quiet: bool) -> bool:
    """After the path of what was not sent: what its task did before it failed is not in the data."""
    return steps is not None and _after(steps, stale=True, quiet=quiet)


def _after(steps: tuple[step_types.Step, ...], *, stale: bool, quiet: bool) -> bool:
    for step in steps:
        stale = is_stale_after(step, stale=stale, quiet=quiet)
        if isinstance(step, step_types.Stop):
            return False
    return stale
