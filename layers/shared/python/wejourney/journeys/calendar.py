"""When a wait is over, and when the calendar starts a journey: times, dates and quiet hours of the follower.

A local time that daylight saving skips is the moment after the gap; one that comes twice is the first.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import OF_THE_CALENDAR, DateCame, ScheduleCame
from wejourney.journeys.definition import QuietHours, Trigger
from wejourney.journeys.runs import DateWait, MomentWait, UntilWait, WaitEnd, whole_second
from wejourney.messaging.account_settings import AccountSettings, zone_of
from wejourney.people.followers import NEVER, Follower, where_following
from wejourney.people.profile_dates import dated_moments
from wejourney.time_zones import moment_at

_DAY = 24 * 60
_SECOND = timedelta(seconds=1)


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


# --- what starts a journey -----------------------------------------------------------------------


def of_the_calendar(triggers: Iterable[Trigger]) -> tuple[Trigger, ...]:
    """Those of these triggers that a date or a schedule sets off."""
    return tuple(trigger for trigger in triggers if trigger.event in OF_THE_CALENDAR)


def next_start(
    trigger: Trigger, follower: Follower, account: AccountSettings, after: datetime
) -> datetime | None:
    """The next moment (UTC, in whole seconds) after `after` that a trigger of the calendar means.

    None: the date is over or not known, or they do not follow.
    """
    if not follower.following:
        return None
    zone = zone_of(follower, account)
    if trigger.event == ScheduleCame.kind:
        return next_time(after, zone, trigger.time or 0, trigger.weekday)
    date = follower.date(trigger.name or "") or ""
    return next_date(date, trigger.offset, trigger.time, zone, after, yearly=trigger.yearly)


def starts_at(trigger: Trigger, follower: Follower, account: AccountSettings, at: datetime) -> bool:
    """Whether a trigger of the calendar means this moment, for a follower as they are now."""
    return next_start(trigger, follower, account, at - _SECOND) == at


def next_look(
    triggers: Iterable[Trigger], person: Follower, accounts: Mapping[str, AccountSettings], after: datetime
) -> datetime:
    """The next moment that one of these triggers of the calendar means; NEVER if none does.

    `accounts` are those that the person has contacts in, by app id.
    """
    follower = where_following(person)
    account = accounts.get(follower.app_id) if follower is not None else None
    if follower is None or account is None:
        return NEVER
    starts = (next_start(trigger, follower, account, after) for trigger in triggers)
    return min((start for start in starts if start is not None), default=NEVER)


@dataclass(frozen=True)
class Came:
    """What has come for a follower, and when (UTC)."""

    body: DateCame | ScheduleCame
    at: datetime

    @property
    def name(self) -> str:
        """What it is, for a person: its event is the same however often it is reported."""
        return f"{getattr(self.body, 'date', None)}@{self.at.isoformat()}"

    def event(self, follower: Follower) -> InboundEvent:
        """The event for a person, which is one whichever of their contacts it comes to."""
        event = own_event(self.body, self.name, Subject("", follower.person_id), self.at)
        return replace(event, subject=follower.subject)


def what_came(
    triggers: Iterable[Trigger], follower: Follower, account: AccountSettings, since: datetime, now: datetime
) -> tuple[Came, ...]:
    """What has come for a follower from `since` until `now`, in order.

    Of the moments that one trigger means, only the last counts: a follower who was looked at late enters a
    journey once.
    """
    came = set(_last_starts(triggers, follower, account, since, now))
    return tuple(sorted(came, key=lambda one: (one.at, one.name)))


def _last_starts(
    triggers: Iterable[Trigger], follower: Follower, account: AccountSettings, since: datetime, now: datetime
) -> Iterator[Came]:
    for trigger in triggers:
        last, at = None, next_start(trigger, follower, account, since - _SECOND)
        while at is not None and at <= now:
            last, at = at, next_start(trigger, follower, account, at)
        if last is not None:
            yield Came(_came(trigger), last)


def _came(trigger: Trigger) -> DateCame | ScheduleCame:
    return ScheduleCame() if trigger.event == ScheduleCame.kind else DateCame(trigger.name or "")


# --- what ends a wait ----------------------------------------------------------------------------

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

    def awaits(self, wait: DateWait, follower: Follower) -> bool:
        """Whether the run was found to wait for this date to come, which is the same now."""
        waits = self.end.until is not None and self.end.reached and not self.end.passed
        return waits and wait.of(self.follower) == wait.of(follower)


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
    no date at all; then it is as unknown. A booking that is cancelled ends the wait for it as its limit does.
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
    follows = earlier is not None and earlier.awaits(wait, follower)
    date = (wait.of(follower), wait.offset, wait.time, zone)
    moments = [at for at in dated_moments(*date, now, yearly=wait.yearly) if at <= wait.limit]
    for moment in moments:
        end = whole_second(after_quiet(moment, zone, wait.quiet))
        if end > now or end == awaited:
            return WaitEnd(_ahead(end, now), reached=True)
        if follows and wait.since is not None and wait.since < moment:
            return WaitEnd(_ahead(after_quiet(now, zone, wait.quiet), now), reached=True)
    passed = bool(moments) and not wait.yearly
    end = after_quiet(now if passed or wait.is_cancelled(follower) else wait.limit, zone, wait.quiet)
    return WaitEnd(_ahead(end, now), reached=passed, passed=passed)


def _ahead(end: datetime, now: datetime) -> datetime | None:
    # Rounded last: with a fraction, now itself would lie ahead of now, and the wait would never be over.
    return whole_second(end) if end > now else None


def _is_quiet(at: datetime, zone: ZoneInfo, quiet: QuietHours) -> bool:
    local = at.astimezone(zone)
    return quiet.covers(local.weekday(), local.hour * 60 + local.minute)
