"""What the proof knows of clocks, against every zone of the database, and journeys that fit because of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.unit.proof.test_clocks import typed
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.journeys.definition import QuietHours, Trigger
from wejourney.messaging.contents import Text
from workbench.language.journey import Journey
from workbench.language.step_types import Send, Set, Step, Wait, WaitUntil
from workbench.proof.clock import DAY, EVENING, HOUR, MORNING, in_zone
from workbench.proof.prove import prove
from workbench.proof.state import ProofState

CURRENT = RULE_SETS["current"]
QUARTER = timedelta(minutes=15)
YEARS = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC))
DAYTIME = timedelta(seconds=MORNING), timedelta(seconds=EVENING)


def offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def changes(zone: ZoneInfo) -> list[tuple[datetime, timedelta, timedelta]]:
    """When the clocks of a zone are changed, and what they add to UTC before and from then on."""
    found = []
    week = YEARS[0]
    while week < YEARS[1]:
        before, after = week, week + timedelta(days=7)
        if offset(zone, before) != offset(zone, after):
            while after - before > QUARTER:
                between = before + (after - before) // QUARTER // 2 * QUARTER
                if offset(zone, between) == offset(zone, week):
                    before = between
                else:
                    after = between
            found.append((after, offset(zone, before), offset(zone, after)))
        week += timedelta(days=7)
    return found


def time_of_day(at: datetime, added: timedelta) -> timedelta:
    local = at.replace(tzinfo=None) + added
    return local - local.replace(hour=0, minute=0, second=0)


@pytest.fixture(scope="module")
def all_changes() -> dict[str, list[tuple[datetime, timedelta, timedelta]]]:
    return {name: changes(ZoneInfo(name)) for name in sorted(available_timezones())}


def test_no_zone_changes_its_clocks_in_the_daytime(
    all_changes: dict[str, list[tuple[datetime, timedelta, timedelta]]],
) -> None:
    assert len(all_changes) > 400
    assert sum(map(len, all_changes.values())) > 4_000
    for name, found in all_changes.items():
        for at, before, after in found:
            for added in (before, after):
                assert not DAYTIME[0] < time_of_day(at, added) < DAYTIME[1], (name, at)


PAIRS = [
    ("Asia/Shanghai", "America/Los_Angeles"),
    ("America/New_York", "Europe/Paris"),
    ("America/New_York", "America/Chicago"),
    ("Pacific/Auckland", "America/Santiago"),
    ("Australia/Lord_Howe", "Asia/Kathmandu"),
    ("Europe/London", "Asia/Shanghai"),
    ("America/Havana", "America/New_York"),
    ("America/Nuuk", "Europe/Lisbon"),
]


@pytest.mark.parametrize("pair", [*PAIRS, *(pair[::-1] for pair in PAIRS)])
def test_every_time_that_another_zones_clocks_can_show_is_looked_at(pair: tuple[str, str]) -> None:
    before, after = map(ZoneInfo, pair)
    noon = ProofState(0, (), {}, clock=12 * HOUR, zone=pair[0])
    looked_at = {state.clock for state in in_zone(noon, pair[1])}
    shown = set()
    for number in range(366 * 24 * 4 * 2):
        at = YEARS[0] + number * QUARTER
        shown.add(int((offset(after, at) - offset(before, at)).total_seconds() + 12 * HOUR) % DAY)
    assert looked_at == shown


FITTING: dict[str, tuple[Trigger, tuple[Step, ...]]] = {
    # Typed at 09:00 at the latest, 23 hours and 24 of the wall are less than 48.
    "a zone that the run has set has no daylight saving": (
        Trigger("text", keywords=("hi",)),
        (Set({"time_zone": "Asia/Shanghai"}), WaitUntil(9 * 60), Wait(23 * HOUR + 3_500)),
    ),
    "09:00 in Shanghai, then in Los Angeles": (
        Trigger("text", keywords=("hi",)),
        (
            Set({"time_zone": "Asia/Shanghai"}),
            WaitUntil(9 * 60),
            Set({"time_zone": "America/Los_Angeles"}),
            WaitUntil(9 * 60),
            Wait(6 * HOUR),
        ),
    ),
    "the same zone twice": (
        Trigger("text", keywords=("hi",)),
        (
            Set({"time_zone": "Asia/Tokyo"}),
            WaitUntil(9 * 60),
            Set({"time_zone": "Asia/Tokyo"}),
            WaitUntil(10 * 60),
            Wait(22 * HOUR),
        ),
    ),
    "no clock is changed between 09:00 and 20:00": (
        Trigger("text", keywords=("hi",)),
        (WaitUntil(9 * 60), typed("q", 3 * HOUR), WaitUntil(20 * 60), Wait(36 * HOUR + 3_500)),
    ),
    "a schedule's time is known": (
        Trigger("schedule", time=10 * 60),
        (typed("q", 2 * HOUR), WaitUntil(12 * 60 + 1), Wait(45 * HOUR + 3_500)),
    ),
    "a date's time is known": (
        Trigger("date", name="booking", time=10 * 60),
        (typed("q", 2 * HOUR), WaitUntil(12 * 60 + 1), Wait(45 * HOUR + 3_500)),
    ),
}  # fmt: skip

TOO_LATE: dict[str, tuple[Trigger, tuple[Step, ...]]] = {
    "an hour more in Shanghai": (
        Trigger("text", keywords=("hi",)),
        (Set({"time_zone": "Asia/Shanghai"}), WaitUntil(9 * 60), Wait(24 * HOUR)),
    ),
    "a zone with daylight saving": (
        Trigger("text", keywords=("hi",)),
        (Set({"time_zone": "Europe/Paris"}), WaitUntil(9 * 60), Wait(23 * HOUR + 3_500)),
    ),
    "a zone that somebody types": (
        Trigger("text", keywords=("hi",)),
        (Set({"time_zone": "{attribute.zone|Asia/Shanghai}"}), WaitUntil(9 * 60), Wait(23 * HOUR + 3_500)),
    ),
    "Los Angeles is 16 hours behind in winter": (
        Trigger("text", keywords=("hi",)),
        (
            Set({"time_zone": "Asia/Shanghai"}),
            WaitUntil(9 * 60),
            Set({"time_zone": "America/Los_Angeles"}),
            WaitUntil(9 * 60),
            Wait(8 * HOUR),
        ),
    ),
    "a night lies between": (
        Trigger("text", keywords=("hi",)),
        (WaitUntil(20 * 60), typed("q", 1), WaitUntil(9 * 60), Wait(34 * HOUR + 3_500)),
    ),
    "a night lay between": (
        Trigger("text", keywords=("hi",)),
        (WaitUntil(20 * 60), typed("q", 1), Wait(12 * HOUR), WaitUntil(9 * 60), Wait(34 * HOUR + 3_500)),
    ),
    "a schedule at night": (
        Trigger("schedule", time=2 * 60),
        (typed("q", 2 * HOUR), WaitUntil(12 * 60), Wait(37 * HOUR + 3_500)),
    ),
}  # fmt: skip


def violations(trigger: Trigger, steps: tuple[Step, ...], quiet: QuietHours | None = None) -> bool:
    journey = Journey("clock", {"any": "T"}, trigger, (*steps, Send(Text({"any": "hi"}))), quiet=quiet)
    return prove(journey, CURRENT) != ()


@pytest.mark.parametrize("why", FITTING)
def test_what_no_clock_can_make_too_late_is_accepted(why: str) -> None:
    assert not violations(*FITTING[why])


@pytest.mark.parametrize("why", TOO_LATE)
def test_what_a_clock_can_make_too_late_is_rejected(why: str) -> None:
    assert violations(*TOO_LATE[why])
