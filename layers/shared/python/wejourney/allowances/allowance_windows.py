"""The allowances a follower has opened, and the spending of them.

WeChat does not add allowances up: a new act renews the allowance of its own kind. Whether a new act
also ends one of another kind is not documented for service accounts, so each kind is kept apart and
the one that ends first is spent first: this never counts on more than any single reading grants.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wejourney.allowances.wechat_rules import Act, RuleSet
from wejourney.errors import NoAllowanceError

SENDING_MARGIN = timedelta(seconds=10)
"""A message that leaves this close to the end of a window may arrive after it."""


@dataclass(frozen=True)
class Window:
    """An open allowance: `left` messages (`None`: no count) that may arrive before `until` (UTC)."""

    act: Act
    left: int | None
    until: datetime


type Windows = tuple[Window, ...]


def open_window(windows: Windows, act: Act, at: datetime, rules: RuleSet) -> Windows:
    """The windows after an act at `at`: its own kind is renewed, those that are over are dropped."""
    others = tuple(window for window in windows if window.act is not act and window.until > at)
    allowance = rules.opens.get(act)
    if allowance is None:
        return others
    renewed = Window(act, allowance.count, at + allowance.lasts)
    older = next((window for window in windows if window.act is act and window.until > renewed.until), None)
    return (*others, older or renewed)


def spend(windows: Windows, now: datetime, margin: timedelta = timedelta(0)) -> tuple[Window, Windows]:
    """Take one message from the window that ends first.

    Returns the window as it was and all windows as they are then. `margin` refuses a window whose end
    is that near. Raises NoAllowanceError when no window is left.
    """
    usable = [window for window in windows if window.until > now + margin and window.left != 0]
    if not usable:
        raise NoAllowanceError
    chosen = min(usable, key=lambda window: (window.until, window.act))
    return chosen, _put_back(windows, chosen, -1)


def give_back(windows: Windows, act: Act, until: datetime) -> Windows:
    """One message returns to the window that it was taken from, if that is still the one."""
    chosen = next((window for window in windows if (window.act, window.until) == (act, until)), None)
    return windows if chosen is None else _put_back(windows, chosen, +1)


def close_window(windows: Windows, act: Act, until: datetime) -> Windows:
    """Without this window; one that a newer act has opened stays."""
    return tuple(window for window in windows if (window.act, window.until) != (act, until))


def _put_back(windows: Iterable[Window], chosen: Window, change: int) -> Windows:
    if chosen.left is None:
        return tuple(windows)
    changed = Window(chosen.act, chosen.left + change, chosen.until)
    return tuple(changed if window is chosen else window for window in windows)
