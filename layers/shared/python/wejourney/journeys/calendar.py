"""When a wait is over: times of day, weekdays, dates and quiet hours, where the follower is.

A local time that daylight saving skips is the moment after the gap; one that comes twice is the first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from wejourney.journeys.definition import QuietHours
from wejourney.journeys.runs import DateWait, MomentWait, UntilWait, WaitEnd, whole_second
from wejourney.messaging.account_settings import AccountSettings, zone_of
from wejourney.people.followers import Follower
from wejourney.people.profile_dates import dated_moments
from wejourney.time_zones import moment_at

_DAY = 24 * 60


def next_time(now: datetime, zone: ZoneInfo, minutes: int, weekday: int | None = None) -> datetime:
    """The next moment (UTC) after `now` at which it is so many minutes after midnight.

    With `weekday` only that day of the week (0 is Monday) counts.
    """
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(8))
    moments = (moment_at(day, minutes, zone) for day in days if weekday is None or day.weekday() == weekday)
    return next(moment for moment in moments if moment > now)


def after_quiet(at: datetime, zone: ZoneInfo, quiet: QuietHours | None) -> datetime:
    """`at`, or the end of the quiet hours that it falls into, UTC.

    Quiet is what the clock on the wall shows: of an hour that comes twice, both.
    """
    if quiet is None or not _is_quiet(at, zone, quiet):
        return at
    today = at.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(9))
    ends = (
        moment_at(day, minute, zone, fold)
        for day in days
        for minute in sorted({0, quiet.of(day.weekday())[1] % _DAY})
        for fold in (0, 1)
    )
    return next(end for end in ends if end > at and not _is_quiet(end, zone, quiet))


def next_date(
    value: str, offset: int, minutes: int | None, zone: ZoneInfo, now: datetime, *, yearly: bool
) -> datetime | None:
    """The moment (UTC, in whole seconds) of a date of a profile, as `moment_of`, if it lies after `now`."""
    moments = map(whole_second, dated_moments(value, offset, minutes, zone, now, yearly=yearly))
    return next((moment for moment in moments if moment > now), None)


ANSWERED_AT_ONCE = timedelta(minutes=10)
"""How long after an act of the follower a message is its answer: longer than tries of a busy WeChat take."""


def answers_at_once(acted_at: datetime | None, now: datetime) -> bool:
    """Whether a run that goes on because of this act may speak in quiet hours."""
    return acted_at is not None and now <= acted_at + ANSWERED_AT_ONCE


@dataclass(frozen=True)
class EarlierLook:
    """The end that a run has waited for, and the follower as they were when it was found."""

    end: WaitEnd
    follower: Follower

    def awaits(self, date: str, follower: Follower) -> bool:
        """Whether the run was found to wait for this date to come, and the profile says the same now."""
        waits = self.end.until is not None and self.end.reached and not self.end.passed
        return waits and self.follower.dates.get(date) == follower.dates.get(date)


def end_of_wait(
    wait: MomentWait,
    follower: Follower,
    account: AccountSettings,
    now: datetime,
    earlier: EarlierLook | None = None,
) -> WaitEnd:
    """When a wait is over as things stand, and why.

    A date that lies behind has come if its run has waited for it, and else had passed before. It has also
    come if it lies behind only because the follower has moved since the wait began: until `earlier`, it lay
    ahead. The end is in whole seconds, rounded up; None: it is over now. The date that a profile holds may be
    no date at all; then it is as unknown.
    """
    zone = zone_of(follower, account)
    match wait:
        case DateWait():
            return _end_of_date(wait, follower, zone, now, earlier)
        case UntilWait():
            return WaitEnd(_ahead(next_time(wait.since, zone, wait.time, wait.weekday), now))
        case QuietHours():
            return WaitEnd(_ahead(after_quiet(now, zone, wait), now))
        case _:
            assert_never(wait)


def _end_of_date(
    wait: DateWait, follower: Follower, zone: ZoneInfo, now: datetime, earlier: EarlierLook | None
) -> WaitEnd:
    awaited = earlier.end.until if earlier is not None else None
    follows = earlier is not None and earlier.awaits(wait.date, follower)
    date = (follower.dates.get(wait.date, ""), wait.offset, wait.time, zone)
    moments = [at for at in dated_moments(*date, now, yearly=wait.yearly) if at <= wait.limit]
    for moment in moments:
        end = whole_second(after_quiet(moment, zone, wait.quiet))
        if end > now or end == awaited:
            return WaitEnd(_ahead(end, now), reached=True)
        if follows and wait.since is not None and wait.since < moment:
            return WaitEnd(_ahead(after_quiet(now, zone, wait.quiet), now), reached=True)
    passed = bool(moments) and not wait.yearly
    end = after_quiet(now if passed else wait.limit, zone, wait.quiet)
    return WaitEnd(_ahead(end, now), reached=passed, passed=passed)


def _ahead(end: datetime, now: datetime) -> datetime | None:
    # Rounded last: with a fraction, now itself would lie ahead of now, and the wait would never be over.
    return whole_second(end) if end > now else None


def _is_quiet(at: datetime, zone: ZoneInfo, quiet: QuietHours) -> bool:
    local = at.astimezone(zone)
    return quiet.covers(local.weekday(), local.hour * 60 + local.minute)
