"""The calendar in a simulation: when a date or a schedule sets a journey off for somebody."""

from datetime import datetime

from wejourney.events.event_types import ScheduleCame
from wejourney.journeys.calendar import next_time, zone_of
from wejourney.journeys.definition import Trigger
from wejourney.journeys.runs import whole_second
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.followers import Follower
from wejourney.people.profile_dates import moment_of


def next_day(
    trigger: Trigger, follower: Follower, account: AccountSettings, now: datetime
) -> datetime | None:
    """The next moment (UTC, whole seconds) after `now` that a trigger of the calendar means for a follower.

    None: there is none, because the date is over or not known.
    """
    zone = zone_of(follower, account)
    if trigger.event == ScheduleCame.kind:
        return next_time(now, zone, trigger.time or 0, trigger.weekday)
    date = follower.dates.get(trigger.name or "", "")
    try:
        moment = whole_second(moment_of(date, trigger.offset, trigger.time, zone))
    except ValueError:
        return None
    return moment if moment > now else None
