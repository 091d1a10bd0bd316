"""Lengths of time as people write them: `90s`, `30m`, `2h`, `1d 12h`."""

import re

from wejourney.domain.journeys import (
    Ask,
    HandOver,
    QuietHours,
    Step,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)
from wejourney.language.walk import paths_of

DAY_MINUTES = 24 * 60

CLOCK_CHANGE = 3_600
"""Seconds that a day may be longer than 24 hours, when daylight saving ends."""

_DAY = 86_400
_WEEK = 7 * _DAY
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_FORM = re.compile(r"^(?:(\d+)d)? ?(?:(\d+)h)? ?(?:(\d+)m)? ?(?:(\d+)s)?$")

LONGEST = 90 * 86_400
"""Seconds; the longest single wait. A follower who is spoken to after a longer silence has forgotten why."""

SLACK = 2 * 86_400
"""Seconds above the longest path, for a day's quota that was spent and tasks that were tried again."""

LONGEST_RUN = 360 * 86_400
"""Seconds. Step Functions ends an execution after a year; the rest is for retries.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""


def parse_duration(text: str, longest: int = LONGEST) -> int:
    """The seconds of a duration. Raises ValueError, whose text says what to write instead."""
    match = _FORM.match(text.strip())
    if not text.strip() or match is None:
        raise ValueError(f"`{text}` is not a duration: write it like 90s, 30m, 2h or 1d 12h")
    counts = zip(_SECONDS.values(), match.groups(), strict=True)
    seconds = sum(unit * int(count or 0) for unit, count in counts)
    if seconds == 0:
        raise ValueError(f"`{text}` is no time at all: at least 1s")
    if seconds > longest:
        raise ValueError(f"`{text}` is too long: at most {format_duration(longest)}")
    return seconds


def format_duration(seconds: int) -> str:
    """The duration that `parse_duration` reads as these seconds."""
    parts = []
    for letter, unit in _SECONDS.items():
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count}{letter}")
    return " ".join(parts)


def time_limit(steps: tuple[Step, ...], quiet: QuietHours | None = None) -> int:
    """The seconds after which the engine ends a run, whatever it is doing."""
    return longest_silence(steps, quiet) + SLACK


def longest_silence(steps: tuple[Step, ...], quiet: QuietHours | None = None) -> int:
    """The seconds that a run can spend on waits and questions at most, as if no stop cut it short.

    Every wait and every time limit may have to wait for the end of quiet hours.
    """
    pause = 0 if quiet is None else (quiet.end - quiet.start) % DAY_MINUTES * 60 + CLOCK_CHANGE
    return _longest_of(steps, pause)


def _longest_of(steps: tuple[Step, ...], pause: int) -> int:
    return sum(_longest(step, pause) for step in steps)


def _longest(step: Step, pause: int) -> int:
    own = _own(step, pause)
    # What could not be said is not waited for.
    ways = [(0 if name == ("not_sent",) else own) + _longest_of(path, pause) for name, path in paths_of(step)]
    return max((own, *ways))


def _own(step: Step, pause: int) -> int:
    match step:
        case Wait():
            return step.seconds + pause
        case WaitUntil():
            return (_DAY if step.weekday is None else _WEEK) + CLOCK_CHANGE + pause
        case Ask() | HandOver() | WaitDate() | WaitEvent():
            return step.within + pause
        case _:
            return 0
