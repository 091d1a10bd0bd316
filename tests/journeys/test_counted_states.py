"""A population is charged for the states that its runs entered: random lives, lived with the engine, too."""

from collections import Counter

from hypothesis import assume, given, settings

from tests.support.examples.brute_force import every_step
from tests.support.examples.journeys import OTHER, Lived, journeys_with_starts, lives
from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import Act
from workbench.compiler.task_states import actions_of, waits_while_quiet
from workbench.estimate.populations import StateCounts
from workbench.language.journey import Journey
from workbench.language.step_types import Stop, WaitDate, WaitEvent
from workbench.language.traversal import steps_of
from workbench.trace.funnel import Funnel


@settings(max_examples=30, deadline=None)
@given(journeys_with_starts(), lives)
def test_every_state_is_counted_as_often_as_the_engine_enters_it(
    made: tuple[Journey, Act], lived: list[Lived]
) -> None:
    journey, start = made
    # What is taken to be so: see `workbench.estimate.populations`.
    waits = [
        one for one in every_step(journey.steps) if isinstance(one, WaitEvent) and not one.pattern.is_act
    ]
    may_stop = any(isinstance(one, Stop) for wait in waits for one in every_step(wait.otherwise))
    assume(journey.quiet is None or not may_stop)
    assume(not any(isinstance(step, WaitDate) for _, step in steps_of(journey)))
    both = Agreement.of(journey, OTHER)
    states = both.machines[journey.name]["States"]

    for acts, errors, rules in lived:
        # Nor do people move, which makes waits for a time begin again.
        life = [start, *(act for act in acts if "time_zone" not in act.fields.get("changes", ()))]
        funnel = Funnel()
        funnel.add(journey.name, both.played(life, errors, rules).play())
        executions = both.lived(life, errors, rules).engine.executions.values()
        runs = [one.result for one in executions if one.journey == journey.name]
        # Of a run that was stopped the engine knows no states; of a person's runs the funnel knows one.
        if len(runs) == 1 and runs[0] is not None:
            entered = list(runs[0].states)
            pauses = [at for at, name in enumerate(entered) if waits_while_quiet(actions_of(states[name]))]
            # After a pause the task that was too early begins again.
            for at in reversed(pauses):
                del entered[at : at + 2]
            works = [name for name in entered if states[name]["Type"] != "Succeed"]
            counts = StateCounts(journey, funnel)
            assert +counts.entered == Counter(works)
            assert counts.ended == len(entered) - len(works)
            assert funnel.pauses == len(pauses)
