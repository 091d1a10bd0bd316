"""What a population costs: the simulated path of every run, priced as one journey is.

A run entered a state if it was at the first step of the state. A wait for a date is counted as if the date
lay ahead and never moved. With quiet hours, what looks at the time after a wait for an event is counted for
all who came to the wait, also if they have stopped in its `otherwise`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from wejourney.journeys.action_types import Action, AwaitAction, QuietAction, SendAction
from wejourney.journeys.segments import PeopleRules
from wejourney.messaging.account_settings import AccountSettings
from wejourney.reasons import NotDeployable
from workbench.checks.deployable import undeployable
from workbench.compiler.branches import branch_of, paths_through
from workbench.compiler.state_machine import compile_journey, places_of_states
from workbench.compiler.task_states import AslState, actions_of, waits_while_quiet
from workbench.compiler.transitions import exits_of
from workbench.estimate.prices import RUNS, TRANSITIONS, Usage, load_prices
from workbench.estimate.usage import Model, load_measured, waits_of
from workbench.language.journey import Journey
from workbench.simulator.deployment import SimulatedDeployment
from workbench.simulator.expected import Spent
from workbench.trace.funnel import Funnel, Outcome


def costs(
    journeys: Sequence[Journey], account: AccountSettings, funnel: Funnel, people: PeopleRules
) -> Spent | NotDeployable:
    """What these runs of the first journey cost, or why it cannot be deployed."""
    journey = journeys[0]
    lack = next(undeployable(journey), None)
    if lack is not None:
        return lack[1]
    deployment = SimulatedDeployment.of(journeys, account)
    table = load_prices()
    model = Model(table.assumptions, load_measured(), deployment.subscribed_kinds, people)
    usage = usage_of(deployment, journey, funnel, model)
    services = {name: cost / RUNS for name, cost in table.costs(usage).items()}
    return Spent(round(usage[TRANSITIONS]), services, table.currency, table.region)


def usage_of(deployment: SimulatedDeployment, journey: Journey, funnel: Funnel, model: Model) -> Usage:
    """What all these runs use of AWS."""
    entry = next(entry for entry in deployment.entries if entry.name == journey.name)
    counts = StateCounts(journey, funnel)
    usage = (model.start(entry) + model.end()) * funnel.entered
    usage += Usage({TRANSITIONS: counts.entered.total() + counts.ended})
    if journey.quiet is not None:
        # The task looks at the time, another waits for the end of quiet hours, and the first begins again.
        tasks = QuietAction("", journey.quiet), AwaitAction("", quiet=journey.quiet)
        pause = Usage({TRANSITIONS: len(tasks)}) + sum((model.task([task]) for task in tasks), Usage())
        usage += pause * funnel.pauses
    others = funnel.events - funnel.entered
    for name in counts.entered:
        state = counts.states[name]
        if state["Type"] == "Task":
            for path, taken in zip(paths_through(actions_of(state)), counts.taken(name), strict=True):
                usage += model.task(path) * taken
        for wait in waits_of(state):
            usage += model.woken(wait) * counts.woken(wait.step)
            others -= counts.woken(wait.step)
    # Of what came before its wait, one event may have ended several.
    return usage + model.other_event() * max(0, others)


class StateCounts:
    """How often runs entered the states of a compiled journey.

    `entered` counts those that do something, `ended` all that only end a run.
    """

    def __init__(self, journey: Journey, funnel: Funnel) -> None:
        self.states: Mapping[str, AslState] = compile_journey(journey, journey.name)["States"]
        self._places = places_of_states(journey)
        self._funnel = funnel
        self.entered = self._entered()
        # All that ended by themselves, and in no state that does something.
        last = (name for name, state in self.states.items() if "End" in state and state["Type"] != "Succeed")
        left = sum(map(funnel.ended_at, funnel.reached))
        self.ended = funnel.ended.total() - left - sum(map(self._ended_in, last))

    def taken(self, name: str) -> list[int]:
        """How often runs took each of the `paths_through` a state's actions."""
        return self._taken(actions_of(self.states[name]), self.entered[name])

    def _taken(self, actions: Sequence[Action], entered: int) -> list[int]:
        branch = branch_of(actions)
        if branch is None:
            return [entered]
        taken = [self._funnel.reached[path[0].step] if path else 0 for path in branch.paths]
        if () in branch.paths:
            taken[branch.paths.index(())] = entered - sum(taken)
        ways = zip(branch.paths, taken, strict=True)
        return [times for path, count in ways for times in self._taken(path, count)]

    def woken(self, step: str) -> int:
        """How many waits of a step were over because what they were for had come."""
        return self._count(step, Outcome.ANSWERED, Outcome.CAME, Outcome.DATE_MOVED)

    def _count(self, step: str, *outcomes: Outcome) -> int:
        return sum(self._funnel.steps[step, outcome] for outcome in outcomes)

    def _entered(self) -> Counter[str]:
        after_answers, late_unsaid = _after_answers(self.states), _late_if_unsaid(self.states)
        entered: Counter[str] = Counter()
        for name, place in self._places.items():
            if name in after_answers:
                entered[name] = self.woken(after_answers[name])
            elif place.late:
                unsaid = self._count(place.step, Outcome.NOT_SENT) if place.step in late_unsaid else 0
                entered[name] = self._count(place.step, Outcome.TIMED_OUT) + unsaid
            else:
                entered[name] = self._funnel.reached[place.step]
        return entered

    def _ended_in(self, name: str) -> int:
        """How many runs went to their end in a state that does something, and is the last of their path."""
        state, entered = self.states[name], self.entered[name]
        waits = waits_of(state)
        if waits:
            return self.woken(waits[0].step)
        if state["Type"] == "Wait":
            return entered - self._funnel.ended_at(self._places[name].step)
        sends = (action for action in actions_of(state) if isinstance(action, SendAction))
        must = (send.step for send in sends if send.raise_if_not_sent)
        return entered - sum(self._count(step, Outcome.NOT_SENT) for step in must)


def _after_answers(states: Mapping[str, AslState]) -> dict[str, str]:
    """The states that only an answer leads to, with the step of its question.

    A branch on an answer is one of them: who gave none skips it. What waits while it is quiet leads back.
    """
    leading = Counter(
        name
        for state in states.values()
        if not waits_while_quiet(actions_of(state))
        for name in set(exits_of(state))
    )
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
        exits = {error: catch["Next"] for catch in state.get("Catch", ()) for error in catch["ErrorEquals"]}
        if exits.get("MessageNotSentError") == exits.get("States.Timeout"):
            found.update(wait.step for wait in waits_of(state))
    return found
