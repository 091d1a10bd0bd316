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
    if not is_quiet(second, quiet):
        return second
    return second + min((change - second) % WEEK or WEEK for change in _changes(quiet))


@cache
def _changes(quiet: QuietHours) -> tuple[int, ...]:
    """The seconds of a week at which it becomes quiet or awake; none where it is always the same."""
    edges = sorted(
        {(day * DAY + 60 * minute) % WEEK for day in range(7) for minute in (0, *quiet.of(day))},
    )
    before = (edges[-1], *edges)
    return tuple(
        at for last, at in zip(before, edges, strict=False) if is_quiet(last, quiet) != is_quiet(at, quiet)
    )


def _lengths(quiet: QuietHours, *, are_quiet: bool) -> list[tuple[int, int]]:
    """The end and the length of each stretch of a week that is quiet, or awake, in seconds."""
    begins = _changes(quiet)
    ends = (*begins[1:], *begins[:1])
    return [
        (end, (end - begin) % WEEK)
        for begin, end in zip(begins, ends, strict=True)
        if is_quiet(begin, quiet) is are_quiet
    ]


@cache
def quiet_spans(quiet: QuietHours) -> tuple[QuietSpan, ...]:
    """The spans of a week, each kind once; none, or one of a whole week, where it is always the same."""
    if not _changes(quiet):
        return (QuietSpan(0, WEEK),) if is_quiet(0, quiet) else ()
    spans = {QuietSpan(end % DAY, length) for end, length in _lengths(quiet, are_quiet=True)}
    return tuple(sorted(spans))


@cache
def shortest_awake(quiet: QuietHours) -> int:
    """The seconds of the shortest stretch between two spans; a week where there are none."""
    return min((length for _, length in _lengths(quiet, are_quiet=False)), default=WEEK)


def longest_quiet(quiet: QuietHours | None) -> int:
    """Seconds."""
    spans = () if quiet is None else quiet_spans(quiet)
    return max((span.length for span in spans), default=0)
