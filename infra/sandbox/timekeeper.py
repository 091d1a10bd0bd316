"""The sandbox's time: it stands while anything is in flight, and jumps to the next due moment otherwise.

Work is in flight from its beginning to its end, except while its thread is parked until a moment. Virtual
time ticks whole seconds, as WeChat's clock does, so no event is dated before what it follows.
"""

import fcntl
import heapq
import itertools
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

STANDING, REAL_TIME = 0.0, 1.0
"""Speeds: time stands until it is told to move; time passes as on the wall, whatever is in flight."""

TICK = 0.05
"""Real seconds between two moves of a time that moves by itself."""
_LOOK_AGAIN = 0.002
"""Real seconds between two checks of work that does not report its end."""


class StillInFlightError(Exception):
    """Time could not move: something stayed in flight for longer than the caller wanted to wait."""


@dataclass(order=True)
class Due:
    """A plan for a moment, in seconds since 1970. Plans for the same moment are kept in order."""

    at: int
    number: int
    act: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)


class Timekeeper:
    """Keeps the time in `file`, which nobody else writes.

    `elsewhere` has a check by kind of work: whether some waits to be taken up.
    """

    def __init__(self, file: Path) -> None:
        self.changing = threading.Condition()
        self.elsewhere: dict[str, Callable[[], bool]] = {}
        self._file = file
        self._now = int(file.read_text("ascii"))
        self._moving = threading.Lock()
        self._in_flight: Counter[str] = Counter()
        self._due: list[Due] = []
        self._numbers = itertools.count()
        self._speed = STANDING
        self._passed = 0.0
        self._moves_by_itself = threading.Event()
        threading.Thread(target=self._move_by_itself, daemon=True).start()

    def begin(self, what: str) -> None:
        with self.changing:
            self._in_flight[what] += 1

    def end(self, what: str) -> None:
        with self.changing:
            self._in_flight[what] -= 1
            self.changing.notify_all()

    @contextmanager
    def in_flight(self, what: str) -> Iterator[None]:
        self.begin(what)
        try:
            yield
        finally:
            self.end(what)

    def handed_over[**P, R](self, what: str, function: Callable[P, R]) -> Callable[P, R]:
        """A function that is in flight from now on until it has been called, in whichever thread."""
        self.begin(what)

        def run(*args: P.args, **more: P.kwargs) -> R:
            try:
                return function(*args, **more)
            finally:
                self.end(what)

        return run

    @contextmanager
    def _at_rest(self) -> Iterator[dict[str, int]]:
        """What is in flight, by kind; nothing else can begin to be until the block has ended."""
        with self.changing, _lock_file(self._file).open("a") as lock:
            found = {what: number for what, number in self._in_flight.items() if number}
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                found["acts"] = 1
            yield found | {what: 1 for what, has_work in self.elsewhere.items() if has_work()}

    def at(self, moment: float, act: Callable[[], None]) -> Due:
        """Plan something short for a moment, rounded up to a whole second."""
        with self.changing:
            due = Due(math.ceil(moment), next(self._numbers), act)
            heapq.heappush(self._due, due)
            return due

    def sleep_until(self, moment: float, what: str) -> None:
        """Park this thread, which is in flight as `what`, until a moment that is still to come."""
        if moment > self._now:
            Signal(self, what).wait(moment - self._now)

    def _earliest(self) -> Due | None:
        while self._due and self._due[0].cancelled:
            heapq.heappop(self._due)
        return self._due[0] if self._due else None

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._now, UTC)

    @property
    def seconds(self) -> int:
        """The virtual time in seconds since 1970."""
        return self._now

    def state(self) -> dict[str, Any]:
        with self._at_rest() as in_flight:
            due = self._earliest()
            return {
                "now": self.now.isoformat(),
                "speed": self._speed,
                "next": datetime.fromtimestamp(due.at, UTC).isoformat() if due else None,
                "in_flight": in_flight,
            }

    def advance(self, until: int, patience: float) -> None:
        """Go on to a moment, through each due moment on the way, and wait until all of it is done.

        Raises StillInFlightError if something stays in flight for `patience` real seconds.
        """
        with self._moving:
            self._settle(patience)
            while self._go_on(until):
                self._settle(patience)

    def next_moment(self, limit: int | None, patience: float) -> None:
        """Go on to the next due moment, to `limit` at most. Raises StillInFlightError."""
        with self._moving:
            self._settle(patience)
        with self.changing:
            due = self._earliest()
        moments = [*([due.at] if due else []), *([limit] if limit is not None else [])]
        self.advance(min(moments, default=self._now), patience)

    def set_speed(self, speed: float) -> None:
        """Let time move by itself, so many virtual seconds a real one, or stand.

        It stands all the same while anything is in flight, but for REAL_TIME.
        """
        with self.changing:
            self._speed, self._passed = speed, 0.0
            (self._moves_by_itself.clear if speed == STANDING else self._moves_by_itself.set)()

    def tick(self, passed: float) -> None:
        """Let so many real seconds have passed."""
        if not self._moving.acquire(blocking=False):
            return
        try:
            with self._at_rest() as in_flight:
                if in_flight and self._speed != REAL_TIME:
                    return
                self._passed += passed * self._speed
                until, self._passed = self._now + int(self._passed), self._passed % 1
                while self._step(until) and self._speed == REAL_TIME:
                    pass
        finally:
            self._moving.release()

    def _move_by_itself(self) -> None:
        while True:
            self._moves_by_itself.wait()
            before = time.monotonic()
            time.sleep(TICK)
            self.tick(time.monotonic() - before)

    def _settle(self, patience: float) -> None:
        ends = time.monotonic() + patience
        while True:
            with self._at_rest() as in_flight:
                if not in_flight:
                    return
            if time.monotonic() > ends:
                raise StillInFlightError(", ".join(f"{number} {what}" for what, number in in_flight.items()))
            with self.changing:
                self.changing.wait(_LOOK_AGAIN)

    def _go_on(self, until: int) -> bool:
        """One step towards a moment unless something is in flight; False when the moment is reached."""
        with self._at_rest() as in_flight:
            return bool(in_flight) or self._step(until)

    def _step(self, until: int) -> bool:
        """Let the earliest happen that is due by a moment (True), or else let the moment come (False)."""
        due = self._earliest()
        if due is None or due.at > until:
            self._set(until)
            return False
        self._set(due.at)
        heapq.heappop(self._due).act()
        return True

    def _set(self, moment: int) -> None:
        """Write the time, which never goes back. Readers find either the old or the new one."""
        if moment > self._now:
            self._now = moment
            unfinished = self._file.with_suffix(".next")
            unfinished.write_text(str(moment), "ascii")
            unfinished.replace(self._file)


class Signal:
    """A threading.Event for one thread, whose waiting takes virtual time.

    The thread is in flight as `what` but for the time that it waits.
    """

    def __init__(self, keeper: Timekeeper, what: str) -> None:
        self._keeper, self._what = keeper, what
        self._set = False
        self._due: Due | None = None
        self._awake = threading.Event()
        self._awake.set()

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        """Wake the thread that waits, or let it not wait at all."""
        with self._keeper.changing:
            self._set = True
            self._wake()

    def wait(self, timeout: float | None = None) -> bool:
        """Park this thread until somebody sets the signal (True), for so many virtual seconds at most."""
        with self._keeper.changing:
            if self._set:
                return True
            if timeout is not None:
                self._due = self._keeper.at(self._keeper.seconds + timeout, self._wake)
            self._awake.clear()
            self._keeper.end(self._what)
        self._awake.wait()
        return self._set

    def _wake(self) -> None:
        """Count the thread as in flight before it runs, so that no jump comes between."""
        with self._keeper.changing:
            if self._due is not None:
                self._due.cancelled = True
            if not self._awake.is_set():
                self._keeper.begin(self._what)
                self._awake.set()


def counted_threads(
    keeper: Timekeeper, what: str, counts: Callable[[Any], bool] = lambda _target: True
) -> type[threading.Thread]:
    """A Thread that is in flight from its start to its end if its target `counts`."""

    class Counted(threading.Thread):
        _target: Callable[..., Any]

        def start(self) -> None:
            if not counts(self._target):
                super().start()
                return
            self._target = keeper.handed_over(what, self._target)
            try:
                super().start()
            except RuntimeError:
                keeper.end(what)
                raise

    return Counted


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Count the block as in flight, from another process. The system lets go when the process ends."""
    with _lock_file(file).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _lock_file(file: Path) -> Path:
    return file.with_suffix(".held")
