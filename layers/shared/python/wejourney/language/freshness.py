"""Where a run's copy of the profile is old: after a wait, until a task has read the follower again.

A branch that looks at the profile must not decide on what was true before a wait.
"""

from wejourney.domain.journeys import Ask, Award, Branch, Send, Step, Stop, Wait
from wejourney.language.jsonata import looks_at_profile


def reads_profile(branch: Branch) -> bool:
    """Whether a case of the branch looks at the profile."""
    return any(looks_at_profile(case.when) for case in branch.cases)


def is_stale_after(step: Step, *, stale: bool) -> bool:
    """Whether the profile can be old after this step, given whether it can be before."""
    match step:
        case Wait():
            return True
        case Branch():
            before = stale and not reads_profile(step)
            paths = (*(case.steps for case in step.cases), step.otherwise)
            return any(_after(path, stale=before) for path in paths)
        case Send():
            # What the task of the failed send did before it failed is not in the data that goes on.
            return step.not_sent is not None and _after(step.not_sent, stale=True)
        case Ask():
            # The unanswered path begins with a task, that of a question not sent goes on without one.
            unsaid = step.not_sent is not None and _after(step.not_sent, stale=True)
            return unsaid or _after(step.unanswered, stale=False)
        case Award():
            # The ledger knows the person; the follower is not read.
            return stale
        case _:
            return False


def _after(steps: tuple[Step, ...], *, stale: bool) -> bool:
    for step in steps:
        stale = is_stale_after(step, stale=stale)
        if isinstance(step, Stop):
            return False
    return stale
