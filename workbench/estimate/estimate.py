"""Everything that is estimated of one journey: the costs of its paths, the runs a day, the effect of a burst.

A run enters the states of a path, each once. What ends a run early (the follower is gone) or repeats a
question (its answer came just at the time limit) is no path of the journey, as in
`workbench.compiler.transitions`. Nor is what goes back to a state, as a wait does when its date moves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wejourney.allowances.allowance_windows import SENDING_MARGIN
from wejourney.allowances.wechat_rules import RuleSet
from wejourney.events.event_types import EVENT_TYPES
from wejourney.journeys.action_types import Action, AskAction, SendAction
from wejourney.journeys.routing import JourneyEntry, all_subscribed_kinds
from wejourney.journeys.segments import NO_RULES, PeopleRules
from workbench.compiler.branches import paths_through
from workbench.compiler.catalogue import catalogue_of
from workbench.compiler.state_machine import compile_journey
from workbench.compiler.task_states import actions_of, parks_token
from workbench.compiler.transitions import branches_of, fold_paths
from workbench.estimate.prices import TRANSITIONS, PriceTable, Quotas, Usage
from workbench.estimate.usage import Model, load_measured, waits_of
from workbench.language.journey import Journey

type Choose = Callable[[Iterable[Usage]], Usage]

TOTAL = "total"
"""All services, among the costs by service."""


@dataclass(frozen=True)
class PathCost:
    """What one run on a path uses, and what a million such runs cost, by service and in total."""

    path: str
    usage_per_run: Usage
    cost_per_million_runs: Mapping[str, float]


@dataclass(frozen=True)
class Extremes:
    """On the path with the least of something, and on the one with the most."""

    fewest: int
    most: int


@dataclass(frozen=True)
class Capacity:
    """How many runs a day WeChat's limit on customer-service messages allows; None: no run sends any.

    `fewest` when all take the path with the most messages, `most` when all take the one with the fewest.
    """

    limit: int
    fewest: int | None
    most: int | None


@dataclass(frozen=True)
class FirstMessage:
    """The path from the start of a run to its first message.

    `transitions` with the start and the state that sends; `pauses` are the seconds of the waits on it.
    """

    transitions: int
    pauses: int


@dataclass(frozen=True)
class Burst:
    """So many events at once. Times are seconds after them, on the path that takes the longest.

    `first_message` is when the last run comes to its first message; None when each run waits for something
    of its own first, such as an answer, which opens an allowance of its own. `in_time` is how many first
    messages leave while the allowance that the event opened lasts (`allowance` seconds); None when nothing
    depends on it; `share_in_time` is of 1.
    """

    events: int
    last_start: float
    last_answer: float
    first_message: float | None
    allowance: float | None
    in_time: int | None
    share_in_time: float | None


@dataclass(frozen=True)
class Estimate:
    """What one journey uses, costs and can bear. The fields have the names of `--json`."""

    journey: str
    rules: str
    transitions_per_run: Extremes
    custom_messages_per_run: Extremes
    paths: tuple[PathCost, PathCost]
    runs_a_day: Mapping[str, Capacity]
    opening_needs_no_allowance: bool
    burst: Burst


def estimate(
    journey: Journey,
    table: PriceTable,
    rules: RuleSet,
    burst: int,
    beside: Iterable[Journey] = (),
    people: PeopleRules = NO_RULES,
) -> Estimate:
    """Estimate a journey that can be deployed; `burst` is a number of events that come at once.

    `beside` are the journeys that are deployed with it: what they react to is an event more. `people` says
    which attributes are private, and which offers messages list.
    """
    (entry,) = catalogue_of([journey])
    definition = compile_journey(journey, journey.name)
    kinds = all_subscribed_kinds((entry, *catalogue_of(beside)))
    model = Model(table.assumptions, load_measured(), kinds, people)
    messages = fewest_and_most(definition, entry, model, "messages")
    limits = {
        "account": table.wechat.custom_messages_a_day,
        "test_account": table.wechat.custom_messages_a_day_of_a_test_account,
    }
    return Estimate(
        journey=journey.name,
        rules=rules.name,
        transitions_per_run=fewest_and_most(definition, entry, model, TRANSITIONS),
        custom_messages_per_run=messages,
        paths=costs_of(definition, entry, table, model),
        runs_a_day={name: _capacity(limit, messages) for name, limit in limits.items()},
        opening_needs_no_allowance=journey.opening is not None,
        burst=burst_of(burst, definition, journey.trigger.event, rules, table.quotas),
    )


def _capacity(limit: int, messages: Extremes) -> Capacity:
    fewest, most = (limit // count if count else None for count in (messages.most, messages.fewest))
    return Capacity(limit, fewest, most)


def costs_of(
    definition: Mapping[str, Any], entry: JourneyEntry, table: PriceTable, model: Model
) -> tuple[PathCost, PathCost]:
    """The costs of a compiled journey on its dearest and its cheapest path."""
    dearest = usage_of_path(definition, entry, model, lambda usages: max(usages, key=table.cost))
    cheapest = usage_of_path(definition, entry, model, lambda usages: min(usages, key=table.cost))
    return (
        PathCost("dearest", dearest, {**table.costs(dearest), TOTAL: table.cost(dearest)}),
        PathCost("cheapest", cheapest, {**table.costs(cheapest), TOTAL: table.cost(cheapest)}),
    )


def fewest_and_most(definition: Mapping[str, Any], entry: JourneyEntry, model: Model, what: str) -> Extremes:
    """How often one thing happens in a run."""

    def amount(usage: Usage) -> int:
        return int(usage.get(what, 0))

    fewest = usage_of_path(definition, entry, model, lambda usages: min(usages, key=amount))
    most = usage_of_path(definition, entry, model, lambda usages: max(usages, key=amount))
    return Extremes(amount(fewest), amount(most))


def usage_of_path(definition: Mapping[str, Any], entry: JourneyEntry, model: Model, choose: Choose) -> Usage:
    """What a run uses, from its first event to its end, on the path that `choose` chooses at every state.

    What is used adds up, so each state chooses for itself.
    """

    def from_state(state: Mapping[str, Any], following: Mapping[str, Usage]) -> Usage:
        usage = Usage({TRANSITIONS: 1})
        if state["Type"] == "Task":
            usage += choose(map(model.task, paths_through(actions_of(state))))
        exits = [following[name] for name in branches_of(state)]
        if "Next" in state or "End" in state:
            # A wait is left by what it waits for.
            woken = [model.woken(wait) for wait in waits_of(state)[-1:]]
            exits.append(sum(woken, following[state["Next"]] if "Next" in state else Usage()))
        return usage + choose(exits) if exits else usage

    path: Usage = fold_paths(definition, from_state)
    others = model.other_event() * model.assumptions.other_events
    return model.start(entry) + others + path + model.end()


# --- bursts: who waits for Step Functions, and how long ------------------------------------------------


def burst_of(
    events: int, definition: Mapping[str, Any], trigger: str, rules: RuleSet, quotas: Quotas
) -> Burst:
    """What a burst of the events that start a journey meets.

    The quotas are taken as full buckets that serve nothing else, and the functions as fast as they must be.
    """
    act = EVENT_TYPES[trigger].opens
    opened = rules.opens.get(act) if act else None
    allowance = opened.lasts.total_seconds() if opened else None
    last_start = quotas.start_execution.seconds_until(events)
    last_answer = quotas.send_task_success.seconds_until(events)
    first, in_time, share = None, None, None
    longest = first_message(definition)
    if longest is not None:
        moved = quotas.state_transition.seconds_until(events * longest.transitions)
        first = max(last_start, moved) + longest.pauses
    if longest is not None and allowance is not None:
        in_time = min(events, _sent_within(allowance, longest, quotas))
        share = in_time / events
    return Burst(events, last_start, last_answer, first, allowance, in_time, share)


def _sent_within(allowance: float, first: FirstMessage, quotas: Quotas) -> int:
    seconds = allowance - SENDING_MARGIN.total_seconds() - first.pauses
    if seconds < 0:
        return 0
    started = quotas.start_execution.taken_within(seconds)
    return min(started, quotas.state_transition.taken_within(seconds) // first.transitions)


def first_message(definition: Mapping[str, Any]) -> FirstMessage | None:
    """The longest path to a first message; None when each run waits for something of its own before it.

    That is an answer, an event, or a time that differs from run to run.
    """

    def from_state(
        state: Mapping[str, Any], following: Mapping[str, FirstMessage | None]
    ) -> FirstMessage | None:
        sends = [_sends(path) for path in paths_through(actions_of(state))]
        if all(sends):
            return FirstMessage(1, 0)
        pause = state.get("Seconds", 0)
        found = [first for first in following.values() if first is not None]
        if parks_token(actions_of(state)) or not isinstance(pause, int) or not found:
            return FirstMessage(1, 0) if any(sends) else None
        return FirstMessage(
            1 + max(first.transitions for first in found), pause + max(first.pauses for first in found)
        )

    first = fold_paths(definition, from_state)
    return None if first is None else replace(first, transitions=1 + first.transitions)


def _sends(actions: Sequence[Action]) -> bool:
    return any(
        isinstance(action, SendAction | AskAction) and action.content is not None for action in actions
    )
