"""The paths of a compiled journey, and how many state transitions they take, which Step Functions bills."""

from collections.abc import Callable, Mapping
from graphlib import TopologicalSorter
from typing import Any

from workbench.compiler.jsonata import STILL_TO_COME

_ASIDE = {"AnsweredError", "FollowerGoneError", "RunEndedError", "NotYetError", "QuietHoursError"}


def fold_paths[T](
    definition: Mapping[str, Any], value: Callable[[Mapping[str, Any], Mapping[str, T]], T]
) -> T:
    """The value of a machine, from its end to its start.

    `value` computes that of a state from those of the states that follow it, which are given by name.
    """
    states: Mapping[str, Mapping[str, Any]] = definition["States"]
    exits = {name: exits_of(state) for name, state in states.items()}
    values: dict[str, T] = {}
    for name in TopologicalSorter(exits).static_order():
        values[name] = value(states[name], {following: values[following] for following in exits[name]})
    return values[definition["StartAt"]]


def most_transitions(definition: Mapping[str, Any]) -> int:
    """The state transitions of the longest path, with the start and without retries."""
    return 1 + fold_paths(definition, lambda _, following: 1 + max(following.values(), default=0))


def exits_of(state: Mapping[str, Any]) -> list[str]:
    """The states that follow on paths of the journey."""
    return [*branches_of(state), *([state["Next"]] if "Next" in state else [])]


def branches_of(state: Mapping[str, Any]) -> list[str]:
    """The states that follow a choice or an error.

    What ends a run early (the follower is gone), repeats a wait (an answer came just at the time limit, a
    date has moved) or waits for the end of quiet hours is no path of the journey.
    """
    exits = [*state.get("Choices", ()), *state.get("Catch", ())]
    names = [leads["Next"] for leads in exits if not _is_aside(leads)]
    return [*names, state["Default"]] if "Default" in state else names


def _is_aside(leads: Mapping[str, Any]) -> bool:
    return leads.get("Condition") == STILL_TO_COME or not _ASIDE.isdisjoint(leads.get("ErrorEquals", ()))
