"""Reading the parts of a table at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

type Tell = Callable[[int], None]


def in_parts[T](number: int, read: Callable[[int, Tell], T], tell: Tell) -> list[T]:
    """What `read` makes of each part, from 0 on. It tells how much it has read; `tell` is told of the sum."""
    lock, done = Lock(), 0

    def add(more: int) -> None:
        nonlocal done
        with lock:
            done += more
            tell(done)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(lambda part: read(part, add), range(number)))
