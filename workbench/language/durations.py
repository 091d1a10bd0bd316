"""Durations as people write them: `90s`, `30m`, `2h`, `1d 12h`."""

import re
from collections.abc import Mapping
from typing import assert_never

from wejourney.journeys.definition import QuietHours
from workbench.language import step_types
from workbench.language.mistakes import Phrase, phrase
from workbench.language.quiet_spans import longest_quiet
from workbench.language.traversal import paths_of

DAY_MINUTES = 24 * 60

CLOCK_CHANGE = 3_600
"""Seconds that a day may be longer than 24 hours, when daylight saving ends."""

UNITS: Mapping[str, int] = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
"""The seconds of each unit, the longest first."""

DAY = UNITS["d"]
_WEEK = 7 * DAY
_FORM = re.compile(r"^(?:(\d+)d)? ?(?:(\d+)h)? ?(?:(\d+)m)? ?(?:(\d+)s)?$")

LONGEST = 90 * DAY
"""Seconds; the longest single wait. After a longer silence a follower has forgotten why we write."""

LONGEST_RUN = 360 * DAY
"""Seconds. Step Functions ends an execution after a year; the rest is for retries.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""


class InvalidDurationError(ValueError):
    """What is wrong with a duration, and what to write instead."""

    def __init__(self, message: Phrase, hint: Phrase) -> None:
        super().__init__(f"{message.in_words('en')}: {hint.in_words('en')}")
        self.message, self.hint = message, hint


def parse_duration(text: str, longest: int = LONGEST) -> int:
    """The seconds of a duration. Raises InvalidDurationError."""
    match = _FORM.match(text.strip())
    if not text.strip() or match is None:
        raise InvalidDurationError(phrase("invalid duration", text=text), phrase("duration form"))
    counts = zip(UNITS.values(), match.groups(), strict=True)
    seconds = sum(unit * int(count or 0) for unit, count in counts)
    if seconds == 0:
        raise InvalidDurationError(phrase("too short", text=text), phrase("at least", duration="1s"))
    if seconds > longest:
        hint = phrase("at most", duration=format_duration(longest))
        raise InvalidDurationError(phrase("too long", text=text), hint)
    return seconds


def format_duration(seconds: int) -> str:
    """The duration that `parse_duration` reads as these seconds."""
    return " ".join(f"{count}{unit}" for unit, count in in_units(seconds).items())


def in_units(seconds: int) -> dict[str, int]:
    """How many of each unit there are in a time, the longest first: `{"d": 1, "h": 12}`."""
    counts = {}
    for unit, length in UNITS.items():
        count, seconds = divmod(seconds, length)
        if count:
            counts[unit] = count
    return counts


def longest_silence(steps: tuple[step_types.Step, ...], quiet: QuietHours | None = None) -> int:
    """The seconds that a run can spend on waits and questions at most, as if no stop cut it short.

    Every wait and every time limit may have to wait for the end of quiet hours.
    """
    pause = 0 if quiet is None else longest_quiet(quiet) + CLOCK_CHANGE
    return _longest_of(steps, pause)


def _longest_of(steps: tuple[step_types.Step, ...], pause: int) -> int:
    return sum(_longest(step, pause) for step in step_types.taken(steps))


def _longest(step: step_types.RunStep, pause: int) -> int:
    match step:
        case step_types.Wait():
            own = step.seconds + pause
        case step_types.WaitUntil():
            own = (DAY if step.weekday is None else _WEEK) + CLOCK_CHANGE + pause
        case step_types.Ask() | step_types.HandOver() | step_types.WaitDate() | step_types.WaitEvent():
            own = step.within + pause
        case (
            step_types.Send()
            | step_types.Notify()
            | step_types.Branch()
            | step_types.Split()
            | step_types.Tag()
            | step_types.Untag()
            | step_types.Agree()
            | step_types.Withdraw()
            | step_types.Set()
            | step_types.Award()
            | step_types.Give()
            | step_types.StartJourney()
            | step_types.EndJourney()
            | step_types.Stop()
        ):
            own = 0
        case _:
            assert_never(step)
    # Nobody waits for the answer to a question that could not be sent.
    paths = [
        (0 if name == ("not_sent",) else own) + _longest_of(path, pause) for name, path in paths_of(step)
    ]
    return max((own, *paths))
