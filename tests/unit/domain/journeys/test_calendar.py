"""When waits are over, in the zones of the boutiques and over the changes of their clocks."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SETTINGS
from wejourney.journeys.calendar import after_quiet, end_of_wait, next_time
from wejourney.journeys.definition import QuietHours
from wejourney.journeys.runs import DateWait
from wejourney.messaging.account_settings import zone_of
from wejourney.people.followers import Follower
from wejourney.people.profile_dates import is_date, moment_of

SHANGHAI, PARIS, NEW_YORK = (ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Paris", "America/New_York"))
ZONES = st.sampled_from(
    [
        SHANGHAI,
        PARIS,
        NEW_YORK,
        *map(ZoneInfo, ("UTC", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")),
    ]
)
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MINUTES = st.integers(0, 24 * 60 - 1)

SOMEBODY = Follower(APP_ID, OPENID, "person")
NIGHT = QuietHours(22 * 60, 8 * 60)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M:%S}"


# --- where the follower is ------------------------------------------------------------------------


def test_the_zone_is_the_followers_else_the_stores_else_the_accounts() -> None:
    account = replace(SETTINGS, store_zones={"store-PAR*": "Europe/Paris", "store-*": "America/New_York"})
    in_paris = replace(SOMEBODY, scene="store-PAR01")

    assert zone_of(replace(in_paris, time_zone="Asia/Tokyo"), account).key == "Asia/Tokyo"
    assert zone_of(in_paris, account).key == "Europe/Paris"
    assert zone_of(replace(SOMEBODY, scene="store-NY"), account).key == "America/New_York"
    assert zone_of(replace(SOMEBODY, scene="poster"), account).key == "Asia/Shanghai"
    assert zone_of(SOMEBODY, account).key == "Asia/Shanghai"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "", "../etc/passwd"])
def test_a_zone_that_does_not_exist_is_as_unknown(zone: str) -> None:
    assert zone_of(replace(SOMEBODY, time_zone=zone), SETTINGS) == SHANGHAI


# --- until a time of day --------------------------------------------------------------------------


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("zone", [SHANGHAI, PARIS, NEW_YORK])
def test_at_each_hour_of_a_day_the_wait_ends_at_nine_where_the_follower_is(zone: ZoneInfo, hour: int) -> None:
    """mautic #7665 and #17319, dittofeed #1748, novu #2808: waits that ended by the server's clock."""
    now = datetime(2026, 6, 15, hour, 30, tzinfo=UTC)

    until = next_time(now, zone, 9 * 60)

    local = now.astimezone(zone)
    day = local.date() + timedelta(days=local.hour >= 9)
    assert until.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time(9))
    assert until.utcoffset() == timedelta(0)


def test_a_wait_for_nine_that_begins_at_nine_lasts_a_day() -> None:
    nine = utc("2026-06-15T09:00:00+08:00")
    assert next_time(nine, SHANGHAI, 540) == nine + timedelta(days=1)
    assert next_time(nine - timedelta(seconds=1), SHANGHAI, 540) == nine


def test_the_weekday_is_the_followers() -> None:
    sunday_evening_in_new_york = utc("2026-06-14T22:00:00-04:00")  # Monday already in Shanghai
    assert clock(next_time(sunday_evening_in_new_york, NEW_YORK, 540, 0), NEW_YORK) == "06-15 09:00:00"
    assert clock(next_time(sunday_evening_in_new_york, SHANGHAI, 540, 0), SHANGHAI) == "06-22 09:00:00"
    assert clock(next_time(sunday_evening_in_new_york, NEW_YORK, 540, 6), NEW_YORK) == "06-21 09:00:00"


@pytest.mark.parametrize(
    ("zone", "now", "minutes", "until"),
    [
        # Clocks go forward: 02:00 is followed by 03:00.
        (PARIS, "2026-03-28T23:00:00+01:00", 540, "2026-03-29T09:00:00+02:00"),
        (PARIS, "2026-03-28T23:00:00+01:00", 150, "2026-03-29T03:00:00+02:00"),
        (PARIS, "2026-03-29T03:00:00+02:00", 150, "2026-03-30T02:30:00+02:00"),
        (NEW_YORK, "2026-03-08T01:59:59-05:00", 540, "2026-03-08T09:00:00-04:00"),
        (NEW_YORK, "2026-03-08T01:59:59-05:00", 150, "2026-03-08T03:00:00-04:00"),
        # Clocks go back: 02:30 comes twice in Paris, 01:30 in New York.
        (PARIS, "2026-10-24T23:00:00+02:00", 540, "2026-10-25T09:00:00+01:00"),
        (PARIS, "2026-10-25T02:00:00+02:00", 150, "2026-10-25T02:30:00+02:00"),
        (PARIS, "2026-10-25T02:30:00+02:00", 150, "2026-10-26T02:30:00+01:00"),
        (PARIS, "2026-10-25T02:15:00+01:00", 150, "2026-10-26T02:30:00+01:00"),
        (NEW_YORK, "2026-11-01T00:30:00-04:00", 150, "2026-11-01T02:30:00-05:00"),
        (NEW_YORK, "2026-11-01T00:30:00-04:00", 90, "2026-11-01T01:30:00-04:00"),
        (NEW_YORK, "2026-11-01T00:30:00-04:00", 540, "2026-11-01T09:00:00-05:00"),
    ],
)
def test_a_wait_over_a_change_of_clocks_ends_once_at_the_first_such_time(
    zone: ZoneInfo, now: str, minutes: int, until: str
) -> None:
    """mautic #11602: rescheduled every hour at the change; #10612: hours wrong from 31 October on."""
    assert next_time(utc(now), zone, minutes) == utc(until)


def test_a_day_that_a_country_skips_is_skipped() -> None:
    """Samoa had no 30 December 2011."""
    now = utc("2011-12-29T12:00:00-10:00")
    assert next_time(now, ZoneInfo("Pacific/Apia"), 540) == utc("2011-12-31T00:00:00+14:00")


@given(MOMENTS, ZONES, MINUTES, st.none() | st.integers(0, 6))
def test_the_next_time_is_ahead_at_most_a_day_and_an_hour_and_right_on_the_wall(
    now: datetime, zone: ZoneInfo, minutes: int, weekday: int | None
) -> None:
    until = next_time(now, zone, minutes, weekday)

    longest = timedelta(days=1 if weekday is None else 7, hours=1)
    skipped = timedelta(days=1) if zone.key == "Pacific/Apia" else timedelta(0)
    assert now < until <= now + longest + skipped
    local = until.astimezone(zone)
    wanted = datetime.combine(local.date(), time(minutes // 60, minutes % 60), zone)
    exists = wanted.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wanted.replace(tzinfo=None)
    if exists and (local.hour, local.minute) != (minutes // 60, minutes % 60):
        # Only a day that was skipped as a whole ends on another one.
        assert zone.key == "Pacific/Apia"
    elif exists:
        assert local.fold == 0
        assert weekday is None or local.weekday() == weekday
    else:
        before = (until - timedelta(seconds=1)).astimezone(zone)
        assert before.utcoffset() != local.utcoffset()


# --- quiet hours ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet", "at", "over"),
    [
        (NIGHT, "2026-06-15T22:00:00+08:00", "2026-06-16T08:00:00+08:00"),
        (NIGHT, "2026-06-15T21:59:59+08:00", "2026-06-15T21:59:59+08:00"),
        (NIGHT, "2026-06-16T00:30:00+08:00", "2026-06-16T08:00:00+08:00"),
        (NIGHT, "2026-06-16T07:59:59+08:00", "2026-06-16T08:00:00+08:00"),
        (NIGHT, "2026-06-16T08:00:00+08:00", "2026-06-16T08:00:00+08:00"),
        (QuietHours(12 * 60, 14 * 60), "2026-06-15T12:30:00+08:00", "2026-06-15T14:00:00+08:00"),
        (QuietHours(12 * 60, 14 * 60), "2026-06-15T14:00:00+08:00", "2026-06-15T14:00:00+08:00"),
        (QuietHours(22 * 60, 0), "2026-06-15T23:00:00+08:00", "2026-06-16T00:00:00+08:00"),
        (QuietHours(540, 540), "2026-06-15T09:00:00+08:00", "2026-06-15T09:00:00+08:00"),
        (None, "2026-06-15T23:00:00+08:00", "2026-06-15T23:00:00+08:00"),
    ],
)
def test_a_moment_in_quiet_hours_moves_to_their_end(quiet: QuietHours | None, at: str, over: str) -> None:
    assert after_quiet(utc(at), SHANGHAI, quiet) == utc(over)


@pytest.mark.parametrize(
    ("zone", "quiet", "at", "over"),
    [
        (PARIS, NIGHT, "2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00"),
        (PARIS, QuietHours(1320, 150), "2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00"),
        (PARIS, QuietHours(150, 480), "2026-03-29T03:00:00+02:00", "2026-03-29T08:00:00+02:00"),
        (PARIS, NIGHT, "2026-10-25T02:30:00+01:00", "2026-10-25T08:00:00+01:00"),
        (PARIS, QuietHours(1320, 150), "2026-10-25T02:15:00+02:00", "2026-10-25T02:30:00+02:00"),
        # It is a quarter past two again, and so quiet again, but not until the next day's end.
        (PARIS, QuietHours(1320, 150), "2026-10-25T02:15:00+01:00", "2026-10-25T02:30:00+01:00"),
        (PARIS, QuietHours(150, 480), "2026-10-25T02:45:00+02:00", "2026-10-25T08:00:00+01:00"),
        (NEW_YORK, NIGHT, "2026-03-08T01:59:00-05:00", "2026-03-08T08:00:00-04:00"),
        (NEW_YORK, QuietHours(1320, 90), "2026-11-01T01:15:00-05:00", "2026-11-01T01:30:00-05:00"),
    ],
)
def test_quiet_hours_go_by_the_clock_on_the_wall_when_it_changes(
    zone: ZoneInfo, quiet: QuietHours, at: str, over: str
) -> None:
    """mautic #10612: ranges of hours were an hour off after the change."""
    assert after_quiet(utc(at), zone, quiet) == utc(over)


@given(MOMENTS, ZONES, MINUTES, MINUTES)
def test_a_postponed_moment_is_not_quiet_and_at_most_a_day_and_an_hour_late(
    at: datetime, zone: ZoneInfo, start: int, end: int
) -> None:
    quiet = QuietHours(start, end)
    over = after_quiet(at, zone, quiet)
    if zone.key != "Pacific/Apia":
        assert over - at < timedelta(hours=25)
    assert over >= at
    assert after_quiet(over, zone, quiet) == over


# --- dates of the profile -------------------------------------------------------------------------

DAY = 86_400


@pytest.mark.parametrize(
    ("value", "offset", "minutes", "moment"),
    [
        ("2026-05-01", 0, None, "2026-05-01T00:00:00+02:00"),
        ("2026-05-01", 0, 540, "2026-05-01T09:00:00+02:00"),
        ("2026-05-01", -3 * DAY, 540, "2026-04-28T09:00:00+02:00"),
        ("2026-05-01", DAY, None, "2026-05-02T00:00:00+02:00"),
        ("2026-05-01", -7200, None, "2026-04-30T22:00:00+02:00"),
        ("2026-05-01", -7200, 540, "2026-04-30T09:00:00+02:00"),
        ("2026-05-01", DAY + 3600, None, "2026-05-02T01:00:00+02:00"),
        # Over the change of clocks a day stays a day, an hour an hour.
        ("2026-03-30", -2 * DAY, 540, "2026-03-28T09:00:00+01:00"),
        ("2026-03-28", 2 * DAY, None, "2026-03-30T00:00:00+02:00"),
        ("2026-10-26", -7200, None, "2026-10-25T22:00:00+01:00"),
        ("2026-03-29", 0, 150, "2026-03-29T03:00:00+02:00"),
        ("2026-10-25", 0, 150, "2026-10-25T02:30:00+02:00"),
        # A moment with its zone, one in the follower's, one in UTC.
        ("2026-05-01T15:00:00+08:00", 0, None, "2026-05-01T15:00:00+08:00"),
        ("2026-05-01T15:00:00+08:00", -7200, None, "2026-05-01T13:00:00+08:00"),
        ("2026-05-01T15:00", -7200, None, "2026-05-01T13:00:00+02:00"),
        ("2026-05-01T15:00:00Z", 0, None, "2026-05-01T15:00:00+00:00"),
        ("2026-05-01T23:30:00Z", -DAY, 540, "2026-05-01T09:00:00+02:00"),
        ("2026-03-29T02:30:15", 0, None, "2026-03-29T03:00:00+02:00"),
        ("2026-03-30T01:00:00", -DAY, None, "2026-03-28T23:00:00Z"),
    ],
)
def test_a_date_plus_days_keeps_its_time_of_day(
    value: str, offset: int, minutes: int | None, moment: str
) -> None:
    """mautic #17319: conditions on dates off by one near midnight."""
    assert moment_of(value, offset, minutes, PARIS) == utc(moment)


def test_29_february_is_28_february_in_a_year_without_one() -> None:
    assert moment_of("2028-02-29", 0, None, SHANGHAI) == utc("2028-02-29T00:00:00+08:00")
    assert moment_of("2027-02-29", 0, None, SHANGHAI) == utc("2027-02-28T00:00:00+08:00")


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-13-01", "2026-02-30", "31.12.2026", "2026-01-31 at noon"]
)
def test_an_invalid_date_is_rejected(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment_of(value, 0, None, SHANGHAI)
    assert not is_date(value)


@pytest.mark.parametrize("value", ["2026-12-01", "20261201", "2026-12-01T18:00", "2026-12-01T18:00+08:00"])
def test_a_day_and_a_moment_are_dates_to_wait_for(value: str) -> None:
    assert is_date(value)
    assert not is_date("9999-12-31T23:00-05:00"), "beyond the calendar"


@pytest.mark.parametrize(
    ("value", "offset", "zone"),
    [("9999-12-31", DAY, PARIS), ("9999-12-31T23:00", 0, NEW_YORK), ("0001-01-01", 0, SHANGHAI)],
)
def test_a_date_beyond_the_calendar_is_rejected(value: str, offset: int, zone: ZoneInfo) -> None:
    """Other systems write them for `never`."""
    with pytest.raises(ValueError, match=f"beyond the calendar: {value}"):
        moment_of(value, offset, None, zone)


@given(st.dates(date(2006, 1, 1), date(2039, 1, 1)), st.integers(-300, 300), MINUTES)
def test_so_many_days_around_a_date_are_so_many_days_of_the_calendar(
    day: date, days: int, minutes: int
) -> None:
    local = moment_of(day.isoformat(), days * DAY, minutes, SHANGHAI).astimezone(SHANGHAI)
    wanted = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60))
    assert local.replace(tzinfo=None) == wanted


# --- the end of a wait for a date -----------------------------------------------------------------


def end(value: str | None, now: datetime = NOON, **wait: object) -> tuple[datetime | None, bool]:
    follower = replace(SOMEBODY, dates={} if value is None else {"booking": value})
    waits = DateWait("booking", 0, None, None, NOON + timedelta(days=10))
    found = end_of_wait(replace(waits, **wait), follower, SETTINGS, now)  # type: ignore[arg-type]
    return found.until, found.reached


LIMIT = NOON + timedelta(days=10)


@pytest.mark.parametrize(
    ("value", "until", "reached"),
    [
        ("2026-11-25T10:00:00+08:00", utc("2026-11-25T10:00:00+08:00"), True),
        ("2026-11-25", utc("2026-11-25T00:00:00+08:00"), True),
        ("2026-11-25T10:00:00.5+08:00", utc("2026-11-25T10:00:01+08:00"), True),
        ("2026-11-22T11:00:00+08:00", None, True),
        (LIMIT.isoformat(), LIMIT, True),
        ("2027-01-01", LIMIT, False),
        (None, LIMIT, False),
        ("soon", LIMIT, False),
        ("9999-12-31T23:59:59-12:00", LIMIT, False),
    ],
)
def test_a_wait_for_a_date_ends_when_it_comes_else_at_its_limit(
    value: str | None, until: datetime | None, *, reached: bool
) -> None:
    assert end(value) == (until, reached)


def test_a_wait_ends_at_its_limit() -> None:
    assert end(None, LIMIT) == (None, False)
    assert end("2027-01-01", LIMIT + timedelta(days=1)) == (None, False)


@pytest.mark.parametrize("late", [timedelta(microseconds=1), timedelta(seconds=0.4), timedelta(days=1)])
def test_a_wait_is_over_right_after_its_end(late: timedelta) -> None:
    """Rounding up must not put the end ahead of now again: the wait would go round for ever."""
    due = utc("2026-11-25T10:00:00+08:00")
    assert end(due.isoformat(), due + late) == (None, True)
    assert end(None, LIMIT + late) == (None, False)


def test_a_date_that_comes_at_night_and_a_limit_at_night_wait_for_the_morning() -> None:
    morning = utc("2026-11-25T08:00:00+08:00")
    assert end("2026-11-25", quiet=NIGHT) == (morning, True)
    assert end("2026-11-20", utc("2026-11-25T03:00:00+08:00"), quiet=NIGHT) == (morning, True)
    assert end(None, limit=utc("2026-11-24T23:00:00+08:00"), quiet=NIGHT) == (morning, False)
