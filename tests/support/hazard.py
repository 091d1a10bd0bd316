"""A worker that is killed before or after any of its calls to the outside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from tests.support.turns import before_each_call
from tests.support.world import World

type When = Literal["before", "after"]


class Killed(BaseException):
    """The worker is gone in the middle of a line."""


@dataclass
class Hazard:
    """Kills the worker `when` it makes the n-th of its calls, and counts them; with no place, nobody.

    A worker that is dead makes no call any more, while its Python code unwinds.
    """

    place: int | None = None
    when: When = "before"
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

    def around(self, service: Any) -> Any:
        """The service, each call to which can be the worker's last."""
        return _Guarded(service, self)

    @contextmanager
    def in_dynamodb(self, world: World) -> Iterator[None]:
        """Each call to DynamoDB, too."""
        with before_each_call(world, self.require_alive), before_each_call(world, self, self.when):
            yield


@dataclass
class _Guarded:
    service: Any
    hazard: Hazard

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.hazard.require_alive()
            if self.hazard.when == "before":
                self.hazard()
            answer = getattr(self.service, name)(*arguments)
            if self.hazard.when == "after":
                self.hazard()
            return answer

        return call
