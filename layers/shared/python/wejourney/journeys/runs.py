"""A run: one follower's way through one journey, and what is on record of it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from wejourney.events.event import InboundEvent, Subject
from wejourney.events.matching import About, EventPattern
from wejourney.events.positions import BEGINNING, Position, StepPositions
from wejourney.journeys.answers import Question
from wejourney.journeys.chance import draw, split_name
from wejourney.journeys.definition import Condition, Exit, QuietHours
from wejourney.messaging.contents import Content
from wejourney.messaging.sending import Message
from wejourney.people.erasure import RunKey, TakenJourney
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity
from wejourney.plain_data import fields_from_plain, non_default_fields, to_plain
from wejourney.reasons import RunEnd

OPENING_STEP = "opening"
"""The step of a journey's opening, in place of a number."""

# The outcome of a wait.
ANSWERED = "answered"
UNANSWERED = "unanswered"
NOT_ASKED = "not_asked"
"""The question could not be asked."""


@dataclass(frozen=True)
class WaitEnd:
    """When a wait for a moment is over, and why: the fields of a `Run` of these names."""

    until: datetime | None
    reached: bool = False
    passed: bool = False


@dataclass(frozen=True)
class Run:
    """The data that goes from state to state of a journey's machine.

    `last_position` is that of the last thing said or heard: an answer comes after it. `resumed_at` (UTC) is
    when the run last went on after a wait for a time, or after a message that was not sent. `follower` is
    the follower as last seen; the stored row decides, this copy saves reading it. `unopened`: the callback
    has said no opening, so the run says that of its definition first; `unsaid` is the opening of the
    catalogue, for definitions that were compiled without it.

    `start_position` is that of the event that the run began with, `key` what it is about where a journey is
    taken once per order, say, and `key_field` the event's field with it. `step_positions` are those of the
    named steps that were taken, `draws` the follower's lots in the journey's splits, for definitions that do
    not draw themselves. `subscribed_kinds` are the kinds of events of our own that its version of the journey
    reacts to, `facts` the verdicts on conditions that a task has looked into.
    `until` (UTC) is when the wait that comes next is over, None when there is nothing to wait for;
    `reached` says whether the date that it waits for ends it, and not only its limit, `passed` whether that
    date lay behind already when it was told. `acted_at` is when the follower did what the run answers now,
    None when it goes on by itself. `seal_key` is what its execution's copy of this is encrypted with. `chat`
    is the contact that it speaks with, if its journey names the account: acts in other chats are not heard.
    `coupons` are the codes of those that it has issued, by their names; empty where none were left. `offers`
    says which offers applied to the person, and which did not, when a task looked last.
    """

    id: str
    journey: str
    version: str
    last_position: Position
    follower: Follower
    answers: Mapping[str, str] = field(default_factory=dict)
    unsaid: Content | None = None
    unopened: bool = False
    start_position: Position = BEGINNING
    key: str = ""
    step_positions: StepPositions = field(default_factory=dict)
    draws: Mapping[str, int] = field(default_factory=dict)
    subscribed_kinds: tuple[str, ...] = ()
    facts: Mapping[str, bool] = field(default_factory=dict)
    until: datetime | None = None
    reached: bool = False
    passed: bool = False
    resumed_at: datetime | None = None
    key_field: str = ""
    acted_at: datetime | None = None
    seal_key: str = field(default="", repr=False)
    chat: Subject | None = None
    coupons: Mapping[str, str] = field(default_factory=dict, repr=False)
    offers: Mapping[str, bool] = field(default_factory=dict)

    @property
    def about(self) -> About:
        return About(self.key_field, self.key, self.chat)

    def having_said(self, at: datetime) -> "Run":
        """The run that has said something at this time, or has waited until then."""
        return replace(self, last_position=max(self.last_position, Position.at(at)))

    @property
    def wait_end(self) -> WaitEnd:
        return WaitEnd(self.until, self.reached, self.passed)

    def awaiting(self, end: WaitEnd, now: datetime) -> "Run":
        """The run with the end of its wait for a moment; without one the wait is over now."""
        resumed_at = now if end.until is None else self.resumed_at
        return replace(self, **vars(end), resumed_at=resumed_at)

    @property
    def cohort(self) -> str:
        """What it is counted with, see `wejourney.journeys.counting`."""
        return cohort_name(str(self.start_position), self.version)

    def to_dict(self) -> dict[str, Any]:
        """The run as the person's rows keep it, and as executions of earlier definitions have it.

        `languages` and `drawn_by` are of its follower, for branches of those definitions.
        """
        data = {name: to_plain(value) for name, value in vars(self).items() if name not in _SPARSE}
        data |= {"app_id": self.follower.app_id, "openid": self.follower.openid}
        data |= {"languages": list(self.follower.languages), "drawn_by": self.follower.drawn_by}
        data["follower"] = self.follower.to_snapshot()
        if (booking := self.follower.bookings.get(self.about.booking)) is not None:
            data["follower"]["bookings"] = {self.key: to_plain(booking)}
        data |= {
            name: to_plain(value)
            for name in ("unsaid", "resumed_at", "key_field", "seal_key", "chat", "coupons", "offers")
            if (value := getattr(self, name))
        }
        for name in ("until", "acted_at"):
            if (at := getattr(self, name)) is not None:
                data[name] = timestamp(at)
        return data

    def to_wait(self) -> dict[str, Any]:
        """What a wait keeps of the run besides its id: it goes on with its follower as they are then."""
        kept = non_default_fields(self).items()
        return {name: to_plain(value) for name, value in kept if name not in _NOT_KEPT}

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], follower: Follower | None = None, last_position: Position | None = None
    ) -> "Run":
        """The run that `to_dict` wrote; with another follower, and a later last position, if given."""
        given: dict[str, Any] = {}
        if follower is not None:
            given["follower"] = follower
        if last_position is not None:
            given["last_position"] = last_position
        names = cls.__dataclass_fields__.keys() - given.keys()
        values = fields_from_plain(cls, {name: value for name, value in dict(data).items() if name in names})
        return cls(**values, **given)


_SPARSE = {
    "follower",
    "unsaid",
    "resumed_at",
    "key_field",
    "until",
    "acted_at",
    "seal_key",
    "chat",
    "coupons",
    "offers",
}
_NOT_KEPT = {"id", "follower", "acted_at"}


def cohort_name(start: str, version: str) -> str:
    """The day (UTC) of a start, an ISO time or a position as text, and the version."""
    return f"{start[:10]}#{version}"


def cohort_of(run: Mapping[str, Any]) -> str:
    """The cohort of the run that a wait keeps (`Run.to_wait`)."""
    return cohort_name(run.get("start_position", str(BEGINNING)), run["version"])


def timestamp(at: datetime) -> str:
    """The form of a moment in executions; rounded up, nothing happens early."""
    return f"{whole_second(at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def whole_second(at: datetime) -> datetime:
    """The moment rounded up to whole seconds, which is as exact as a Wait state is."""
    return at.replace(microsecond=0) + timedelta(seconds=at.microsecond > 0)


def lots_in(splits: Iterable[str], journey: str, follower: Follower) -> dict[str, int]:
    """The lots of a follower in the splits of a journey, by the names of these."""
    return {split: draw(follower.drawn_by, split_name(journey, split)) for split in splits}


def unclear_fact(step: str) -> str:
    """The fact that a question, by its step, was answered with nothing that it asks for."""
    return f"{step}.unclear"


def run_id(journey: str, event: InboundEvent) -> str:
    """The id of the run that this event starts, the same for every delivery of the event."""
    return hashlib.sha256(f"{journey}\n{event.subject.openid}\n{event.id}".encode()).hexdigest()[:32]


def marked(run: Run, name: str | None, at: datetime) -> Run:
    """The run with the step of this name taken at this time."""
    if name is None:
        return run
    taken = step_position(run.last_position, at)
    return replace(run, step_positions={**run.step_positions, name: taken})


def step_position(last_position: Position, at: datetime) -> Position:
    """The position of a step that a run takes at this time, after the last thing it said or heard.

    What made the run take the step may stand in the same second: it has not happened since.
    """
    return max(Position.at(at), last_position.just_after)


@dataclass(frozen=True)
class LiveRun(RunKey):
    """A run of a journey: the one that has not ended, or the last one where that decides on another.

    There is at most one live run per follower, journey and `key` (of a journey that is taken once per order,
    say; else empty; `key_field` is the event's field with it). `event_id` is the event that started it,
    `started_at` when that happened. The engine has ended it at `expires_at` at the latest (None: never), so
    that a lost word of its end does not keep its journey from starting again. `goal` and `exits` are those of
    the version that it runs on. With `retain_after_end` the record outlives the run. `contact_id` is the
    contact that it speaks with, `seal_key` as in `Run`. Times are UTC.
    """

    event_id: str
    expires_at: datetime | None = None
    key: str = ""
    started_at: datetime | None = None
    goal: Condition | None = None
    exits: tuple[Exit, ...] = ()
    retain_after_end: bool = False
    ended: bool = False
    key_field: str = ""
    contact_id: str = ""
    seal_key: str = field(default="", repr=False)

    @property
    def about(self) -> About:
        return About(self.key_field, self.key)

    @property
    def taken(self) -> TakenJourney:
        return TakenJourney(self.journey, self.key, self.started_at)

    @classmethod
    def of(cls, taken: TakenJourney) -> "LiveRun":
        """The ended run of a journey that was taken in an earlier life: it decides on the next one."""
        return cls(
            taken.journey,
            run_id="",
            event_id="",
            key=taken.key,
            started_at=taken.at,
            retain_after_end=True,
            ended=True,
        )

    def is_over(self, now: datetime) -> bool:
        return self.ended or (self.expires_at is not None and self.expires_at <= now)


@dataclass(frozen=True)
class DateWait:
    """The wait for a date of the profile: `offset` seconds after it, at a time of day (minutes) if given.

    `limit` is when the wait is given up, UTC. With `yearly` the date returns each year. `since` (UTC) is when
    the run came to it, None of one that an earlier release has begun. `booking` is the one whose time the
    date is (BOOKING_TIME), else empty.
    """

    date: str
    offset: int
    time: int | None
    quiet: QuietHours | None
    limit: datetime
    yearly: bool = False
    since: datetime | None = None
    booking: str = ""

    def of(self, follower: Follower) -> str:
        """The date as the follower has it, empty where it is not known."""
        return follower.date(self.date, self.booking) or ""

    def is_cancelled(self, follower: Follower) -> bool:
        """Whether it is known that the date will not come."""
        booking = follower.bookings.get(self.booking)
        return booking is not None and booking.is_cancelled


@dataclass(frozen=True)
class UntilWait:
    """The wait for the first `time` of day (minutes) after `since` (UTC), on a `weekday` if given."""

    time: int
    weekday: int | None
    since: datetime


type MomentWait = DateWait | UntilWait | QuietHours
"""A wait whose end depends on where the follower is."""


@dataclass(frozen=True)
class OpenWait:
    """A run that waits for an answer, an event that fits `pattern`, or one of MomentWait.

    `token` wakes the run; it is a credential and stays out of logs. `run` is the run's data
    (`Run.to_wait`), to be handed back with what came. `name` and `question` are for answers. With
    `since_run_start` it may end by what came before it was opened, from the start of its run on.
    """

    run_id: str
    step: str
    asked_at: datetime
    token: str = field(repr=False)
    run: Mapping[str, Any] = field(repr=False)
    name: str = ""
    question: Question | None = None
    pattern: EventPattern | None = None
    date: DateWait | None = None
    since_run_start: bool = False
    until: UntilWait | None = None
    quiet: QuietHours | None = None

    @property
    def moment(self) -> MomentWait | None:
        return self.date or self.until or self.quiet

    @property
    def hears_acts(self) -> bool:
        """Whether what ends it is an act of the follower."""
        return self.question is not None or (self.pattern is not None and self.pattern.is_act)

    @property
    def about(self) -> About:
        """What its run is about."""
        chat = self.run.get("chat")
        about = About(self.run.get("key_field", ""), self.run.get("key", ""))
        return about if chat is None else replace(about, chat=Subject(**chat))

    @property
    def begin(self) -> Position:
        """The position after which events count for it.

        It is that of the event that has ended the step before, or of the second in which a message was sent
        or a time came: WeChat's clock ticks seconds. Steps that only change or tell something take no time. A
        question counts from itself, one without a content from the last thing that was said or heard.
        """
        if self.since_run_start:
            return self._position("start_position")
        last, resumed_at = self._position("last_position"), self.run.get("resumed_at")
        if self.question is not None or resumed_at is None:
            return last
        return max(last, Position.at(datetime.fromisoformat(resumed_at)))

    def _position(self, name: str) -> Position:
        return Position.parse(self.run.get(name, str(BEGINNING)))

    def of_run(self, live: LiveRun) -> "OpenWait":
        """The wait of this run, whose key is on record once, with the run that lives."""
        return replace(self, run={**self.run, "seal_key": live.seal_key}) if live.seal_key else self

    def read(self, event: InboundEvent, follower: Follower | None) -> str | None:
        """What an event of this follower answers to the question; None for any other wait."""
        zone = follower.time_zone if follower is not None else None
        return self.question.read(event, zone) if self.question is not None else None


@dataclass(frozen=True)
class GoalWindow(RunKey):
    """The time in which a goal counts for somebody who has entered a journey, or was `held_out` of it.

    It opens `at` the entry and outlives the run, however that ends. `run_id` is the run's, or the id that the
    run would have had. `key`, `key_field` and `goal` are as in `LiveRun`. It counts once: until it is over,
    another entry in the same journey with the same key opens no window. Times are UTC.

    It is remembered until `kept_until`, or as long as the person follows (None): somebody who is held out of
    a journey that is entered once is held out of it once.
    """

    at: datetime
    until: datetime
    cohort: str
    goal: Condition | None = None
    key: str = ""
    held_out: bool = False
    reached_at: datetime | None = None
    key_field: str = ""
    kept_until: datetime | None = None

    @property
    def about(self) -> About:
        return About(self.key_field, self.key)

    def is_of(self, journey: str, key: str) -> bool:
        return (self.journey, self.key) == (journey, key)

    def is_open(self, at: datetime) -> bool:
        return self.at <= at <= self.until


@dataclass(frozen=True)
class PastEvent:
    """An event of the timeline, and the runs (ids) that it started or that waited for it.

    A run whose moment had come when the event did went on by that, and the event is free. `is_opt_out`: see
    `Route`.
    """

    event: InboundEvent
    runs: frozenset[str] = frozenset()
    is_opt_out: bool = False

    def is_free_for(self, wait: OpenWait, chat: Subject) -> bool:
        """Whether it can still end this wait: a message answers one question, an event wakes a run once.

        A question is answered in the `chat` in which its run speaks.
        """
        if wait.question is None:
            return wait.run_id not in self.runs
        if self.runs or self.event.subject != chat:
            return False
        return not self.is_opt_out or wait.question.names(self.event)


@dataclass(frozen=True)
class FollowerState:
    """All that a decision about a follower needs: read in one call.

    The runs, waits and windows are the person's, whichever of their contacts they speak with. `remembered`
    are those of the `live_runs` that are not on record: what their openid had taken before it was erased.
    `joins`: the contact that they are seen through is not on record yet; `claimed` are identities that are to
    become theirs. `merged_into` is who this person has become: ask about them. `erased_at` is when who had an
    openid was erased that is nobody's now, where that is remembered.
    """

    follower: Follower | None = None
    live_runs: tuple[LiveRun, ...] = ()
    waits: tuple[OpenWait, ...] = ()
    goal_windows: tuple[GoalWindow, ...] = ()
    joins: bool = False
    claimed: frozenset[Identity] = frozenset()
    merged_into: str | None = None
    remembered: tuple[LiveRun, ...] = ()
    erased_at: datetime | None = None

    def with_remembered(self, runs: Iterable[LiveRun]) -> "FollowerState":
        """The same, with runs that their openid is remembered to have taken and that are not on record."""
        places = {(run.journey, run.key) for run in self.live_runs}
        new = tuple(run for run in runs if (run.journey, run.key) not in places)
        return replace(self, live_runs=(*self.live_runs, *new), remembered=new)

    def live_run(self, run_id: str) -> LiveRun | None:
        return next((run for run in self.live_runs if run.run_id == run_id), None)

    def contact_of(self, run_id: str) -> str:
        """Our id of the contact that a live run speaks with."""
        run = self.live_run(run_id)
        return run.contact_id if run is not None else ""

    def speaking_with(self, run_id: str) -> Follower | None:
        """The person, seen through the contact that this run speaks with."""
        if self.follower is None or not self.follower.others:
            return self.follower
        return self.follower.as_contact(self.contact_of(run_id))

    def asks(self, wait: OpenWait) -> bool:
        """Whether the question of a wait was asked in the chat of the contact that they are seen through."""
        return self.follower is None or self.speaking_with(wait.run_id) == self.follower


@dataclass(frozen=True)
class RunStart:
    """A run to start: its data and the opening that the callback has said.

    `live` is the record that it lives.
    """

    run: Run
    live: LiveRun
    opening: Message | None = None


@dataclass(frozen=True)
class Woken:
    """A wait that an event ends, and the run as it goes on.

    `answer` is what a question was answered with, None for any other wait. With `again` the run waits anew:
    the date that it waits for has moved.
    """

    wait: OpenWait
    run: Run
    answer: str | None = None
    again: bool = False


@dataclass(frozen=True)
class Ended:
    """A run that an event ends, wherever it is."""

    run: LiveRun
    end: RunEnd


@dataclass(frozen=True)
class Wake:
    """A waiting run to wake: its task's token, a credential, and the data to hand it."""

    token: str = field(repr=False)
    run: Run
