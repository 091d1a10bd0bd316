"""What ends a run from outside, wherever it is: its goal is reached, or one of its exits."""

from collections.abc import Iterable

from wejourney.journeys.conditions import NOTHING, History, holds
from wejourney.journeys.definition import Condition, Exit
from wejourney.people.followers import Follower
from wejourney.reasons import Exited, GoalReached


def termination(
    goal: Condition | None, exits: Iterable[Exit], follower: Follower | None, history: History = NOTHING
) -> GoalReached | Exited | None:
    """How these end a run, None when they do not. The history is what happens now."""
    if goal is not None and holds(goal, follower, {}, history):
        return GoalReached()
    return next(
        (Exited(exit_rule.reason) for exit_rule in exits if holds(exit_rule.when, follower, {}, history)),
        None,
    )
