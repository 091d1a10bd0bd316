"""What a task of a compiled journey is told to do: the messages, tags and points of one stretch of a run.

A task's payload carries its actions as literals, so the definition holds the whole journey. `step` is
the place of a step in its file (`3`, `3.unanswered.1`): with the run's id it is the key of the effect.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, assert_never

from wejourney.errors import MalformedEventError, NewerDataError
from wejourney.events.matching import EventPattern
from wejourney.journeys.answers import Question
from wejourney.journeys.conditions import History, holds
from wejourney.journeys.definition import Condition, QuietHours
from wejourney.journeys.runs import Run
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.messaging.contents import Content
from wejourney.plain_data import Tagged, from_plain

STAFF_NOTIFIED: Final = "StaffNotified"
HAND_OVER_REQUESTED: Final = "HandOverRequested"
COUPON_GIVEN: Final = "CouponGiven"
OFFER_MADE: Final = "OfferMade"

type BusEvent = Literal["StaffNotified", "HandOverRequested", "CouponGiven", "OfferMade"]
"""The names of the events that tell other systems something."""

GIVEN: Mapping[Literal["coupon", "offer"], BusEvent] = {"coupon": COUPON_GIVEN, "offer": OFFER_MADE}
"""The event of each thing that a step `give` gives."""


@dataclass(frozen=True)
class DateSpec:
    """A moment that lies `offset` seconds after a date of the profile, at a time of day (minutes) if given.

    It is waited for until `within` seconds after the run came to `step`, whatever the date. With `yearly` the
    date returns each year.
    """

    date: str
    within: int
    offset: int = 0
    time: int | None = None
    quiet: QuietHours | None = None
    yearly: bool = False


@dataclass(frozen=True)
class UntilSpec:
    """The next `time` of day (minutes) after the run came to the step, on a `weekday` if given."""

    time: int
    weekday: int | None = None


@dataclass(frozen=True)
class Beginning:
    """What a run takes from its definition when it begins.

    Who starts it may know another version of the journey: `opening` is said if nobody has said one;
    `subscribed_kinds` are those of `Run`; in the `splits` of these names it is drawn.
    """

    opening: Content | None = None
    subscribed_kinds: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()


class _Action(Tagged):
    tag = "do"


@dataclass(frozen=True)
class SendAction(_Action):
    """Send a message. `raise_if_not_sent` raises MessageNotSentError when it cannot be sent.

    The follower must have agreed to the purpose `consent`, if it has one.
    """

    do: ClassVar[str] = "send"
    step: str
    content: Content
    raise_if_not_sent: bool = False
    if_unsure: Literal["drop", "resend"] = "drop"
    name: str | None = None
    consent: str = ""


@dataclass(frozen=True)
class AskAction(_Action):
    """Ask (or, without content, take what was said last as the question) and park the task's token.

    `consent` as in SendAction.
    """

    do: ClassVar[str] = "ask"
    step: str
    name: str
    content: Content | None = None
    question: Question = field(default_factory=Question)
    consent: str = ""


@dataclass(frozen=True)
class AwaitAction(_Action):
    """Park the task's token until an event comes, until a moment, or until `quiet` hours are over.

    With `since_run_start` an event counts that came since the run began. A wait for a moment has its end in
    the run's `until`; when that moves, with the date or the follower's time zone, the run waits again.
    """

    do: ClassVar[str] = "await"
    step: str
    pattern: EventPattern | None = None
    since_run_start: bool = False
    date: DateSpec | None = None
    until: UntilSpec | None = None
    quiet: QuietHours | None = None


@dataclass(frozen=True)
class CloseAction(_Action):
    """The time limit of the wait at `step` is over, unless what it waits for won: then AnsweredError.

    Of a wait for a `date` the run's `until` says afterwards whether it goes on: the date may have moved.
    One `until` a time of day that lies ahead again raises NotYetError.
    """

    do: ClassVar[str] = "close"
    step: str
    date: DateSpec | None = None
    until: UntilSpec | None = None


@dataclass(frozen=True)
class QuietAction(_Action):
    """Raise QuietHoursError in quiet hours, unless the run answers the follower at once."""

    do: ClassVar[str] = "quiet"
    step: str
    quiet: QuietHours


@dataclass(frozen=True)
class PauseAction(_Action):
    """Find out when the wait that comes next is over: the run's `until`.

    The next `time` of day (minutes), on a `weekday` if given; or at a `date`. Definitions from before
    QuietAction also wait for `seconds`, or for none of these; and in each case until `quiet` hours are over.
    """

    do: ClassVar[str] = "pause"
    step: str
    seconds: int = 0
    time: int | None = None
    weekday: int | None = None
    date: DateSpec | None = None
    quiet: QuietHours | None = None


@dataclass(frozen=True)
class CheckAction(_Action):
    """Find out which of these conditions hold, by name, where that takes a look at what happened."""

    do: ClassVar[str] = "check"
    step: str
    conditions: Mapping[str, Condition]


@dataclass(frozen=True)
class SetAction(_Action):
    """Note something about the person; values may hold merge fields."""

    do: ClassVar[str] = "set"
    step: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class TellAction(_Action):
    """Publish an event for other systems; `fields` holds texts by language."""

    do: ClassVar[str] = "tell"
    step: str
    event_name: BusEvent
    fields: Mapping[str, str | Mapping[str, str]]


@dataclass(frozen=True)
class CallAction(_Action):
    """Start this follower's run of another journey, or end it."""

    do: ClassVar[str] = "call"
    step: str
    operation: Literal["journey", "end"]
    journey: str


@dataclass(frozen=True)
class TagAction(_Action):
    do: ClassVar[str] = "tag"
    step: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConsentAction(_Action):
    """Record that the person gives (`given`) or withdraws their consent to a purpose.

    `version` is that of the text that they read.
    """

    do: ClassVar[str] = "consent"
    step: str
    purpose: str
    given: bool
    version: str = ""


@dataclass(frozen=True)
class CouponAction(_Action):
    """Issue a coupon on these terms; `zone` is that of the programme, in which its days are."""

    do: ClassVar[str] = "coupon"
    step: str
    name: str
    terms: CouponTerms
    zone: str


@dataclass(frozen=True)
class AwardAction(_Action):
    do: ClassVar[str] = "award"
    step: str
    points: int
    reason: str


@dataclass(frozen=True)
class BranchCase:
    """Taken if its condition, which counts no events, holds and no case before it did."""

    when: Condition
    actions: "tuple[Action, ...]"


@dataclass(frozen=True)
class BranchAction(_Action):
    """Perform the actions of one case.

    It is decided on the run as the state received it, so that a retry takes the same case. A list of actions
    has at most one branch.
    """

    do: ClassVar[str] = "branch"
    step: str
    cases: tuple[BranchCase, ...] = ()
    otherwise: "tuple[Action, ...]" = ()

    @property
    def paths(self) -> "tuple[tuple[Action, ...], ...]":
        """The actions of every case, and those of otherwise."""
        return (*(case.actions for case in self.cases), self.otherwise)

    def path_of(self, run: Run) -> "tuple[Action, ...]":
        """The actions of the case that this run takes."""
        about = History(about=run.about)
        taken = (case.actions for case in self.cases if holds(case.when, run.follower, run.answers, about))
        return next(taken, self.otherwise)


type Action = (
    SendAction | AskAction | AwaitAction | CloseAction | QuietAction | PauseAction | CheckAction | TagAction
    | SetAction | ConsentAction | CouponAction | AwardAction | TellAction | CallAction | BranchAction
)  # fmt: skip


type ProfileAction = TagAction | SetAction | AwardAction
"""What changes the profile or the points, and can be written with a message."""


def changes_written_with_message(actions: Sequence[Action]) -> tuple[ProfileAction, ...]:
    """The changes of the profile and the points that are written in one transaction with a message.

    Nothing that reads the profile, waits, or tells others stands between them.
    """
    found: list[ProfileAction] = []
    speaks = False
    for action in reversed(actions):
        match action:
            case TagAction() | SetAction() | AwardAction():
                if speaks:
                    found.insert(0, action)
            case SendAction():
                speaks = True
            case AskAction():
                speaks = action.content is not None
            case BranchAction():
                pass  # It was decided on what the state received.
            case ConsentAction() | CouponAction():
                pass  # It has a record of its own.
            case AwaitAction() | CloseAction() | QuietAction() | PauseAction() | CheckAction():
                speaks = False
            case TellAction() | CallAction():
                speaks = False
            case _:
                assert_never(action)
    return tuple(found)


def decided(actions: "Iterable[Action]", run: Run) -> "Iterator[Action]":
    """The actions, and after a branch those of the case that holds for the run as its state received it."""
    for action in actions:
        yield action
        if isinstance(action, BranchAction):
            yield from decided(action.path_of(run), run)


def speaks(actions: "Iterable[Action]") -> bool:
    """Whether one of the actions, or of a branch's, sends the follower something."""
    return any(
        isinstance(action, SendAction)
        or (isinstance(action, AskAction) and action.content is not None)
        or (isinstance(action, BranchAction) and any(map(speaks, action.paths)))
        for action in actions
    )


def action_from_dict(data: Mapping[str, Any]) -> Action:
    """The action in a compiled definition, which `to_plain` wrote.

    Raises MalformedEventError, and NewerDataError for an action or a field that is not known.
    """
    try:
        action: Action = from_plain(Action, data)
    except NewerDataError:
        raise
    except (KeyError, TypeError, ValueError) as exc:
        raise MalformedEventError(f"not an action: {type(exc).__name__}") from None
    return action
