"""A worker that is killed before any of its calls to the outside, which is after the one before it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.turns import before_each_call
from tests.support.world import World


class Killed(BaseException):
    """The worker is gone in the middle of a line."""


@dataclass
class Hazard:
    """Kills the worker before the n-th of its calls, and counts them; with no place, nobody.

    A worker that is dead makes no call any more, while its Python code unwinds.
    """

    place: int | None = None
    calls: int = 0
    is_dead: bool = False

    def __call__(self, **_: object) -> None:
        self.calls += 1
        if self.calls - 1 == self.place:
            self.is_dead = True
            raise Killed

    def require_alive(self, **_: object) -> None:
        if self.is_dead:
            raise Killed

    def in_bucket(self) -> None:
        """Before a call to the bucket."""
        self.require_alive()
        self()

    def around(self, service: Any) -> Any:
        """The service, each call to which can be the worker's last."""
        return _Guarded(service, self)

    @contextmanager
    def in_dynamodb(self, world: World) -> Iterator[None]:
        """Each call to DynamoDB, too."""
        with before_each_call(world, self.require_alive), before_each_call(world, self):
            yield


@dataclass
class _Guarded:
    service: Any
    hazard: Hazard

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)  # What Python and its libraries look for is no call.

        def call(*arguments: Any) -> Any:
            self.hazard.require_alive()
            self.hazard()
            return getattr(self.service, name)(*arguments)

        return call
