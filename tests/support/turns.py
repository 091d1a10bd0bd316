"""Two workers at once: what they do, in every order of their calls to DynamoDB and WeChat.

Two calls that only read give the same in both orders, so of orders that differ in nothing but reads next to
each other one is tried: the sleep sets of P. Godefroid, "Partial-Order Methods".
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.patience import PATIENCE
from tests.support.world import World

type Work = Callable[[], object]

READS = {"GetItem", "BatchGetItem", "Query", "Scan"}


@contextmanager
def before_each_call(world: World, happens: Callable[..., None]) -> Iterator[None]:
    """Let something happen before each call to DynamoDB."""
    with world.followers.table.client.told(happens):
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
        self._reads = [True, True]
        """Whether what each of them does next changes nothing that the other can see."""

    def call(self, operation: str = "", **_: object) -> None:
        """Wait for one's turn, before a call to the outside; only those to DynamoDB have an operation."""
        number = getattr(self._number, "value", None)
        if number is not None:
            self._reads[number] = operation in READS
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
        asleep: int | None = None
        while ready := [number for number in (0, 1) if not self._done[number]]:
            awake = [number for number in ready if number != asleep] or ready
            turn = len(self._choices)
            choice = min(self._order[turn] if turn < len(self._order) else 0, len(awake) - 1)
            self._choices.append((choice, len(awake)))
            goes = awake[choice]
            # That the other goes first has been tried, and is the same for as long as both only read.
            asleep = 1 - goes if all(self._reads) and (choice == 1 or asleep == 1 - goes) else None
            self._may_go[goes].release()
            self._wait()
        for thread in threads:
            thread.join(PATIENCE)
        if self._errors:
            raise self._errors[0]

    def _wait(self) -> None:
        assert self._is_back.acquire(timeout=PATIENCE), "a worker hangs"

    def _work(self, number: int, work: Work) -> None:
        self._number.value = number
        self._is_back.release()
        self._may_go[number].acquire()
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
