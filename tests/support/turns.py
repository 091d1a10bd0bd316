"""Two workers at once: what they do, in every order of their calls to DynamoDB and WeChat."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.world import World

type Work = Callable[[], None]

PATIENCE = 10.0
"""Seconds that a worker may take from call to call."""


@contextmanager
def before_each_call(world: World, happens: Callable[..., None], when: str = "before") -> Iterator[None]:
    """Let something happen before (or `after`) each call to DynamoDB, which has had its effect then."""
    with world.followers.table.client.told(happens, when):
        yield


def every_order(world: World, works: Callable[[int], tuple[Work, Work]]) -> int:
    """Let two workers work in every order of their calls; returns how many orders there are.

    `works` prepares the work for the order of this number.
    """
    order: list[int] | None = []
    number = 0
    while order is not None:
        turns = _Turns(order)
        both = works(number)
        world.wechat.before_send = turns.call
        try:
            with before_each_call(world, turns.call):
                turns.run(both)
        finally:
            world.wechat.before_send = None
        order, number = turns.next_order(), number + 1
    return number


class _Turns:
    """Two workers, of which one goes on at a time, from call to call, in the order that is given."""

    def __init__(self, order: list[int]) -> None:
        self._order = order
        self._choices: list[tuple[int, int]] = []
        self._may_go = [threading.Semaphore(0), threading.Semaphore(0)]
        self._is_back = threading.Semaphore(0)
        self._done = [False, False]
        self._errors: list[BaseException] = []
        self._number = threading.local()

    def call(self, **_: object) -> None:
        """Wait for one's turn, before a call to the outside."""
        number = getattr(self._number, "value", None)
        if number is not None:
            self._is_back.release()
            self._may_go[number].acquire()

    def run(self, works: tuple[Work, Work]) -> None:
        """Let both come to their end; raises what one of them has raised."""
        threads = [
            threading.Thread(target=self._work, args=(number, work), daemon=True)
            for number, work in enumerate(works)
        ]
        for thread in threads:
            thread.start()
            self._wait()
        while ready := [number for number in (0, 1) if not self._done[number]]:
            turn = len(self._choices)
            choice = min(self._order[turn] if turn < len(self._order) else 0, len(ready) - 1)
            self._choices.append((choice, len(ready)))
            self._may_go[ready[choice]].release()
            self._wait()
        for thread in threads:
            thread.join(PATIENCE)
        if self._errors:
            raise self._errors[0]

    def _wait(self) -> None:
        assert self._is_back.acquire(timeout=PATIENCE), "a worker hangs"

    def _work(self, number: int, work: Work) -> None:
        self._number.value = number
        self.call()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the test's thread raises it
            self._errors.append(error)
        finally:
            self._done[number] = True
            self._is_back.release()

    def next_order(self) -> list[int] | None:
        """The order after this one; None after the last."""
        taken = list(self._choices)
        while taken:
            choice, ways = taken.pop()
            if choice + 1 < ways:
                return [one for one, _ in taken] + [choice + 1]
        return None
