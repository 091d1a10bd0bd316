"""The events of a trace: what happened to a follower, whoever tells it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from datetime import datetime
from typing import Any, Literal

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EventFields
from wejourney.journeys.action_types import BusEvent
from wejourney.journeys.definition import EventPattern
from wejourney.messaging.wechat_rules import Act
from wejourney.plain_data import non_default_fields
from wejourney.reasons import NotSent, NotStarted, Part, RunEnd, is_reason
from workbench.wording.reason_words import ReasonWords

# --- what a wait is for --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AwaitedAnswer:
    question: str


@dataclass(frozen=True, slots=True)
class AwaitedEvent:
    pattern: EventPattern


@dataclass(frozen=True, slots=True)
class AwaitedDate:
    """A date of the profile, by its name."""

    date: str


type Awaited = AwaitedAnswer | AwaitedEvent | AwaitedDate

# --- what happens --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Where:
    """When (UTC), in which run of which journey, and at which step; what does not apply is empty."""

    at: datetime
    journey: str = ""
    run: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class _Happened:
    where: Where

    @property
    def at(self) -> datetime:
        return self.where.at

    @property
    def journey(self) -> str:
        return self.where.journey

    @property
    def run(self) -> str:
        return self.where.run

    @property
    def step(self) -> str:
        return self.where.step


@dataclass(frozen=True, slots=True)
class EventReceived(_Happened):
    """`note` is what went wrong with the event, such as a profile that WeChat did not give."""

    event: InboundEvent
    note: str = ""

    @property
    def by_run(self) -> bool:
        """Whether a run caused it: the run's own trace tells of it, too."""
        return self.event.body.by is not None


@dataclass(frozen=True, slots=True)
class RunStarted(_Happened):
    """`key` is the order, say, if the journey can be taken once per order."""

    key: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class JourneyRefused(_Happened):
    """An event did not start a journey that it could have started; `event` is its id, where known."""

    reason: NotStarted
    event: str = ""


@dataclass(frozen=True, slots=True)
class MessageSent(_Happened):
    """`act` is the follower's act whose allowance the message took, until when, and what was left."""

    channel: str
    content: Mapping[str, Any]
    act: Act | None = None
    until: datetime | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class MessageNotSent(_Happened):
    """With `retried` another content is tried in its place."""

    channel: str
    content: Mapping[str, Any]
    reason: NotSent
    retried: bool = False


@dataclass(frozen=True, slots=True)
class MessageUnknown(_Happened):
    """The call left and its outcome is unknown: the message may have arrived."""

    channel: str
    content: Mapping[str, Any]
    reason: NotSent


@dataclass(frozen=True, slots=True)
class MessagePending(_Happened):
    """A message has its allowance and has not left yet; `busy`: WeChat was busy, it is tried again."""

    channel: str
    content: Mapping[str, Any]
    busy: bool = False


@dataclass(frozen=True, slots=True)
class WaitStarted(_Happened):
    """`until` is the time limit, or the end of the wait if nothing is awaited."""

    until: datetime
    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class Answered(_Happened):
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class WaitEnded(_Happened):
    """What a run waited for came; None if it is not known what that was."""

    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class DateMoved(_Happened):
    """The date that a run waits for has changed."""

    date: str


@dataclass(frozen=True, slots=True)
class TimedOut(_Happened):
    """What a run waited for did not come in time; None if it is not known what that was."""

    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class CaseVerdict:
    """Whether a case of a branch holds, and what each part of its condition found."""

    holds: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class BranchTaken(_Happened):
    """A run took a case, a share (by number, from 1), or `otherwise` (number 0).

    `verdicts` are those of the cases that were evaluated, in order, if they are needed. `lot` decided on the
    share.
    """

    way: Literal["case", "share", "otherwise"]
    number: int = 0
    verdicts: tuple[CaseVerdict, ...] = ()
    lot: int | None = None


@dataclass(frozen=True, slots=True)
class TagsChanged(_Happened):
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileChanged(_Happened):
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PointsChanged(_Happened):
    """`balance` is the person's after it."""

    points: int
    balance: int
    reason: str


@dataclass(frozen=True, slots=True)
class Published(_Happened):
    """A step published an event for other systems."""

    event: BusEvent
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JourneyCalled(_Happened):
    """A step had another journey of this follower started or ended."""

    operation: Literal["journey", "end"]
    called: str


@dataclass(frozen=True, slots=True)
class RunEnded(_Happened):
    """The step is the one that ended the run, if one did."""

    end: RunEnd
    key: str = ""


type MessageEvent = MessageSent | MessageNotSent | MessageUnknown | MessagePending
type WaitEvent = Answered | WaitEnded | DateMoved | TimedOut

type TraceEvent = (
    EventReceived
    | RunStarted
    | JourneyRefused
    | MessageEvent
    | WaitStarted
    | WaitEvent
    | BranchTaken
    | TagsChanged
    | ProfileChanged
    | PointsChanged
    | Published
    | JourneyCalled
    | RunEnded
)

# --- as data -------------------------------------------------------------------------------------

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def kind_of(event: _Happened) -> str:
    """The event's name in data: `message_sent`."""
    return _WORD_START.sub("_", type(event).__name__).lower()


def trace_to_dict(event: _Happened) -> dict[str, Any]:
    """The form of `--json`, without fields that have their default."""
    where, fields = non_default_fields(event.where), non_default_fields(event)
    del fields["where"]
    data = {"at": where.pop("at"), "what": kind_of(event), **where, **fields}
    return {name: to_data(value) for name, value in data.items()}


def to_data(value: Any) -> Any:
    """The form of `--json`: reasons come with their English words; fields with their default are left out."""
    match value:
        case datetime():
            return value.isoformat()
        case InboundEvent():
            return value.to_dict()
        case EventFields():
            return {"kind": value.kind, **value.to_dict()}
        case _Happened():
            return trace_to_dict(value)
        case Part():
            return {name: to_data(field) for name, field in non_default_fields(value).items()} | {
                "holds": value.holds
            }
        case Mapping():
            return {name: to_data(field) for name, field in value.items()}
        case tuple() | list():
            return [to_data(item) for item in value]
        case _ if is_reason(value):
            return ReasonWords().data(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return to_data(non_default_fields(value))
        case _:  # plain data
            return value
