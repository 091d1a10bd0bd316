"""A run: one follower's way through one journey, and what is on record of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from wejourney.domain.events import InboundEvent
from wejourney.domain.followers import Follower, OpenWait
from wejourney.domain.messages import Content, content_from_dict, content_to_dict
from wejourney.domain.rules import Act

OPENING_STEP = "opening"
"""The step of a journey's opening, in place of a number."""


@dataclass(frozen=True)
class Run:
    """The data that goes from state to state of a journey's machine.

    `heard` is the position of the last thing said or heard: an answer comes after it. `follower` is
    the follower as last seen; the stored row decides, this copy saves reading it. `unsaid` is the opening
    where the callback could not say it: the run says it first.
    """

    id: str
    journey: str
    version: str
    heard: str
    follower: Follower
    answers: Mapping[str, str] = field(default_factory=dict)
    unsaid: Content | None = None

    def to_dict(self) -> dict[str, Any]:
        """The input and output of a state."""
        return {
            "id": self.id,
            "journey": self.journey,
            "version": self.version,
            "app_id": self.follower.app_id,
            "openid": self.follower.openid,
            "heard": self.heard,
            "follower": self.follower.to_snapshot(),
            "answers": dict(self.answers),
            **({"unsaid": content_to_dict(self.unsaid)} if self.unsaid else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Run":
        """The run that `to_dict` wrote."""
        return cls(
            id=data["id"],
            journey=data["journey"],
            version=data["version"],
            heard=data["heard"],
            follower=Follower.from_snapshot(data["follower"]),
            answers=dict(data["answers"]),
            unsaid=content_from_dict(data["unsaid"]) if "unsaid" in data else None,
        )


def run_id(journey: str, event: InboundEvent) -> str:
    """The id of the run that this event starts, the same for every delivery of the event."""
    return hashlib.sha256(f"{journey}\n{event.openid}\n{event.id}".encode()).hexdigest()[:32]


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
    allows then. `reason` says why a message was not sent, `tries` how often it was tried, by error.
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
    reason: str | None = None
    tries: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunStart:
    """A run to start: its data and the opening that the callback has said.

    `over_by` is when the engine will have ended it at the latest, UTC.
    """

    run: Run
    opening: Message | None = None
    over_by: datetime | None = None


@dataclass(frozen=True)
class Answered:
    """A question that an event has answered, and the run as it goes on."""

    wait: OpenWait
    answer: str
    run: Run


@dataclass(frozen=True)
class Wake:
    """A waiting run to wake: its task's token, a credential, and the data to hand it."""

    token: str = field(repr=False)
    run: Run
