"""A life is one trace, whoever tells of it: the simulator, or the rows that the services have written."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hypothesis import Phase, given, settings

from tests.support.examples.journeys import OTHER, journeys_with_starts, lives
from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import APP_ID, OPENID, Act, World
from wejourney.errors import WeChatError
from wejourney.loyalty.ledger import person_account
from workbench.language.journey import Journey
from workbench.trace.events import (
    AwaitedDate,
    BranchTaken,
    DateMoved,
    EventReceived,
    JourneyCalled,
    ProfileChanged,
    Published,
    RunEnded,
    TagsChanged,
    TimedOut,
    TraceEvent,
    WaitEnded,
    WaitStarted,
    trace_to_dict,
)
from workbench.trace.order import by_time
from workbench.trace.recorded import recorded_trace

ENGINE_TELLS = (WaitStarted, DateMoved, BranchTaken, Published, JourneyCalled)
"""What no row holds."""


def recorded(world: World, *journeys: Journey) -> list[TraceEvent]:
    person = world.records.follower.person_id if world.records.follower else ""
    return recorded_trace(
        world.records.timeline(APP_ID, OPENID), world.ledger.statement(person_account(person)), journeys
    )


def comparable(trace: Iterable[TraceEvent]) -> list[dict[str, object]]:
    """What both tell, in an order that both have."""
    return sorted(map(trace_to_dict, by_time(_told(trace))), key=lambda one: (one["at"], repr(one)))


def _told(trace: Iterable[TraceEvent]) -> Iterator[TraceEvent]:
    for event in trace:
        match event:
            case TagsChanged():
                if event.added or event.removed:
                    yield TagsChanged(event.where, tuple(sorted(event.added)), tuple(sorted(event.removed)))
            case ProfileChanged():
                if event.values:
                    yield event
            case RunEnded():
                yield replace(event, where=replace(event.where, step=""))
            case WaitEnded() | TimedOut() if isinstance(event.awaited, AwaitedDate):
                pass
            case _:
                if not isinstance(event, ENGINE_TELLS):
                    yield event


def since_erasure(trace: list[TraceEvent]) -> list[TraceEvent]:
    """What is on record after the last time that the person unfollowed."""
    for i in reversed(range(len(trace))):
        event = trace[i]
        if isinstance(event, EventReceived) and event.event.kind == "unfollow":
            return [one for one in trace[i + 1 :] if not isinstance(one, RunEnded)]
    return trace


# Not made smaller when it fails: each try plays many lives.
@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(journeys_with_starts(), lives)
def test_the_simulator_and_the_records_tell_the_same_trace_of_every_life(
    made: tuple[Journey, Act], lived: list[tuple[list[Act], list[WeChatError | None], str]]
) -> None:
    journey, start = made
    both = Agreement.of(journey, OTHER)

    for acts, errors, rules in lived:
        life = [start, *acts]
        simulated = both.played(life, errors, rules).play()
        world = both.lived(life, errors, rules)
        assert comparable(since_erasure(simulated)) == comparable(recorded(world, journey, OTHER))
