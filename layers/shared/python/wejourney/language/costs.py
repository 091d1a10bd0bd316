"""What a run of a compiled journey costs: Step Functions counts state transitions."""

from collections.abc import Mapping
from functools import cache
from typing import Any

_ASIDE = {"AnsweredError", "FollowerGoneError"}


def most_transitions(definition: Mapping[str, Any]) -> int:
    """The state transitions of the longest path, with the start and without retries.

    The paths of a journey are counted, and not what ends it early (the follower is gone) or repeats a
    question (its answer came just at the time limit).
    """
    states: Mapping[str, Mapping[str, Any]] = definition["States"]

    @cache
    def longest(name: str) -> int:
        return 1 + max((longest(following) for following in _following(states[name])), default=0)

    return 1 + longest(definition["StartAt"])


def _following(state: Mapping[str, Any]) -> set[str]:
    ways = [*state.get("Choices", ()), *state.get("Catch", ())]
    names = {way["Next"] for way in ways if not _ASIDE.intersection(way.get("ErrorEquals", ()))}
    return names | {state[field] for field in ("Next", "Default") if field in state}
