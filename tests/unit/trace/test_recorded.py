"""A life is one trace, whoever tells of it: the simulator, or the rows that the services have written."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.examples.journeys import OTHER, Lived, journeys_with_starts, lives
from tests.support.stream import counts_of
from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import Act, World
from tests.support.virtual_time.traces import on_record
from wejourney.adapters.dynamo.follower_rows import HOLDOUT
from wejourney.adapters.dynamo.items import columns_of, item_of
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.counting import Count
from wejourney.journeys.definition import Condition
from wejourney.reasons import HeldOut, Unfollowed
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Step
from workbench.language.traversal import places_of
from workbench.operations.timeline import entries_of, order
from workbench.trace.funnel import Funnel, Outcome, counted_funnel, held_out_once
from workbench.trace.recorded import recorded_trace
from workbench.trace.trace_events import (
    Answered,
    GoalCounted,
    GoalWindowOpened,
    JourneyRefused,
    MessageNotSent,
    MessagePending,
    MessageSent,
    MessageUnknown,
    RunEnded,
    RunStarted,
    TimedOut,
    TraceEvent,
    WaitEnded,
    Where,
)


def counted(world: World, journey: Journey) -> dict[str, Funnel]:
    """The funnel of each day, as the counts of the stream have it."""
    days: dict[str, list[tuple[str, Mapping[Count, int]]]] = {}
    for cohort, found in counts_of(world.records.stream).items():
        if cohort.group == journey.name:
            days.setdefault(cohort.day, []).append((cohort.name, found.counts))
    funnels = {day: counted_funnel(counts) for day, counts in days.items()}
    return {day: funnel for day, funnel in funnels.items() if funnel != Funnel()}


def recounted(world: World, journey: Journey) -> dict[str, Funnel]:
    """The same from all rows that have ever been there, as they were last."""
    last = {}
    held_out: list[TraceEvent] = []
    for before, after in world.records.stream:
        item = after or before
        assert item is not None
        if before is None and item["sk"]["S"].startswith(HOLDOUT):
            at = datetime.fromisoformat(item["at"]["S"])
            held_out.append(JourneyRefused(Where(at, item["journey"]["S"]), HeldOut(), ""))
        if after is None and item["sk"]["S"].startswith("RUN#") and "end" not in item:
            item = item_of({**columns_of(item), "end": Unfollowed()})
        last[item["sk"]["S"]] = item
    entries = sorted(entries_of(last.values()), key=order)
    # Who is held out has a row of their own: one that comes again counts no second time.
    others = (one for one in recorded_trace(entries) if not _is_held_out(one))
    return by_days([*others, *held_out], journey)


def _is_held_out(event: TraceEvent) -> bool:
    return isinstance(event, JourneyRefused) and isinstance(event.reason, HeldOut)


GOALS = (
    Condition(tags=("a",)),
    Condition(member=True),
    Condition(events=(EventCount(EventPattern("payment")),)),
    Condition(any=(Condition(events=(EventCount(EventPattern("scan")),)), Condition(tags=("b",)))),
)

COUNTED = (
    RunStarted, RunEnded, JourneyRefused, Answered, WaitEnded, TimedOut,
    MessageSent, MessageNotSent, MessageUnknown, MessagePending, GoalWindowOpened, GoalCounted,
)  # fmt: skip
"""What rows say of how far a run came. Which step has ended one, they do not."""


def by_days(trace: list[TraceEvent], journey: Journey) -> dict[str, Funnel]:
    """The funnels of the runs that started on a day, and of what was refused on it."""
    steps = places_of(journey)
    trace = [
        as_counted(one, steps) for one in trace if one.journey == journey.name and isinstance(one, COUNTED)
    ]
    starts = {one.run: one.at for one in trace if isinstance(one, RunStarted | GoalWindowOpened)}
    days: dict[str, list[TraceEvent]] = {}
    for one in trace:
        days.setdefault(starts.get(one.run, one.at).date().isoformat(), []).append(one)
    funnels = {}
    for day, events in days.items():
        funnels[day] = funnel = Funnel()
        funnel.add(journey.name, events)
        funnel.people = 0
        for step, outcome in list(funnel.steps):
            if outcome in (Outcome.GOAL, Outcome.LEFT):
                del funnel.steps[step, outcome]
    return funnels


def as_counted(event: TraceEvent, steps: Mapping[str, Step]) -> TraceEvent:
    """Without the step that ended a run, and what somebody has written in their own words."""
    if isinstance(event, RunEnded):
        return replace(event, where=replace(event.where, step=""))
    if isinstance(event, Answered):
        step = steps[event.step]
        assert isinstance(step, Ask)
        return replace(event, answer=event.answer if event.answer in step.choices else "other")
    return event


@settings(max_examples=24, deadline=None, phases=[Phase.generate])
@given(journeys_with_starts(), st.sampled_from(GOALS), st.sampled_from([0, 100]), lives)
def test_goals_count_for_both_sides_as_the_simulator_finds_them(
    made: tuple[Journey, Act], goal: Condition, holdout: int, lived: list[Lived]
) -> None:
    journey, start = replace(made[0], goal=goal, holdout=holdout), made[1]
    both = Agreement.of(journey, OTHER)

    for acts, errors, rules in lived:
        life = [start, *acts]
        world = both.lived(life, errors, rules)
        found = counted(world, journey)
        assert found == recounted(world, journey)
        assert found == by_days(
            list(held_out_once(on_record(both.played(life, errors, rules).play()))), journey
        )


# Not made smaller when it fails: each try plays many lives.
@settings(max_examples=24, deadline=None, phases=[Phase.generate])
@given(journeys_with_starts(), lives)
def test_what_is_counted_as_rows_change_is_what_a_recount_of_all_rows_and_the_simulator_find(
    made: tuple[Journey, Act], lived: list[Lived]
) -> None:
    journey, start = made
    both = Agreement.of(journey, OTHER)

    for acts, errors, rules in lived:
        life = [start, *acts]
        world = both.lived(life, errors, rules)
        found = counted(world, journey)
        assert found == recounted(world, journey)
        assert found == by_days(on_record(both.played(life, errors, rules).play()), journey)
