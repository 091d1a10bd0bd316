"""What a million runs of each compiled journey cost, from the definition itself.

A run enters a path's states, each once; what ends a run early (the follower is gone) or repeats a question
(its answer came just at the time limit) is no path of the journey, as in `wejourney.language.costs`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from infra.bench.prices import PriceTable, Usage
from infra.bench.usage import Model, memory_of
from wejourney.domain.actions import Action, AskAction, action_from_dict
from wejourney.domain.routing import Entry
from wejourney.language.project import CATALOGUE, TEMPLATE
from wejourney.language.template_region import definition_path

_ASIDE = {"AnsweredError", "FollowerGoneError"}
_TRANSITION = "step_functions.transitions"

type State = Mapping[str, Any]
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
        services = dict.fromkeys((what.partition(".")[0] for what in self.costs), 0.0)
        for what, cost in self.costs.items():
            services[what.partition(".")[0]] += cost
        return services

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
    model = Model(table.assumptions, memory_of(root / TEMPLATE))
    entries = [Entry.from_dict(entry) for entry in json.loads((root / CATALOGUE).read_text("utf-8"))]
    return [
        cost
        for entry in entries
        for cost in costs_of(
            json.loads((root / definition_path(entry.name)).read_text("utf-8")), entry, table, model
        )
    ]


def costs_of(
    definition: Mapping[str, Any], entry: Entry, table: PriceTable, model: Model
) -> Iterator[PathCost]:
    """The costs of a journey on its dearest and its cheapest path."""
    chooses: dict[str, Choose] = {
        "dearest": lambda usages: max(usages, key=table.cost),
        "cheapest": lambda usages: min(usages, key=table.cost),
    }
    around = model.start(entry) + model.other_events() + model.end()
    for path, choose in chooses.items():
        usage = around + _usage_of_path(definition, model, choose)
        yield PathCost(entry.name, path, usage, table.costs(usage))


def _usage_of_path(definition: Mapping[str, Any], model: Model, choose: Choose) -> Usage:
    """The usage of the states on the chosen path. Costs add up, so each state chooses for itself."""
    states: Mapping[str, State] = definition["States"]
    asks = {
        action.step: action
        for state in states.values()
        for action in _actions(state)
        if isinstance(action, AskAction)
    }

    @cache
    def onward(name: str) -> Usage:
        state = states[name]
        entered = Usage({_TRANSITION: 1})
        if state["Type"] == "Task":
            entered += model.task(_actions(state), asks)
        ways = [onward(following) for following in _other_ways(state)]
        if "Next" in state or "End" in state:
            ways.append(_answered(state, model) + (onward(state["Next"]) if "Next" in state else Usage()))
        return entered + choose(ways) if ways else entered

    return onward(definition["StartAt"])


def _answered(state: State, model: Model) -> Usage:
    """What the plain way out of a state takes: a question is left by its answer."""
    asked = [action for action in _actions(state) if isinstance(action, AskAction)]
    return model.answer(asked[-1]) if asked else Usage()


def _other_ways(state: State) -> list[str]:
    """The ways out of a state other than its plain one."""
    ways = [*state.get("Choices", ()), *state.get("Catch", ())]
    names = [way["Next"] for way in ways if not _ASIDE.intersection(way.get("ErrorEquals", ()))]
    return [*names, state["Default"]] if "Default" in state else names


def _actions(state: State) -> tuple[Action, ...]:
    payload = state.get("Arguments", {}).get("Payload", {})
    return tuple(action_from_dict(action) for action in payload.get("actions", ()))
