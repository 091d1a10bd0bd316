"""Which events a pattern means, and whether an event is one of them."""

import hashlib
from dataclasses import astuple, dataclass
from typing import Literal

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EVENT_TYPES
from wejourney.events.positions import Position


@dataclass(frozen=True)
class EventPattern:
    """Which events are meant: those of kind `event` that fit every other field that is given.

    `wejourney.events.event_types` says which fields narrow which event, and how. `scene`, `url` and `name`
    are patterns with `*`; `at_least` is a number of points or of fen.
    """

    event: str
    scene: str | None = None
    keywords: tuple[str, ...] = ()
    key: str | None = None
    url: str | None = None
    name: str | None = None
    at_least: int | None = None


@dataclass(frozen=True)
class EventCount:
    """That an event happened: `at_least` so often, in the last `days` (7, 30 or 365; None: any time).

    `scope` says from when on events count: `run` (since this run began), `ever`, or the name of a step:
    since that step was taken in this run.
    """

    pattern: EventPattern
    at_least: int = 1
    days: Literal[7, 30, 365] | None = None
    scope: str = "run"

    @property
    def tally_name(self) -> str | None:
        """By what a follower's tally of these events is known; None for what counts from a moment on."""
        if self.scope != "ever" or self.days is not None:
            return None
        return hashlib.sha256(repr(astuple(self.pattern)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Tally:
    """How many events of a pattern happened before `until`, so that they need not be read again."""

    times: int
    until: Position


def matches(pattern: EventPattern, event: InboundEvent) -> bool:
    """Whether the event is of the pattern's kind and fits all that the pattern says."""
    if pattern.event != event.kind:
        return False
    for narrowing in EVENT_TYPES[pattern.event].narrowings or ():
        wanted = getattr(pattern, narrowing.pattern_field)
        if wanted not in (None, ()) and not narrowing.fits(wanted, event.body):
            return False
    return True
