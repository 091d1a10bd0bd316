"""A follower whose days pass: the calendar is swept when it says so, and what it queues is applied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.builders import SUBJECT, event
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.calendars import FakeCalendars
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import ProfileChanged
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.reasons import Finished
from wejourney.services.look_at_calendars import LookAtCalendars
from wejourney.services.ports.calendars import Calendars
from wejourney.services.ports.inbox import Announcements
from wejourney.services.process_event import Earn, ProcessEvent


def entries_of(triggers: Mapping[str, Trigger]) -> tuple[JourneyEntry, ...]:
    """A journey for each trigger, by its name."""
    return tuple(JourneyEntry(name, "v1", trigger) for name, trigger in triggers.items())


@dataclass
class Watch:
    """`looked` has everybody who was looked at, with how many events came; `failures` is who could not be."""

    looked: list[tuple[str, int]] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)

    def came(self, person_id: str, events: int) -> None:
        self.looked.append((person_id, events))

    def failed(self, person_id: str, error: Exception) -> None:
        self.failures.append((person_id, error))


@dataclass
class Days:
    """`started` has the journeys that were entered, their moments, and when these were applied."""

    entries: tuple[JourneyEntry, ...]
    followers: FakeFollowers = field(default_factory=FakeFollowers)
    clock: FakeClock = field(default_factory=FakeClock)
    runs: FakeRuns = field(default_factory=FakeRuns)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    watch: Watch = field(default_factory=Watch)
    started: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    people_rules: PeopleRules = NO_RULES
    earn: Earn | None = None

    def __post_init__(self) -> None:
        self.calendars = FakeCalendars(self.followers)

    def apply(self, one: InboundEvent) -> None:
        """The inbox applies an event; a run that it starts is over at once."""
        process = ProcessEvent(
            FakeAccounts(),
            self.followers,
            FakeOrders(),
            self.runs,
            FakeWeChat(),
            self.clock,
            FakeMeter(),
            self.entries,
            people_rules=self.people_rules,
            earn=self.earn,
        )
        before = set(self.runs.started)
        self.inbox.tell(process(one).told)
        for run_id in self.runs.started.keys() - before:
            self.started.append((self.runs.started[run_id].run.journey, one.at, self.clock.now()))
            self.followers.end(run_id, Finished(), self.clock.now())

    def empty_inbox(self) -> None:
        while self.inbox.queued:
            self.apply(self.inbox.queued.pop(0))

    def sweeper(
        self,
        calendars: Calendars | None = None,
        inbox: Announcements | None = None,
    ) -> LookAtCalendars:
        return LookAtCalendars(
            FakeAccounts(),
            calendars or self.calendars,
            inbox or self.inbox,
            self.clock,
            self.watch,
            self.entries,
            self.people_rules,
        )

    def sweep(self) -> None:
        for shard in range(CALENDAR_SHARDS):
            self.sweeper()(shard, lambda: True)
        self.empty_inbox()
        assert self.watch.failures == []

    def look_at(self) -> datetime | None:
        """When the calendar looks at the follower next."""
        follower = self.followers.follower
        return follower.look_at if follower is not None else None

    def live(self, acts: Iterable[InboundEvent], until: datetime) -> None:
        """Let time pass from act to act, and through each moment at which the calendar is to be swept."""
        for act in (*sorted(acts, key=lambda one: one.at), None):
            end = until if act is None else act.at
            while (due := self.look_at()) is not None and due < end:
                self.clock.pass_to(due)
                self.sweep()
            self.clock.pass_to(end)
            if act is not None:
                self.apply(act)

    def moments(self) -> list[tuple[str, datetime]]:
        """The journeys that were entered, with the moments that started them."""
        return sorted((name, at) for name, at, _ in self.started)


def follows(at: datetime) -> InboundEvent:
    return event("subscribe", at)


def is_told(at: datetime, **changes: str) -> InboundEvent:
    """A change of the profile: `is_told(at, time_zone="Asia/Tokyo", birthday="1990-02-29")`."""
    named = {name if name == "time_zone" else f"date.{name}": value for name, value in changes.items()}
    return own_event(ProfileChanged(named), f"{at} {changes}", SUBJECT, at)


MINUTE = timedelta(minutes=1)
