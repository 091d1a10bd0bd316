"""Why a journey did not start, why a message was not sent, how a run ended: types with data.

Words for them, in English and Chinese, are in `workbench.wording`. A field with a default differs from
follower to follower; `without_details` leaves it out, for counting.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Any, TypeIs, get_args

from wejourney.journeys.definition import EventCount
from wejourney.journeys.serialization import pattern_from, to_plain
from wejourney.messaging.allowance_windows import Window
from wejourney.messaging.wechat_rules import Act

# --- the parts of a condition --------------------------------------------------------------------


class Fact(StrEnum):
    """What a part of a condition looks at. It wants at least `points_from`, at most `points_to`."""

    CUSTOMER = "customer"
    MEMBER = "member"
    LANGUAGE = "language"
    SOURCE = "source"
    SCENE = "scene"
    TIER = "tier"
    POINTS_FROM = "points_from"
    POINTS_TO = "points_to"
    TAG = "tag"
    SEGMENT = "segment"
    DATE = "date"
    ATTRIBUTE = "attribute"
    ANSWER = "answer"
    EVENTS = "events"
    ANY = "any"
    ALL = "all"
    NONE = "none"


type Value = bool | int | str | None
"""None: not known."""


@dataclass(frozen=True)
class Part:
    """One part of a condition: what it wants, and what was found.

    `name` is that of the tag, segment, date, attribute or question. Of `events`, `wanted` is the least number
    of them. `inner` are the parts of the conditions inside `any`, `all` and `none`; `any` wants one of them.
    """

    fact: Fact
    wanted: Value
    found: Value
    holds: bool = False
    name: str = ""
    count: EventCount | None = None
    inner: tuple["Part", ...] = ()


MAX_PARTS, MAX_VALUE = 8, 40
"""Parts that a stored reason names, and characters of a value in it: a name may be a novel."""


def blamed(parts: Iterable[Part]) -> "ConditionNotMet":
    """Why a condition with these parts does not hold, short enough to be stored with an event."""
    named = count()
    kept = _blamed([part for part in parts if not part.holds], named.__next__)
    return ConditionNotMet(kept, more=max(0, next(named) - MAX_PARTS))


def _blamed(parts: Iterable[Part], number: Callable[[], int]) -> tuple[Part, ...]:
    kept = []
    for part in parts:
        # Inside of a `none`, all parts hold: that is what is wrong with them.
        inner = _blamed([one for one in part.inner if not one.holds] or part.inner, number)
        if inner or (not part.inner and number() < MAX_PARTS):
            wanted, found = _shortened(part.wanted), _shortened(part.found)
            kept.append(dataclasses.replace(part, wanted=wanted, found=found, inner=inner))
    return tuple(kept)


def _shortened(value: Value) -> Value:
    return f"{value[: MAX_VALUE - 1]}…" if isinstance(value, str) and len(value) > MAX_VALUE else value


# --- why a journey was not started ---------------------------------------------------------------


@dataclass(frozen=True)
class ConditionNotMet:
    """The trigger's condition does not hold. `more` parts are left out."""

    parts: tuple[Part, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class GoalAlreadyReached:
    """The follower has reached the journey's goal."""


@dataclass(frozen=True)
class WouldExit:
    """An exit of the journey applies already; `reason` is the author's."""

    reason: str


@dataclass(frozen=True)
class HeldOut:
    """The follower belongs to those whom the journey keeps out, to measure its effect."""


@dataclass(frozen=True)
class AlreadyInJourney:
    """A run of the journey is going on."""


@dataclass(frozen=True)
class TakenOnce:
    """The journey is taken once. It is not always on record when (`started_at`)."""

    started_at: datetime | None = None


@dataclass(frozen=True)
class TakenOncePer:
    """The journey is taken once per order, say: `name` is the event's field, `key` its value."""

    name: str
    key: str = ""
    started_at: datetime | None = None


@dataclass(frozen=True)
class TooEarly:
    """The journey may be taken again, but not so soon."""

    started_at: datetime | None = None


@dataclass(frozen=True)
class NoKey:
    """The journey is taken once per order, say, and the event has no such field."""

    name: str


@dataclass(frozen=True)
class StartedOther:
    """An event starts one journey, and it started this one."""

    journey: str


@dataclass(frozen=True)
class AnsweredQuestion:
    """The message was the answer to a question."""

    name: str


type NotStarted = (
    ConditionNotMet
    | GoalAlreadyReached
    | WouldExit
    | HeldOut
    | AlreadyInJourney
    | TakenOnce
    | TakenOncePer
    | TooEarly
    | NoKey
    | StartedOther
    | AnsweredQuestion
)


# --- why a message was not sent ------------------------------------------------------------------


@dataclass(frozen=True)
class NoAllowance:
    """No act of the follower allows a message now; `windows` are those on record, used up or over."""

    windows: tuple[Window, ...] | None = None


@dataclass(frozen=True)
class AllowanceEnded:
    """The allowance that the message had taken ended before it could be sent."""

    act: Act
    until: datetime | None = None


@dataclass(frozen=True)
class NotFollowing:
    """The recipient does not follow the account."""


@dataclass(frozen=True)
class Unreachable:
    """WeChat has refused to deliver to this follower, who has done nothing since; `code` is its error."""

    code: int = 0


@dataclass(frozen=True)
class NotAgreed:
    """The follower has not agreed to this subscription notice, or the grant is used up."""

    template: str


@dataclass(frozen=True)
class MonthlyLimit:
    """The follower has received so many mass messages in this calendar month."""

    messages: int


@dataclass(frozen=True)
class PurposeForbidden:
    """WeChat does not let the channel be used for this purpose."""

    channel: str
    purpose: str


@dataclass(frozen=True)
class NoChannel:
    """The deployment cannot send over this channel."""

    channel: str


@dataclass(frozen=True)
class RefusedByWeChat:
    """WeChat refused the call. `error` is the name of our error; `text` is WeChat's own, with its code.

    `text` may quote an openid or the message: it is for rows that are erased with the follower.
    """

    error: str
    text: str = ""


@dataclass(frozen=True)
class SenderInterrupted:
    """The function was killed during the call: nobody knows its outcome."""


@dataclass(frozen=True)
class NoAnswer:
    """WeChat's answer to the call did not come: nobody knows its outcome."""

    text: str = ""


@dataclass(frozen=True)
class PossiblySent:
    """A call with an unknown outcome may have sent the message; then it was not sent again."""

    then: "NotSent"


type NotSent = (
    NoAllowance
    | AllowanceEnded
    | NotFollowing
    | Unreachable
    | NotAgreed
    | MonthlyLimit
    | PurposeForbidden
    | NoChannel
    | RefusedByWeChat
    | SenderInterrupted
    | NoAnswer
    | PossiblySent
)


# --- how a run ended -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Finished:
    """The run took its last step."""


@dataclass(frozen=True)
class Stopped:
    """The run came to a stop; `reason` is the author's."""

    reason: str


@dataclass(frozen=True)
class GoalReached:
    """The run came to its goal, by a step or by what the follower did."""


@dataclass(frozen=True)
class Exited:
    """An exit of the journey ended the run; `reason` is the author's."""

    reason: str


@dataclass(frozen=True)
class Unfollowed:
    """The follower unfollowed."""


@dataclass(frozen=True)
class EndedByJourney:
    """Another journey ended the run."""

    journey: str


@dataclass(frozen=True)
class EndedByOperator:
    """An operator ended the run."""


@dataclass(frozen=True)
class EndedByEngine:
    """The engine ended the run: `status` is its word (`failed`, `timed_out`, `aborted`)."""

    status: str


type RunEnd = (
    Finished | Stopped | GoalReached | Exited | Unfollowed | EndedByJourney | EndedByOperator | EndedByEngine
)


# --- why a journey cannot be deployed yet --------------------------------------------------------


@dataclass(frozen=True)
class EventNotReceived:
    """The runtime does not receive events of this kind yet."""

    event: str


@dataclass(frozen=True)
class ChannelNotSupported:
    """The runtime does not send over this channel yet."""

    channel: str


@dataclass(frozen=True)
class ConditionNotSupported:
    """The runtime does not know this of a follower yet."""

    condition: str


type NotDeployable = EventNotReceived | ChannelNotSupported | ConditionNotSupported

type Reason = NotStarted | NotSent | RunEnd | NotDeployable


# --- as data -------------------------------------------------------------------------------------


def kind_of(reason: Reason | type[Reason]) -> str:
    """`NoAllowance` → `no_allowance`."""
    name = (reason if isinstance(reason, type) else type(reason)).__name__.replace("WeChat", "Wechat")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def members(*unions: Any) -> tuple[type, ...]:
    """The classes of these unions of reasons."""
    return tuple(cls for union in unions for cls in get_args(union.__value__))


def is_reason(value: object) -> TypeIs[Reason]:
    """Whether this is a reason of any kind."""
    return isinstance(value, members(NotStarted, NotSent, RunEnd, NotDeployable))


def to_dict(reason: Reason) -> dict[str, Any]:
    """The form in rows and in the output of commands: `kind`, and the fields that are not as left out."""
    return {"kind": kind_of(reason), **{name: _encoded(value) for name, value in vars(reason).items()}}


def not_started_from(data: Mapping[str, Any]) -> NotStarted:
    """The reason that `to_dict` wrote."""
    made: NotStarted = _decoded(_NOT_STARTED, data)
    return made


def not_sent_from(data: Mapping[str, Any]) -> NotSent:
    """The reason that `to_dict` wrote."""
    made: NotSent = _decoded(_NOT_SENT, data)
    return made


def run_end_from(data: Mapping[str, Any]) -> RunEnd:
    """The end that `to_dict` wrote."""
    made: RunEnd = _decoded(_RUN_ENDS, data)
    return made


def without_details[R: Reason](reason: R) -> R:
    """The reason without what differs from follower to follower."""
    if isinstance(reason, PossiblySent):
        return dataclasses.replace(reason, then=without_details(reason.then))
    defaults: dict[str, Any] = {spec.name: spec.default for spec in dataclasses.fields(reason)}
    details = {name: value for name, value in defaults.items() if value is not dataclasses.MISSING}
    return dataclasses.replace(reason, **details)


def _encoded(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Window():
            return value.to_dict()
        case Part():
            return to_plain(value)
        case tuple():
            return [_encoded(one) for one in value]
        case _:  # plain data
            return to_dict(value) if is_reason(value) else value


def _part_from(data: Mapping[str, Any]) -> Part:
    values = dict(data)
    if "count" in data:
        values["count"] = EventCount(**{**data["count"], "pattern": pattern_from(data["count"]["pattern"])})
    values["inner"] = tuple(map(_part_from, data.get("inner", ())))
    return Part(**{**values, "fact": Fact(data["fact"])})


_FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "parts": lambda parts: tuple(map(_part_from, parts)),
    "windows": lambda windows: tuple(map(Window.from_dict, windows)),
    "started_at": datetime.fromisoformat,
    "until": datetime.fromisoformat,
    "act": Act,
    "then": not_sent_from,
}
"""How the fields are read that JSON has no type for."""


def _decoded(classes: Mapping[str, type], data: Mapping[str, Any]) -> Any:
    values = {
        name: _FIELDS[name](value) if name in _FIELDS and value is not None else value
        for name, value in data.items()
        if name != "kind"
    }
    return classes[data["kind"]](**values)


_NOT_STARTED = {kind_of(cls): cls for cls in members(NotStarted)}
_NOT_SENT = {kind_of(cls): cls for cls in members(NotSent)}
_RUN_ENDS = {kind_of(cls): cls for cls in members(RunEnd)}
