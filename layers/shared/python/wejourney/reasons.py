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
from typing import Any, ClassVar, TypeIs

from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import Act
from wejourney.events.matching import EventCount
from wejourney.events.values import IsKnown, NumberRange
from wejourney.plain_data import Tagged, changed, from_plain
from wejourney.text import shortened

# --- the parts of a condition --------------------------------------------------------------------


class Fact(StrEnum):
    """What a part of a condition looks at. It wants at least `points_from`, at most `points_to`."""

    CUSTOMER = "customer"
    MEMBER = "member"
    LANGUAGE = "language"
    SOURCE = "source"
    SCENE = "scene"
    TIER = "tier"
    STAGE = "stage"
    COUNTER = "counter"
    POINTS_FROM = "points_from"
    POINTS_TO = "points_to"
    BALANCE = "balance"
    TAG = "tag"
    SEGMENT = "segment"
    DATE = "date"
    ATTRIBUTE = "attribute"
    ANSWER = "answer"
    OFFER = "offer"
    EVENTS = "events"
    ANY = "any"
    ALL = "all"
    NONE = "none"


type Value = bool | int | str | NumberRange | IsKnown | None
"""None: not known."""


@dataclass(frozen=True)
class Part:
    """One part of a condition: what it wants, and what was found.

    `name` is that of the tag, segment, date, attribute, question, balance, offer or counter; a counter sums
    over `days`. Of `events`, `wanted` is the least number of them. `inner` are the parts of the conditions
    inside `any`, `all` and `none`; `any` wants one of them.
    """

    fact: Fact
    wanted: Value
    found: Value
    holds: bool = False
    name: str = ""
    count: EventCount | None = None
    inner: tuple["Part", ...] = ()
    days: int | None = None


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
        failed = [inner_part for inner_part in part.inner if not inner_part.holds]
        inner = _blamed(failed or part.inner, number)
        if inner or (not part.inner and number() < MAX_PARTS):
            wanted, found = (
                shortened(value, MAX_VALUE) if isinstance(value, str) else value
                for value in (part.wanted, part.found)
            )
            kept.append(changed(part, wanted=wanted, found=found, inner=inner))
    return tuple(kept)


class _Reason(Tagged):
    tag = "kind"
    whole = True
    kind: ClassVar[str]

    def __init_subclass__(cls) -> None:
        # `NoAllowance` → `no_allowance`.
        cls.kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__.replace("WeChat", "Wechat")).lower()


@dataclass(frozen=True)
class AuthoredReason(_Reason):
    """What an author wrote as the reason, `texts` by language where there are several."""

    reason: str
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False, metadata={"sparse": True})


@dataclass(frozen=True)
class UnknownReason(_Reason):
    """A reason on record, of a kind (`name`) that this version does not know."""

    name: str


# --- why a journey was not started ---------------------------------------------------------------


@dataclass(frozen=True)
class ConditionNotMet(_Reason):
    """The trigger's condition does not hold. `more` parts are left out."""

    parts: tuple[Part, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class GoalAlreadyReached(_Reason):
    """The follower has reached the journey's goal."""


@dataclass(frozen=True)
class WouldExit(AuthoredReason):
    """An exit of the journey applies already; `reason` is the author's."""


@dataclass(frozen=True)
class HeldOut(_Reason):
    """The follower belongs to those whom the journey keeps out, to measure its effect."""


@dataclass(frozen=True)
class AlreadyInJourney(_Reason):
    """A run of the journey is going on."""


@dataclass(frozen=True)
class TakenOnce(_Reason):
    """The journey is taken once. It is not always on record when (`started_at`)."""

    started_at: datetime | None = None


@dataclass(frozen=True)
class TakenOncePer(_Reason):
    """The journey is taken once per order, say: `name` is the event's field, `key` its value."""

    name: str
    key: str = ""
    started_at: datetime | None = None


@dataclass(frozen=True)
class TooEarly(_Reason):
    """The journey may be taken again, but not so soon."""

    started_at: datetime | None = None


@dataclass(frozen=True)
class NoKey(_Reason):
    """The journey is taken once per order, say, and the event has no such field."""

    name: str


@dataclass(frozen=True)
class StartedOther(_Reason):
    """An event starts one journey, and it started this one."""

    journey: str


@dataclass(frozen=True)
class AnsweredQuestion(_Reason):
    name: str


@dataclass(frozen=True)
class DoneElsewhere(_Reason):
    """The journey speaks to `account`, and what the follower did, they did in the chat of another one."""

    account: str


@dataclass(frozen=True)
class NoContactIn(_Reason):
    """The journey speaks to `account`, in which the person has no contact."""

    account: str


@dataclass(frozen=True)
class NotReachableIn(_Reason):
    """The journey speaks to `account`, which the person does not follow, and no allowance is open there."""

    account: str


type CannotSpeakThere = DoneElsewhere | NoContactIn | NotReachableIn

type NotStarted = (
    UnknownReason | ConditionNotMet | GoalAlreadyReached | WouldExit | HeldOut | AlreadyInJourney
    | TakenOnce | TakenOncePer | TooEarly | NoKey | StartedOther | AnsweredQuestion | DoneElsewhere
    | NoContactIn | NotReachableIn
)  # fmt: skip


# --- why a message was not sent ------------------------------------------------------------------


@dataclass(frozen=True)
class NoAllowance(_Reason):
    """No act of the follower allows a message now; `windows` are those on record, used up or over."""

    windows: tuple[Window, ...] | None = None


@dataclass(frozen=True)
class AllowanceEnded(_Reason):
    """The allowance that the message had taken ended before it could be sent."""

    act: Act
    until: datetime | None = None


@dataclass(frozen=True)
class NotFollowing(_Reason):
    """The recipient does not follow the account."""


@dataclass(frozen=True)
class NoConsent(_Reason):
    """The follower has not agreed to this purpose, or does not any more."""

    purpose: str


@dataclass(frozen=True)
class Unreachable(_Reason):
    """WeChat has refused to deliver to this follower, who has done nothing since; `code` is its error."""

    code: int = 0


@dataclass(frozen=True)
class NotAgreed(_Reason):
    """The follower has not agreed to this subscription notice, or the grant is used up."""

    template: str


@dataclass(frozen=True)
class MonthlyLimit(_Reason):
    messages: int


@dataclass(frozen=True)
class PurposeForbidden(_Reason):
    """WeChat does not let the channel be used for this purpose."""

    channel: str
    purpose: str


@dataclass(frozen=True)
class NoChannel(_Reason):
    channel: str


@dataclass(frozen=True)
class RefusedByWeChat(_Reason):
    """WeChat refused the call. `error` is the name of our error; `text` is WeChat's own, with its code.

    `text` may quote an openid or the message: it is for rows that are erased with the follower.
    """

    error: str
    text: str = ""


@dataclass(frozen=True)
class SenderInterrupted(_Reason):
    """The function was killed during the call: nobody knows its outcome."""


@dataclass(frozen=True)
class NoAnswer(_Reason):
    """WeChat's answer to the call did not come: nobody knows its outcome."""

    text: str = ""


@dataclass(frozen=True)
class PossiblySent(_Reason):
    """A call with an unknown outcome may have sent the message; then it was not sent again."""

    then: "NotSent"


type NotSent = (
    UnknownReason | NoAllowance | AllowanceEnded | NotFollowing | NoConsent | Unreachable | NotAgreed
    | MonthlyLimit | PurposeForbidden | NoChannel | RefusedByWeChat | SenderInterrupted | NoAnswer
    | PossiblySent
)  # fmt: skip


# --- how a run ended -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Finished(_Reason):
    """The run took its last step."""


@dataclass(frozen=True)
class Stopped(AuthoredReason):
    """The run came to a stop; `reason` is the author's."""


@dataclass(frozen=True)
class GoalReached(_Reason):
    """The run came to its goal, by a step or by what the follower did."""


@dataclass(frozen=True)
class Exited(AuthoredReason):
    """An exit of the journey ended the run; `reason` is the author's."""


@dataclass(frozen=True)
class Unfollowed(_Reason):
    """The follower unfollowed."""


@dataclass(frozen=True)
class Merged(_Reason):
    """Two people turned out to be one, and their other run of the same journey goes on."""


@dataclass(frozen=True)
class EndedByJourney(_Reason):
    journey: str


@dataclass(frozen=True)
class EndedByOperator(_Reason):
    """An operator ended the run."""


@dataclass(frozen=True)
class EndedByEngine(_Reason):
    """The engine ended the run: `status` is its word (`failed`, `timed_out`, `aborted`)."""

    status: str


type RunEnd = (
    UnknownReason | Finished | Stopped | GoalReached | Exited | Unfollowed | Merged
    | EndedByJourney | EndedByOperator | EndedByEngine
)  # fmt: skip


# --- why a journey cannot be deployed yet --------------------------------------------------------


@dataclass(frozen=True)
class EventNotReceived(_Reason):
    event: str


@dataclass(frozen=True)
class ChannelNotSupported(_Reason):
    channel: str


type NotDeployable = EventNotReceived | ChannelNotSupported

type Reason = NotStarted | NotSent | RunEnd | NotDeployable


# --- as data -------------------------------------------------------------------------------------


def is_reason(value: object) -> TypeIs[Reason]:
    return isinstance(value, _Reason)


def reason_from(data: Mapping[str, Any]) -> Any:
    """The reason that `to_plain` wrote: `UnknownReason` if its kind has been dropped or changed since."""
    try:
        return from_plain(Reason, data)
    except (KeyError, TypeError, ValueError):
        return UnknownReason(str(data["kind"]))


def without_details[R: Reason](reason: R) -> R:
    """The reason without what differs from follower to follower."""
    if isinstance(reason, PossiblySent):
        return dataclasses.replace(reason, then=without_details(reason.then))
    defaults: dict[str, Any] = {spec.name: spec.default for spec in dataclasses.fields(reason)}
    details = {name: value for name, value in defaults.items() if value is not dataclasses.MISSING}
    return dataclasses.replace(reason, **details)
