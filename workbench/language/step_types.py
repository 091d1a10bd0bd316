"""The steps of a journey.

Durations are seconds, times of day minutes after midnight in the follower's zone, weekdays 0 (Monday) to 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from wejourney.events.event_types import CHAT_CLOSED
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.messaging.contents import Content, LocalizedText

# --- steps that talk -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Send:
    """A message. `instead` are other channels to try, in order, if it cannot be sent.

    `not_sent` is the path if none of them took it; without one the run goes on. WeChat accepts marketing in
    some channels only: hence `purpose`. Conditions refer to the message by its `name`. WeChat cannot tell
    whether a call that timed out was carried out: `if_unsure` drops the message or sends it again. `consent`
    is the purpose that the follower must have agreed to.
    """

    content: Content
    not_sent: "tuple[Step, ...] | None" = None
    if_unsure: Literal["drop", "resend"] = "drop"
    instead: tuple[Content, ...] = ()
    purpose: Literal["marketing", "service"] = "marketing"
    name: str | None = None
    consent: str = ""
    kind: Literal["send"] = "send"


@dataclass(frozen=True)
class Ask:
    """A question that waits for its answer, at most `within` seconds; then `unanswered` is the path.

    If an answer is `other`, it is asked again, at most `retries` times: with `again`, or its own content.
    `choices` maps an answer to the words that mean it (typed, or tapped in a menu message); anything else is
    the answer `other`. If no choice has a number, 1 means the first of them, and so on. Without choices
    `parse` is the type of the answer; what does not fit is `other`. Without content the question is whatever
    was sent before, such as the opening. `consent` as in `Send`.
    """

    name: str
    within: int
    content: Content | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unanswered: "tuple[Step, ...]" = ()
    not_sent: "tuple[Step, ...] | None" = None
    parse: Literal["text", "number", "phone", "date"] = "text"
    minimum: int | None = None
    maximum: int | None = None
    past: bool = False
    again: Content | None = None
    retries: int = 0
    consent: str = ""
    kind: Literal["ask"] = "ask"

    @property
    def asked_again(self) -> "Ask":
        """The question as it is asked after an answer that is `other`."""
        return replace(self, content=self.again or self.content, retries=self.retries - 1)


@dataclass(frozen=True)
class Notify:
    """A text to `staff`: a role, a store, or a merge field that names one."""

    staff: str
    text: LocalizedText
    kind: Literal["notify"] = "notify"


@dataclass(frozen=True)
class HandOver:
    """`staff` take over the chat; the run pauses until they close it, at most `within` seconds."""

    staff: str
    within: int
    kind: Literal["hand_over"] = "hand_over"


CHAT_IS_CLOSED = EventPattern(CHAT_CLOSED)
"""What a chat that was handed over waits for."""


# --- steps that wait -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Wait:
    seconds: int
    kind: Literal["wait"] = "wait"


@dataclass(frozen=True)
class WaitUntil:
    """Until the next `time` (on `weekday`) in the follower's time zone, never the present moment."""

    time: int
    weekday: int | None = None
    kind: Literal["until"] = "until"


@dataclass(frozen=True)
class WaitDate:
    """Until `offset` seconds after a date of the profile (negative: before), at `time` if given.

    The wait moves with the date. `otherwise` is the path after `within` seconds. `passed` is the path if the
    moment lay behind already when the run came to the step, or when the date was moved; empty: the run goes
    on; None: `otherwise`. With `yearly` the next of the moments that return each year is waited for.
    """

    date: str
    within: int
    offset: int = 0
    time: int | None = None
    otherwise: "tuple[Step, ...]" = ()
    passed: "tuple[Step, ...] | None" = None
    yearly: bool = False
    kind: Literal["date"] = "date"


@dataclass(frozen=True)
class WaitEvent:
    """Until an event, at most `within` seconds; then `otherwise` is the path.

    With `since: entry` an event counts that came after the run began, even if it came before this step.
    """

    pattern: EventPattern
    within: int
    since: Literal["step", "entry"] = "step"
    otherwise: "tuple[Step, ...]" = ()
    kind: Literal["event"] = "event"


# --- steps that choose ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Taken if its condition holds and no case before it did."""

    when: Condition
    steps: "tuple[Step, ...]"


@dataclass(frozen=True)
class Branch:
    cases: tuple[Case, ...]
    otherwise: "tuple[Step, ...]" = ()
    kind: Literal["branch"] = "branch"

    @property
    def otherwise_at(self) -> tuple[str | int, ...]:
        """The place of `otherwise` in the step."""
        return ("otherwise",)


@dataclass(frozen=True)
class Round(Branch):
    """One round of what is repeated, as a branch: nothing where the condition holds, the steps otherwise.

    After the steps come a pause and the next round, up to `times` rounds.
    """

    round: int = 1
    times: int = 1

    @property
    def otherwise_at(self) -> tuple[str | int, ...]:
        return ("rounds", self.round - 1)


@dataclass(frozen=True)
class Repeat:
    """The steps, once more each `every` seconds, at most `times` times.

    Before each round `until` is looked at: if it holds, the run goes on with what follows.
    `round` is the number of the next round.
    """

    every: int
    times: int
    until: Condition
    steps: "tuple[Step, ...]"
    round: int = 1
    kind: Literal["repeat"] = "repeat"

    @property
    def next_round(self) -> Round:
        more = (Wait(self.every), replace(self, round=self.round + 1)) if self.round < self.times else ()
        return Round((Case(self.until, ()),), (*self.steps, *more), round=self.round, times=self.times)


@dataclass(frozen=True)
class Share:
    percent: int
    steps: "tuple[Step, ...]" = ()


@dataclass(frozen=True)
class Split:
    """Random shares; the same person always gets the same share of `name`."""

    name: str
    shares: tuple[Share, ...]
    kind: Literal["split"] = "split"


# --- steps that change something -----------------------------------------------------------------


@dataclass(frozen=True)
class Tag:
    tags: tuple[str, ...]
    kind: Literal["tag"] = "tag"


@dataclass(frozen=True)
class Untag:
    tags: tuple[str, ...]
    kind: Literal["untag"] = "untag"


@dataclass(frozen=True)
class Set:
    """Fields of the profile: `language`, `time_zone`, `date.<name>`, or an attribute.

    A value may hold merge fields; an empty result changes nothing. `reads` is the language of the journey
    that somebody reads after their `language` is set; None where that is not known.
    """

    values: Mapping[str, str]
    reads: str | None = None
    kind: Literal["set"] = "set"


@dataclass(frozen=True)
class Agree:
    """The person gives their consent to a purpose, by what they have just said or tapped.

    `version` is that of its text, as infra/consents.yaml has it when the journey is compiled.
    """

    purpose: str
    version: str = ""
    kind: Literal["agree"] = "agree"


@dataclass(frozen=True)
class Withdraw:
    """The person withdraws their consent to a purpose."""

    purpose: str
    kind: Literal["withdraw"] = "withdraw"


@dataclass(frozen=True)
class Award:
    """Points for the person's account, once per run."""

    points: int
    reason: str
    kind: Literal["award"] = "award"


@dataclass(frozen=True)
class Give:
    """A coupon that infra/programme.yaml declares, on these `terms`, whose days are in the time zone `zone`.

    Of any other coupon, and of an offer, an event tells the system that knows it by this name.
    """

    what: Literal["coupon", "offer"]
    name: str
    terms: CouponTerms | None = None
    zone: str = ""
    kind: Literal["give"] = "give"


@dataclass(frozen=True)
class StartJourney:
    """Start a journey whose trigger is the event `journey`."""

    journey: str
    kind: Literal["start"] = "start"


@dataclass(frozen=True)
class EndJourney:
    journey: str
    kind: Literal["end"] = "end"


# --- steps that end the run ----------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """End the run; with `goal` as a success. `texts` has the reason by language, if it is written so."""

    reason: str
    goal: bool = False
    texts: LocalizedText = field(default_factory=dict)
    kind: Literal["stop"] = "stop"


TalkStep = Send | Ask | Notify | HandOver
WaitStep = Wait | WaitUntil | WaitDate | WaitEvent
ChoiceStep = Branch | Split
ChangeStep = Tag | Untag | Set | Agree | Withdraw | Award | Give | StartJourney | EndJourney

type RunStep = TalkStep | WaitStep | ChoiceStep | ChangeStep | Stop
"""The steps that a run takes: what is repeated is taken round by round."""

type Step = RunStep | Repeat


def taken(steps: tuple[Step, ...]) -> "tuple[RunStep, ...]":
    """The steps as a run takes them."""
    return tuple(step.next_round if isinstance(step, Repeat) else step for step in steps)
