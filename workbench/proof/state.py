"""Where a run can be at a step: how old its allowances are at worst, what is known, how it came there.

Where the moment of something is not known (an answer, a date), a state takes the latest: it makes all
older allowances as old as they can be.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import zip_longest

from wejourney.allowances.allowance_windows import (
    SENDING_MARGIN,
    Window,
    Windows,
    count_of,
    open_window,
    spend,
)
from wejourney.allowances.wechat_rules import POOLS, Act, Reading, RuleSet
from wejourney.errors import NoAllowanceError, WejourneyError
from wejourney.plain_data import changed
from workbench.language.source import Location
from workbench.proof.facts import ANYTHING, Facts, Key, Known, either, follow
from workbench.proof.program import EPOCH
from workbench.wording.phrases import Phrase, phrase


@dataclass(frozen=True)
class Moment:
    """Something that happens in a behaviour, `at` seconds after its start.

    `words` say what, `step` where. For a replay: `kind` is what it is, `by` the kind of event that did it,
    `answer` what was answered, `way` the number of the case or share that is taken (a branch's last is its
    `otherwise`), `opens` the act of the follower, `spends` whether a message takes an allowance.
    """

    at: int
    words: Phrase
    step: Location
    kind: str
    by: str | None = None
    answer: str | None = None
    way: int | None = None
    opens: Act | None = None
    spends: bool = False


@dataclass(frozen=True)
class Trace:
    """The way to a state, its last moment first, with what was known at it.

    It may have been earlier by `slack`, and for what follows to be at its worst it was, by `sooner`.

    Where two ways meet, the moment is none of the behaviour's, and `other` is the second one.
    """

    before: "Trace | None"
    moment: Moment
    facts: Facts
    slack: int
    clock: int | None
    changed: bool
    sooner: int = 0
    other: "OtherPath | None" = None


@dataclass(frozen=True)
class OtherPath:
    """Another path to the same state, on which the fact about `key` is `known`."""

    key: Key
    known: Known
    trace: Trace | None


class TooManyWaysError(WejourneyError):
    """A journey that cannot be proved with the work that is allowed."""


class Effort:
    """The work that is left: counted and not timed, so that a proof ends in the same way everywhere."""

    def __init__(self, most: int) -> None:
        self._left = most

    def spend(self, amount: int) -> None:
        """Do so much. Raises TooManyWaysError when it is more than is left."""
        self._left -= amount
        if self._left < 0:
            raise TooManyWaysError


_ENDLESS = 1 << 62
_COARSE = 12 * 3_600
"""Seconds; the exactness of what happened more than the shortest allowance ago."""

type MenuLine = tuple[str, tuple[str, ...]]
"""A line of a menu message: its id, as it is written or as it is sent, and its labels."""


@dataclass(frozen=True)
class ProofState:
    """A run before a step.

    `at` is the latest second after the start that it can be. `clock` is the local time at `at` in seconds
    after midnight, None where it can be any, `slack` how much earlier than both it may be, and `changed`
    whether no clock can be changed any more: it was in this run, or the `zone` has no daylight saving.
    `night` says that clocks may have been changed since `clock` was that of the wall; the zone is known when
    the run itself has set it. `early` is what the follower did since the second of the last thing said or
    heard, `entered` since the start: kinds of events that nothing has taken; `done` has all kinds since the
    start. `fresh` says that it still is that second. `menus` are the lines that can be tapped, `sent` the
    seconds in which a message was paid for, the last one first, `others` how many messages runs of other
    journeys may send at any time from now on. WeChat follows this `reading` of its rules.
    """

    at: int
    windows: Windows
    facts: Facts
    trace: Trace | None = field(default=None, compare=False, repr=False)
    clock: int | None = None
    slack: int = 0
    changed: bool = False
    night: bool = False
    zone: str | None = None
    early: frozenset[str] = frozenset()
    entered: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    fresh: bool = False
    menus: frozenset[MenuLine] = frozenset()
    sent: tuple[int, ...] = ()
    others: int = 0
    reading: Reading = Reading.APART

    @property
    def now(self) -> datetime:
        """The latest moment that it can be."""
        return moment(self.at)

    def told(self, step: Location, kind: str, words: Phrase, **more: object) -> "ProofState":
        """This state with one more moment on the way to it."""
        happened = changed(Moment(self.at, words, step, kind), **more)
        known = (self.facts, self.slack, self.clock, self.changed)
        return changed(self, trace=Trace(self.trace, happened, *known))

    def shared_with(self, window: Window) -> Window | None:
        """The window that the acts of this one raise."""
        pool = POOLS[self.reading][window.act]
        return next((other for other in self.windows if other.act in pool), None)

    def acted(self, act: Act | None, rules: RuleSet) -> "ProofState":
        """After an act of the follower, now."""
        if act is None:
            return self
        return changed(self, windows=open_window(self.windows, act, self.now, rules))


@lru_cache(maxsize=4096)
def moment(at: int) -> datetime:
    """The time of a second after the start."""
    return EPOCH + timedelta(seconds=at)


def spendings(state: ProofState, rules: RuleSet) -> Iterator[tuple[ProofState, tuple[Act, ...]]]:
    """Every way to pay for a message that leaves now; none when no allowance is left.

    The window that ends first pays. An act of the follower can renew it, so that another one ends first: the
    acts that this takes are given with each way. It matters where the renewed one would have been renewed
    anyway a little later; else more acts only allow more.
    """
    try:
        (first,), windows = spend(state.windows, state.now, SENDING_MARGIN)
    except NoAllowanceError:
        return
    yield _paid(state, windows), ()
    if first.left is None:
        return
    for window in state.windows:
        renewed = tuple(
            other.act for other in _usable(state) if (other.until, other.act) < (window.until, window.act)
        )
        others_may = all(_can_follow(act, window, state, rules) for act in renewed)
        if window in _usable(state) and renewed and others_may:
            _, (paid,) = spend((window,), state.now, SENDING_MARGIN)
            others = tuple(paid if other is window else other for other in state.windows)
            yield _paid(state, others), renewed


def helped(state: ProofState, rules: RuleSet) -> Iterator[tuple[Act, ProofState]]:
    """Every way in which a message may leave although this state has no allowance for it, by its act.

    The state is the worst of many: in a better one, by an earlier answer or one more act, an allowance is
    open. All that is counted on is that it pays for this message now, and for as many more as this run
    cannot have used of it. What opened it may have been done before the run began.
    """
    for act, allowance in sorted(
        rules.opens.items(), key=lambda item: (item[1].lasts, item[0] is Act.FOLLOW)
    ):
        used = sum(state.at - at <= allowance.lasts.total_seconds() for at in state.sent)
        left = None if allowance.count is None else max(1, allowance.count - used)
        soon = state.now + SENDING_MARGIN + timedelta(seconds=1)
        pool = POOLS[state.reading][act]
        others = tuple(window for window in state.windows if window.act not in pool)
        until = max([soon, *(window.until for window in state.windows if window.act in pool)])
        yield act, changed(state, windows=(*others, Window(act, left, until)))


def rounded(state: ProofState, rules: RuleSet) -> tuple[int, ...]:
    """When messages were paid for, only as exactly as `helped` needs it: later is worse, and so sound.

    Else the many ways to a step would all be different.
    """
    counted = [allowance for allowance in rules.opens.values() if allowance.count is not None]
    if not counted:
        return ()
    lasts = [int(allowance.lasts.total_seconds()) for allowance in counted]
    shortest, longest = min(lasts) + 1, max(lasts)
    before = state.at - shortest
    times = (at if at > before else min(-(-at // _COARSE) * _COARSE, before) for at in state.sent)
    recent = sorted((at for at in times if state.at - at <= longest), reverse=True)
    return tuple(recent[: max(allowance.count or 0 for allowance in counted)])


def _paid(state: ProofState, windows: Windows) -> ProofState:
    return changed(state, windows=windows, sent=(state.at, *state.sent))


def _usable(state: ProofState) -> list[Window]:
    return [
        window for window in state.windows if window.until > state.now + SENDING_MARGIN and window.left != 0
    ]


def _can_follow(act: Act, window: Window, state: ProofState, rules: RuleSet) -> bool:
    """Whether this window can end before that of `act`, because the act is done again or came later."""
    # Who follows again has unfollowed before, and that ends the run.
    return act is not Act.FOLLOW and window.until <= state.now + rules.opens[act].lasts


def covers(worse: ProofState, state: ProofState) -> bool:
    """Whether all that can go wrong from `state` can go wrong from `worse`, both before the same step."""
    return (
        (worse.clock is None or _covers_clock(worse, state))
        and worse.changed <= state.changed
        and worse.zone in (None, state.zone)
        and worse.early >= state.early
        and worse.entered >= state.entered
        and worse.done >= state.done
        and worse.fresh >= state.fresh
        and worse.menus >= state.menus
        and worse.others >= state.others
        and len(worse.sent) >= len(state.sent)
        and all(
            worse.at - late <= state.at - early for late, early in zip(worse.sent, state.sent, strict=False)
        )
        # Where there are many states before one step, they differ in facts more often than in windows.
        and follow(state.facts, worse.facts)
        and all(_covered(window, worse, state) for window in worse.windows)
    )


def _covers_clock(worse: ProofState, state: ProofState) -> bool:
    return worse.clock == state.clock and worse.slack >= state.slack and worse.night >= state.night


def together(first: ProofState, second: ProofState) -> ProofState | None:
    """Two states before the same step that differ in one fact alone, as one in which either is so.

    None when they differ in more, or when no fact says exactly that.
    """
    if first.at != second.at or first.facts.keys() != second.facts.keys():
        return None
    different = [key for key, known in first.facts.items() if known != second.facts[key]]
    if len(different) != 1 or changed(first, facts=second.facts) != second:
        return None
    (key,) = different
    known = either(first.facts[key], second.facts[key])
    if known is None:
        return None
    others = {other: known for other, known in first.facts.items() if other != key}
    merged = changed(first, facts=others if known in ANYTHING else {**others, key: known})
    trace = merged.told((), "met", phrase("verbatim", text="")).trace
    return changed(
        merged, trace=trace and changed(trace, other=OtherPath(key, first.facts[key], second.trace))
    )


def worst_of(first: ProofState, second: ProofState) -> ProofState:
    """A state before the same step that covers both; the way to it is that to the first."""
    clock = first.clock if first.clock == second.clock else None
    later = second.now - first.now
    return changed(
        first,
        facts={key: known for key, known in first.facts.items() if second.facts.get(key) == known},
        clock=clock,
        slack=0 if clock is None else max(first.slack, second.slack),
        changed=first.changed and second.changed,
        night=clock is not None and (first.night or second.night),
        zone=first.zone if first.zone == second.zone else None,
        early=first.early | second.early,
        entered=first.entered | second.entered,
        done=first.done | second.done,
        fresh=first.fresh or second.fresh,
        menus=first.menus | second.menus,
        others=max(first.others, second.others),
        sent=tuple(
            first.at - min(ages) for ages in zip_longest(_ages(first), _ages(second), fillvalue=_ENDLESS)
        ),
        windows=tuple(
            changed(
                window,
                left=min(window.left, other.left, key=count_of),
                until=min(window.until, other.until - later),
            )
            for window in first.windows
            if (other := second.shared_with(window)) is not None
        ),
    )


def _ages(state: ProofState) -> list[int]:
    """How many seconds ago messages were paid for."""
    return [state.at - at for at in state.sent]


def _covered(window: Window, worse: ProofState, state: ProofState) -> bool:
    left, lasts = _remains(window, worse)
    if not left or lasts <= 0:
        return True
    other = state.shared_with(window)
    if other is None:
        return False
    more, longer = _remains(other, state)
    return more >= left and longer >= lasts


def allowed(state: ProofState) -> tuple[float, float]:
    """How many messages all windows still allow, and for how many seconds in all."""
    remain = [_remains(window, state) for window in state.windows]
    still = [(left, lasts) for left, lasts in remain if left and lasts > 0]
    return sum(left for left, _ in still), sum(lasts for _, lasts in still)


def _remains(window: Window, state: ProofState) -> tuple[float, float]:
    """How many messages a window still allows, and for how many seconds."""
    return count_of(window.left), (window.until - state.now - SENDING_MARGIN).total_seconds()


def unlikeness(first: ProofState, second: ProofState) -> tuple[int, float]:
    """How much `worst_of` these would lose: how many kinds of things, and how long windows last."""
    lasts = [{window.act: _remains(window, state) for window in state.windows} for state in (first, second)]
    different = sum(
        getattr(first, name) != getattr(second, name) for name in ("facts", "early", "entered", "menus")
    ) + (lasts[0].keys() != lasts[1].keys())
    both = lasts[0].keys() & lasts[1].keys()
    return different, sum(abs(lasts[0][act][1] - lasts[1][act][1]) for act in both)
