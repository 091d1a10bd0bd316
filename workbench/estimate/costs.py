"""What a million runs of each compiled journey cost, from the definition itself.

A run enters the states of a path, each once. What ends a run early (the follower is gone) or repeats a
question (its answer came just at the time limit) is no path of the journey, as in
`workbench.compiler.transitions`. Nor is what goes back to a state, as a wait does when its date moves.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wejourney.journeys.action_types import AskAction, AwaitAction
from wejourney.journeys.routing import JourneyEntry, all_subscribed_kinds
from wejourney.plain_data import from_plain
from workbench.compiler.task_states import actions_of
from workbench.compiler.template_region import definition_path
from workbench.compiler.transitions import is_aside
from workbench.estimate.prices import TRANSITIONS, PriceTable, Usage, by_service
from workbench.estimate.usage import Model, Waits, load_measured
from workbench.project import CATALOGUE

type AslState = Mapping[str, Any]
type Choose = Callable[[Iterable[Usage]], Usage]


@dataclass(frozen=True)
class PathCost:
    """A path through a journey: what one run on it uses, and what a million such runs cost.

    The keys of `costs` are those of `usage` that have a price, `<service>.<unit>`.
    """

    journey: str
    path: str
    usage: Usage
    costs: Mapping[str, float]

    @property
    def total(self) -> float:
        """For a million runs."""
        return sum(self.costs.values())

    def by_service(self) -> dict[str, float]:
        """The costs of each service."""
        return by_service(self.costs)

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "journey": self.journey,
            "path": self.path,
            "usage_per_run": dict(self.usage),
            "cost_per_million_runs": {**self.by_service(), "total": self.total},
        }


def costs_of_project(root: Path, table: PriceTable) -> list[PathCost]:
    """The costs of all journeys that are compiled in a repository."""
    entries = [from_plain(JourneyEntry, entry) for entry in json.loads((root / CATALOGUE).read_text("utf-8"))]
    model = Model(table.assumptions, load_measured(), all_subscribed_kinds(entries))
    return [
        cost
        for entry in entries
        for cost in costs_of(
            json.loads((root / definition_path(entry.name)).read_text("utf-8")), entry, table, model
        )
    ]


def costs_of(
    definition: Mapping[str, Any], entry: JourneyEntry, table: PriceTable, model: Model
) -> Iterator[PathCost]:
    """The costs of a journey on its dearest and its cheapest path."""
    chooses: dict[str, Choose] = {
        "dearest": lambda usages: max(usages, key=table.cost),
        "cheapest": lambda usages: min(usages, key=table.cost),
    }
    for path, choose in chooses.items():
        usage = usage_of_path(definition, entry, model, choose)
        yield PathCost(entry.name, path, usage, table.costs(usage))


def fewest_and_most(
    definition: Mapping[str, Any], entry: JourneyEntry, model: Model, what: str
) -> tuple[float, float]:
    """How much of one thing a run uses: on the path with the least of it, and on that with the most."""

    def amount(usage: Usage) -> float:
        return usage.get(what, 0)

    fewest = usage_of_path(definition, entry, model, lambda usages: min(usages, key=amount))
    most = usage_of_path(definition, entry, model, lambda usages: max(usages, key=amount))
    return amount(fewest), amount(most)


def usage_of_path(definition: Mapping[str, Any], entry: JourneyEntry, model: Model, choose: Choose) -> Usage:
    """What a run uses, from its first event to its end, on the path that `choose` chooses at every state."""
    return model.start(entry) + model.other_events() + _states(definition, model, choose) + model.end()


def _states(definition: Mapping[str, Any], model: Model, choose: Choose) -> Usage:
    """The usage of the states on the chosen path. What is used adds up, so each state chooses for itself."""
    states: Mapping[str, AslState] = definition["States"]
    entered: set[str] = set()

    @cache
    def onward(name: str) -> Usage | None:
        """From a state to the end; None where that only leads back to a state that was entered before."""
        state = states[name]
        entered.add(name)
        ways = [usage for following in other_ways(state) if (usage := further(following)) is not None]
        plain = Usage() if "End" in state else further(state["Next"]) if "Next" in state else None
        if plain is not None:
            ways.append(_woken(state, model) + plain)
        entered.remove(name)
        if not ways and state["Type"] != "Succeed":
            return None
        usage = Usage({TRANSITIONS: 1})
        if state["Type"] == "Task":
            usage += model.task(actions_of(state))
        return usage + choose(ways) if ways else usage

    def further(name: str) -> Usage | None:
        return None if name in entered else onward(name)

    return onward(definition["StartAt"]) or Usage()


def _woken(state: AslState, model: Model) -> Usage:
    """What the plain way out of a state takes: a wait is left by what it waits for."""
    waits = waits_of(state)
    return model.woken(waits[-1]) if waits else Usage()


def other_ways(state: AslState) -> list[str]:
    """The ways out of a state other than its plain one."""
    ways = [*state.get("Choices", ()), *state.get("Catch", ())]
    names = [way["Next"] for way in ways if not is_aside(way)]
    return [*names, state["Default"]] if "Default" in state else names


def ways_of(state: AslState) -> list[str]:
    """All ways out of a state, its plain one last."""
    return [*other_ways(state), *([state["Next"]] if "Next" in state else [])]


def waits_of(state: AslState) -> list[Waits]:
    """What parks the token of a task."""
    return [action for action in actions_of(state) if isinstance(action, AskAction | AwaitAction)]


def waits_by_step(states: Mapping[str, AslState]) -> dict[str, Waits]:
    """Everything in a journey that parks a token, by its step."""
    return {wait.step: wait for state in states.values() for wait in waits_of(state)}
