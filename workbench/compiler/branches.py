"""The branches that a task decides, on what it was given: every path goes on at once to the next step."""

from collections.abc import Iterable, Sequence

from wejourney.bounds import size_of
from wejourney.journeys.action_types import Action, BranchAction
from wejourney.journeys.conditions import looks_at_record
from workbench.compiler.jsonata import looks_at_profile
from workbench.language import step_types
from workbench.language.traversal import paths_of

_AtOnce = step_types.Send | step_types.Notify | step_types.ChangeStep
"""The steps that a task does without waiting and, but for a message that may be refused, in one way."""

LARGEST_BRANCH = 64 * 1024
"""Bytes of a branch: a task's input has 256 KB, the run's data included."""


def goes_on_at_once(branch: step_types.Branch) -> bool:
    """Whether one task can decide the branch, on what it was given, and take each of its paths to the end.

    What happened is not in what a task is given: one that looks twice could find two different things.
    """
    paths = [path for _, path in paths_of(branch)]
    looked_up = any(looks_at_record(case.when) for case in branch.cases)
    if looked_up or not any(paths) or isinstance(branch, step_types.Round):
        return False
    if not all(_is_at_once(path, branch) for path in paths):
        return False
    return size_of(branch) <= LARGEST_BRANCH


def _is_at_once(path: Sequence[step_types.Step], outer: step_types.Branch) -> bool:
    inner = [step for step in path if isinstance(step, step_types.Branch)]
    others = (step for step in path if not isinstance(step, step_types.Branch))
    if len(inner) > 1 or not all(isinstance(step, _AtOnce) and not may_be_refused(step) for step in others):
        return False
    # What the steps before it change of the profile is not in what the task was given.
    as_given = not any(map(reads_profile, inner)) or (reads_profile(outer) and path[0] in inner)
    return as_given and all(map(goes_on_at_once, inner))


def may_be_refused(step: step_types.Step | None) -> bool:
    """Whether the run goes on without what its task did to it when a message cannot be sent."""
    if isinstance(step, step_types.Send):
        return step.not_sent is not None
    return isinstance(step, step_types.Ask) and step.content is not None


def reads_profile(branch: step_types.Branch | BranchAction) -> bool:
    """Whether the branch depends on the follower, not on answers or events alone."""
    return any(looks_at_profile(case.when) for case in branch.cases)


def branch_of(actions: Iterable[Action]) -> BranchAction | None:
    """The branch among the actions of a task."""
    return next((action for action in actions if isinstance(action, BranchAction)), None)


def paths_through(actions: Iterable[Action]) -> list[tuple[Action, ...]]:
    """What a task may have to do: its actions, with one path after its branch each."""
    paths: list[tuple[Action, ...]] = [()]
    for action in actions:
        ends: list[tuple[Action, ...]] = [(action,)]
        if isinstance(action, BranchAction):
            ends = [(action, *end) for path in action.paths for end in paths_through(path)]
        paths = [(*path, *end) for path in paths for end in ends]
    return paths
