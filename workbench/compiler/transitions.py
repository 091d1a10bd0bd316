"""What a run of a compiled journey costs: Step Functions counts state transitions."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from workbench.compiler.jsonata import STILL_TO_COME

_ASIDE = {"AnsweredError", "FollowerGoneError", "RunEndedError"}


def most_transitions(definition: Mapping[str, Any]) -> int:
    """The state transitions of the longest path, with the start and without retries.

    The paths of a journey are counted, and not what ends it early (the follower is gone) or repeats a wait
    (an answer came just at the time limit, a date has moved).
    """
    states: Mapping[str, Mapping[str, Any]] = definition["States"]

    @cache
    def longest(name: str) -> int:
        return 1 + max((longest(following) for following in _following(states[name])), default=0)

    return 1 + longest(definition["StartAt"])


def _following(state: Mapping[str, Any]) -> set[str]:
    exits = [*state.get("Choices", ()), *state.get("Catch", ())]
    names = {leads["Next"] for leads in exits if not is_aside(leads)}
    return names | {state[field] for field in ("Next", "Default") if field in state}


def is_aside(leads: Mapping[str, Any]) -> bool:
    """Whether a choice or catcher ends the run early or repeats a wait: no path of the journey."""
    return leads.get("Condition") == STILL_TO_COME or not _ASIDE.isdisjoint(leads.get("ErrorEquals", ()))
