"""Time that passes for a state: fixed, up to a limit, until a time of day, until quiet hours are over.

The time of day at the start is known only where the calendar starts a run; if that is at night, clocks may be
changed then. The first wait for a time takes a whole day at worst; after it the time is known, and the next
one takes what lies between, and so much longer as somebody may have answered sooner before it. The zone is
known once the run itself has set it. Once in a run, and again in another zone or after a wait of a month, the
clocks may be put back by up to an hour, or forward: at night, and not in a known zone without daylight
saving.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from wejourney.allowances.allowance_windows import SENDING_MARGIN
from wejourney.journeys.definition import QuietHours
from wejourney.plain_data import changed
from wejourney.time_zones import find_zone
from workbench.language.quiet_spans import is_quiet, quiet_spans
from workbench.proof.facts import after_wait
from workbench.proof.state import ProofState

HOUR = 3_600
DAY = 24 * HOUR
MONTH = 30 * DAY

MORNING, EVENING = 5 * HOUR, 21 * HOUR
"""Between them, by the clock on the wall, no zone's clocks are changed (`tests/unit/proof/test_zones.py`)."""

_DAYS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(13 * 366)]
"""The days in which zones are looked at."""


def passed(state: ProofState, seconds: int) -> ProofState:
    """After exactly this time, in which others may have changed the profile."""
    if seconds >= MONTH and not _is_steady(state.zone):
        # The clocks may have been changed, and can be once more before a window ends.
        state = at_any_hour(state)
    clock = None if state.clock is None else (state.clock + seconds) % DAY
    fresh = state.fresh and seconds == 0
    night = clock is not None and _may_change(state, seconds)
    return changed(
        state, at=state.at + seconds, clock=clock, night=night, facts=after_wait(state.facts), fresh=fresh
    )


def passed_at_most(state: ProofState, seconds: int) -> Iterator[ProofState]:
    """After this time or less."""
    for wait in (seconds, *_endings(state, seconds)):
        yield changed(passed(state, wait), slack=state.slack + wait)


def _endings(state: ProofState, seconds: int) -> list[int]:
    """At once, and when an allowance has ended before this time: if messages may have taken from it.

    At once, too, in the second of the last thing said or heard: what the follower did in it is heard then.
    """
    if not state.sent:
        return [0] if state.fresh and seconds else []
    lasts = (int((window.until - SENDING_MARGIN - state.now).total_seconds()) for window in state.windows)
    return sorted({0, *(left for left in lasts if 0 < left < seconds)})


def _may_change(state: ProofState, seconds: int) -> bool:
    """Whether clocks can be changed within this time, or were since the time of day was that of the wall."""
    if state.changed or state.clock is None or state.night:
        return not state.changed
    begin = (state.clock - state.slack) % DAY
    return not MORNING < begin < EVENING or begin + state.slack + seconds >= EVENING


def at_night(clock: int | None) -> bool:
    """Whether clocks may be changed at this time of day."""
    return clock is not None and not MORNING < clock < EVENING


def at_any_hour(state: ProofState) -> ProofState:
    """At a time of day that nobody knows, in a zone whose clocks may be changed."""
    return changed(state, clock=None, slack=0, changed=_is_steady(state.zone), night=False)


def at_any_time(state: ProofState) -> ProofState:
    """The same in any zone, without when messages were paid for: all as late as the last one."""
    unknown = changed(state, zone=None)
    return changed(at_any_hour(unknown), sent=state.sent[:1] * len(state.sent))


def in_zone(state: ProofState, name: str) -> Iterator[ProofState]:
    """Where the clocks are those of another zone: every way that can be the worst."""
    zone = name if find_zone(name) is not None else None
    if zone is not None and zone == state.zone:
        yield state
        return
    there = at_any_hour(changed(state, zone=zone))
    if zone is None or state.zone is None or state.clock is None or state.night:
        yield there
        return
    for seconds in sorted(_differences(state.zone, zone)):
        yield changed(there, clock=(state.clock + seconds) % DAY, slack=state.slack)


@cache
def _offsets(zone: str) -> tuple[int, ...]:
    """What a zone adds to UTC, in seconds, at the beginning of each day."""
    return tuple(_offset(zone, day) for day in _DAYS)


def _offset(zone: str, at: datetime) -> int:
    return int((at.astimezone(find_zone(zone)).utcoffset() or timedelta()).total_seconds())


@cache
def _is_steady(zone: str | None) -> bool:
    """Whether the clocks of this zone are never changed."""
    return zone is not None and len(set(_offsets(zone))) == 1


@cache
def _differences(before: str, after: str) -> frozenset[int]:
    """By how much the clocks of a zone can be ahead of those of the one before it, in seconds."""
    each_day = list(zip(_offsets(before), _offsets(after), strict=True))
    # Where both are changed on one day, either may be first.
    both = [
        day
        for day, (this, then) in zip(_DAYS, pairwise(each_day), strict=False)
        if this[0] != then[0] and this[1] != then[1]
    ]
    quarters = (day + timedelta(minutes=minutes) for day in both for minutes in range(0, 24 * 60, 15))
    return frozenset(new - old for old, new in each_day).union(
        _offset(after, at) - _offset(before, at) for at in quarters
    )


def at_time(state: ProofState, second: int, weekday: int | None) -> Iterator[ProofState]:
    """When it is this second of the day next, on this weekday if given: every way that can be the worst."""
    others = 0 if weekday is None else 6 * DAY
    until = DAY if state.clock is None else (second - state.clock) % DAY or DAY
    sooner = min(DAY - until, state.slack)
    may_change = _may_change(state, until + others)
    yield _at_clock(state, until + others, second, sooner)
    if state.clock is None:
        # Who comes just at that time waits for the next one.
        yield from (_at_clock(state, max(1, wait), second) for wait in _endings(state, until + others))
    elif state.slack and state.sent:
        yield _at_clock(state, until + others, second)
        if until + state.slack >= DAY:
            yield _at_clock(state, until - DAY + others, second)
    if may_change:
        shifted = changed(state, changed=True)
        yield _at_clock(shifted, until + others + HOUR, second, sooner)
        if until <= HOUR:
            # The hands jump over the time just before it comes: the next one is a whole period away.
            yield _at_clock(shifted, DAY + others, second)


def after_quiet(state: ProofState, quiet: QuietHours | None) -> Iterator[ProofState]:
    """Now, or when the quiet hours are over that it may be in: every way that can be the worst."""
    if quiet is None or (quiet.days and _may_be_awake(state, quiet)):
        # On another day of the week it may not be quiet.
        yield state
    for span in () if quiet is None else quiet_spans(quiet):
        yield from _after_span(state, *span)
        if state.clock is not None:
            # The same time of day may lie days before the end of a long span.
            until = (span.end - state.clock) % DAY or DAY
            for wait in range(until + DAY, span.length + 1, DAY):
                yield from _clocks_changed(state, wait, span.end, min(span.length - wait, state.slack))


def _may_be_awake(state: ProofState, quiet: QuietHours) -> bool:
    if state.clock is None or state.slack:
        return True
    return not all(is_quiet(day * DAY + state.clock, quiet) for day in range(7))


def _clocks_changed(state: ProofState, wait: int, end: int, sooner: int) -> Iterator[ProofState]:
    yield _at_clock(state, wait, end, sooner)
    if _may_change(state, wait):
        yield _at_clock(changed(state, changed=True), wait + HOUR, end, sooner)


def _after_span(state: ProofState, end: int, length: int) -> Iterator[ProofState]:
    """Now, or at the end of a span of quiet hours that it may be in."""
    # Since they were over, and until they are.
    since = 0 if state.clock is None else (state.clock - end) % DAY
    until = DAY - since
    may_change = _may_change(state, until if until <= length else 0)
    shifted = changed(state, changed=True)
    if state.clock is None or until > length or state.slack > length - until:
        yield state
    if state.clock is None or until <= length or state.slack > since:
        wait = length if state.clock is None else until if until <= length else -since
        sooner = 0 if state.clock is None else min(length - wait, state.slack)
        yield _at_clock(state, wait, end, sooner)
        if state.clock is None:
            yield from (_at_clock(state, max(1, rest), end) for rest in _endings(state, wait))
        if may_change:
            yield _at_clock(shifted, wait + HOUR, end, sooner)
            if state.clock is not None and length - until < HOUR:
                # The hands are put back to before these hours.
                yield changed(shifted, clock=(state.clock - HOUR) % DAY)
    elif may_change and state.slack + HOUR > since:
        # The hands are put back into these hours.
        yield _at_clock(
            shifted, min(length, HOUR - since), end, min(max(0, length + since - HOUR), state.slack)
        )
    if may_change and length < until <= length + HOUR:
        # They are put forward into them.
        yield _at_clock(shifted, length, end)


def _at_clock(state: ProofState, seconds: int, second: int, sooner: int = 0) -> ProofState:
    """After a wait that ends at this time of day, so long from the latest moment at which it can have begun.

    Who began it `sooner`, by so much, waited as much longer: all allowances are older by that.
    """
    windows = tuple(
        changed(window, until=window.until - timedelta(seconds=sooner)) for window in state.windows
    )
    sent = tuple(at - sooner for at in state.sent)
    trace = state.trace and changed(state.trace, sooner=sooner)
    after = changed(state, windows=windows, sent=sent, trace=trace)
    return changed(passed(after, seconds), clock=second, slack=0, night=False)
