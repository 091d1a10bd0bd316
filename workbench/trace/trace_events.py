"""The events of a trace. The simulator, the records and the engine's history produce them.

The transcript, the funnel, `explain`, `profile` and the demo consume them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from wejourney.events.event import InboundEvent
from wejourney.journeys.action_types import BusEvent
from wejourney.journeys.definition import EventPattern
from wejourney.journeys.serialization import non_default_fields, to_plain
from wejourney.messaging.wechat_rules import Act
from wejourney.reasons import NotSent, NotStarted, Part, RunEnd, is_reason
from workbench.wording.reason_words import ReasonWords

# --- what a wait is for --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AwaitedAnswer:
    """An answer to a question."""

    question: str


@dataclass(frozen=True, slots=True)
class AwaitedEvent:
    """An event of the follower or about them."""

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
        """When it happened, UTC."""
        return self.where.at

    @property
    def journey(self) -> str:
        """The journey that it belongs to."""
        return self.where.journey

    @property
    def run(self) -> str:
        """The id of the run that it belongs to."""
        return self.where.run

    @property
    def step(self) -> str:
        """The place of the step in the journey's file."""
        return self.where.step


@dataclass(frozen=True, slots=True)
class EventReceived(_Happened):
    """An event came in. `note` is what went wrong with it, such as a profile that WeChat did not give."""

    event: InboundEvent
    note: str = ""

    @property
    def by_run(self) -> bool:
        """Whether a run caused it: the run's own trace tells of it, too."""
        return self.event.body.by is not None


@dataclass(frozen=True, slots=True)
class RunStarted(_Happened):
    """A run started; `key` is what it is about where its journey is taken once per order, say."""

    key: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class JourneyRefused(_Happened):
    """An event that could have started a journey did not, for this reason; `event` is its id, where known."""

    reason: NotStarted
    event: str = ""


@dataclass(frozen=True, slots=True)
class MessageSent(_Happened):
    """A message left. `act` is the follower's act whose allowance it took, until when, and what was left."""

    channel: str
    content: Mapping[str, Any]
    act: Act | None = None
    until: datetime | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class MessageNotSent(_Happened):
    """A message did not leave. With `retried` another content is tried in its place."""

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
    """A run waits until then, or until what it waits for comes (None: it only waits)."""

    until: datetime
    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class Answered(_Happened):
    """A question was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class WaitEnded(_Happened):
    """What a run waited for came; None where it is not known what that was."""

    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class DateMoved(_Happened):
    """The date that a run waits for moved."""

    date: str


@dataclass(frozen=True, slots=True)
class TimedOut(_Happened):
    """What a run waited for did not come in time; None where it is not known what that was."""

    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class CaseVerdict:
    """Whether a case of a branch holds, and what each part of its condition found."""

    holds: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class BranchTaken(_Happened):
    """A run took a way: a case, a share (by number, from 1), or `otherwise` (number 0).

    `verdicts` are those of the cases that were looked at, in order, where they are wanted. `lot` decided on
    the share.
    """

    way: Literal["case", "share", "otherwise"]
    number: int = 0
    verdicts: tuple[CaseVerdict, ...] = ()
    lot: int | None = None


@dataclass(frozen=True, slots=True)
class TagsChanged(_Happened):
    """A step put tags on and took tags off."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileChanged(_Happened):
    """A step set values of the profile."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PointsChanged(_Happened):
    """Points were posted; `balance` is what the person has then."""

    points: int
    balance: int
    reason: str


@dataclass(frozen=True, slots=True)
class Published(_Happened):
    """Other systems were told something."""

    event: BusEvent
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JourneyCalled(_Happened):
    """A run had another journey of this follower started or ended."""

    operation: Literal["journey", "end"]
    called: str


@dataclass(frozen=True, slots=True)
class RunEnded(_Happened):
    """A run ended; its step is the one that ended it, if one did."""

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

_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


def kind_of(event: TraceEvent) -> str:
    """The event's name in data: `message_sent`."""
    return _WORDS.sub("_", type(event).__name__).lower()


def trace_to_dict(event: TraceEvent) -> dict[str, Any]:
    """The form of `--json`, without what is left open."""
    where = non_default_fields(event.where)
    told = {name: value for name, value in non_default_fields(event).items() if name != "where"}
    data = {"at": where.pop("at"), "what": kind_of(event), **where, **told}
    return {name: _plain(value) for name, value in data.items()}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case InboundEvent():
            return value.to_dict()
        case _:  # plain data
            return ReasonWords().data(value) if is_reason(value) else to_plain(value)
