"""Waits for dates that return each year, against a walk over the calendar, and for dates that have passed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.events.positions import BEGINNING
from wejourney.journeys.calendar import EarlierLook, after_quiet, end_of_wait, next_date
from wejourney.journeys.definition import QuietHours
from wejourney.journeys.runs import DateWait, Run, WaitEnd, whole_second
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.followers import Follower
from wejourney.people.profile_dates import is_date

ZONES = ("Asia/Shanghai", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
BIRTHDAYS = (
    *("1990-02-29", "1992-02-29", "1985-02-28", "1992-03-01", "1990-05-12", "2000-01-01", "1999-12-31"),
    *("2019-07-07", "20100704", "1990-05-12T18:30"),
)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SETTINGS = AccountSettings("app", time_zone="Asia/Shanghai")


def returns(value: str, offset: int, minutes: int | None, zone: ZoneInfo) -> Iterator[datetime]:
    """Every moment of a date that returns each year."""
    clock = time.fromisoformat(value[11:]) if "T" in value else time()
    shown = clock if minutes is None else time(minutes // 60, minutes % 60)
    for today in days_of(value[:10]):
        yield datetime.combine(today + timedelta(days=offset), shown, zone).astimezone(UTC)


@cache
def days_of(value: str) -> list[date]:
    """Every day on which a date returns, found day by day."""
    found: list[date] = []
    digits = value.replace("-", "")
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    today = date(max(year, 2004), 1, 1)
    while today.year < 2049:
        tomorrow = today + DAY
        is_last_of_february = (today.month, tomorrow.month) == (2, 3)
        if (today.month, today.day) == (month, day) or (
            is_last_of_february and (month, day) == (2, 29) and today.day == 28
        ):
            found.append(today)
        today = tomorrow
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("value", BIRTHDAYS)
def test_a_yearly_date_is_the_next_one_in_every_year_and_zone(value: str, zone: str) -> None:
    """40 years; a second before each moment, at it, and in between."""
    assert is_date(value)
    local = ZoneInfo(zone)
    for offset, minutes in product((-7, 0, 1), (None, 9 * 60)):
        moments = list(returns(value, offset, minutes, local))
        # Of a moment, days are 24 hours long: there, offsets in days would need another oracle.
        if "T" in value and offset:
            continue
        for before, after in pairwise(moments):
            for now in (before, before + timedelta(days=180), after - timedelta(seconds=1)):
                arguments = (value, offset * 86_400, minutes, local, now)
                assert next_date(*arguments, yearly=True) == after, now
            wait = DateWait("day", offset * 86_400, minutes, None, after, yearly=True)
            lee = Follower("app", "lee", "p", time_zone=zone, dates={"day": value})
            assert end_of_wait(wait, lee, SETTINGS, before) == WaitEnd(after, reached=True)
            came = WaitEnd(None, reached=True)
            waited = EarlierLook(WaitEnd(after, reached=True), lee)
            assert end_of_wait(wait, lee, SETTINGS, after + DAY, waited) == came


def test_a_yearly_date_does_not_return_before_its_own_year() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    arguments = ("2028-12-01", 0, None, ZoneInfo("UTC"), now)

    assert next_date(*arguments, yearly=True) == datetime(2028, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", ["", "soon", "2026-W49", "2026-W49-3", "0000-01-01", "2026-02-30"])
def test_what_is_no_day_is_no_date_and_never_comes(value: str) -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)

    assert not is_date(value)
    if "W" not in value:  # A profile may still hold one that an earlier release took for a day.
        assert next_date(value, 0, None, ZoneInfo("UTC"), now, yearly=True) is None
        assert next_date(value, 0, None, ZoneInfo("UTC"), now, yearly=False) is None


_MOMENTS = st.integers(0, 60 * 86_400).map(lambda second: datetime(2026, 3, 1, tzinfo=UTC) + second * SECOND)
_QUIET = st.none() | st.builds(QuietHours, st.integers(0, 1439), st.integers(0, 1439))


@given(_MOMENTS, _MOMENTS, st.sampled_from(ZONES), _QUIET)
def test_a_moment_has_passed_if_it_lies_behind_and_was_not_waited_for(
    told: datetime, now: datetime, zone: str, quiet: QuietHours | None
) -> None:
    local = ZoneInfo(zone)
    wait = DateWait("day", 0, None, quiet, now + 90 * DAY)
    lee = Follower("app", "lee", "p", time_zone=zone, dates={"day": f"{told:%Y-%m-%dT%H:%M}"})
    due = whole_second(after_quiet(told.replace(second=0, microsecond=0, tzinfo=local), local, quiet))
    due = due.astimezone(UTC)
    end = end_of_wait(wait, lee, SETTINGS, now)

    assert end.reached
    assert end.passed is (end.until != due)
    if end.passed:
        assert due <= now
        # It is told from one that has come: this is what the run has waited for.
        waited = EarlierLook(WaitEnd(due, reached=True), lee)
        assert end_of_wait(wait, lee, SETTINGS, now, waited) == WaitEnd(None, reached=True)
        # It speaks at once, or when quiet hours are over.
        assert end.until == (
            None if after_quiet(now, local, quiet) <= now else after_quiet(now, local, quiet)
        )


def test_how_a_wait_for_a_date_ended_is_in_the_data_of_its_run() -> None:
    begun = Run.from_dict(
        {"id": "r", "journey": "j", "version": "v", "last_position": str(BEGINNING)},
        Follower("app", "lee", "p"),
    )

    run = begun.awaiting(WaitEnd(None, reached=True, passed=True), datetime(2026, 11, 27, tzinfo=UTC))

    assert run.to_dict()["passed"] is True
    assert run.wait_end == WaitEnd(None, reached=True, passed=True)
