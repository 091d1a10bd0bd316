"""Dates of a profile: the moments that they mean, and how they are said: without a year, in local time.

A library that says dates in all languages weighs as much as all others of the functions' layer together.
"""

import re
from calendar import isleap
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from wejourney.languages import lookup
from wejourney.time_zones import moment_at, moment_of_local

_LENGTH_OF_A_DATE = len("2026-01-31")
_FORM = re.compile(r"\d{4}(-?)\d\d\1\d\d(T.+)?")
_LEAP_DAY = re.compile(r"(\d{4})(-?02-?)29")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAY: Mapping[str, Callable[[datetime], str]] = {
    "en": lambda at: f"{at.day} {_MONTHS[at.month - 1]}",
    "zh": lambda at: f"{at.month}月{at.day}日",
}
_TIME = {"en": ", ", "zh": " "}


def said(value: str, language: str, zone: ZoneInfo) -> str:
    """`26 November, 10:00`, or in Chinese `11月26日 10:00`; in another language `2026-11-26 10:00`.

    `value` is a date or a moment in ISO 8601. A moment with a zone of its own is told in `zone`. What is
    neither is said as it stands.
    """
    try:
        at = _parsed(value)
        at = at if at.tzinfo is None else at.astimezone(zone)
    except (ValueError, OverflowError):
        return value
    short = next(reversed(lookup(language)), "")
    day = _DAY[short](at) if short in _DAY else f"{at:%Y-%m-%d}"
    return day if is_day(value) else f"{day}{_TIME.get(short, ' ')}{at:%H:%M}"


def moment_of(value: str, offset: int, minutes: int | None, zone: ZoneInfo) -> datetime:
    """The moment (UTC) that lies `offset` seconds after a date of a profile, at a time of day if given.

    `value` is a date or a moment in ISO 8601. A date begins at midnight where the follower is, and whole days
    of the offset are then days of the calendar; after a moment a day is 24 hours. A moment without a zone is
    one where the follower is. In a year without 29 February that date is 28 February. Raises ValueError when
    it is neither, or beyond what the calendar holds.
    """
    try:
        if is_day(value):
            days = int(offset / 86_400)
            day = _parsed(value).date() + timedelta(days=days)
            moment = moment_at(day, 0, zone) + timedelta(seconds=offset - days * 86_400)
        else:
            told = _parsed(value)
            moment = moment_of_local(told, zone) if told.tzinfo is None else told.astimezone(UTC)
            moment += timedelta(seconds=offset)
        return moment if minutes is None else moment_at(moment.astimezone(zone).date(), minutes, zone)
    except OverflowError as exc:
        raise ValueError(f"beyond the calendar: {value}") from exc


def dated_moments(
    value: str, offset: int, minutes: int | None, zone: ZoneInfo, around: datetime, *, yearly: bool
) -> Iterator[datetime]:
    """The moment that `moment_of` tells, if any; with `yearly` those of all years about `around`.

    The first year is the date's own. A moment with a zone of its own returns in that zone.
    """
    with suppress(ValueError):
        if not yearly:
            yield moment_of(value, offset, minutes, zone)
            return
        year = around.astimezone(zone).year
        for returns in range(max(_parsed(value).year, year - 2), year + 3):
            yield moment_of(f"{returns:04}{value[4:]}", offset, minutes, zone)


def is_date(value: str) -> bool:
    """Whether runs can wait for this date of a profile."""
    if not _FORM.fullmatch(value):
        return False
    try:
        moment_of(value, 0, None, ZoneInfo("UTC"))
    except ValueError:
        return False
    return True


def is_day(value: str) -> bool:
    return len(value) <= _LENGTH_OF_A_DATE


def _parsed(value: str) -> datetime:
    """A date or moment in ISO 8601; 29 February of a year without one is 28 February. Raises ValueError."""
    leap = _LEAP_DAY.match(value)
    if leap is not None and not isleap(int(leap[1])):
        value = f"{leap[1]}{leap[2]}28{value[leap.end() :]}"
    return datetime.fromisoformat(value)
