"""Time zones by their IANA names, and the moments that their clocks show.

A local time that daylight saving skips is the moment after the gap; one that comes twice is the first.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        # In this order: no such zone; a directory of zones, such as `Europe`; no name of a zone at all.
        return None


def is_time_zone(text: str) -> bool:
    return find_zone(text) is not None


def moment_at(day: date, minutes: int, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The moment (UTC) at which it is so many minutes after midnight on this day."""
    return moment_of_local(datetime.combine(day, time(minutes // 60, minutes % 60)), zone, fold)


def moment_of_local(local: datetime, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The moment (UTC) at which a clock on the wall shows `local`, the second of two with `fold`."""
    moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    while moment.astimezone(zone).replace(tzinfo=None) != local:
        # The clock skips it. Gaps end at a whole minute.
        local = local.replace(second=0, microsecond=0) + timedelta(minutes=1)
        moment = local.replace(tzinfo=zone).astimezone(UTC)
    return moment
