"""Time that passes for a state: fixed, up to a limit, until a time of day, until quiet hours are over.

Nothing is known of the time of day at the start. The first wait for a time therefore takes a whole day at
worst; after it the time is known, and the next one takes what lies between, and so much longer as somebody
may have answered sooner before it. The zone is not known either: once in a run, and again in another zone or
after a wait of a month, the clocks may be put back by up to an hour, or forward.
"""

from collections.abc import Iterator
from datetime import timedelta

from wejourney.allowances.allowance_windows import SENDING_MARGIN
from wejourney.journeys.definition import QuietHours
from wejourney.plain_data import changed
from workbench.proof.facts import after_wait
from workbench.proof.state import ProofState

HOUR = 3_600
DAY = 24 * HOUR
MONTH = 30 * DAY


def passed(state: ProofState, seconds: int) -> ProofState:
    """After exactly this time, in which others may have changed the profile."""
    if seconds >= MONTH:
        # The clocks may have been changed, and can be once more before a window ends.
        state = at_any_hour(state)
    clock = None if state.clock is None else (state.clock + seconds) % DAY
    fresh = state.fresh and seconds == 0
    return changed(state, at=state.at + seconds, clock=clock, facts=after_wait(state.facts), fresh=fresh)


def passed_at_most(state: ProofState, seconds: int) -> Iterator[ProofState]:
    """After this time or less."""
    for wait in (seconds, *_endings(state, seconds)):
        yield changed(passed(state, wait), slack=state.slack + wait)


def _endings(state: ProofState, seconds: int) -> list[int]:
    """At once, and when an allowance has ended before this time: if messages may have taken from it."""
    lasts = (int((window.until - SENDING_MARGIN - state.now).total_seconds()) for window in state.windows)
    return sorted({0, *(left for left in lasts if 0 < left < seconds)}) if state.sent else []


def at_any_hour(state: ProofState) -> ProofState:
    """In a time zone that nobody knows, whose clocks may be changed."""
    return changed(state, clock=None, slack=0, changed=False)


def at_any_time(state: ProofState) -> ProofState:
    """The same, too, without when messages were paid for: all as late as the last one."""
    return changed(at_any_hour(state), sent=state.sent[:1] * len(state.sent))


def at_time(state: ProofState, second: int, weekday: int | None) -> Iterator[ProofState]:
    """When it is this second of the day next, on this weekday if given: every way that can be the worst."""
    others = 0 if weekday is None else 6 * DAY
    until = DAY if state.clock is None else (second - state.clock) % DAY or DAY
    sooner = min(DAY - until, state.slack)
    yield _at_clock(state, until + others, second, sooner)
    if state.clock is None:
        # Who comes just at that time waits for the next one.
        yield from (_at_clock(state, max(1, wait), second) for wait in _endings(state, until + others))
    elif state.slack and state.sent:
        yield _at_clock(state, until + others, second)
        if until + state.slack >= DAY:
            yield _at_clock(state, until - DAY + others, second)
    if not state.changed:
        shifted = changed(state, changed=True)
        yield _at_clock(shifted, until + others + HOUR, second, sooner)
        if until <= HOUR:
            # The hands jump over the time just before it comes: the next one is a whole period away.
            yield _at_clock(shifted, DAY + others, second)


def after_quiet(state: ProofState, quiet: QuietHours | None) -> Iterator[ProofState]:
    """Now, or when the quiet hours are over that it may be in: every way that can be the worst."""
    if quiet is None:
        yield state
        return
    end, length = quiet.end * 60, (quiet.end - quiet.start) * 60 % DAY
    # Since they were over, and until they are.
    since = 0 if state.clock is None else (state.clock - end) % DAY
    until = DAY - since
    shifted = changed(state, changed=True)
    if state.clock is None or until > length or state.slack > length - until:
        yield state
    if state.clock is None or until <= length or state.slack > since:
        wait = length if state.clock is None else until if until <= length else -since
        sooner = 0 if state.clock is None else min(length - wait, state.slack)
        yield _at_clock(state, wait, end, sooner)
        if state.clock is None:
            yield from (_at_clock(state, max(1, rest), end) for rest in _endings(state, wait))
        if not state.changed:
            yield _at_clock(shifted, wait + HOUR, end, sooner)
            if state.clock is not None and length - until < HOUR:
                # The hands are put back to before these hours.
                yield changed(shifted, clock=(state.clock - HOUR) % DAY)
    elif not state.changed and state.slack + HOUR > since:
        # The hands are put back into these hours.
        yield _at_clock(
            shifted, min(length, HOUR - since), end, min(max(0, length + since - HOUR), state.slack)
        )
    if not state.changed and length < until <= length + HOUR:
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
    return changed(passed(after, seconds), clock=second, slack=0)
