"""The allowances a follower has opened, and the spending of them, under every reading of WeChat's rules.

WeChat does not add allowances up: a new act renews the allowance of its own kind. What it does to those of
other kinds depends on the reading. The windows of all readings are kept side by side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from wejourney.allowances.wechat_rules import POOLS, Act, Allowance, Reading, RuleSet
from wejourney.errors import NoAllowanceError
from wejourney.plain_data import changed

SENDING_MARGIN = timedelta(seconds=10)
"""A message that leaves this close to the end of a window may arrive after it."""


@dataclass(frozen=True)
class Window:
    """An open allowance: `left` messages (`None`: no count) that may arrive before `until` (UTC).

    `act` raised it last: then, or at `since` where its own end would be another one. It is open under one
    `reading` of the rules (None: under all of them).
    """

    act: Act
    left: int | None
    until: datetime
    reading: Reading | None = None
    since: datetime | None = None

    def is_same(self, other: "Window") -> bool:
        """Whether both are the same window, of which other messages may have been taken since."""
        return (self.act, self.until, self.since) == (other.act, other.until, other.since)


type Windows = tuple[Window, ...]


def open_window(windows: Windows, act: Act, at: datetime, rules: RuleSet) -> Windows:
    """The windows after an act at `at`: that of its pool is raised, those that are over are dropped."""
    still_open = tuple(window for window in windows if window.until > at)
    allowance = rules.opens.get(act)
    if allowance is None:
        return still_open
    return _all(
        {
            reading: _after(act, at, allowance, known, POOLS[reading][act])
            for reading, known in _by_reading(still_open, rules.readings).items()
        }
    )


def open_until(windows: Windows, now: datetime) -> datetime:
    """When the last of these windows is over that has a message left: `now` if none has."""
    return max((window.until for window in windows if window.left != 0 and window.until > now), default=now)


def spend(windows: Windows, now: datetime, margin: timedelta = timedelta(0)) -> tuple[Windows, Windows]:
    """Take one message, under each reading that allows it, from the window that ends first.

    Returns the windows as they were and all windows as they are then. `margin` refuses a window whose end
    is that near. Raises NoAllowanceError when no reading has a window left.
    """
    by_reading = _by_reading(windows)
    taken: dict[Reading, Windows] = {}
    for reading, known in by_reading.items():
        usable = [window for window in known if window.until > now + margin and window.left != 0]
        taken[reading] = (min(usable, key=lambda window: (window.until, window.act)),) if usable else ()
    if not any(taken.values()):
        raise NoAllowanceError
    after = {reading: _put_back(known, taken[reading], -1) for reading, known in by_reading.items()}
    return _all(taken), _all(after)


def give_back(windows: Windows, taken: Windows) -> Windows:
    """One message returns to each window that it was taken from, if that is still the one."""
    returned = _by_reading(taken, tuple(Reading))
    known = _by_reading(windows, tuple(Reading))
    return _all({reading: _put_back(known[reading], returned[reading], +1) for reading in Reading})


def close_windows(windows: Windows, taken: Windows) -> Windows:
    """Without the windows that a message was taken from; those that a newer act has raised stay."""
    closed = _by_reading(taken, tuple(Reading))
    return _all(
        {
            reading: tuple(window for window in known if not any(map(window.is_same, closed[reading])))
            for reading, known in _by_reading(windows, tuple(Reading)).items()
        }
    )


def _after(act: Act, at: datetime, allowance: Allowance, known: Windows, pool: frozenset[Act]) -> Windows:
    """The windows of one reading after an act whose allowance is shared by those of the pool."""
    raised = Window(act, allowance.count, at + allowance.lasts)
    for window in known:
        if window.act not in pool:
            continue
        if window.act is act and at < (window.since or window.until - allowance.lasts):
            return known  # The act arrives late.
        raised = _larger(window, raised, at)
    return (*(window for window in known if window.act not in pool), raised)


def _larger(window: Window, renewed: Window, at: datetime) -> Window:
    """The larger count and the later end of both."""
    left, until = max(window.left, renewed.left, key=count_of), max(window.until, renewed.until)
    if (left, until) == (window.left, window.until):
        return window
    return changed(renewed, left=left, until=until, since=None if until == renewed.until else at)


def count_of(left: int | None) -> float:
    """How many messages these are, to be compared."""
    return float("inf") if left is None else left


def _by_reading(windows: Windows, readings: tuple[Reading, ...] | None = None) -> Mapping[Reading, Windows]:
    """The windows of each reading; where none of them differs, those of one stand for all."""
    if readings is None:
        readings = tuple(Reading) if any(window.reading for window in windows) else (Reading.APART,)
    return {
        reading: tuple(
            window if window.reading is None else changed(window, reading=None)
            for window in windows
            if window.reading in (None, reading)
        )
        for reading in readings
    }


def _all(by_reading: Mapping[Reading, Windows]) -> Windows:
    """The windows of all readings, each that is open under all of them once."""
    first, *others = by_reading.values()
    if not others:
        return first
    shared = [window for window in first if all(window in known for known in others)]
    return tuple(
        window if window in shared else changed(window, reading=reading)
        for number, (reading, known) in enumerate(by_reading.items())
        for window in known
        if number == 0 or window not in shared
    )


def _put_back(windows: Windows, chosen: Iterable[Window], change: int) -> Windows:
    return tuple(
        changed(window, left=window.left + change)
        if window.left is not None and any(map(window.is_same, chosen))
        else window
        for window in windows
    )
