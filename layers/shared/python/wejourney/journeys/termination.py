"""What ends a run from outside, wherever it is: its goal is reached, or one of its exits."""

from collections.abc import Iterable

from wejourney.journeys.conditions import NOTHING, History, holds
from wejourney.journeys.definition import Condition, Exit
from wejourney.journeys.runs import GOAL, LEFT_BY_EXIT
from wejourney.people.followers import Follower


def termination_status(
    goal: Condition | None, exits: Iterable[Exit], follower: Follower | None, history: History = NOTHING
) -> str | None:
    """The status of a run that these end, None when they do not. The history is what happens now."""
    if goal is not None and holds(goal, follower, {}, history):
        return GOAL
    reason = next((one.reason for one in exits if holds(one.when, follower, {}, history)), None)
    return None if reason is None else f"{LEFT_BY_EXIT}{reason}"
