"""Time that passes for a state: fixed, up to a limit, until a time of day, until quiet hours are over.

Nothing is known of the time of day at the start. The first wait for a time therefore takes a whole day at
worst; after it the time is known, and the next one takes what lies between. The zone is not known either:
once in a run, and again in another zone or after a wait of a month, the clocks may be put back by an hour or
half of one, or forward by up to one.
"""

from collections.abc import Iterator
from dataclasses import replace

from wejourney.journeys.definition import QuietHours
from workbench.proof.facts import after_wait
from workbench.proof.state import Clock, State

HOUR = 3_600
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH = 30 * DAY


def passed(state: State, seconds: int) -> State:
    """After exactly this time, in which others may have changed the profile."""
    if seconds >= MONTH:
        # The clocks may have been changed, and can be once more before a window ends.
        state = at_any_hour(state)
    clock = None if state.clock is None else _later(state.clock, seconds)
    fresh = state.fresh and seconds == 0
    return replace(state, at=state.at + seconds, clock=clock, facts=after_wait(state.facts), fresh=fresh)


def passed_at_most(state: State, seconds: int) -> State:
    """After this time or less."""
    after = passed(state, seconds)
    return after if after.clock is None else replace(after, slack=state.slack + seconds)


def at_any_hour(state: State) -> State:
    """In a time zone that nobody knows, whose clocks may be changed."""
    return replace(state, clock=None, changed=False, slack=0, loose={})


def at_time(state: State, second: int, weekday: int | None) -> Iterator[State]:
    """When it is this second of the day next, on this weekday if given: every way that takes longest.

    Where the weekday is known, that is one for each day on which it can be.
    """
    yield from _at_time(state, second, weekday)
    if weekday is not None or state.clock is None or not state.clock.weekday:
        return
    for _ in range(6):
        _, sooner = _until(state.clock, second, None)
        if state.slack <= sooner:
            return
        state = _sooner(state, sooner + 1)
        yield from _at_time(state, second, None)


def _at_time(state: State, second: int, weekday: int | None) -> Iterator[State]:
    """The same without those who come to that time on an earlier day, because their wait began sooner."""
    period = DAY if weekday is None else WEEK
    wait, sooner = (period, 0) if state.clock is None else _until(state.clock, second, weekday)
    clock = _reading(state.clock, wait, second, weekday)
    yield _exactly(state, wait, sooner, clock)
    if state.changed:
        return
    changed = replace(state, changed=True)
    yield _exactly(changed, wait + HOUR, sooner, clock)
    if state.clock is not None and (wait <= HOUR or period - DAY < wait <= period - DAY + HOUR):
        # The hands jump over the time just before it comes: the next one is a whole period away.
        yield _exactly(changed, period, 0, _reading(state.clock, wait + DAY, second, weekday))
    if state.clock is not None and state.clock.weekday and weekday is None:
        yield from _once_more(changed, state.clock, DAY - wait)


def _once_more(state: State, clock: Clock, since: int) -> Iterator[State]:
    """When it is again what it was so long before, on the same day: the hands are put back over it."""
    too_late = max(0, since - HOUR + 1)
    if state.slack >= too_late:
        rest = HOUR - (since - too_late)
        yield _exactly(_sooner(state, too_late), rest, DAY - rest, _later(clock, -since))


def after_quiet(state: State, quiet: QuietHours | None) -> Iterator[State]:
    """Now, or when the quiet hours are over that it may be in: every way that takes longest."""
    if quiet is None:
        yield state
        return
    yield from (after for after, _ in _out_of(state, quiet))
    if state.changed:
        return
    changed = replace(state, changed=True)
    if state.clock is None:
        yield _exactly(changed, _length(quiet) + HOUR, 0, Clock(quiet.end * 60))
        return
    for after, is_delayed in _out_of(state, quiet):
        if is_delayed:
            yield replace(after, at=after.at + HOUR, changed=True)
    # Half an hour is worse only where the hours are so few that a whole one leads out of them.
    for back in (HOUR, HOUR // 2) if _length(quiet) < HOUR else (HOUR,):
        earlier = replace(changed, clock=_later(state.clock, -back))
        yield from (after for after, _ in _out_of(earlier, quiet))
    ahead = (quiet.start * 60 - state.clock.second) % DAY
    if 0 < ahead <= HOUR:
        yield _exactly(changed, _length(quiet), 0, _later(state.clock, ahead + _length(quiet)))


def _out_of(state: State, quiet: QuietHours) -> Iterator[tuple[State, bool]]:
    """The same without a change of the clocks in these hours, and whether they have delayed it."""
    end, length = quiet.end * 60, _length(quiet)
    if state.clock is None:
        yield state, False
        yield _exactly(state, length, 0, Clock(end)), True
        return
    inside = (state.clock.second - quiet.start * 60) % DAY
    if inside < length:
        rest = length - inside
        yield _exactly(state, rest, inside, _later(state.clock, rest)), True
        if state.slack > inside:
            yield from _out_of(_sooner(state, inside + 1), quiet)
        return
    yield state, False
    since = (state.clock.second - end) % DAY
    if state.slack > since:
        yield _exactly(_sooner(state, since), 0, length, _later(state.clock, -since)), True


def _length(quiet: QuietHours) -> int:
    return (quiet.end - quiet.start) * 60 % DAY


def _until(clock: Clock, second: int, weekday: int | None) -> tuple[int, int]:
    """The wait for a time, and how much earlier than now the same wait can have begun at most."""
    today = (second - clock.second) % DAY or DAY
    if weekday is None:
        return today, DAY - today
    if not clock.weekday:
        return today + 6 * DAY, DAY - today
    wait = (weekday * DAY + second - clock.second) % WEEK or WEEK
    return wait, WEEK - wait


def _reading(clock: Clock | None, wait: int, second: int, weekday: int | None) -> Clock:
    """What the clock says when the wait is over."""
    if weekday is not None:
        return Clock(weekday * DAY + second, weekday=True)
    if clock is not None and clock.weekday:
        days = (clock.second + wait) // DAY
        return Clock((days * DAY + second) % WEEK, weekday=True)
    return Clock(second)


def _exactly(state: State, seconds: int, sooner: int, clock: Clock) -> State:
    """After a wait that ends at a time of day; who began it sooner, by so much, waited as much longer."""
    shift = min(state.slack, sooner)
    after = state.left_behind(shift)
    trace = after.trace
    if trace is not None and shift:
        trace = replace(trace, shift=trace.shift + shift)
    return replace(passed(after, seconds), trace=trace, slack=0, loose={}, clock=clock)


def _sooner(state: State, seconds: int) -> State:
    """The state as it is when it comes at least this much sooner."""
    after = state.left_behind(seconds)
    clock = None if state.clock is None else _later(state.clock, -seconds)
    trace = after.trace
    if trace is not None:
        trace = replace(trace, shift=trace.shift + seconds)
    return replace(after, at=state.at - seconds, slack=state.slack - seconds, clock=clock, trace=trace)


def _later(clock: Clock, seconds: int) -> Clock:
    return replace(clock, second=(clock.second + seconds) % (WEEK if clock.weekday else DAY))
