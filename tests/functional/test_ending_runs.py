"""Goals, exits, re-entry and the control group, on a real table."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, HELP, NOON, OPENID, event
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import TableStream, empty
from tests.support.world import LISTEN, QUESTION, World, new_world, person_of, send
from wejourney import errors
from wejourney.adapters.aws.table_stream import change_of
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.errors import TooManyWritesError
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.action_types import AwaitAction, AwardAction, TagAction
from wejourney.journeys.counting import Count, reason_text
from wejourney.journeys.definition import Again, Condition, Exit, Trigger
from wejourney.journeys.receiving import Received
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import LiveRun, OpenWait, Run, Woken
from wejourney.plain_data import to_plain
from wejourney.reasons import (
    EndedByEngine,
    EndedByJourney,
    Exited,
    Finished,
    GoalReached,
    HeldOut,
    RunEnd,
    TakenOnce,
    reason_from,
)
from workbench.operations.timeline import timeline_of

BUY = EventPattern("payment")
CARE = JourneyEntry(
    "care",
    "v1",
    Trigger("text", keywords=("care",)),
    goal=Condition(events=(EventCount(BUY),)),
    exits=(Exit(Condition(tags=("staff",)), "works here"),),
)
ORDER = JourneyEntry("order", "v1", Trigger("payment"), again=Again("per", key="order"))


@pytest.fixture
def world(followers: FollowerStore, ledger: BooksStore) -> World:
    world = World(followers, ledger, entries=(CARE, HELP, ORDER))
    world.hears("subscribe")
    world.says(after_minutes=1, Content="care")
    world.clock.pass_(minutes=2)
    return world


def run_of(world: World, journey: str = "care", number: int = -1) -> Run:
    started = [start.run for start in world.runs.started.values() if start.run.journey == journey]
    return started[number]


def statuses(world: World, journey: str = "care") -> list[str]:
    timeline = timeline_of(world.followers, APP_ID, OPENID)
    return [
        (one.get("end") or {"kind": "live"})["kind"]
        for one in timeline
        if one["kind"] == "run" and one["journey"] == journey
    ]


@pytest.mark.parametrize(
    ("kind", "fields", "end"),
    [
        ("payment", {"total": 100}, GoalReached()),
        ("tag", {"tag": "staff"}, Exited("works here")),
        ("end", {"journey": "care", "by": "order"}, EndedByJourney("order")),
    ],
)
def test_a_run_ends_with_what_ended_it_on_record_and_its_wait_is_closed(
    world: World, kind: str, fields: dict[str, str], end: RunEnd
) -> None:
    world.perform(run_of(world), QUESTION, token="t-1")

    world.tells(kind, after_minutes=3, **fields)

    state = world.followers.read(APP_ID, OPENID)
    assert (state.live_runs, state.waits) == ((), ())
    (run,) = (one for one in timeline_of(world.followers, APP_ID, OPENID) if one["kind"] == "run")
    assert reason_from(run["end"]) == end
    assert list(world.runs.stopped) == [run_of(world).id]


def test_the_engines_word_does_not_overwrite_what_ended_a_run(world: World) -> None:
    run = run_of(world)
    world.tells("payment", after_minutes=3)

    live = LiveRun("care", run.id, "")
    assert not world.followers.end_run(
        person_of(world.followers), live, EndedByEngine("aborted"), NOON + timedelta(minutes=4)
    )

    assert statuses(world) == ["goal_reached"]


def test_a_task_of_an_ended_run_sends_and_changes_nothing(world: World) -> None:
    """The event that ends a run changes the follower's revision, so every step looks again."""
    run = run_of(world)
    world.tells("payment", after_minutes=3)

    award, tag = AwardAction("9", 5, "late"), TagAction("8", add=("late",))
    for actions in (
        (send(),),
        (QUESTION,),
        (LISTEN,),
        (AwaitAction("7", BUY),),
        (tag,),
        (award,),
        (tag, award, send()),
    ):
        with pytest.raises(errors.RunEndedError):
            world.perform(run, *actions, token="t-1")

    assert world.wechat.calls == []
    assert world.follower().tags == frozenset()
    assert list(world.ledger.newest(run.follower.person_id)) == []
    assert world.followers.read(APP_ID, OPENID).waits == ()


@pytest.mark.parametrize("status", ["failed", "timed_out", "aborted"])
def test_a_task_that_is_at_work_when_the_engine_ends_its_run_posts_nothing_more(
    world: World, status: str
) -> None:
    run = run_of(world)
    end = EndedByEngine(status)
    assert world.followers.end_run(person_of(world.followers), LiveRun("care", run.id, ""), end, NOON)

    award = AwardAction("9", 5, "late")
    for actions in ((award,), (award, send()), (award, QUESTION)):
        with pytest.raises(errors.RunEndedError):
            world.perform(run, *actions, token="t-1")

    assert world.wechat.calls == []
    assert list(world.ledger.newest(run.follower.person_id)) == []


def test_an_event_that_ends_a_run_and_starts_the_journey_again_does_both(world: World) -> None:
    again = replace(CARE, goal=Condition(events=(EventCount(EventPattern("text", keywords=("care",))),)))
    world.entries = (again,)
    world.tells("payment", after_minutes=3)
    world.says(after_minutes=4, Content="care")
    first = run_of(world)

    world.says(after_minutes=5, Content="care")

    second = run_of(world)
    assert first.id != second.id
    assert statuses(world) == ["goal_reached", "goal_reached", "live"]
    assert [run.run_id for run in world.followers.read(APP_ID, OPENID).live_runs] == [second.id]


def test_a_repeated_delivery_ends_the_run_in_the_engine_again(world: World) -> None:
    """The worker died between the record and the engine."""
    world.tells("payment", after_minutes=3)
    world.runs.stopped.clear()

    world.tells("payment", after_minutes=3)

    assert list(world.runs.stopped) == [run_of(world).id]


# --- taking a journey again ---------------------------------------------------------------------------


def test_a_journey_that_is_taken_once_is_not_taken_again_after_its_run_has_ended(world: World) -> None:
    world.entries = (replace(HELP, again=Again("never")),)
    world.says(after_minutes=3, Content="help")
    run = run_of(world, "help")
    live = LiveRun("help", run.id, "")
    assert world.followers.end_run(person_of(world.followers), live, Finished(), NOON + timedelta(minutes=4))

    world.says(after_minutes=5, Content="help")

    assert len(statuses(world, "help")) == 1
    reason = [one.get("refused") for one in timeline_of(world.followers, APP_ID, OPENID)][-1]
    assert reason == {"help": to_plain(TakenOnce(NOON + timedelta(minutes=3)))}


def test_a_journey_may_be_taken_again_once_enough_time_has_passed(world: World) -> None:
    world.entries = (replace(HELP, again=Again("after", seconds=3600)),)
    world.says(after_minutes=3, Content="help")
    live = LiveRun("help", run_of(world, "help").id, "")
    world.followers.end_run(person_of(world.followers), live, Finished(), NOON + timedelta(minutes=4))

    world.says(after_minutes=62, Content="help")
    assert len(statuses(world, "help")) == 1
    world.says(after_minutes=63, Content="help")

    assert len(statuses(world, "help")) == 2


def test_orders_have_runs_of_their_own_side_by_side_and_each_only_one(world: World) -> None:
    for minute, order in enumerate(("1", "2", "1"), start=3):
        world.tells("payment", after_minutes=minute, order=order)

    live = [run for run in world.followers.read(APP_ID, OPENID).live_runs if run.journey == "order"]
    assert sorted(run.key for run in live) == ["1", "2"]
    first = next(run for run in live if run.key == "1")
    assert world.followers.end_run(person_of(world.followers), first, Finished(), NOON + timedelta(hours=1))
    world.tells("payment", after_minutes=70, order="1")
    assert len(statuses(world, "order")) == 2


def test_a_held_out_follower_is_counted_once_and_starts_no_run(world: World, stream: TableStream) -> None:
    world.entries = (replace(HELP, holdout=100),)
    for minute in (3, 4):
        world.says(after_minutes=minute, Content="help")

    assert statuses(world, "help") == []
    counted: Counter[Count] = Counter()
    for records in stream.records().values():
        for change in map(change_of, records):
            counted.update(*change.counts.values())
    assert counted == {("refused", reason_text(HeldOut())): 1}


def test_a_late_end_event_does_not_end_the_newer_run(world: World) -> None:
    limit = timedelta(seconds=HELP.longest)
    world.says(after_minutes=3, Content="help")
    old = run_of(world, "help")
    world.takes(event("text", NOON + limit + timedelta(minutes=3), Content="help"))
    new = run_of(world, "help")

    ended = world.followers.end_run(
        person_of(world.followers), LiveRun("help", old.id, ""), EndedByEngine("timed_out"), NOON + limit
    )

    assert ended
    assert [
        run.run_id for run in world.followers.read(APP_ID, OPENID).live_runs if run.journey == "help"
    ] == [new.id]
    assert statuses(world, "help") == ["ended_by_engine", "live"]


# --- what one transaction holds -----------------------------------------------------------------------


ORDERS = JourneyEntry(
    "orders",
    "v1",
    Trigger("payment"),
    again=Again("per", key="order"),
    exits=(Exit(Condition(events=(EventCount(EventPattern("consent_withdrawn"), 1),)), "withdrawn"),),
)


def with_orders(world: World, number: int) -> World:
    """A customer with a run for each of so many orders, which end when they withdraw their consent."""
    world.entries = (ORDERS,)
    world.tells("consent_given", purpose="news", after_minutes=2)
    for order in range(number):
        world.tells("payment", total=1, order=f"A-{order}", after_minutes=3)
    world.runs.stopped.clear()
    return world


def check_withdrawn(world: World, number: int) -> None:
    assert not world.follower().consents["news"].given
    runs = world.followers.read(APP_ID, OPENID).live_runs
    assert [run.run_id for run in runs if run.journey == "orders" and not run.ended] == []
    assert statuses(world, "orders") == ["exited"] * number


@pytest.mark.parametrize("number", [1, 12, 13, 45, 100])
def test_an_event_ends_any_number_of_runs(world: World, number: int) -> None:
    with_orders(world, number)
    world.tells("consent_withdrawn", purpose="news", after_minutes=9)
    check_withdrawn(world, number)
    assert len(world.runs.stopped) == number
    world.tells("payment", total=1, order="A-new", after_minutes=10)
    world.tells("consent_withdrawn", purpose="news", after_minutes=9)
    assert statuses(world, "orders").count("exited") == number, "a repetition ends no newer run"


def test_killed_at_any_call_an_event_that_ends_very_many_runs_is_completed(
    tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    place, killed = 0, True
    while killed:
        empty(tables, "FollowersTable", "LedgerTable")
        world, killed = with_orders(new_world(followers, ledger), 50), False
        try:
            with Hazard(place).in_dynamodb(world):
                world.tells("consent_withdrawn", purpose="news", after_minutes=9)
        except Killed:
            killed, place = True, place + 1
        world.tells("consent_withdrawn", purpose="news", after_minutes=9)
        check_withdrawn(world, 50)
    assert place >= 4


def test_an_event_that_wakes_too_many_runs_for_a_transaction_is_an_error(world: World) -> None:
    follower, run = world.follower(), world.run()
    woken = tuple(
        Woken(OpenWait(f"run-{number}", "1", NOON, "token", {}, pattern=BUY), run) for number in range(100)
    )
    one: Any = event("text", NOON + timedelta(minutes=9), Content="x")

    with pytest.raises(TooManyWritesError, match="102 rows at once, of which DynamoDB takes 100"):
        world.followers.record(Received(one, follower, follower.changed(), woken=woken))
