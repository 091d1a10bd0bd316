"""When a wait is over: times of day, weekdays, dates and quiet hours, where the follower is.

A local time that daylight saving skips is the moment after the gap; one that comes twice is the first.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wejourney.events.text_matching import matches_glob
from wejourney.journeys.definition import QuietHours
from wejourney.journeys.runs import whole_second
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.followers import DateWait, Follower
from wejourney.time_zones import find_zone

_DAY = 24 * 60
_LENGTH_OF_A_DATE = len("2026-01-31")


def zone_of(follower: Follower, account: AccountSettings) -> ZoneInfo:
    """The zone that a follower lives in: their own, else the store's they came through, else the account's.

    A profile may hold a zone that does not exist: then it is as unknown.
    """
    own = find_zone(follower.time_zone) if follower.time_zone is not None else None
    if own is not None:
        return own
    zones = (zone for scene, zone in account.store_zones.items() if matches_glob(scene, follower.scene))
    return ZoneInfo(next(zones, account.time_zone))


def next_time(now: datetime, zone: ZoneInfo, minutes: int, weekday: int | None = None) -> datetime:
    """The next moment (UTC) after `now` at which it is so many minutes after midnight.

    With `weekday` only that day of the week (0 is Monday) counts.
    """
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(8))
    moments = (_at(day, minutes, zone) for day in days if weekday is None or day.weekday() == weekday)
    return next(moment for moment in moments if moment > now)


def after_quiet(at: datetime, zone: ZoneInfo, quiet: QuietHours | None) -> datetime:
    """`at`, or the end of the quiet hours that it falls into, UTC.

    Quiet is what the clock on the wall shows: of an hour that comes twice, both.
    """
    if quiet is None or not _is_quiet(at, zone, quiet):
        return at
    today = at.astimezone(zone).date()
    days = (today, today + timedelta(days=1))
    ends = (_at(day, quiet.end, zone, fold) for day in days for fold in (0, 1))
    return next(end for end in ends if end > at)


def moment_of(value: str, offset: int, minutes: int | None, zone: ZoneInfo) -> datetime:
    """The moment (UTC) that lies `offset` seconds after a date of a profile, at a time of day if given.

    `value` is a date or a moment in ISO 8601, with its year: a birthday is the one that comes. A date begins
    at midnight where the follower is, and whole days of the offset are then days of the calendar; after a
    moment a day is 24 hours. A moment without a zone is one where the follower is. Raises ValueError when it
    is neither, or beyond what the calendar holds.
    """
    try:
        if is_day(value):
            days = int(offset / 86_400)
            day = date.fromisoformat(value) + timedelta(days=days)
            moment = _at(day, 0, zone) + timedelta(seconds=offset - days * 86_400)
        else:
            told = datetime.fromisoformat(value)
            moment = _moment(told, zone) if told.tzinfo is None else told.astimezone(UTC)
            moment += timedelta(seconds=offset)
        return moment if minutes is None else _at(moment.astimezone(zone).date(), minutes, zone)
    except OverflowError as exc:
        raise ValueError(f"beyond the calendar: {value}") from exc


def is_date(value: str) -> bool:
    """Whether runs can wait for this date of a profile."""
    try:
        moment_of(value, 0, None, ZoneInfo("UTC"))
    except ValueError:
        return False
    return True


def is_day(value: str) -> bool:
    """Whether a date of a profile is a day, and not a moment of one."""
    return len(value) <= _LENGTH_OF_A_DATE


def end_of_date_wait(
    wait: DateWait, follower: Follower, account: AccountSettings, now: datetime
) -> tuple[datetime | None, bool]:
    """When a wait for a date is over as things stand, and whether that is because the date has come.

    The end is in whole seconds, rounded up; None: it is over now. The date that a profile holds may be no
    date at all; then it is as unknown.
    """
    zone = zone_of(follower, account)
    try:
        moment = moment_of(follower.dates.get(wait.date, ""), wait.offset, wait.time, zone)
    except ValueError:
        moment = None
    reached = moment is not None and moment <= wait.limit
    over = max(moment, now) if moment is not None and reached else wait.limit
    end = after_quiet(over, zone, wait.quiet)
    # Rounded last: with a fraction, now itself would lie ahead of now, and the wait would never be over.
    return (whole_second(end) if end > now else None), reached


def _at(day: date, minutes: int, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The moment (UTC) at which it is so many minutes after midnight on this day."""
    return _moment(datetime.combine(day, time(minutes // 60, minutes % 60)), zone, fold)


def _moment(local: datetime, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The moment (UTC) at which a clock on the wall shows `local`, the second of two with `fold`."""
    moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    while moment.astimezone(zone).replace(tzinfo=None) != local:
        # The clock skips it. Gaps end at a whole minute.
        local = local.replace(second=0, microsecond=0) + timedelta(minutes=1)
        moment = local.replace(tzinfo=zone).astimezone(UTC)
    return moment


def _is_quiet(at: datetime, zone: ZoneInfo, quiet: QuietHours) -> bool:
    local = at.astimezone(zone)
    now = local.hour * 60 + local.minute
    return (now - quiet.start) % _DAY < (quiet.end - quiet.start) % _DAY
