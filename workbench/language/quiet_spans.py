"""The stretches of a week that quiet hours cover, where hours of one day go on in the next."""

from functools import cache
from typing import NamedTuple

from wejourney.journeys.definition import QuietHours

DAY = 86_400
WEEK = 7 * DAY
_MINUTES = WEEK // 60


class QuietSpan(NamedTuple):
    """A stretch in seconds: its `end` after midnight, and its `length`, which may be more than a day."""

    end: int
    length: int


def is_quiet(second: int, quiet: QuietHours | None) -> bool:
    """Whether it is quiet so many seconds after the beginning of a Monday."""
    day, minute = divmod(second // 60 % _MINUTES, DAY // 60)
    return quiet is not None and quiet.covers(day, minute)


def end_of_quiet(second: int, quiet: QuietHours) -> int:
    """The first second from this one on, after the beginning of a Monday, at which it is not quiet."""
    while is_quiet(second, quiet):
        second += 60 - second % 60
    return second


@cache
def quiet_spans(quiet: QuietHours) -> tuple[QuietSpan, ...]:
    """The spans of a week, each kind once; none, or one of a whole week, where it is always the same."""
    flags = [is_quiet(60 * minute, quiet) for minute in range(_MINUTES)]
    if all(flags):
        return (QuietSpan(0, WEEK),)
    starts = [minute for minute in range(_MINUTES) if flags[minute] and not flags[minute - 1]]
    spans = set()
    for start in starts:
        length = next(ahead for ahead in range(_MINUTES) if not flags[(start + ahead) % _MINUTES])
        spans.add(QuietSpan((start + length) * 60 % DAY, length * 60))
    return tuple(sorted(spans))


def shortest_awake(quiet: QuietHours) -> int:
    """The seconds of the shortest stretch between two spans; a week where there are none."""
    flags = [is_quiet(60 * minute, quiet) for minute in range(_MINUTES)]
    ends = [minute for minute in range(_MINUTES) if flags[minute - 1] and not flags[minute]]
    lengths = (next(n for n in range(_MINUTES) if flags[(end + n) % _MINUTES]) for end in ends)
    return 60 * min(lengths, default=_MINUTES)


def longest_quiet(quiet: QuietHours | None) -> int:
    """Seconds."""
    spans = () if quiet is None else quiet_spans(quiet)
    return max((span.length for span in spans), default=0)
