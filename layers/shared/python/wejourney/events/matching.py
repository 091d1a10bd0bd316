"""Which events a pattern means, and whether an event is one of them."""

import hashlib
from dataclasses import astuple, dataclass
from typing import Final, Literal

from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import EVENT_TYPES, Source
from wejourney.events.positions import Position
from wejourney.events.values import Near, Wanted


@dataclass(frozen=True)
class Property:
    """What is wanted of a property of an event (`EventFields.properties`)."""

    name: str
    wanted: Wanted


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
    properties: tuple[Property, ...] = ()
    near: Near | None = None

    @property
    def is_act(self) -> bool:
        """Whether the follower does it; else it happens to them, or is reported of them."""
        return EVENT_TYPES[self.event].source is Source.ACT


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


@dataclass(frozen=True)
class About:
    """What a run is about where its journey is taken once per order, say: `key`, a value of `key_field`.

    `chat` is the contact that it speaks with, where its journey names the account.
    """

    key_field: str = ""
    key: str = ""
    chat: Subject | None = None

    @property
    def fields(self) -> dict[str, str]:
        """The fields of an event that is about the same."""
        return {self.key_field: self.key} if self.key else {}

    @property
    def booking(self) -> str:
        """The booking that it is about, empty where it is about none."""
        return self.key if self.key_field == "booking" else ""

    def hears(self, event: InboundEvent) -> bool:
        """Whether an event may mean this run: it is not about another order, and no act in another chat.

        An event of a type without this key, or that names none, is about the follower and means all runs. One
        that is always about an order (`EventType.always_about`) and does not say which means none of these.
        """
        type_ = event.body.type
        if self.chat not in (None, event.subject) and type_.source is Source.ACT:
            return False
        if not self.key or self.key_field not in type_.fields:
            return True
        named = getattr(event.body, self.key_field)
        return bool(named == self.key if named else type_.always_about != self.key_field)


EVERYTHING: Final = About()
"""What a run is about that hears of all that its follower does."""


def matches(pattern: EventPattern, event: InboundEvent) -> bool:
    """Whether the event is of the pattern's kind, fits all that the pattern says, and says something new."""
    if pattern.event != event.kind or event.told_again:
        return False
    for narrowing in EVENT_TYPES[pattern.event].narrowings or ():
        wanted = getattr(pattern, narrowing.pattern_field)
        if wanted not in (None, ()) and not narrowing.fits(wanted, event.body):
            return False
    return True
