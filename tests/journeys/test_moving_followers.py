"""Every wait that ends by the clock on the wall ends by the clock where the follower is then."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import START, Act, click, note, scan, send_media, tell
from wejourney.journeys.definition import QuietHours, Trigger
from wejourney.messaging.contents import Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Send, Set, Step, Stop, Wait, WaitDate, WaitUntil

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HOURS = 3600
SHANGHAI = "Asia/Shanghai"
"""The account's zone; START is 10:00 there, a Sunday."""
ZONES = (SHANGHAI, "America/New_York", "Europe/Paris", "Pacific/Auckland")
NIGHT = QuietHours(22 * 60, 8 * 60)
SAYS = Send(Text({"any": "hello"}))

type IsOver = Callable[[datetime, ZoneInfo], bool]
"""Whether a wait is over at this moment for a follower in this zone."""


def until(hour: int, weekday: int | None = None) -> IsOver:
    """Whether that time of day has come since the start."""

    def is_over(now: datetime, zone: ZoneInfo) -> bool:
        local = now.astimezone(zone)
        last = local.replace(hour=hour, minute=0)
        last -= timedelta(days=1) if last > local else timedelta()
        last -= timedelta(days=(last.weekday() - weekday) % 7 if weekday is not None else 0)
        return last > START

    return is_over


def by_day(after: timedelta) -> IsOver:
    """Whether that time has passed and it is not quiet."""
    return lambda now, zone: now >= START + after and 8 <= now.astimezone(zone).hour < 22


def on_day(told: str, quiet: QuietHours | None = None) -> IsOver:
    """Whether that moment has come, where the follower is or in its own zone, and it is not quiet."""
    moment = datetime.fromisoformat(told)

    def is_over(now: datetime, zone: ZoneInfo) -> bool:
        comes = moment.replace(tzinfo=moment.tzinfo or zone)
        return now >= comes and (quiet is None or by_day(timedelta())(now, zone))

    return is_over


DAYS = {"morning": "2026-11-23T09:00", "night": "2026-11-22T23:00", "zoned": "2026-11-22T23:00+08:00"}
"""Dates of the profile."""


def for_day(name: str, *, yearly: bool = False) -> tuple[Step, ...]:
    """A wait that does not go on if its moment had passed."""
    passed = None if yearly else (Stop("passed"),)
    return (WaitDate(name, 90 * HOURS, yearly=yearly, passed=passed, otherwise=(Stop("none"),)),)


WAITS: dict[str, tuple[tuple[Step, ...], IsOver, QuietHours | None]] = {
    "until 09:00": ((WaitUntil(9 * 60),), until(9), None),
    "until monday 09:00": ((WaitUntil(9 * 60, 0),), until(9, 0), None),
    "25 hours and quiet hours": ((Wait(25 * HOURS),), by_day(25 * HOUR), NIGHT),
    "15 hours and quiet hours": ((Wait(15 * HOURS),), by_day(15 * HOUR), NIGHT),
    "a time limit and quiet hours": ((Ask("q", 14 * HOURS),), by_day(14 * HOUR), NIGHT),
    "the limit of a date and quiet hours": ((WaitDate("x", 14 * HOURS),), by_day(14 * HOUR), NIGHT),
    "until 09:00 and quiet hours": (
        (WaitUntil(9 * 60),),
        lambda now, zone: until(9)(now, zone) and by_day(HOUR)(now, zone),
        NIGHT,
    ),
    "a date": (for_day("morning"), on_day(DAYS["morning"]), None),
    "a yearly date": (for_day("morning", yearly=True), on_day(DAYS["morning"]), None),
    "a date and quiet hours": (for_day("night"), on_day(DAYS["night"], NIGHT), NIGHT),
    "a date with a zone and quiet hours": (for_day("zoned"), on_day(DAYS["zoned"], NIGHT), NIGHT),
}


def expected(is_over: IsOver, moves: list[tuple[timedelta, str]]) -> timedelta:
    """When the wait is over, found half an hour by half an hour: all that is done or told here is at one."""
    for half_hours in range(10 * 48):
        after = half_hours * HOUR / 2
        zone = [SHANGHAI, *(zone for at, zone in moves if at <= after)][-1]
        if is_over(START + after, ZoneInfo(zone)):
            return after
    raise AssertionError


def heard(both: Agreement, acts: list[Act]) -> list[timedelta]:
    days = note(-MINUTE, **{f"date_{name}": day for name, day in DAYS.items()})
    life = [send_media("image", -MINUTE), days, *acts]
    played = both.simulated(life, [], "current")
    assert played == both.deployed(life, [], "current")
    return [at - START for at, _ in played.sent]


def moves() -> Iterator[list[tuple[timedelta, str]]]:
    for hours in (1, 13, 16, 20, 24.5, 30):
        for zone in ZONES[1:]:
            yield [(hours * HOUR, zone)]
            yield [(hours * HOUR, zone), ((hours + 3) * HOUR, SHANGHAI)]
    yield from ([(2 * HOUR, one), (9 * HOUR, two), (17 * HOUR, one)] for one in ZONES for two in ZONES)


@pytest.mark.parametrize("name", WAITS)
def test_the_end_of_a_wait_follows_the_zone_of_the_follower(name: str) -> None:
    """Shanghai to New York in a wait until 09:00: the message came at 20:00."""
    steps, is_over, quiet = WAITS[name]
    journey = Journey("made-up", {"any": "T"}, Trigger("click", key="go"), (*steps, SAYS), quiet=quiet)

    both = Agreement.of(journey)
    for moved in moves():
        acts = [click("go", timedelta()), *(note(at, time_zone=zone) for at, zone in moved)]
        assert heard(both, acts) == [expected(is_over, moved)], moved


@pytest.mark.parametrize("name", ["until 09:00", "15 hours and quiet hours"])
@pytest.mark.parametrize("zone", ZONES[1:])
def test_another_journey_that_moves_the_follower_moves_the_end(name: str, zone: str) -> None:
    steps, is_over, quiet = WAITS[name]
    journey = Journey("made-up", {"any": "T"}, Trigger("click", key="go"), (*steps, SAYS), quiet=quiet)
    setter = Journey("setter", {"any": "T"}, Trigger("tag", name="x"), (Set({"time_zone": zone}),))

    acts = [click("go", timedelta()), tell("tag", 16 * HOUR, tag="x")]
    assert heard(Agreement.of(journey, setter), acts) == [expected(is_over, [(16 * HOUR, zone)])]


@pytest.mark.parametrize("zone", ZONES[1:])
@pytest.mark.parametrize("hours", [15.5, 18, 21])
def test_a_pause_for_quiet_hours_ends_when_it_is_day_where_the_follower_is(zone: str, hours: float) -> None:
    """Also the pause of a run that started in them."""
    journey = Journey("made-up", {"any": "T"}, Trigger("tag", name="x"), (SAYS,), quiet=NIGHT)
    acts = [tell("tag", 15 * HOUR, tag="x"), note(hours * HOUR, time_zone=zone)]

    assert heard(Agreement.of(journey), acts) == [expected(by_day(15 * HOUR), [(hours * HOUR, zone)])]


@pytest.mark.parametrize("yearly", [False, True])
@pytest.mark.parametrize("later", ["", "2026-11-23T12:00"])
@pytest.mark.parametrize("zone", [SHANGHAI, "Asia/Tokyo"])
def test_a_date_that_is_changed_to_one_since_the_wait_began_has_passed(
    zone: str, later: str, *, yearly: bool
) -> None:
    """Whoever has moved before or moves after that: only a move leaves a date behind that has come."""
    journey = Journey("made-up", {"any": "T"}, Trigger("scan"), (*for_day("morning", yearly=yearly), SAYS))
    acts = [scan("s", timedelta()), note(4 * HOUR, date_morning="2026-11-22T11:00")]
    acts += [note(5 * HOUR, time_zone=zone)]
    acts += [note(6 * HOUR, date_morning=later)] if later else []

    comes = 26 * HOUR - (HOUR if zone != SHANGHAI else timedelta())
    assert heard(Agreement.of(journey), acts) == ([comes] if later and yearly else [])


def test_a_move_at_the_instant_at_which_a_wait_ends_is_seen_by_the_task_after_it() -> None:
    """The time limit fires although the move is on record: the task goes back to the wait."""
    journey = Journey("made-up", {"any": "T"}, Trigger("click", key="go"), (WaitUntil(9 * 60), SAYS))
    both = Agreement.of(journey)
    moved = note(23 * HOUR, time_zone="Asia/Bangkok")
    world = both.world([send_media("image", -MINUTE), click("go", timedelta()), moved], [], "current")
    world.engine.late = True

    world.live_on(timedelta(days=4))
    assert [at for at, _ in world.texts] == [24 * HOUR]
