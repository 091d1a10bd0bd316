"""The proof against the calendar: where clocks are changed, no wait takes longer than the proof knows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from wejourney.allowances.allowance_windows import SENDING_MARGIN
from wejourney.allowances.wechat_rules import RULE_SETS, Act
from wejourney.events.matching import EventPattern
from wejourney.journeys.calendar import after_quiet, next_time
from wejourney.journeys.definition import DayHours, QuietHours, Trigger
from wejourney.messaging.contents import Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Send, Set, Step, Stop, Wait, WaitEvent, WaitUntil
from workbench.proof.prove import prove

RULES = RULE_SETS["current"]
HOUR = 3600
CHANGES = [
    ("Asia/Shanghai", datetime(2026, 6, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 3, 14, 7, tzinfo=UTC)),
    ("Europe/Paris", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Pacific/Auckland", datetime(2026, 4, 4, 14, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 4, 5, 3, tzinfo=UTC)),
]
"""Zones, and a moment at which their clocks are changed: never, back, forward, by half an hour."""

TIMES = (0, 60, 90, 120, 9 * 60, 21 * 60, 23 * 60 + 30)
WAITS = (1, HOUR, 2 * HOUR, 12 * HOUR, 14 * HOUR + 2400, 22 * HOUR, 24 * HOUR + 1800)
QUIET = (
    None,
    None,
    QuietHours(22 * 60, 8 * 60),
    QuietHours(60, 75),
    QuietHours(60, 240),
    QuietHours(720, 840),
    QuietHours(22 * 60, 8 * 60, (DayHours(5, 0, 24 * 60), DayHours(6, 20 * 60, 12 * 60))),
)
LIMIT = RULES.opens[Act.MESSAGE].lasts - SENDING_MARGIN
"""So long after the last thing that was typed, a message can no longer leave."""

SLACK = 2 * HOUR
"""The proof may take clocks to be changed that no zone changes so."""

type Moments = dict[tuple[datetime, str], datetime]
"""When a run may be in which zone, and the earliest time at which its follower can have spoken last."""


def typed(name: str, within: int) -> Ask:
    return Ask(name, within, Text({"any": "?"}), unanswered=(Stop("silent"),), not_sent=(Stop("unsaid"),))


ZONES = ("Pacific/Auckland", "America/Santiago", "Asia/Shanghai", "Asia/Tokyo", "America/New_York")


def made(number: int) -> tuple[list[Step], QuietHours | None, int | None]:
    """Steps, quiet hours, and the time of day at which the calendar starts the journey, if it does."""
    random = Random(number)  # noqa: S311
    scheduled = random.choice((None, *TIMES)) if random.random() < 0.4 else None
    steps: list[Step] = [Set({"time_zone": random.choice(ZONES)})] if random.random() < 0.5 else []
    if scheduled is None:
        steps += [WaitUntil(random.choice(TIMES), random.choice((None, 5, 6, 0)))]
    steps += [Wait(random.choice(WAITS)), typed("first", random.choice((30, HOUR, 12 * HOUR)))]
    steps += [WaitUntil(random.choice(TIMES))] if random.random() < 0.5 else []
    steps += [typed("last", random.choice((30, HOUR, 2 * HOUR)))]
    for _ in range(random.randint(1, 3)):
        until = WaitUntil(random.choice(TIMES), random.choice((None, None, 0, 6)))
        zone = Set({"time_zone": random.choice(ZONES)})
        steps.append(random.choice((until, until, Wait(random.choice(WAITS)), zone)))
    return steps, random.choice(QUIET), scheduled


def beginnings(zone: str, at: datetime) -> Moments:
    """Runs that begin in the days before the clocks are changed."""
    return {(begin, zone): begin for begin in (at + timedelta(days=days) for days in range(-9, 2))}


def moments_after(step: Step, quiet: QuietHours | None, moments: Moments) -> Moments:
    """Where runs can be after a step."""
    after: Moments = {}
    for (now, zone), spoken in moments.items():
        for then, there, last in ways(step, quiet, now, zone, spoken):
            after[then, there] = min(last, after.get((then, there), last))
    return after


def ways(
    step: Step, quiet: QuietHours | None, now: datetime, zone: str, spoken: datetime
) -> Iterator[tuple[datetime, str, datetime]]:
    match step:
        case Wait():
            yield after_quiet(now + timedelta(seconds=step.seconds), ZoneInfo(zone), quiet), zone, spoken
        case WaitUntil():
            then = next_time(now, ZoneInfo(zone), step.time, step.weekday)
            yield after_quiet(then, ZoneInfo(zone), quiet), zone, spoken
        case Set():
            yield now, step.values["time_zone"], spoken
        case Ask():
            for seconds in {0, step.within - 1, step.within, *range(0, step.within, HOUR)}:
                then = now + timedelta(seconds=seconds)
                yield then, zone, then
        case _:
            raise AssertionError(step)


def longest_silence(moments: Moments) -> timedelta:
    """The longest time that can lie between the last thing typed and these moments."""
    return max(now - spoken for (now, _), spoken in moments.items())


def is_refused(steps: list[Step], quiet: QuietHours | None, scheduled: int | None) -> bool:
    trigger, message = Trigger("text", keywords=("hi",)), Send(Text({"any": "hi"}))
    if scheduled is not None:
        trigger = Trigger("schedule", time=scheduled)
    return prove(Journey("late", {"any": "T"}, trigger, (*steps, message), quiet=quiet), RULES) != ()


@pytest.mark.parametrize("first", [0, 150])
def test_what_the_calendar_makes_too_late_is_refused_and_what_is_an_hour_or_two_sooner_is_not(
    first: int,
) -> None:
    # mautic #11602, #10612: hours that clocks skip and repeat.
    at_the_edge = sooner = 0
    for number in range(first, first + 150):
        steps, quiet, scheduled = made(number)
        changes = [beginnings(*change) for change in CHANGES]
        if scheduled is not None:
            changes = [moments_after(WaitUntil(scheduled), None, moments) for moments in changes]
        for step in steps:
            changes = [moments_after(step, quiet, moments) for moments in changes]
        missing = int((LIMIT - max(map(longest_silence, changes))).total_seconds())
        late = steps
        if missing > 0:
            late = [*steps, Wait(missing)]
            changes = [moments_after(late[-1], quiet, moments) for moments in changes]
        if max(map(longest_silence, changes)) < LIMIT:
            continue
        assert is_refused(late, quiet, scheduled), f"journey {number}"
        if missing > SLACK and quiet is None:
            at_the_edge += 1
            sooner += not is_refused([*steps, Wait(missing - SLACK)], quiet, scheduled)

    assert at_the_edge > 15
    assert sooner > at_the_edge / 2


@pytest.mark.parametrize("minutes", range(0, 24 * 60, 30))
def test_the_hour_at_which_a_schedule_starts_a_journey_is_known_at_night_too(minutes: int) -> None:
    written = WaitEvent(EventPattern("text", keywords=("*",)), HOUR, otherwise=(Stop("silent"),))
    steps: list[Step] = [written, WaitUntil((minutes + 12 * 60) % (24 * 60))]

    assert not is_refused([*steps, Wait(34 * HOUR)], None, minutes), (
        "12 hours, and one for a change of clocks"
    )
    assert is_refused([*steps, Wait(36 * HOUR)], None, minutes)
