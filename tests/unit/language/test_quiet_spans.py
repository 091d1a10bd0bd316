"""Quiet hours by day of the week: how they are written, and which stretches of a week they cover."""

from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.virtual_time.simulated import journey
from wejourney.journeys.calendar import after_quiet
from wejourney.journeys.definition import DayHours, QuietHours
from workbench.language.quiet_spans import (
    DAY,
    QuietSpan,
    end_of_quiet,
    is_quiet,
    longest_quiet,
    quiet_spans,
    shortest_awake,
)
from workbench.language.reading import read_text
from workbench.wording.journey_parts import Wording

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, tzinfo=SHANGHAI)
TIMES = st.integers(0, 24 * 60 - 1)
HOURS = st.tuples(TIMES, TIMES).filter(lambda hours: hours[0] != hours[1]) | st.just((0, 24 * 60))
WEEKS = st.builds(
    lambda every, days: QuietHours(
        every[0], every[1], tuple(DayHours(day, *hours) for day, hours in days.items())
    ),
    st.just((0, 0)) | HOURS,
    st.dictionaries(st.integers(0, 6), HOURS, min_size=1),
)
NIGHTS = 'quiet: {weekdays: "22:00-08:00", weekend: "22:00-10:00", sunday: all day}'


def quiet_of(text: str) -> QuietHours | None:
    return journey(f"trigger: {{event: follow}}\n{text}\nsteps: [{{tag: a}}]\n").quiet


def test_hours_are_written_for_every_day_or_by_day_and_the_name_of_one_day_counts_most() -> None:
    assert quiet_of('quiet: "22:00-08:00"') == QuietHours(1320, 480)
    week = [DayHours(day, 1320, 480) for day in range(5)]
    assert quiet_of(NIGHTS) == QuietHours(0, 0, (*week, DayHours(5, 1320, 600), DayHours(6, 0, 1440)))
    assert quiet_of("quiet: {sunday: all day, weekend: 20:00-09:00}") == QuietHours(
        0, 0, (DayHours(5, 1200, 540), DayHours(6, 0, 1440))
    )


@pytest.mark.parametrize(
    ("quiet", "mistake", "hint"),
    [
        ("{weekday: 22:00-08:00}", "`weekday` is not a weekday", "weekdays"),
        ("{monday: always}", "`always` is not a range of hours", "22:00-08:00"),
        ("{monday: 08:00-08:00}", "never end", "two different"),
        ("{weekdays: all day, weekend: all day}", "never end", "two different"),
        ("{}", "", ""),
    ],
)
def test_mistakes_in_hours_by_day_say_what_to_write(quiet: str, mistake: str, hint: str) -> None:
    text = f"title: T\ntrigger: {{event: follow}}\nquiet: {quiet}\nsteps: [{{tag: a}}]\n"
    (found, *_) = read_text(text, "made-up", "made-up.yaml").mistakes
    assert mistake in str(found)
    assert hint in str(found)


def test_the_hours_of_a_day_are_quiet_in_its_early_morning_and_its_late_evening() -> None:
    quiet = quiet_of(NIGHTS)
    assert quiet is not None

    def end(day: int, hour: int) -> str:
        at = MONDAY + timedelta(days=day, hours=hour)
        return f"{after_quiet(at, SHANGHAI, quiet).astimezone(SHANGHAI):%a %H:%M}"

    assert [end(0, 7), end(0, 9), end(4, 23)] == ["Mon 08:00", "Mon 09:00", "Sat 10:00"]
    assert [end(5, 9), end(5, 12), end(5, 23), end(6, 12)] == ["Sat 10:00", "Sat 12:00", *["Mon 08:00"] * 2]
    assert longest_quiet(quiet) == 34 * 3600


@given(WEEKS, st.integers(0, 7 * 24 * 60 - 1))
def test_quiet_ends_at_the_first_minute_that_no_day_covers(quiet: QuietHours, minute: int) -> None:
    week = [(at // (24 * 60), at % (24 * 60)) for at in range(minute, minute + 8 * 24 * 60)]
    ahead = next((n for n, (day, at) in enumerate(week) if not quiet.covers(day % 7, at)), None)
    if ahead is None:
        assert longest_quiet(quiet) == 7 * DAY
        return

    begin = MONDAY + timedelta(minutes=minute)
    assert after_quiet(begin, SHANGHAI, quiet) == begin + timedelta(minutes=ahead)
    assert end_of_quiet(minute * 60, quiet) == (minute + ahead) * 60
    if ahead:
        local = (minute + ahead) * 60 % DAY
        assert any(span.end == local and span.length >= ahead * 60 for span in quiet_spans(quiet))
    assert is_quiet(minute * 60, quiet) == (ahead > 0)


@settings(max_examples=30)
@given(WEEKS)
def test_spans_and_the_time_between_them_are_as_long_as_their_minutes(quiet: QuietHours) -> None:
    week = [quiet.covers(*divmod(at, 24 * 60)) for at in range(7 * 24 * 60)]
    begin = next((at for at in range(len(week)) if week[at] != week[at - 1]), 0)
    lengths: dict[bool, set[int]] = {True: set(), False: set()}
    for is_covered, minutes in groupby((*week[begin:], *week[:begin])):
        lengths[is_covered].add(60 * len(list(minutes)))

    assert {span.length for span in quiet_spans(quiet)} == lengths[True]
    assert shortest_awake(quiet) == (min(lengths[False]) if all(lengths.values()) else 7 * DAY)


def test_the_hours_of_one_day_that_go_on_in_the_next_are_one_span() -> None:
    assert quiet_spans(QuietHours(1320, 480)) == (QuietSpan(8 * 3600, 10 * 3600),)
    assert quiet_spans(QuietHours(540, 540)) == ()


def test_hours_by_day_are_told_by_day_in_both_languages() -> None:
    quiet = quiet_of('quiet: {weekend: "22:00-10:00", monday: all day}')
    assert quiet is not None
    assert Wording("en").quiet_hours(quiet) == "on Monday all day, on Saturday, Sunday from 22:00 to 10:00"
    assert Wording("zh").quiet_hours(quiet) == "周一全天、周六、周日22:00 至 10:00"
