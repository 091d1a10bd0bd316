"""What a population costs: the simulated way of every run, priced by the model of `wejourney.estimating`.

The name of every state begins with the place of its first step, so a run entered it if it was there. The
engine's own ends are counted for every run that went to its end.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wejourney.accounts import Account
from wejourney.domain.actions import AskAction, AwaitAction
from wejourney.domain.journeys import Journey
from wejourney.estimating.costs import actions_of, waits_of
from wejourney.estimating.prices import PriceTable, Usage, load_prices
from wejourney.estimating.usage import Model, memory_of
from wejourney.language.compiling import compile_journey
from wejourney.language.deployable import undeployable
from wejourney.language.project import TEMPLATE
from wejourney.simulation.expected import Spent
from wejourney.simulation.funnel import Funnel
from wejourney.simulation.happenings import What
from wejourney.simulation.stage import Stage

TRANSITIONS = "step_functions.transitions"
_MILLION = 1_000_000
_WOKEN = (What.ANSWERED, What.CAME)


def costs(
    journeys: Sequence[Journey], account: Account, funnel: Funnel, root: Path, table: PriceTable | None = None
) -> Spent | str:
    """What these runs of the first journey cost, or why that cannot be said."""
    journey = journeys[0]
    template = root / TEMPLATE
    lack = next(undeployable(journey), None)
    if lack is not None:
        return f"it cannot be deployed yet: {lack[1]}"
    if not template.is_file():
        return f"there is no {TEMPLATE} to read the functions' memory from"
    stage = Stage.of(journeys, account)
    table = table or load_prices()
    model = Model(table.assumptions, memory_of(template), stage.listens)
    usage = usage_of(stage, journey, funnel, model)
    services: dict[str, float] = {}
    for what, cost in table.costs(usage).items():
        service = what.partition(".")[0]
        services[service] = services.get(service, 0) + cost / _MILLION
    return Spent(round(usage.get(TRANSITIONS, 0)), services, table.currency, table.region)


def usage_of(stage: Stage, journey: Journey, funnel: Funnel, model: Model) -> Usage:
    """What all these runs use of AWS."""
    entry = next(entry for entry in stage.entries if entry.name == journey.name)
    definition = compile_journey(journey, journey.name)
    usage = (model.start(entry) + model.end()) * funnel.entered
    states: Mapping[str, Any] = definition["States"]
    entered = times_entered(states, funnel)
    waits = {
        action.step: action
        for state in states.values()
        for action in actions_of(state)
        if isinstance(action, AskAction | AwaitAction)
    }
    for name, times in entered.items():
        usage += Usage({TRANSITIONS: 1}) * times
        if states[name]["Type"] == "Task":
            usage += model.task(actions_of(states[name]), waits) * times
        for wait in waits_of(states[name]):
            woken = sum(funnel.steps[wait.step, what.value] for what in _WOKEN)
            usage += model.woken(wait) * woken
    return usage


def times_entered(states: Mapping[str, Any], funnel: Funnel) -> Counter[str]:
    """How often runs entered each state."""
    entered: Counter[str] = Counter()
    for name, state in states.items():
        if state["Type"] == "Succeed":
            reason = name.partition("Stop: ")[2] or "finished"
            entered[name] = funnel.ended[reason]
        else:
            entered[name] = funnel.reached[name.partition(" ")[0]]
    return entered
