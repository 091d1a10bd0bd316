"""A run: one follower's way through one journey, and what is on record of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from wejourney.events.event import InboundEvent
from wejourney.events.positions import (
    BEGINNING,
    Position,
    StepPositions,
    step_positions_from_dict,
    step_positions_to_dict,
)
from wejourney.messaging.contents import Content, content_from_dict, content_to_dict
from wejourney.messaging.wechat_rules import Act
from wejourney.people.followers import Follower, LiveRun, OpenWait
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
        return {
            "id": self.id,
            "journey": self.journey,
            "version": self.version,
            "app_id": self.follower.app_id,
            "openid": self.follower.openid,
            "last_position": str(self.last_position),
            "follower": self.follower.to_snapshot(),
            "answers": dict(self.answers),
            **({"unsaid": content_to_dict(self.unsaid)} if self.unsaid else {}),
            "start_position": str(self.start_position),
            "key": self.key,
            "step_positions": step_positions_to_dict(self.step_positions),
            "draws": dict(self.draws),
            "subscribed_kinds": list(self.subscribed_kinds),
            "facts": dict(self.facts),
            **({"until": _timestamp(self.until)} if self.until else {}),
            "reached": self.reached,
        }

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], follower: Follower | None = None, last_position: Position | None = None
    ) -> "Run":
        """The run that `to_dict` wrote; with another follower, and another last position, if given."""
        return cls(
            id=data["id"],
            journey=data["journey"],
            version=data["version"],
            last_position=Position.parse(data["last_position"]) if last_position is None else last_position,
            follower=Follower.from_snapshot(data["follower"]) if follower is None else follower,
            answers=dict(data["answers"]),
            unsaid=content_from_dict(data["unsaid"]) if "unsaid" in data else None,
            start_position=Position.parse(data["start_position"]),
            key=data["key"],
            step_positions=step_positions_from_dict(data["step_positions"]),
            draws={name: int(lot) for name, lot in data["draws"].items()},
            subscribed_kinds=tuple(data["subscribed_kinds"]),
            facts=dict(data["facts"]),
            until=datetime.fromisoformat(data["until"]) if "until" in data else None,
            reached=data["reached"],
        )


def _timestamp(at: datetime) -> str:
    """The form that a Wait state takes; rounded up, nothing happens early."""
    return f"{whole_second(at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def whole_second(at: datetime) -> datetime:
    """The moment rounded up to whole seconds, which is as exact as a Wait state is."""
    return at.replace(microsecond=0) + timedelta(seconds=at.microsecond > 0)


def run_id(journey: str, event: InboundEvent) -> str:
    """The id of the run that this event starts, the same for every delivery of the event."""
    return hashlib.sha256(f"{journey}\n{event.subject.openid}\n{event.id}".encode()).hexdigest()[:32]


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
