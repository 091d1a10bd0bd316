"""Find events that should have given something: by their record they give it, and no transaction does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from wejourney.services.ports.environment import TimeSource

GRACE = timedelta(hours=1)
"""How long an event is left alone: it may be delivered again, and the index lags behind."""


@dataclass(frozen=True)
class MissingEarning:
    """A rule that should have given somebody something for an event."""

    person_id: str
    event_id: str
    rule: str


@dataclass(frozen=True)
class EarnedEvent:
    """An event on record, and the ids of the transactions that it gives, by rule."""

    person_id: str
    event_id: str
    gives: Mapping[str, str]


@dataclass(frozen=True)
class EventsPass:
    """A look at what was recorded from one moment until before another; `cursor` is where to go on."""

    since: datetime
    until: datetime
    cursor: str = ""


@dataclass(frozen=True)
class EventPage:
    events: tuple[EarnedEvent, ...]
    cursor: str
    """Where the next page begins; empty: this is the last one."""


class EarnedEvents(Protocol):
    """The events that give something, by when they were recorded, in shards of their people."""

    def page(self, shard: int, one: EventsPass) -> EventPage: ...

    def posted(self, transaction_ids: list[str]) -> frozenset[str]:
        """Which of these transactions are posted."""

    def last_pass(self, shard: int) -> EventsPass | None: ...

    def save_pass(self, shard: int, one: EventsPass) -> None: ...


class EventsWatch(Protocol):
    def missing(self, earning: MissingEarning) -> None:
        """An event has neither the transaction of a rule nor a reason."""


@dataclass(frozen=True)
class ReconcileEvents:
    """Looks at what came since the last pass. What dies goes on after the last page that was done."""

    events: EarnedEvents
    clock: TimeSource
    watch: EventsWatch

    def __call__(self, shard: int, has_time: Callable[[], bool]) -> None:
        one, until = self.events.last_pass(shard), self.clock.now() - GRACE
        if one is None:
            one = EventsPass(datetime.fromtimestamp(0, until.tzinfo), until)
        elif not one.cursor:
            one = EventsPass(one.until, until)
        while one.since < one.until and has_time():
            page = self.events.page(shard, one)
            self._look(page)
            one = replace(one, cursor=page.cursor)
            self.events.save_pass(shard, one)
            if not page.cursor:
                return

    def _look(self, page: EventPage) -> None:
        posted = self.events.posted([id_ for event in page.events for id_ in event.gives.values()])
        for event in page.events:
            for rule, id_ in event.gives.items():
                if id_ not in posted:
                    self.watch.missing(MissingEarning(event.person_id, event.event_id, rule))
