"""A life is one trace, whoever tells of it: the simulator, or the rows that the services have written."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import Phase, given, settings

from tests.infra.template import RESOURCES
from tests.support.examples.journeys import OTHER, Lived, journeys_with_starts, lives
from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import APP_ID, OPENID, Act, World
from tests.support.virtual_time.traces import comparable, on_record
from wejourney.loyalty.ledger import person_account
from wejourney.reasons import HeldOut
from workbench.language.journey import Journey
from workbench.trace.funnel import recorded_funnel
from workbench.trace.recorded import recorded_trace, traces_of
from workbench.trace.trace_events import (
    Answered,
    EventReceived,
    MessageNotSent,
    MessageSent,
    MessageUnknown,
    RunEnded,
    RunStarted,
    TimedOut,
    TraceEvent,
    WaitEnded,
    by_time,
)


def recorded(world: World, *journeys: Journey) -> list[TraceEvent]:
    person = world.records.follower.person_id if world.records.follower else ""
    return recorded_trace(
        world.records.timeline(APP_ID, OPENID), world.ledger.statement(person_account(person)), journeys
    )


def since_erasure(trace: list[TraceEvent]) -> list[TraceEvent]:
    """What is on record after the last time that the person unfollowed."""
    for i in reversed(range(len(trace))):
        event = trace[i]
        if isinstance(event, EventReceived) and event.event.kind == "unfollow":
            return [later for later in trace[i + 1 :] if not isinstance(later, RunEnded)]
    return trace


# Not made smaller when it fails: each try plays many lives.
@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(journeys_with_starts(), lives)
def test_the_simulator_and_the_records_give_the_same_trace(
    made: tuple[Journey, Act], lived: list[Lived]
) -> None:
    journey, start = made
    both = Agreement.of(journey, OTHER)

    for acts, errors, rules in lived:
        life = [start, *acts]
        simulated = both.played(life, errors, rules).play()
        world = both.lived(life, errors, rules)
        assert comparable(on_record(since_erasure(simulated))) == comparable(recorded(world, journey, OTHER))


(INDEX,) = RESOURCES["FollowersTable"]["Properties"]["GlobalSecondaryIndexes"]
HELD = {*INDEX["Projection"]["NonKeyAttributes"], "at", "kind", "openid"}
"""What the index holds of a row."""

IN_INDEX = (RunStarted, MessageSent, MessageNotSent, MessageUnknown, Answered, WaitEnded, TimedOut, RunEnded)


def indexed(world: World, journey: Journey) -> Iterator[dict[str, Any]]:
    """What `FollowerStore.by_journey` would give."""
    rows = world.records.timeline(APP_ID, OPENID)
    runs = {row["run_id"] for row in rows if row["kind"] == "run" and row["journey"] == journey.name}
    for row in rows:
        counted = row["kind"] in ("run", "message", "answer") and row["run_id"] in runs
        if counted or (row["kind"] == "holdout" and row["journey"] == journey.name):
            yield {name: value for name, value in row.items() if name in HELD}


def as_indexed(event: TraceEvent) -> TraceEvent:
    """Without what the index does not hold: which step ended a run."""
    return replace(event, where=replace(event.where, step="")) if isinstance(event, RunEnded) else event


@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(journeys_with_starts(), lives)
def test_a_simulated_trace_and_the_index_of_a_journey_give_the_same_funnel(
    made: tuple[Journey, Act], lived: list[Lived]
) -> None:
    journey, start = made
    both = Agreement.of(journey, OTHER)

    for acts, errors, rules in lived:
        life = [start, *acts]
        simulated = on_record(since_erasure(both.played(life, errors, rules).play()))
        counted = [as_indexed(event) for event in simulated if isinstance(event, IN_INDEX)]
        rows = indexed(both.lived(life, errors, rules), journey)
        found = recorded_funnel(journey.name, traces_of(journey.name, rows))
        expected = recorded_funnel(journey.name, [by_time(counted)])
        expected.refused = found.refused  # The index holds whom a journey keeps out, once.
        expected.people = found.people
        assert found == expected


def test_the_trace_of_a_journey_has_the_followers_who_are_held_out() -> None:
    row = {"kind": "holdout", "at": "2026-11-25T00:00:00+00:00", "openid": "o"}
    found = recorded_funnel("held", traces_of("held", [row, {**row, "openid": "p"}]))
    assert (found.people, found.entered, found.refused) == (2, 0, {HeldOut(): 2})
