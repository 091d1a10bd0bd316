"""The events of a trace: what happened to a follower, whoever tells it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from datetime import datetime
from typing import Any, Literal, assert_never

from wejourney.allowances.wechat_rules import Act, Reading
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EventFields
from wejourney.events.matching import EventPattern
from wejourney.journeys.action_types import BusEvent
from wejourney.journeys.definition import Condition
from wejourney.journeys.runs import OPENING_STEP
from wejourney.plain_data import Tagged, non_default_fields
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
    """`note` is what went wrong with the event, such as a profile that WeChat did not give.

    `account` is what journeys call the account that it happened in, where a simulation has another one, too.
    `nothing` says of rules of the programme why they gave nothing for it, as a `WhyNothing`, and of the
    referrals as a `WhyNoReward`; `unranked` why its round does not count on a leader board, as a
    `WhyUnranked`.
    """

    event: InboundEvent
    note: str = ""
    account: str = ""
    nothing: Mapping[str, str] = field(default_factory=dict)
    unranked: str = ""

    @property
    def by_run(self) -> bool:
        """Whether a run caused it: the run's own trace tells of it, too."""
        return self.event.body.by is not None


@dataclass(frozen=True, slots=True)
class RunStarted(_Happened):
    """`key` is the order, say, if the journey can be taken once per order.

    `speaks_to` is the account that the journey names, as far as its file is known.
    """

    key: str = ""
    version: str = ""
    speaks_to: str = ""


@dataclass(frozen=True, slots=True)
class JourneyRefused(_Happened):
    """An event did not start a journey that it could have started; `event` is its id, where known."""

    reason: NotStarted
    event: str = ""


@dataclass(frozen=True, slots=True)
class MessageSent(_Happened):
    """`act` is the follower's act whose allowance the message took, until when, and what was left.

    With a `reading` of WeChat's rules that one alone allowed it.
    """

    channel: str
    content: Mapping[str, Any]
    act: Act | None = None
    until: datetime | None = None
    left: int | None = None
    reading: Reading | None = None


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
class QuietPause(_Happened):
    """A run pauses until then, because of quiet hours; it is at no step."""

    until: datetime


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
class DatePassed(_Happened):
    """The moment of a date had passed before the run could wait for it."""

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
    when: Condition = field(default_factory=Condition)


@dataclass(frozen=True, slots=True)
class BranchTaken(_Happened):
    """A run took a case, a share or a round (by number, from 1), or `otherwise` (number 0).

    `until`: what was repeated is over, because its condition holds.

    `when` is the condition of the case, `percent` the size of the share.
    `verdicts` are those of the cases that were evaluated, in order, if they are needed. `lot` decided on the
    share.
    """

    way: Literal["case", "share", "otherwise", "round", "until"]
    number: int = 0
    verdicts: tuple[CaseVerdict, ...] = ()
    lot: int | None = None
    when: Condition | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class TagsChanged(_Happened):
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileChanged(_Happened):
    """`rejected` are values that are no such values: they have changed nothing."""

    values: Mapping[str, str]
    rejected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsentChanged(_Happened):
    """A run recorded that the person gave (`given`) or withdrew their consent."""

    purpose: str
    given: bool


@dataclass(frozen=True, slots=True)
class CouponIssued(_Happened):
    """A run issued a coupon, unless there were no more. Its code stays with the person."""

    name: str
    none_left: bool = False


@dataclass(frozen=True, slots=True)
class PointsChanged(_Happened):
    """A transaction has changed the points that somebody can spend, or what waits for them.

    `balance` is what they can spend after it. `reason` is that of a step, or the rule by which it is.
    `kind` is that of the transaction.
    """

    points: int
    balance: int
    reason: str
    kind: str = "earn"
    pending: int = 0
    unclaimed: int = 0


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


@dataclass(frozen=True, slots=True)
class GoalWindowOpened(_Happened):
    """From now until then a goal counts for somebody who entered, or was held out."""

    until: datetime
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class GoalCounted(_Happened):
    """A goal was reached in its window, `afterwards`: when its run had ended, or without one."""

    held_out: bool = False
    afterwards: bool = False


type MessageEvent = MessageSent | MessageNotSent | MessageUnknown | MessagePending
type WaitEvent = Answered | WaitEnded | DateMoved | DatePassed | TimedOut

type ChangeEvent = TagsChanged | ProfileChanged | ConsentChanged | CouponIssued | PointsChanged
type GoalEvent = GoalWindowOpened | GoalCounted

type TraceEvent = (
    EventReceived
    | RunStarted
    | JourneyRefused
    | MessageEvent
    | WaitStarted
    | QuietPause
    | WaitEvent
    | BranchTaken
    | ChangeEvent
    | Published
    | JourneyCalled
    | RunEnded
    | GoalEvent
)


def date_wait_ended(where: Where, date: str, *, reached: bool, passed: bool) -> TraceEvent:
    """The end of a wait for a date, as its run's data tells it."""
    if passed:
        return DatePassed(where, date)
    return (WaitEnded if reached else TimedOut)(where, AwaitedDate(date))


# --- the order of a trace whose events come from several sources ---------------------------------

type _PlaceOrder = list[tuple[int, str]]


def by_time(events: Iterable[TraceEvent]) -> list[TraceEvent]:
    """By time; at the same moment causes before effects, and steps as the file has them."""
    return sorted(events, key=_order)


def _order(event: TraceEvent) -> tuple[datetime, int, str, int, _PlaceOrder, int, str]:
    source, part_of_run, part_of_step, arrival = 2, 1, 3, ""
    match event:
        case EventReceived():
            source, arrival = 3 if event.by_run else 0, event.event.arrival
        case JourneyRefused():
            source = 1
        case RunStarted():
            part_of_run = 0
        case QuietPause():
            part_of_run = 2
        case RunEnded():
            part_of_run = 3
        case GoalCounted():
            part_of_run = 4
        case MessageSent() | MessageNotSent() | MessageUnknown() | MessagePending():
            part_of_step = 0
        case WaitStarted():
            part_of_step = 1
        case Answered() | WaitEnded() | DateMoved() | DatePassed() | TimedOut():
            part_of_step = 2
        case (
            BranchTaken() | TagsChanged() | ProfileChanged() | ConsentChanged() | CouponIssued()
            | PointsChanged() | Published() | JourneyCalled() | GoalWindowOpened()
        ):  # fmt: skip
            pass
        case _:
            assert_never(event)
    place = place_order(event.step) if part_of_run == 1 else []
    return event.at, source, event.run, part_of_run, place, part_of_step, arrival


def place_order(place: str) -> _PlaceOrder:
    """The opening first, then steps as they stand in the file."""
    if place == OPENING_STEP:
        return [(-1, "")]
    return [(int(part) if part.isdecimal() else 0, part) for part in place.split(".")]


# --- as data -------------------------------------------------------------------------------------

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def trace_to_dict(event: _Happened) -> dict[str, Any]:
    """The form of `--json`, without fields that have their default; `what` is `message_sent`, say."""
    where, fields = non_default_fields(event.where), non_default_fields(event)
    del fields["where"]
    what = _WORD_START.sub("_", type(event).__name__).lower()
    return _fields_to_data({"at": where.pop("at"), "what": what, **where, **fields})


def to_data(value: Any) -> Any:
    """The form of `--json`: reasons come with their English words; fields with their default are left out."""
    match value:
        case datetime():
            return value.isoformat()
        case InboundEvent():
            # Its place among others says the order of the trace.
            return replace(value, arrival="").to_dict()
        case EventFields():
            return {"kind": value.kind, **value.to_dict()}
        case _Happened():
            return trace_to_dict(value)
        case Part():
            return {**_fields_to_data(non_default_fields(value)), "holds": value.holds}
        case Mapping():
            return _fields_to_data(value)
        case tuple() | list():
            return [to_data(item) for item in value]
        case _ if is_reason(value):
            return ReasonWords().with_text(value)
        case Tagged():
            return {value.tag: getattr(value, value.tag), **_fields_to_data(non_default_fields(value))}
        case _ if is_dataclass(value):
            return _fields_to_data(non_default_fields(value))
        case _:  # plain data
            return value


def _fields_to_data(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_data(value) for name, value in fields.items()}
