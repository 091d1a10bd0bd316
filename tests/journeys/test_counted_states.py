"""A population is charged for the states that its runs entered: random lives, lived with the engine, too."""

from collections import Counter

from hypothesis import assume, given, settings

from tests.support.examples.journeys import OTHER, Lived, journeys_with_starts, lives
from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import Act
from workbench.estimate.populations import StateCounts
from workbench.language.journey import Journey
from workbench.language.step_types import WaitDate
from workbench.language.traversal import steps_of
from workbench.trace.funnel import Funnel


@settings(max_examples=30, deadline=None)
@given(journeys_with_starts(), lives)
def test_every_state_is_counted_as_often_as_the_engine_enters_it(
    made: tuple[Journey, Act], lived: list[Lived]
) -> None:
    journey, start = made
    # A funnel does not know that a run paused in quiet hours; a date is taken to lie ahead and not to move.
    assume(journey.quiet is None)
    assume(not any(isinstance(step, WaitDate) for _, step in steps_of(journey)))
    both = Agreement.of(journey, OTHER)
    states = both.machines[journey.name]["States"]

    for acts, errors, rules in lived:
        life = [start, *acts]
        funnel = Funnel()
        funnel.add(journey.name, both.played(life, errors, rules).play())
        executions = both.lived(life, errors, rules).engine.executions.values()
        runs = [one.result for one in executions if one.journey == journey.name]
        # Of a run that was stopped the engine knows no states; of a person's runs the funnel knows one.
        if len(runs) == 1 and runs[0] is not None:
            works = [name for name in runs[0].states if states[name]["Type"] != "Succeed"]
            counts = StateCounts(journey, funnel)
            assert +counts.entered == Counter(works)
            assert counts.ended == len(runs[0].states) - len(works)
