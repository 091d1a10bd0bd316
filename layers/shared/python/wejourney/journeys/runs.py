"""A run: one follower's way through one journey, and what is on record of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from wejourney.events.event import InboundEvent
from wejourney.events.positions import BEGINNING, Position, StepPositions
from wejourney.messaging.contents import Content
from wejourney.messaging.wechat_rules import Act
from wejourney.people.followers import Follower, LiveRun, OpenWait
from wejourney.plain_data import fields_from_plain, to_plain
from wejourney.reasons import NotSent, RunEnd

OPENING_STEP = "opening"
"""The step of a journey's opening, in place of a number."""

# The outcome of a wait.
ANSWERED = "answered"
UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Run:
    """The data that goes from state to state of a journey's machine.

    `last_position` is that of the last thing said or heard: an answer comes after it. `follower` is
    the follower as last seen; the stored row decides, this copy saves reading it. `unsaid` is the opening
    where the callback could not say it: the run says it first.

    `start_position` is that of the event that the run began with, `key` what it is about where a journey is
    taken once per order, say. `step_positions` are those of the named steps that were taken, `draws` the
    follower's lots in the journey's splits, `subscribed_kinds` the kinds of events of our own that its
    version of the journey reacts to, `facts` the verdicts on conditions that a task has looked into.
    `until` (UTC) is when the wait that comes next is over, None when there is nothing to wait for;
    `reached` says whether the date that it waits for comes then, and not only its limit.
    """

    id: str
    journey: str
    version: str
    last_position: Position
    follower: Follower
    answers: Mapping[str, str] = field(default_factory=dict)
    unsaid: Content | None = None
    start_position: Position = BEGINNING
    key: str = ""
    step_positions: StepPositions = field(default_factory=dict)
    draws: Mapping[str, int] = field(default_factory=dict)
    subscribed_kinds: tuple[str, ...] = ()
    facts: Mapping[str, bool] = field(default_factory=dict)
    until: datetime | None = None
    reached: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The input and output of a state."""
        data = {name: to_plain(value) for name, value in vars(self).items() if name not in _SPARSE}
        data |= {"app_id": self.follower.app_id, "openid": self.follower.openid}
        data["follower"] = self.follower.to_snapshot()
        if self.unsaid is not None:
            data["unsaid"] = to_plain(self.unsaid)
        if self.until is not None:
            data["until"] = _timestamp(self.until)
        return data

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], follower: Follower | None = None, last_position: Position | None = None
    ) -> "Run":
        """The run that `to_dict` wrote; with another follower, and another last position, if given."""
        given: dict[str, Any] = {}
        if follower is not None:
            given["follower"] = follower
        if last_position is not None:
            given["last_position"] = last_position
        names = cls.__dataclass_fields__.keys() - given.keys()
        values = fields_from_plain(cls, {name: value for name, value in data.items() if name in names})
        return cls(**values, **given)


_SPARSE = {"follower", "unsaid", "until"}


def _timestamp(at: datetime) -> str:
    """The form that a Wait state takes; rounded up, nothing happens early."""
    return f"{whole_second(at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def whole_second(at: datetime) -> datetime:
    """The moment rounded up to whole seconds, which is as exact as a Wait state is."""
    return at.replace(microsecond=0) + timedelta(seconds=at.microsecond > 0)


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


class MessageStatus(StrEnum):
    """Where a message stands in the outbox.

    `reserved`: its allowance is taken and the call may be under way. `waiting`: WeChat was busy and
    certainly did not take it. `unknown`: the call left and nobody knows.
    """

    RESERVED = "reserved"
    WAITING = "waiting"
    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Message:
    """A message in the outbox; (`run_id`, `step`) is its key.

    `content` is in the follower's language already. `act` is the act whose allowance it takes (None for
    a passive reply, which needs none), `until` the end of that allowance's window and `left` how many it
    allows then. `reason` says why a message was not sent, `tries` how often it was tried, by error. A message
    that was tried again has its outcome since `settled_at`, any other since `at`.
    """

    run_id: str
    journey: str
    step: str
    channel: str
    status: MessageStatus
    content: Mapping[str, Any] = field(repr=False)
    at: datetime
    act: Act | None = None
    until: datetime | None = None
    left: int | None = None
    reason: NotSent | None = None
    tries: Mapping[str, int] = field(default_factory=dict)
    settled_at: datetime | None = None


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
