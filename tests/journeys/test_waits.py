"""Waits for times, events and dates, on the compiled journey in virtual time with the real services."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.fakes.clock import FakeClock
from tests.support.virtual_time.asl import (
    APP_ID,
    OPENID,
    START,
    Act,
    World,
    click,
    close_chat,
    follow,
    note,
    say,
    tell,
    world_of,
)
from wejourney.errors import WeChatBusyError
from wejourney.events.matching import EventPattern
from wejourney.journeys.calendar import after_quiet
from wejourney.journeys.definition import QuietHours, Trigger
from wejourney.journeys.runs import FollowerState, OpenWait
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, HandOver, Set, Step, Tag, Wait, WaitDate, WaitEvent, WaitUntil

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
HOURS = 3600
NIGHT = QuietHours(22 * 60, 8 * 60)
SHANGHAI = timedelta(hours=8)
"""The account's zone. The world starts at 10:00 there, a Sunday."""

LEE = Follower(APP_ID, "lee", "person-lee", following=True)
DONE, LATE = Tag(("done",)), Tag(("late",))


def lee(*steps: Step, acts: tuple[Act, ...] = (), quiet: QuietHours | None = None, **world: Any) -> World:
    journey = Journey("made-up", {"any": "T"}, Trigger("click", key="go"), steps, quiet=quiet)
    return world_of(journey, acts=[click("go", timedelta()), *acts], follower=LEE, **world)


def is_tagged(world: World, at: timedelta, tag: str = "done") -> bool:
    """Whether the tag is put on exactly then: not a second before."""
    before = tag in world.live_on(at - SECOND).tags
    return not before and tag in world.live_on(at).tags


# --- times -----------------------------------------------------------------------------------------


def test_a_wait_until_a_time_ends_then_where_the_follower_is() -> None:
    assert is_tagged(lee(WaitUntil(9 * 60), DONE), 23 * HOUR)
    world = lee(WaitUntil(9 * 60), DONE)
    assert world.records.follower is not None
    world.records.only.follower = world.records.follower.changed(time_zone="Europe/Paris")

    assert is_tagged(world, 6 * HOUR)  # 03:00 in Paris


def test_a_wait_until_a_weekday_ends_on_it() -> None:
    assert is_tagged(lee(WaitUntil(9 * 60, weekday=2), DONE), 2 * DAY + 23 * HOUR)


def test_a_wait_until_counts_from_when_the_run_comes_to_it() -> None:
    assert is_tagged(lee(Wait(23 * HOURS), WaitUntil(9 * 60), DONE), 47 * HOUR)


def test_a_wait_that_would_end_in_quiet_hours_ends_after_them() -> None:
    assert is_tagged(lee(Wait(11 * HOURS), DONE, quiet=NIGHT), 11 * HOUR)
    assert is_tagged(lee(Wait(13 * HOURS), DONE, quiet=NIGHT), 22 * HOUR)
    assert is_tagged(lee(WaitUntil(23 * 60), DONE, quiet=NIGHT), 22 * HOUR)


@pytest.mark.parametrize(
    "waiting",
    [
        Ask("size", 13 * HOURS, unanswered=(DONE,)),
        WaitEvent(EventPattern("scan"), 13 * HOURS, otherwise=(DONE,)),
        HandOver("stylist", 13 * HOURS),
        WaitDate("booking", 13 * HOURS, otherwise=(DONE,)),
    ],
    ids=lambda step: step.kind,
)
def test_a_time_limit_in_quiet_hours_goes_on_after_them(waiting: Step) -> None:
    assert is_tagged(lee(waiting, DONE, quiet=NIGHT), 22 * HOUR)


def test_a_question_in_quiet_hours_closes_at_its_limit_all_the_same() -> None:
    ask = Ask("size", 13 * HOURS, choices={"s": ("1",)}, unanswered=(LATE,))
    world = lee(ask, acts=(say("1", 14 * HOUR),), quiet=NIGHT).live_on(DAY)

    assert world.tags == {"late"}
    assert world.output()["answers"] == {}


def test_who_answers_in_quiet_hours_is_served_at_once() -> None:
    world = lee(Ask("size", 20 * HOURS), DONE, acts=(say("1", 13 * HOUR),), quiet=NIGHT)

    assert is_tagged(world, 13 * HOUR)


# --- events ----------------------------------------------------------------------------------------

SCAN = WaitEvent(EventPattern("view", url="*/shop"), 24 * HOURS, otherwise=(LATE,))


def view(after: timedelta) -> Act:
    return Act(after, {"MsgType": "event", "Event": "VIEW", "EventKey": "https://x/shop"})


def test_the_event_wakes_the_run_and_its_otherwise_is_not_taken() -> None:
    world = lee(SCAN, DONE, acts=(view(5 * HOUR),))

    assert is_tagged(world, 5 * HOUR)
    assert world.live_on(3 * DAY).tags == {"done"}


def test_without_the_event_otherwise_is_taken_at_the_limit_and_the_run_goes_on() -> None:
    world = lee(SCAN, DONE)

    assert is_tagged(world, DAY, "late")
    assert world.tags == {"late", "done"}


def test_an_event_that_does_not_fit_wakes_nobody() -> None:
    other = Act(HOUR, {"MsgType": "event", "Event": "VIEW", "EventKey": "https://x/help"})

    assert lee(SCAN, DONE, acts=(other,)).live_on(2 * HOUR).statuses() == ["live"]


@pytest.mark.parametrize(
    ("after", "arrives", "counts"),
    [(-1, "before", False), (0, "before", False), (0, "after", True), (1, "after", True)],
)
@pytest.mark.parametrize(
    ("waiting", "act"),
    [(SCAN, view), (Ask("q", 24 * HOURS, unanswered=(LATE,)), lambda after: say("x", after))],
    ids=["event", "ask"],
)
def test_what_comes_counts_when_it_arrives_after_what_was_heard_last(
    waiting: Step, act: Callable[[timedelta], Act], after: int, arrives: str, *, counts: bool
) -> None:
    """WeChat's clock ticks seconds: # dittofeed #1137, #1657."""
    journey = Journey("made-up", {"any": "T"}, Trigger("click", key="go"), (waiting, DONE))
    acts = [click("go", 10 * SECOND)]
    acts.insert(arrives == "after", act((10 + after) * SECOND))

    assert ("done" in world_of(journey, acts=acts, follower=LEE).live_on(HOUR).tags) is counts


class Meeting:
    """Lets an event be worked on around the very moment at which a wait is registered."""

    def __init__(self, world: World, act: Act, when: str) -> None:
        self.world, self.event, self.when = world, world.event_of(act), when
        self.register = world.records.open_wait
        world.records.open_wait = self.open_wait  # type: ignore[method-assign]

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        self.world.records.open_wait = self.register  # type: ignore[method-assign]
        state = self.world.records.read(APP_ID, OPENID)
        if self.when == "before":
            self.world.process(self.event)
        self.register(follower, wait)
        if self.when == "decided before, written after":
            self.world.records.read = self.read_once(state)  # type: ignore[method-assign,assignment]
        if self.when != "before":
            self.world.process(self.event)

    def read_once(self, state: FollowerState) -> Callable[[str, str], FollowerState]:
        read = self.world.records.read

        def old(_app_id: str, _openid: str) -> FollowerState:
            self.world.records.read = read  # type: ignore[method-assign]
            return state

        return old


@pytest.mark.parametrize("when", ["before", "decided before, written after", "after"])
@pytest.mark.parametrize(
    ("waiting", "act"),
    [
        (Ask("q", 24 * HOURS, unanswered=(LATE,)), say("x", timedelta())),
        (SCAN, view(timedelta())),
        (WaitDate("day", 24 * HOURS, otherwise=(LATE,), passed=()), note(timedelta(), date_day="2026-11-20")),
    ],
    ids=["ask", "event", "date"],
)
def test_no_wake_up_is_lost_around_the_registration(waiting: Step, act: Act, when: str) -> None:
    """# dittofeed #1137, #1657: the event overtook the wait."""
    world = lee(waiting, DONE)
    Meeting(world, act, when)

    assert world.live_on(HOUR).tags == {"done"}
    assert world.live_on(3 * DAY).tags == {"done"}


def test_an_event_since_the_run_began_counts_where_the_step_says_so() -> None:
    pay = tell("payment", HOUR, total=1)
    payment = EventPattern("payment")
    waits = {
        "entry": WaitEvent(payment, 2 * HOURS, "entry", otherwise=(LATE,)),
        "step": WaitEvent(payment, 2 * HOURS, "step", otherwise=(LATE,)),
    }
    ask = Ask("size", 5 * HOURS)
    acts = (pay, say("x", 2 * HOUR))

    assert is_tagged(lee(ask, waits["entry"], DONE, acts=acts), 2 * HOUR)
    assert is_tagged(lee(ask, waits["step"], DONE, acts=acts), 4 * HOUR, "late")


def test_one_event_wakes_a_run_once() -> None:
    twice = (SCAN, Tag(("first",)), SCAN, DONE)
    world = lee(*twice, acts=(view(HOUR), view(2 * HOUR)))

    assert world.live_on(90 * MINUTE).tags == {"first"}
    assert is_tagged(world, 2 * HOUR)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("waiting", "act"),
    [
        (SCAN, view(DAY)),
        (Ask("q", 24 * HOURS, unanswered=(LATE,)), say("x", DAY)),
        (WaitEvent(EventPattern("payment"), 24 * HOURS, otherwise=(LATE,)), tell("payment", DAY, total=1)),
    ],
    ids=["event", "ask", "own event"],
)
def test_exactly_one_of_event_and_time_limit_wins(waiting: Step, act: Act, *, late: bool) -> None:
    """# mautic #266, #2210, PR #1311, PR #5540: both paths ran."""
    world = lee(waiting, DONE, acts=(act,), late=late).live_on(3 * DAY)

    assert world.tags == {"done"}
    assert world.statuses() == ["finished"]


def test_a_wait_begins_when_what_is_before_it_was_sent() -> None:
    """# mautic PR #1311: the timer ran from when the message was scheduled."""
    world = lee(Wait(5 * HOURS), Tag(("asked",)), SCAN, acts=(view(HOUR),))

    assert world.live_on(29 * HOUR - SECOND).tags == {"asked"}


def test_the_limit_of_a_question_counts_from_when_wechat_has_taken_it() -> None:
    """# mautic PR #1311: the timer ran from when the message was scheduled."""
    world = lee(Ask("q", HOURS, Text({"any": "?"}), unanswered=(LATE,)))
    world.wechat.failures = [WeChatBusyError(-1, "busy")] * 3
    world.begin()
    ((taken, _),) = world.texts

    assert taken > timedelta()
    assert is_tagged(world, taken + HOUR, "late")


# --- handing over ------------------------------------------------------------------------------------


def test_a_chat_that_is_handed_over_goes_on_when_it_is_closed() -> None:
    world = lee(HandOver("stylist", 2 * HOURS), DONE, acts=(close_chat(HOUR),))

    assert is_tagged(world, HOUR)
    ((what, detail),) = world.bus.once
    assert (what, detail["staff"], detail["person_id"]) == ("HandOverRequested", "stylist", "person-lee")


def test_a_chat_that_was_closed_before_one_is_handed_over_was_another() -> None:
    closed = close_chat(HOUR / 2)

    assert is_tagged(lee(Wait(HOURS), HandOver("stylist", 2 * HOURS), DONE, acts=(closed,)), 3 * HOUR)


def test_a_chat_that_nobody_closes_goes_on_at_its_limit() -> None:
    assert is_tagged(lee(HandOver("stylist", 2 * HOURS), DONE), 2 * HOUR)


# --- dates -------------------------------------------------------------------------------------------


def booked(at: timedelta) -> str:
    return (START + SHANGHAI + at).replace(tzinfo=None).isoformat()


BOOKING = WaitDate("booking", 10 * 24 * HOURS, offset=-2 * HOURS, otherwise=(LATE,))


def known(value: str) -> World:
    world = lee(BOOKING, DONE)
    assert world.records.follower is not None
    world.records.only.follower = world.records.follower.changed(dates={"booking": value})
    return world


def test_a_date_that_is_known_is_waited_for() -> None:
    assert is_tagged(known(booked(2 * DAY)), 2 * DAY - 2 * HOUR)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("quiet", [None, QuietHours(9 * 60, 12 * 60)], ids=["always", "quiet"])
@pytest.mark.parametrize("moved", [False, True], ids=["known before", "moved into the past"])
@pytest.mark.parametrize(
    ("passed", "tags"),
    [(None, {"late", "done"}), ((), {"done"}), ((Tag(("passed",)),), {"passed", "done"})],
    ids=["not stated", "go on", "steps"],
)
def test_a_wait_whose_moment_has_passed_does_at_once_what_its_author_states(
    passed: tuple[Step, ...] | None, tags: set[str], *, moved: bool, quiet: QuietHours | None, zone: str
) -> None:
    """mautic #9040: a reminder of last month's booking must not be sent as one of tomorrow's."""
    local = ZoneInfo(zone)
    begins = START.astimezone(local)
    before, after = f"{begins - DAY:%Y-%m-%dT%H:%M}", f"{begins + 5 * DAY:%Y-%m-%dT%H:%M}"
    world = lee(replace(BOOKING, passed=passed), DONE, quiet=quiet)
    assert world.records.follower is not None
    known = {"booking": after if moved else before}
    world.records.only.follower = world.records.follower.changed(dates=known, time_zone=zone)
    world.ahead = [*world.ahead, *([note(DAY, date_booking=before)] if moved else [])]
    comes = after_quiet(START + DAY * moved, local, quiet) - START

    if comes:
        assert world.live_on(comes - SECOND).tags == set()
    assert world.live_on(comes).tags == tags
    assert world.live_on(20 * DAY).tags == tags


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("birthday", ["1990-{day:%m-%d}", "2026-{day:%m-%d}", "1990-{day:%m-%d}T18:30"])
@pytest.mark.parametrize("days", [0, 1, 9])
def test_a_yearly_wait_ends_on_the_next_day_of_that_date(birthday: str, zone: str, days: int) -> None:
    """BirthdayBot #192: the birthday of 1990 is waited for, and not over."""
    local = ZoneInfo(zone)
    day = START.astimezone(local).date() + timedelta(days=days)
    ends = datetime.combine(day, time(20), local).astimezone(UTC) - START
    world = lee(WaitDate("birthday", 20 * 24 * HOURS, time=20 * 60, yearly=True, otherwise=(LATE,)), DONE)
    assert world.records.follower is not None
    dates = {"birthday": birthday.format(day=day)}
    world.records.only.follower = world.records.follower.changed(dates=dates, time_zone=zone)

    if ends > timedelta():
        assert is_tagged(world, ends)
    assert ("late" in world.live_on(21 * DAY).tags) is (ends <= timedelta())


def test_a_date_beyond_the_limit_goes_the_other_way_at_the_limit() -> None:
    assert is_tagged(known(booked(30 * DAY)), 10 * DAY, "late")


def test_a_date_that_becomes_known_is_waited_for_from_then_on() -> None:
    world = lee(BOOKING, DONE, acts=(note(DAY, date_booking=booked(3 * DAY)),))

    assert is_tagged(world, 3 * DAY - 2 * HOUR)
    assert "late" not in world.live_on(20 * DAY).tags


@pytest.mark.capability(row="13")
@pytest.mark.parametrize(("moved", "ends"), [(2, 2), (8, 8)], ids=["closer", "later"])
def test_a_wait_moves_with_its_date(moved: int, ends: int) -> None:
    """# PostHog #82920: moved closer, it still fired at the original instant."""
    world = known(booked(5 * DAY))
    world.ahead = [*world.ahead, note(DAY, date_booking=booked(moved * DAY))]

    assert is_tagged(world, ends * DAY - 2 * HOUR)


def test_a_date_that_is_removed_is_waited_for_until_the_limit() -> None:
    world = known(booked(5 * DAY))
    world.ahead = [*world.ahead, note(DAY, date_booking="")]

    assert is_tagged(world, 10 * DAY, "late")


def test_a_date_that_moves_at_the_instant_it_comes_is_waited_for_anew() -> None:
    world = known(booked(5 * DAY))
    world.ahead = [*world.ahead, note(5 * DAY - 2 * HOUR, date_booking=booked(6 * DAY))]
    world.engine.late = True

    assert is_tagged(world, 6 * DAY - 2 * HOUR)


def test_a_date_that_another_journey_sets_moves_the_wait() -> None:
    setter = Journey(
        "setter", {"any": "T"}, Trigger("click", key="set"), (Set({"date.booking": "2026-11-25"}),)
    )
    waiter = Journey("waiter", {"any": "T"}, Trigger("click", key="go"), (BOOKING, DONE))
    acts = [click("go", timedelta()), click("set", DAY)]
    world = world_of(setter, waiter, acts=acts, follower=LEE)
    midnight = datetime(2026, 11, 24, 16, tzinfo=UTC)

    assert is_tagged(world, midnight - START - 2 * HOUR)


def test_the_limit_of_a_date_counts_from_the_step_however_often_the_date_moves() -> None:
    moves = tuple(note(day * DAY, date_booking=booked((20 + day) * DAY)) for day in range(1, 9))

    assert is_tagged(lee(Wait(HOURS), BOOKING, DONE, acts=moves), 10 * DAY + HOUR, "late")


def test_a_follow_begins_a_wait_for_a_date_like_any_other_trigger() -> None:
    journey = Journey("made-up", {"any": "T"}, Trigger("follow"), (BOOKING, DONE))
    world = world_of(journey, acts=[follow(), note(DAY, date_booking=booked(3 * DAY))])

    assert is_tagged(world, 3 * DAY - 2 * HOUR)


# --- machine time ----------------------------------------------------------------------------------------


class PassingClock(FakeClock):
    """A fraction of a second passes whenever somebody looks: machines take time, and rarely whole seconds."""

    def now(self) -> datetime:
        self.pass_(seconds=0.3)
        return super().now()


@pytest.mark.parametrize(
    ("step", "ends"),
    [
        (Wait(HOURS), HOUR),
        (WaitUntil(18 * 60), 8 * HOUR),
        (BOOKING, 2 * DAY - 2 * HOUR),
        (WaitDate("unknown", HOURS), HOUR),
        (WaitEvent(EventPattern("click", key="no"), HOURS), HOUR),
        (Ask("q", HOURS), HOUR),
        (HandOver("stylist", HOURS), HOUR),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, timedelta) else None,
)
@pytest.mark.parametrize("quiet", [None, NIGHT], ids=["always", "quiet"])
def test_each_wait_ends_at_its_first_end_though_machines_take_time(
    step: Step, ends: timedelta, quiet: QuietHours | None
) -> None:
    world = lee(step, DONE, quiet=quiet, clock=PassingClock(START))
    assert world.records.follower is not None
    world.records.only.follower = world.records.follower.changed(dates={"booking": booked(2 * DAY)})

    assert "done" not in world.live_on(ends - MINUTE).tags
    assert "done" in world.live_on(ends + MINUTE).tags
