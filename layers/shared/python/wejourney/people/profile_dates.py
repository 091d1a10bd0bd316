"""How a date of a profile is said to people: without its year, on the clock where they are.

A library that says dates in all languages weighs as much as all others of the functions' layer together.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from wejourney.journeys.calendar import is_day

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
        at = datetime.fromisoformat(value)
        at = at if at.tzinfo is None else at.astimezone(zone)
    except (ValueError, OverflowError):
        return value
    short = language[:2]
    day = _DAY[short](at) if short in _DAY else f"{at:%Y-%m-%d}"
    return day if is_day(value) else f"{day}{_TIME.get(short, ' ')}{at:%H:%M}"
