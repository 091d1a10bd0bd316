"""The steps of a journey.

Durations are seconds, times of day minutes after midnight in the follower's zone, weekdays 0 (Monday) to 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wejourney.events.event_types import CHAT_CLOSED
from wejourney.journeys.definition import Condition, EventPattern
from wejourney.messaging.contents import Content, LocalizedText

# --- steps that talk -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Send:
    """Say something. `instead` are the other channels to try, in order, when it cannot be said.

    `not_sent` is the path when none of them took it; without one the run goes on. `purpose` is what the
    message is for: WeChat takes marketing in some channels only. `name` is how conditions speak of it.

    WeChat cannot tell whether a call that timed out was carried out: `if_unsure` says whether the
    message is then dropped (it may be missing) or sent again (it may come twice).
    """

    content: Content
    not_sent: "tuple[Step, ...] | None" = None
    if_unsure: Literal["drop", "resend"] = "drop"
    instead: tuple[Content, ...] = ()
    purpose: Literal["marketing", "service"] = "marketing"
    name: str | None = None
    kind: Literal["send"] = "send"


@dataclass(frozen=True)
class Ask:
    """Ask and wait for the answer, at most `within` seconds; then `unanswered` is the path.

    `name` is how conditions speak of the answer. `choices` maps an answer to the words that mean it
    (typed, or tapped in a menu message); anything else is the answer `other`. When no choice claims a
    number, 1 means the first of them, 2 the second, and so on. Without choices `parse` says what the answer
    is: any text, a number (between `minimum` and `maximum`) or a phone number; what is none is `other`.
    Without content the question is whatever was said before, such as the opening.
    """

    name: str
    within: int
    content: Content | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unanswered: "tuple[Step, ...]" = ()
    not_sent: "tuple[Step, ...] | None" = None
    parse: Literal["text", "number", "phone"] = "text"
    minimum: int | None = None
    maximum: int | None = None
    kind: Literal["ask"] = "ask"


@dataclass(frozen=True)
class Notify:
    """Tell the staff something; `staff` names who (a role, a store)."""

    staff: str
    text: LocalizedText
    kind: Literal["notify"] = "notify"


@dataclass(frozen=True)
class HandOver:
    """Hand the chat to a person and pause until they close it, at most `within` seconds."""

    staff: str
    within: int
    kind: Literal["hand_over"] = "hand_over"


CHAT_IS_CLOSED = EventPattern(CHAT_CLOSED)
"""What a chat that was handed over waits for."""


# --- steps that wait -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Wait:
    """Let `seconds` pass."""

    seconds: int
    kind: Literal["wait"] = "wait"


@dataclass(frozen=True)
class WaitUntil:
    """Wait for the next time that it is `time` (on this `weekday`) where the follower is.

    Somebody who comes just at that time waits for the next one.
    """

    time: int
    weekday: int | None = None
    kind: Literal["until"] = "until"


@dataclass(frozen=True)
class WaitDate:
    """Wait for a date of the profile, `offset` seconds after it (negative: before), at `time` if given.

    When the date moves, the wait moves, closer as well as later. A moment that has passed is not waited for.
    `otherwise` is the path when the moment has not come `within` seconds.
    """

    date: str
    within: int
    offset: int = 0
    time: int | None = None
    otherwise: "tuple[Step, ...]" = ()
    kind: Literal["date"] = "date"


@dataclass(frozen=True)
class WaitEvent:
    """Wait for an event, at most `within` seconds; then `otherwise` is the path.

    An event that came before the step counts when `since` is `entry` and it came after the run began.
    """

    pattern: EventPattern
    within: int
    since: Literal["step", "entry"] = "step"
    otherwise: "tuple[Step, ...]" = ()
    kind: Literal["event"] = "event"


# --- steps that choose ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One way out of a branch, taken when its condition holds and no case before it did."""

    when: Condition
    steps: "tuple[Step, ...]"


@dataclass(frozen=True)
class Branch:
    """Go different ways. After its case a run goes on with what follows the branch."""

    cases: tuple[Case, ...]
    otherwise: "tuple[Step, ...]" = ()
    kind: Literal["branch"] = "branch"


@dataclass(frozen=True)
class Share:
    """One way out of a split, taken by `percent` of the people."""

    percent: int
    steps: "tuple[Step, ...]" = ()


@dataclass(frozen=True)
class Split:
    """Send people different ways by chance; the same person always goes the same way of `name`."""

    name: str
    shares: tuple[Share, ...]
    kind: Literal["split"] = "split"


# --- steps that change something -----------------------------------------------------------------


@dataclass(frozen=True)
class Tag:
    """Put tags on the follower."""

    tags: tuple[str, ...]
    kind: Literal["tag"] = "tag"


@dataclass(frozen=True)
class Untag:
    """Take tags off the follower."""

    tags: tuple[str, ...]
    kind: Literal["untag"] = "untag"


@dataclass(frozen=True)
class Set:
    """Note something about the person: `language`, `time_zone`, `date.<name>`, or an attribute.

    A value may hold merge fields; one that comes out empty changes nothing.
    """

    values: Mapping[str, str]
    kind: Literal["set"] = "set"


@dataclass(frozen=True)
class Award:
    """Post points to the person's account, once per run."""

    points: int
    reason: str
    kind: Literal["award"] = "award"


@dataclass(frozen=True)
class Give:
    """Give a coupon or make an offer, by its name in the system that knows it: an event for that system."""

    what: Literal["coupon", "offer"]
    name: str
    kind: Literal["give"] = "give"


@dataclass(frozen=True)
class StartJourney:
    """Start another journey for this follower; that journey's trigger is the event `journey`."""

    journey: str
    kind: Literal["start"] = "start"


@dataclass(frozen=True)
class EndJourney:
    """End this follower's runs of another journey."""

    journey: str
    kind: Literal["end"] = "end"


# --- steps that end the run ----------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """End the run here, whatever would follow; `goal` says that this is what the journey is for."""

    reason: str
    goal: bool = False
    kind: Literal["stop"] = "stop"


TalkStep = Send | Ask | Notify | HandOver
WaitStep = Wait | WaitUntil | WaitDate | WaitEvent
ChoiceStep = Branch | Split
ChangeStep = Tag | Untag | Set | Award | Give | StartJourney | EndJourney

type Step = TalkStep | WaitStep | ChoiceStep | ChangeStep | Stop
