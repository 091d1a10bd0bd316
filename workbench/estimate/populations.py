"""What a population costs: the simulated way of every run, priced as one journey is.

A run entered a state if it was at the first step of the state. A wait for a date is counted as if the date
lay ahead and never moved.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from wejourney.journeys.action_types import SendAction
from wejourney.messaging.account_settings import AccountSettings
from wejourney.reasons import NotDeployable
from workbench.checks.deployable import undeployable
from workbench.compiler.blocks import Place
from workbench.compiler.state_machine import compile_journey, places_of_states
from workbench.compiler.task_states import actions_of
from workbench.estimate.costs import AslState, waits_by_step, waits_of, ways_of
from workbench.estimate.prices import RUNS, TRANSITIONS, Usage, by_service, load_prices
from workbench.estimate.usage import Model, load_measured
from workbench.language.journey import Journey
from workbench.simulator.deployment import SimulatedDeployment
from workbench.simulator.expected import Spent
from workbench.trace.funnel import Funnel, Outcome


def costs(journeys: Sequence[Journey], account: AccountSettings, funnel: Funnel) -> Spent | NotDeployable:
    """What these runs of the first journey cost, or why it cannot be deployed."""
    journey = journeys[0]
    lack = next(undeployable(journey), None)
    if lack is not None:
        return lack[1]
    stage = SimulatedDeployment.of(journeys, account)
    table = load_prices()
    model = Model(table.assumptions, load_measured(), stage.subscribed_kinds)
    usage = usage_of(stage, journey, funnel, model)
    services = {name: cost / RUNS for name, cost in by_service(table.costs(usage)).items()}
    return Spent(round(usage[TRANSITIONS]), services, table.currency, table.region)


def usage_of(stage: SimulatedDeployment, journey: Journey, funnel: Funnel, model: Model) -> Usage:
    """What all these runs use of AWS."""
    entry = next(entry for entry in stage.entries if entry.name == journey.name)
    states: Mapping[str, AslState] = compile_journey(journey, journey.name)["States"]
    waits = waits_by_step(states)
    places = places_of_states(journey)
    entered = times_entered(states, places, funnel)
    usage = (model.start(entry) + model.end()) * funnel.entered
    usage += Usage({TRANSITIONS: entered.total() + times_ended(states, places, entered, funnel)})
    for name, times in entered.items():
        if states[name]["Type"] == "Task":
            usage += model.task(actions_of(states[name])) * times
    others = funnel.events - funnel.entered
    for step, wait in waits.items():
        usage += model.woken(wait) * _woken(step, funnel)
        others -= _woken(step, funnel)
    # Of what came before its wait, one event may have ended several.
    return usage + model.other_event() * max(0, others)


# --- states that do something ------------------------------------------------------------------------


def times_entered(
    states: Mapping[str, AslState], places: Mapping[str, Place], funnel: Funnel
) -> Counter[str]:
    """How often runs entered each state that does something; those that only end a run are `times_ended`."""
    after_answers, late_unsaid = _after_answers(states), _late_if_unsaid(states)
    entered: Counter[str] = Counter()
    for name, place in places.items():
        if name in after_answers:
            entered[name] = _woken(after_answers[name], funnel)
        elif place.late:
            unsaid = funnel.steps[place.step, Outcome.NOT_SENT] if place.step in late_unsaid else 0
            entered[name] = funnel.steps[place.step, Outcome.TIMED_OUT] + unsaid
        else:
            entered[name] = funnel.reached[place.step]
    return entered


def _after_answers(states: Mapping[str, AslState]) -> dict[str, str]:
    """The states that only an answer leads to, with the step of its question.

    A branch on an answer is one of them: who gave none skips it.
    """
    leading = Counter(way for state in states.values() for way in set(ways_of(state)))
    return {
        state["Next"]: wait.step
        for state in states.values()
        for wait in waits_of(state)
        if "Next" in state and leading[state["Next"]] == 1
    }


def _late_if_unsaid(states: Mapping[str, AslState]) -> set[str]:
    """The steps of the questions that count as unanswered, too, when they could not be put."""
    found: set[str] = set()
    for state in states.values():
        ways = {error: catch["Next"] for catch in state.get("Catch", ()) for error in catch["ErrorEquals"]}
        if ways.get("MessageNotSentError") == ways.get("States.Timeout"):
            found.update(wait.step for wait in waits_of(state))
    return found


def _woken(step: str, funnel: Funnel) -> int:
    """How many waits of a step were over because what they were for had come."""
    ends = (Outcome.ANSWERED, Outcome.CAME, Outcome.DATE_MOVED)
    return sum(funnel.steps[step, end] for end in ends)


# --- states that end a run ---------------------------------------------------------------------------


def times_ended(
    states: Mapping[str, AslState], places: Mapping[str, Place], entered: Mapping[str, int], funnel: Funnel
) -> int:
    """How many runs entered a state that only ends them: all that ended by themselves and in no other."""
    left = sum(map(funnel.ended_at, funnel.reached))
    ends = (name for name, state in states.items() if "End" in state and state["Type"] != "Succeed")
    return (
        funnel.ended.total()
        - left
        - sum(_ended_in(states[name], places[name], entered[name], funnel) for name in ends)
    )


def _ended_in(state: AslState, place: Place, entered: int, funnel: Funnel) -> int:
    """How many runs went to their end in a state that does something, and is the last one of their way."""
    waits = waits_of(state)
    if waits:
        return _woken(waits[0].step, funnel)
    if state["Type"] == "Wait":
        return entered - _left(place, funnel)
    must = (
        action for action in actions_of(state) if isinstance(action, SendAction) and action.raise_if_not_sent
    )
    return entered - sum(funnel.steps[one.step, Outcome.NOT_SENT] for one in must)


def _left(place: Place, funnel: Funnel) -> int:
    """How many runs were ended while they waited in a state that waits for a time."""
    step = place.step
    if not place.late:
        return funnel.ended_at(step)
    # The quiet hours after a time limit count as its step; who left before them had no outcome there.
    outcomes = (
        _woken(step, funnel) + funnel.steps[step, Outcome.NOT_SENT] + funnel.steps[step, Outcome.TIMED_OUT]
    )
    return funnel.ended_at(step) - (funnel.reached[step] - outcomes)
