"""What two workers do at once, in every order of their calls to DynamoDB and WeChat.

A docstring names the guards that were taken out, one at a time, to see the test fail.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, erasure_of, event
from tests.support.events import body
from tests.support.turns import Work, before_each_call, every_order
from tests.support.world import LISTEN, QUESTION, World, person_of, send
from tests.support.world_snapshot import WorldSnapshot
from wejourney import errors
from wejourney.adapters.dynamo.items import identity_key, partition
from wejourney.events.event import own_event
from wejourney.events.event_types import PointsChanged
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import Position
from wejourney.journeys.action_types import (
    Action,
    AwaitAction,
    AwardAction,
    CheckAction,
    CloseAction,
    DateSpec,
    PauseAction,
    TagAction,
)
from wejourney.journeys.definition import Again, Condition, Trigger
from wejourney.journeys.receiving import Received
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import Ended, LiveRun, OpenWait, Run
from wejourney.people.bookings import BOOKING_TIME
from wejourney.people.identities import openid_identity
from wejourney.reasons import EndedByEngine, GoalReached, RunEnd
from wejourney.services import perform_actions
from workbench.operations.timeline import timeline_of

NO_ANSWER, KILLED = errors.SendOutcomeUnknownError("no answer"), MemoryError("the worker is gone")
PAYMENT = EventPattern("payment")
BOOKING = DateSpec("booking", within=30 * 86_400, offset=-3600)
AWAIT = AwaitAction("7", pattern=PAYMENT)
AWAIT_DATE = AwaitAction("8", date=BOOKING)
PER_ORDER = JourneyEntry("order", "v1", Trigger("payment"), again=Again("per", key="order"))
TO_GOAL = JourneyEntry(
    "greeted",
    "v1",
    Trigger("text", keywords=("start",)),
    goal=Condition(events=(EventCount(PAYMENT),)),
)


@pytest.fixture
def anew(tables: str, world: World) -> Callable[[World], World]:
    """The world as it was at first, for the next order."""
    snapshot = WorldSnapshot(tables, world)

    def as_at_first(world: World) -> World:
        vars(world).update(vars(snapshot.restored()) | {"wechat": world.wechat})
        world.wechat.calls.clear()
        world.wechat.arrived.clear()
        return world

    return as_at_first


def rows_of(world: World) -> list[dict[str, Any]]:
    """All that is stored of the follower."""
    table = world.followers.table
    found = table.query(partition(world.runs.first.run.follower.person_id))
    return [*found, *filter(None, [table.get(identity_key(openid_identity(APP_ID, OPENID)))])]


# --- the same work twice ------------------------------------------------------------------------------


def test_one_task_given_to_two_workers_reaches_wechat_once(world: World) -> None:
    """mautic #3669, #8802, #2215. Guard: the message's row must be new."""
    window = world.follower().windows
    run = world.run()

    def works(number: int) -> tuple[Work, Work]:
        follower = world.follower()
        world.followers.save(follower, follower.changed(windows=window))
        seen = replace(run, follower=world.follower())

        def perform() -> None:
            world.perform(seen, send(f"{number}.1"))

        return perform, perform

    orders = every_order(world, works)

    assert orders > 20
    assert sorted(world.wechat.taken) == sorted(f"message {number}.1" for number in range(orders))


@pytest.mark.parametrize("fails", [(NO_ANSWER,), (KILLED,), (KILLED, KILLED)], ids=repr)
def test_a_message_that_is_sent_again_by_two_workers_at_once_comes_at_most_twice(
    world: World, anew: Callable[[World], World], fails: tuple[Exception, ...]
) -> None:
    """Guard: the row must be as the worker has read it. The second does all its work at a call of the first.

    In every order of their single calls it was seen to hold as well, which takes three minutes.
    """
    place, reached = 0, True
    while reached:
        anew(world)
        again, run = send("1", resend=True), world.run()
        world.wechat.failures = list(fails)
        with suppress(errors.WeChatBusyError, MemoryError):
            world.perform(run, again)
        calls = 0

        def perform() -> None:
            with suppress(errors.StaleFollowerError, MemoryError):
                world.perform(run, again)  # noqa: B023 - of this round

        def second(at: int = place, **_: object) -> None:
            nonlocal calls
            calls += 1
            if calls == at + 1:
                perform()

        with before_each_call(world, second):
            perform()
        assert len(world.wechat.calls) == 2, f"at call {place}"
        place, reached = place + 1, calls > place

    assert place >= 5


def test_one_message_of_the_queue_given_to_two_workers_starts_one_run(world: World) -> None:
    """mautic #3669, #8802, #2215. The event's row, the live run's and the revision each refuse the second."""
    world.entries = (PER_ORDER,)

    def works(number: int) -> tuple[Work, Work]:
        paid = partial(world.tells, "payment", after_minutes=3, order=str(number))
        return paid, paid

    orders = every_order(world, works)

    assert orders >= 4
    assert_one_run_per_order(world, orders)


def test_two_triggers_for_one_key_start_one_run(world: World) -> None:
    """The live run's row and the revision each refuse the second."""
    world.entries = (PER_ORDER,)

    def works(number: int) -> tuple[Work, Work]:
        first, second = (
            partial(world.tells, "payment", after_minutes=minute, order=str(number)) for minute in (3, 4)
        )
        return first, second

    orders = every_order(world, works)

    assert orders >= 4
    assert_one_run_per_order(world, orders)


def assert_one_run_per_order(world: World, orders: int) -> None:
    started = [start.run.key for start in world.runs.started.values() if start.run.journey == "order"]
    assert sorted(started) == sorted(map(str, range(orders)))
    runs = [one for one in timeline_of(world.followers, APP_ID, OPENID) if one["kind"] == "run"]
    assert len([one for one in runs if one["journey"] == "order"]) == orders


# --- a wait that opens, and what it waits for ---------------------------------------------------------


def booked(world: World, day: str, *, after_minutes: float) -> None:
    world.tells("profile", after_minutes=after_minutes, changes={"date.booking": day})


def paused_for_the_booking(world: World) -> Run:
    """A run that is to wait until an hour before the booking of 1 December, 18:00 in Shanghai."""
    booked(world, "2026-12-01T18:00", after_minutes=1.5)
    run = world.perform(
        replace(world.run(), start_position=world.run().last_position), PauseAction("8", date=BOOKING)
    )
    assert run.until == datetime(2026, 12, 1, 9, tzinfo=UTC)
    return run


def has_heard_all(world: World) -> Run:
    return replace(world.run(), last_position=Position.at(NOON + timedelta(minutes=1.5)))


ITS_BOOKING = replace(BOOKING, date=BOOKING_TIME)
AWAIT_BOOKING = AwaitAction("8", date=ITS_BOOKING)


def about_booking(world: World, what: str, starts_at: str = "", *, after_minutes: float = 2) -> None:
    time = {"starts_at": starts_at} if starts_at else {}
    world.tells(f"booking.{what}", after_minutes=after_minutes, booking="B-1", **time)


def paused_for_its_booking(world: World) -> Run:
    """A run about a booking, that is to wait until an hour before its time: 1 December, 18:00 in Shanghai."""
    about_booking(world, "made", "2026-12-01T18:00", after_minutes=1.5)
    world.tells("booking.made", after_minutes=1.6, booking="B-2", starts_at="2026-11-25T18:00")
    run = replace(world.run(), start_position=world.run().last_position, key_field="booking", key="B-1")
    run = world.perform(run, PauseAction("8", date=ITS_BOOKING))
    assert run.until == datetime(2026, 12, 1, 9, tzinfo=UTC)
    return run


@dataclass(frozen=True)
class Awaited:
    """A kind of wait, what ends it, and what the run then goes on with."""

    action: Action
    begin: Callable[[World], Run]
    comes: Callable[[World], None]
    then: Callable[[Run], object]
    expected: object


AWAITED = {
    "answer": Awaited(
        LISTEN,
        has_heard_all,
        lambda world: world.says(after_minutes=2, Content="1", MsgId="77"),
        lambda run: run.answers,
        {"style": "bridal"},
    ),
    "event": Awaited(
        AWAIT,
        has_heard_all,
        lambda world: world.tells("payment", after_minutes=2, total=100),
        lambda run: run.answers,
        {},
    ),
    "event that changes nothing": Awaited(
        AwaitAction("7", pattern=EventPattern("view")),
        has_heard_all,
        lambda world: world.hears("view", after_minutes=2, EventKey="https://example.com"),
        lambda run: run.answers,
        {},
    ),
    "date that comes closer": Awaited(
        AWAIT_DATE,
        paused_for_the_booking,
        lambda world: booked(world, "2026-11-30T18:00", after_minutes=2),
        lambda run: run.until,
        datetime(2026, 11, 30, 9, tzinfo=UTC),
    ),
    "own booking that comes closer": Awaited(
        AWAIT_BOOKING,
        paused_for_its_booking,
        lambda world: about_booking(world, "changed", "2026-11-30T18:00"),
        lambda run: (run.until, run.reached),
        (datetime(2026, 11, 30, 9, tzinfo=UTC), True),
    ),
    "own booking that moves away": Awaited(
        AWAIT_BOOKING,
        paused_for_its_booking,
        lambda world: about_booking(world, "changed", "2026-12-05T18:00"),
        lambda run: (run.until, run.reached),
        (datetime(2026, 12, 5, 9, tzinfo=UTC), True),
    ),
    "own booking that is cancelled": Awaited(
        AWAIT_BOOKING,
        paused_for_its_booking,
        lambda world: about_booking(world, "cancelled"),
        lambda run: (run.until, run.reached),
        (None, False),
    ),
    "date that moves away": Awaited(
        AWAIT_DATE,
        paused_for_the_booking,
        lambda world: booked(world, "2026-12-05T18:00", after_minutes=2),
        lambda run: run.until,
        datetime(2026, 12, 5, 9, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize("kind", AWAITED)
def test_no_wake_up_is_lost_while_a_wait_opens(
    world: World, anew: Callable[[World], World], kind: str
) -> None:
    """dittofeed #1137, #1657.

    Guards: opening a wait changes the follower's revision, an event is decided anew when that has changed,
    and the wait looks back when it is open. An event that changes nothing looks at the waits again when it is
    kept.
    """
    awaited = AWAITED[kind]
    ends: list[tuple[list[str], list[object]]] = []

    def note() -> None:
        woken = world.runs.woken
        waits = [wait.token for wait in world.followers.read(APP_ID, OPENID).waits]
        ends.append((list(woken) + waits, [awaited.then(wake.run) for wake in woken.values()]))

    def works(number: int) -> tuple[Work, Work]:
        if number:
            note()
        anew(world)
        run = awaited.begin(world)
        return (
            lambda: drop(world.perform(run, awaited.action, token="t-1")),
            lambda: awaited.comes(world),
        )

    orders = every_order(world, works)
    note()

    assert orders >= 6
    assert ends == [(["t-1"], [awaited.expected])] * orders


def drop(_: object) -> None:
    """Work has no result."""


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        (["1"], {("bridal", None), (None, "bridal")}),
        (["1", "2"], {("bridal", None), ("gifts", "bridal")}),
    ],
)
def test_a_message_that_came_before_two_questions_answers_one_of_them(
    world: World, anew: Callable[[World], World], said: list[str], ends: set[tuple[str | None, str | None]]
) -> None:
    """Guards: who takes a message must find that it had no effect, and looks for another when it had."""
    found: list[tuple[str | None, ...]] = []

    def note() -> None:
        timeline = timeline_of(world.followers, APP_ID, OPENID)
        answers = {one["journey"]: one["answer"] for one in timeline if one["kind"] == "answer"}
        found.append((answers.get("order"), answers.get("welcome")))
        waiting = {wait.run["journey"] for wait in world.followers.read(APP_ID, OPENID).waits}
        assert waiting == {"order", "welcome"} - answers.keys()

    def works(number: int) -> tuple[Work, Work]:
        if number:
            note()
        anew(world).entries = (PER_ORDER,)
        world.tells("payment", after_minutes=3, order="1")
        for minute, words in enumerate(said, 4):
            world.says(after_minutes=minute, Content=words, MsgId=f"77{minute}")
        welcome, order = (replace(one.run, follower=world.follower()) for one in world.runs.started.values())
        free = world.followers.events(order.follower, order.last_position.start_of_second)[1].event
        wait = OpenWait(welcome.id, "6", NOON, "t-1", welcome.to_dict(), "style", QUESTION.question)
        world.followers.open_wait(welcome.follower, wait)

        def takes_the_first() -> None:
            with suppress(errors.StaleFollowerError):
                world.followers.answer_early(welcome.follower, wait, "bridal", free)

        return lambda: drop(world.perform(order, LISTEN, token="t-2")), takes_the_first

    orders = every_order(world, works)
    note()

    assert orders >= 8
    assert set(found) == ends


def test_what_comes_late_while_a_long_history_is_tallied_is_counted(
    world: World, anew: Callable[[World], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: an event that is a day old changes the follower's revision, although it changes nothing else."""
    monkeypatch.setattr(perform_actions, "TALLIED_FROM", 1)
    looked = CheckAction("7", {"looked": Condition(events=(EventCount(EventPattern("view"), scope="ever"),))})
    found: list[Mapping[str, bool]] = []

    def note() -> None:
        found.append(world.perform(world.run(), looked).facts)

    def works(number: int) -> tuple[Work, Work]:
        if number:
            note()
        anew(world).clock.pass_(hours=72)
        run = world.run()
        return (
            lambda: drop(world.perform(run, looked)),
            lambda: world.hears("view", after_minutes=60 * 24, EventKey="https://example.com"),
        )

    orders = every_order(world, works)
    note()

    assert orders >= 3
    assert found == [{"looked": True}] * orders


# --- a time limit, and what comes in the same instant -------------------------------------------------


@pytest.mark.parametrize("kind", ["answer", "event"])
def test_exactly_one_of_time_limit_and_event_wins(
    world: World, anew: Callable[[World], World], kind: str
) -> None:
    """mautic #266, #2210.

    Guards: the limit must find no record of what came first, and what comes must find the wait's token.
    """
    awaited = AWAITED[kind]
    ways: list[set[str]] = []

    def works(number: int) -> tuple[Work, Work]:
        if number:
            ways.append(set(world.runs.woken) | world.follower().tags)
        anew(world)
        run = awaited.begin(world)
        world.perform(run, awaited.action, token="woken")

        def limit() -> None:
            with suppress(errors.AnsweredError):
                world.perform(run, CloseAction(awaited.action.step), TagAction("99", add=("gave up",)))

        return limit, lambda: awaited.comes(world)

    orders = every_order(world, works)
    ways.append(set(world.runs.woken) | world.follower().tags)

    assert orders >= 10
    assert len(ways) == orders
    assert {frozenset(way) for way in ways} == {frozenset({"woken"}), frozenset({"gave up"})}


def test_a_date_that_moves_while_its_wait_ends_resumes_the_run_once(
    world: World, anew: Callable[[World], World]
) -> None:
    """PostHog #82920. Guard: an event closes a wait only with the token that it has read."""
    moved = datetime(2026, 12, 8, 15, tzinfo=UTC)
    ways: list[tuple[Any, ...]] = []
    ends: list[Run] = []

    def note() -> None:
        waits = world.followers.read(APP_ID, OPENID).waits
        ways.append((ends.pop().until, [wake.run.until for wake in world.runs.woken.values()], waits))

    def works(number: int) -> tuple[Work, Work]:
        if number:
            note()
        anew(world)
        run = paused_for_the_booking(world)
        world.perform(run, AWAIT_DATE, token="t-1")
        world.clock.at = datetime(2026, 12, 1, 9, tzinfo=UTC)
        change = {"date.booking": "2026-12-09"}
        moves = own_event(body("profile", changes=change), "moved", SUBJECT, world.clock.at)
        return (
            lambda: ends.append(world.perform(run, CloseAction("8", date=BOOKING))),
            lambda: world.takes(moves),
        )

    orders = every_order(world, works)
    note()

    assert orders >= 10
    assert len(ways) == orders
    for until, woken, waits in ways:
        # On time, or to wait again: by its own look, by the event, or by both, which say the same.
        assert (until, woken, waits) in ((None, [], ()), (moved, [], ()), (moved, [moved], ()))


# --- two changes of one follower ----------------------------------------------------------------------


def test_two_concurrent_changes_of_a_follower_are_both_kept(world: World) -> None:
    """Guard: who writes must have seen the latest revision. Both write the same column, whole."""

    def works(number: int) -> tuple[Work, Work]:
        run = world.run()
        return (
            lambda: drop(world.perform(run, TagAction(f"{number}", add=(f"tag {number}",)))),
            lambda: world.tells("tag", after_minutes=3, tag=f"told {number}"),
        )

    orders = every_order(world, works)

    assert orders >= 4
    assert world.follower().tags == {f"{who} {number}" for who in ("tag", "told") for number in range(orders)}


def test_a_change_that_is_written_with_a_message_and_another_writers_are_both_kept(world: World) -> None:
    """Guard: the change is made anew on the latest revision, together with the claim of the allowance."""
    window = world.follower().windows

    def works(number: int) -> tuple[Work, Work]:
        follower = world.follower()
        world.followers.save(follower, follower.changed(windows=window))
        run = world.run()
        tag = TagAction(f"{number}", add=(f"tag {number}",))
        return (
            lambda: drop(world.perform(run, tag, send(f"{number}.1"))),
            lambda: world.tells("profile", after_minutes=3, changes={f"note {number}": "x"}),
        )

    orders = every_order(world, works)

    assert orders >= 4
    assert world.follower().tags == {f"tag {number}" for number in range(orders)}
    assert set(world.follower().attributes) == {f"note {number}" for number in range(orders)}
    assert sorted(world.wechat.taken) == sorted(f"message {number}.1" for number in range(orders))


def test_two_awards_at_once_pass_each_threshold_exactly_once_and_leave_what_the_books_say(
    world: World,
) -> None:
    """Guard: the balance before is that of the very books on which the posting is written."""
    world.subscribed_kinds = frozenset({"points"})
    person_id = world.follower().person_id
    balances: list[tuple[int, int]] = []

    def note() -> None:
        balances.append((world.follower().points, world.ledger.books(person_id).available))

    def works(number: int) -> tuple[Work, Work]:
        note()
        run = world.run()
        return (
            lambda: drop(world.perform(run, AwardAction(f"{number}.1", 5, "x"))),
            lambda: drop(world.perform(run, AwardAction(f"{number}.2", 3, "y"), send(f"{number}.3"))),
        )

    orders = every_order(world, works)
    note()

    assert orders >= 10
    assert balances == [(8 * number, 8 * number) for number in range(orders + 1)]
    told = {event.id: event.body for event in world.announcements.told}.values()
    passed = [
        threshold
        for body in told
        if isinstance(body, PointsChanged)
        for threshold in range(1, 8 * orders + 1)
        if body.before < threshold <= body.points
    ]
    assert sorted(passed) == list(range(1, 8 * orders + 1))


# --- the end of a run, in the middle of a step --------------------------------------------------------

STEPS: dict[str, tuple[Action, ...]] = {
    "ask": (QUESTION,),
    "await": (AWAIT,),
    "close": (CloseAction("5"),),
    "tag": (TagAction("1", add=("a",)),),
    "award": (AwardAction("1", 5, "x"),),
    "changes and a message": (TagAction("1", add=("a",)), AwardAction("2", 5, "x"), send("3")),
}


@pytest.mark.parametrize("actions", [(AwardAction("1", 5, "x"),), (AwardAction("1", 5, "x"), send("2"))])
@pytest.mark.parametrize("end", [EndedByEngine("aborted"), GoalReached()])
def test_a_run_that_is_ended_during_a_task_posts_nothing_after_that(
    world: World, anew: Callable[[World], World], actions: tuple[Action, ...], end: RunEnd
) -> None:
    """Guard: the live run's row, or the follower's revision, which an end from outside changes."""
    balances: list[tuple[int, int]] = []
    at_the_end = 0

    person_id = world.follower().person_id

    def balance() -> int:
        return world.ledger.books(person_id).available

    def works(number: int) -> tuple[Work, Work]:
        if number:
            balances.append((at_the_end, balance()))
        anew(world)
        run, before = world.run(), world.follower()
        live = LiveRun(run.journey, run.id, "")

        def perform() -> None:
            with suppress(errors.RunEndedError):
                world.perform(run, *actions)

        def ends() -> None:
            nonlocal at_the_end
            if isinstance(end, EndedByEngine):
                world.followers.end_run(person_of(world.followers), live, end, NOON)
            else:
                views = event("view", NOON + timedelta(minutes=5), EventKey="x")
                ended = Received(views, before, before.changed(), ended=(Ended(live, end),))
                with suppress(errors.StaleFollowerError):
                    world.followers.record(ended)
            at_the_end = balance()

        return perform, ends

    orders = every_order(world, works)
    balances.append((at_the_end, balance()))

    assert orders >= 4
    assert set(balances) == {(0, 0), (5, 5)}


@pytest.mark.parametrize("step", STEPS)
def test_an_unfollow_during_a_task_leaves_no_rows(
    world: World, anew: Callable[[World], World], step: str
) -> None:
    """Guard: what a step writes needs the follower's row, which is the first that goes."""
    left: list[list[dict[str, Any]]] = []

    def works(number: int) -> tuple[Work, Work]:
        if number:
            left.append(rows_of(world))
        anew(world)
        run = has_heard_all(world)

        def perform() -> None:
            with suppress(errors.FollowerGoneError, errors.RunEndedError):
                world.perform(run, *STEPS[step], token="t-1")

        def erase() -> None:
            assert world.followers.erase(SUBJECT, erasure_of(*[run.follower.person_id]))

        return perform, erase

    orders = every_order(world, works)
    left.append(rows_of(world))

    assert orders >= 4
    assert left == [[]] * orders
