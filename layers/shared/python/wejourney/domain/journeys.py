"""A journey as its author means it: a trigger, an opening, and steps.

These are the words of the files in infra/journeys/. Reading them is `wejourney.language`, running them
is Step Functions; what both agree on is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from wejourney.domain.messages import Content, Words

_STRICT: Mapping[str, str] = {"extra": "forbid"}

type TriggerEvent = Literal["follow", "scan", "text", "click"]


@dataclass(frozen=True)
class Condition:
    """What must hold, all of it; an empty condition always holds.

    `tags` and `without_tags` name tags; `scene` is a pattern with `*`; `source` is one of the sources
    of a follow (see `wejourney.domain.followers.SOURCES`); `answers` maps a question's name to the
    answer; `any` needs one of several conditions; `none` must not hold.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    customer: bool | None = None
    member: bool | None = None
    language: str | None = None
    source: str | None = None
    scene: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    any: tuple["Condition", ...] = ()
    none: "Condition | None" = None


@dataclass(frozen=True)
class Trigger:
    """What starts a journey: an event, narrowed by its own details and by the follower's profile.

    `scene` (a pattern with `*`) is for follow and scan, `keywords` for text, `key` for click.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    event: TriggerEvent
    scene: str | None = None
    keywords: tuple[str, ...] = ()
    key: str | None = None
    when: Condition = field(default_factory=Condition)


@dataclass(frozen=True)
class Send:
    """Say something. `not_sent` is the path when it could not be said; without one the run goes on.

    WeChat cannot tell whether a call that timed out was carried out: `if_unsure` says whether the
    message is then dropped (it may be missing) or sent again (it may come twice).
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    content: Content
    not_sent: "tuple[Step, ...] | None" = None
    if_unsure: Literal["drop", "resend"] = "drop"
    kind: Literal["send"] = "send"


@dataclass(frozen=True)
class Ask:
    """Ask and wait for the answer, at most `within` seconds; then `unanswered` is the path.

    `name` is how conditions speak of the answer. `choices` maps an answer to the words that mean it
    (typed, or tapped in a menu message); anything else is the answer `other`. Without choices the
    answer is the text itself. Without content the question is whatever was said before, such as the
    opening.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    name: str
    within: int
    content: Content | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unanswered: "tuple[Step, ...]" = ()
    not_sent: "tuple[Step, ...] | None" = None
    kind: Literal["ask"] = "ask"


@dataclass(frozen=True)
class Wait:
    """Let `seconds` pass."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    seconds: int
    kind: Literal["wait"] = "wait"


@dataclass(frozen=True)
class Case:
    """One way out of a branch, taken when its condition holds and no case before it did."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    when: Condition
    steps: "tuple[Step, ...]"


@dataclass(frozen=True)
class Branch:
    """Go different ways. After its case a run goes on with what follows the branch."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    cases: tuple[Case, ...]
    otherwise: "tuple[Step, ...]" = ()
    kind: Literal["branch"] = "branch"


@dataclass(frozen=True)
class Tag:
    """Put tags on the follower."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    tags: tuple[str, ...]
    kind: Literal["tag"] = "tag"


@dataclass(frozen=True)
class Untag:
    """Take tags off the follower."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    tags: tuple[str, ...]
    kind: Literal["untag"] = "untag"


@dataclass(frozen=True)
class Award:
    """Post points to the person's account, once per run."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    points: int
    reason: str
    kind: Literal["award"] = "award"


@dataclass(frozen=True)
class Stop:
    """End the run here, whatever would follow."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    reason: str
    kind: Literal["stop"] = "stop"


type Step = Send | Ask | Wait | Branch | Tag | Untag | Award | Stop


@dataclass(frozen=True)
class Journey:
    """One file of infra/journeys/; `name` is the file's name.

    An event starts the first journey that matches, by falling `priority` and then by name.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    name: str
    title: Words
    trigger: Trigger
    steps: tuple[Step, ...]
    opening: Content | None = None
    priority: int = 0
