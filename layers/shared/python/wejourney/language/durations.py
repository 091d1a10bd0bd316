"""Lengths of time as people write them: `90s`, `30m`, `2h`, `1d 12h`."""

import re

from wejourney.domain.journeys import Ask, Branch, Send, Step, Wait

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


def parse_duration(text: str) -> int:
    """The seconds of a duration. Raises ValueError, whose text says what to write instead."""
    match = _FORM.match(text.strip())
    if not text.strip() or match is None:
        raise ValueError(f"`{text}` is not a duration: write it like 90s, 30m, 2h or 1d 12h")
    counts = zip(_SECONDS.values(), match.groups(), strict=True)
    seconds = sum(unit * int(count or 0) for unit, count in counts)
    if not 0 < seconds <= LONGEST:
        raise ValueError(
            f"`{text}` is out of bounds: more than nothing and at most {format_duration(LONGEST)}"
        )
    return seconds


def format_duration(seconds: int) -> str:
    """The duration that `parse_duration` reads as these seconds."""
    parts = []
    for letter, unit in _SECONDS.items():
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count}{letter}")
    return " ".join(parts)


def time_limit(steps: tuple[Step, ...]) -> int:
    """The seconds after which the engine ends a run, whatever it is doing."""
    return longest_silence(steps) + SLACK


def longest_silence(steps: tuple[Step, ...]) -> int:
    """The seconds that a run can spend on waits and questions at most, as if no stop cut it short."""
    return sum(_longest(step) for step in steps)


def _longest(step: Step) -> int:
    match step:
        case Wait():
            return step.seconds
        case Send():
            return longest_silence(step.not_sent or ())
        case Ask():
            unanswered = step.within + longest_silence(step.unanswered)
            return max(unanswered, longest_silence(step.not_sent or ()))
        case Branch():
            return max(longest_silence(path) for path in (*(one.steps for one in step.cases), step.otherwise))
        case _:
            return 0
