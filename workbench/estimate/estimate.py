"""Everything that is estimated of one journey: the costs of its paths, the runs a day, the effect of a burst.

A run enters the states of a path, each once. What ends a run early (the follower is gone) or repeats a
question (its answer came just at the time limit) is no path of the journey, as in
`workbench.compiler.transitions`. Nor is what goes back to a state, as a wait does when its date moves.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wejourney.journeys.routing import JourneyEntry, all_subscribed_kinds
from wejourney.messaging.wechat_rules import RuleSet
from workbench.compiler.catalogue import catalogue_of
from workbench.compiler.state_machine import compile_journey
from workbench.compiler.task_states import actions_of
from workbench.compiler.transitions import branches_of, fold_paths
from workbench.estimate.bursts import Burst, burst_of
from workbench.estimate.prices import TRANSITIONS, PriceTable, Usage
from workbench.estimate.usage import Model, load_measured, waits_of
from workbench.language.journey import Journey

type Choose = Callable[[Iterable[Usage]], Usage]


@dataclass(frozen=True)
class PathCost:
    """A path through a journey: what one run on it uses, and what a million such runs cost by service."""

    journey: str
    path: str
    usage: Usage
    costs: Mapping[str, float]

    @property
    def total(self) -> float:
        """For a million runs."""
        return sum(self.costs.values())

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "journey": self.journey,
            "path": self.path,
            "usage_per_run": dict(self.usage),
            "cost_per_million_runs": {**self.costs, "total": self.total},
        }


@dataclass(frozen=True)
class Capacity:
    """How many runs a day WeChat's limit on customer-service messages allows; None: no run sends any.

    `fewest` when all take the path with the most messages, `most` when all take the one with the fewest.
    """

    limit: int
    fewest: int | None
    most: int | None


@dataclass(frozen=True)
class Estimate:
    """What one journey uses, costs and can bear. Transitions and messages are per run: fewest, most."""

    journey: str
    rules: str
    has_opening: bool
    transitions: tuple[int, int]
    messages: tuple[int, int]
    dearest: PathCost
    cheapest: PathCost
    account: Capacity
    test_account: Capacity
    burst: Burst

    def to_dict(self, table: PriceTable) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "journey": self.journey,
            "region": table.region,
            "currency": table.currency,
            "as_of": table.as_of,
            "unverified": table.unverified,
            "rules": self.rules,
            "transitions_per_run": {"fewest": self.transitions[0], "most": self.transitions[1]},
            "custom_messages_per_run": {"fewest": self.messages[0], "most": self.messages[1]},
            "paths": [self.dearest.to_dict(), self.cheapest.to_dict()],
            "runs_a_day": {"account": asdict(self.account), "test_account": asdict(self.test_account)},
            "opening_needs_no_allowance": self.has_opening,
            "burst": {**asdict(self.burst), "share_in_time": self.burst.share_in_time},
        }


def estimate(
    journey: Journey, table: PriceTable, rules: RuleSet, burst: int, beside: Iterable[Journey] = ()
) -> Estimate:
    """Estimate a journey that can be deployed; `burst` is a number of events that come at once.

    `beside` are the journeys that are deployed with it: what they react to is an event more.
    """
    (entry,) = catalogue_of([journey])
    definition = compile_journey(journey, journey.name)
    model = Model(table.assumptions, load_measured(), all_subscribed_kinds((entry, *catalogue_of(beside))))
    dearest, cheapest = costs_of(definition, entry, table, model)
    transitions = fewest_and_most(definition, entry, model, TRANSITIONS)
    messages = fewest_and_most(definition, entry, model, "messages")
    limits = table.wechat
    return Estimate(
        journey=journey.name,
        rules=rules.name,
        has_opening=journey.opening is not None,
        transitions=transitions,
        messages=messages,
        dearest=dearest,
        cheapest=cheapest,
        account=_capacity(limits.custom_messages_a_day, messages),
        test_account=_capacity(limits.custom_messages_a_day_of_a_test_account, messages),
        burst=burst_of(burst, definition, journey.trigger.event, rules, table.quotas),
    )


def _capacity(limit: int, messages: tuple[int, int]) -> Capacity:
    fewest, most = (limit // count if count else None for count in reversed(messages))
    return Capacity(limit, fewest, most)


def costs_of(
    definition: Mapping[str, Any], entry: JourneyEntry, table: PriceTable, model: Model
) -> tuple[PathCost, PathCost]:
    """The costs of a compiled journey on its dearest and its cheapest path."""
    dearest = usage_of_path(definition, entry, model, lambda usages: max(usages, key=table.cost))
    cheapest = usage_of_path(definition, entry, model, lambda usages: min(usages, key=table.cost))
    return (
        PathCost(entry.name, "dearest", dearest, table.costs(dearest)),
        PathCost(entry.name, "cheapest", cheapest, table.costs(cheapest)),
    )


def fewest_and_most(
    definition: Mapping[str, Any], entry: JourneyEntry, model: Model, what: str
) -> tuple[int, int]:
    """How often one thing happens in a run: on the path with the least of it, and on that with the most."""

    def amount(usage: Usage) -> int:
        return int(usage.get(what, 0))

    fewest = usage_of_path(definition, entry, model, lambda usages: min(usages, key=amount))
    most = usage_of_path(definition, entry, model, lambda usages: max(usages, key=amount))
    return amount(fewest), amount(most)


def usage_of_path(definition: Mapping[str, Any], entry: JourneyEntry, model: Model, choose: Choose) -> Usage:
    """What a run uses, from its first event to its end, on the path that `choose` chooses at every state.

    What is used adds up, so each state chooses for itself.
    """

    def from_state(state: Mapping[str, Any], following: Mapping[str, Usage]) -> Usage:
        usage = Usage({TRANSITIONS: 1})
        if state["Type"] == "Task":
            usage += model.task(actions_of(state))
        exits = [following[name] for name in branches_of(state)]
        if "Next" in state or "End" in state:
            # A wait is left by what it waits for.
            woken = [model.woken(wait) for wait in waits_of(state)[-1:]]
            exits.append(sum(woken, following[state["Next"]] if "Next" in state else Usage()))
        return usage + choose(exits) if exits else usage

    path: Usage = fold_paths(definition, from_state)
    others = model.other_event() * model.assumptions.other_events
    return model.start(entry) + others + path + model.end()
