"""Time that passes for a state: fixed, up to a limit, until a time of day, until quiet hours are over.

Nothing is known of the time of day at the start. The first wait for a time therefore takes a whole day at
worst; after it the time is known, and the next one takes what lies between, and so much longer as somebody
may have answered sooner before it. The zone is not known either: once in a run, and again in another zone or
after a wait of a month, the clocks may be put back by up to an hour, or forward.

The longest wait is the worst, but for one thing: a message that need not leave may leave only while an
allowance lasts, and take what is left of it. Where that matters, the wait also ends at once and whenever an
allowance has ended.
"""

from collections.abc import Iterator
from dataclasses import replace

from wejourney.journeys.definition import QuietHours
from wejourney.messaging.allowances import SENDING_MARGIN
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
    return replace(state, at=state.at + seconds, clock=clock, facts=after_wait(state.facts), fresh=fresh)


def passed_at_most(state: ProofState, seconds: int) -> Iterator[ProofState]:
    """After this time or less."""
    for wait in (seconds, *_endings(state, seconds)):
        yield replace(passed(state, wait), slack=state.slack + wait)


def _endings(state: ProofState, seconds: int) -> list[int]:
    """At once, and when an allowance has ended before this time: if messages may have taken from it."""
    lasts = (int((one.until - SENDING_MARGIN - state.now).total_seconds()) for one in state.windows)
    return sorted({0, *(left for left in lasts if 0 < left < seconds)}) if state.sent else []


def at_any_hour(state: ProofState) -> ProofState:
    """In a time zone that nobody knows, whose clocks may be changed."""
    return replace(state, clock=None, slack=0, changed=False)


def at_time(state: ProofState, second: int, weekday: int | None) -> Iterator[ProofState]:
    """When it is this second of the day next, on this weekday if given: every way that can be the worst."""
    others = 0 if weekday is None else 6 * DAY
    until = DAY if state.clock is None else (second - state.clock) % DAY or DAY
    wait = min(DAY, until + state.slack) + others
    yield _at_clock(state, wait, second)
    if state.clock is None or state.slack:
        # Who comes just at that time waits for the next one.
        yield from (_at_clock(state, max(1, sooner), second) for sooner in _endings(state, wait))
    if not state.changed:
        changed = replace(state, changed=True)
        yield _at_clock(changed, wait + HOUR, second)
        if until <= HOUR:
            # The hands jump over the time just before it comes: the next one is a whole period away.
            yield _at_clock(changed, DAY + others, second)


def after_quiet(state: ProofState, quiet: QuietHours | None) -> Iterator[ProofState]:
    """Now, or when the quiet hours are over that it may be in: every way that can be the worst."""
    if quiet is None:
        yield state
        return
    end, length = quiet.end * 60, (quiet.end - quiet.start) * 60 % DAY
    # Since they were over, and until they are.
    since = 0 if state.clock is None else (state.clock - end) % DAY
    until = DAY - since
    sooner = DAY if state.clock is None else state.slack
    changed = replace(state, changed=True)
    if until > length or sooner:
        yield state
    if until <= length or sooner > since:
        rest = min(length, until + sooner if until <= length else sooner - since)
        yield _at_clock(state, rest, end)
        if sooner:
            yield from (_at_clock(state, max(1, earlier), end) for earlier in _endings(state, rest))
        if not state.changed:
            yield _at_clock(changed, rest + HOUR, end)
    elif not state.changed and sooner + HOUR > since:
        # The hands are put back into these hours.
        yield _at_clock(changed, min(length, sooner + HOUR - since), end)
    if not state.changed and length < until <= length + HOUR:
        # They are put forward into them.
        yield _at_clock(changed, length, end)


def _at_clock(state: ProofState, seconds: int, second: int) -> ProofState:
    """After a wait of at most so long that ends at this time of day."""
    return replace(passed(state, seconds), clock=second, slack=0)
