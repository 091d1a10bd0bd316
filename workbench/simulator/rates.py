"""How a population behaves: shares and answer rates, read from a small file or taken as sensible defaults."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wejourney.events.event_types import DateCame, EventBody
from wejourney.wire.official_account.subscribe_scenes import SOURCES
from workbench.language.durations import DAY
from workbench.language.journey import Journey
from workbench.language.mistakes import FileReading, nearest, phrase
from workbench.language.parse_values import (
    LANGUAGES,
    duration,
    entries,
    known_language,
    listed,
    percent,
    whole_number,
)
from workbench.language.source import Location, Source
from workbench.language.step_types import Agree, Ask, Send, WaitDate
from workbench.language.traversal import steps_of
from workbench.language.yaml_nodes import Node
from workbench.proof.facts import Key
from workbench.simulator.scripted_events import ACTS as ALL_ACTS
from workbench.simulator.scripted_events import NO_ACT, act_fields, read_body

type Days = tuple[int, int]

SOONEST, LATEST = 2, 10
"""Days from the start until what a journey waits for before or on a date, where no rates say it."""

_LANGUAGES = {"zh": 90, "en": 10}
"""The shares where neither rates nor a branch name a language."""

ALL = 100
"""Percent."""

FURTHEST = 1_000
"""Days that a date may lie ahead."""


@dataclass(frozen=True)
class AnswerRate:
    """How many percent answer a question, and the seconds after which half of those have.

    `choices` are the weights of the choices, in percent; without them every choice is as likely. `tapped`
    percent of the answers to a menu are tapped, the others typed.
    """

    answered: int = 40
    half_after: int = 1_800
    choices: Mapping[str, int] = field(default_factory=dict)
    tapped: int = 80


@dataclass(frozen=True)
class ActRate:
    """How many percent do something besides, and the seconds after which half of those have: an event."""

    percent: int
    half_after: int
    body: EventBody


@dataclass(frozen=True)
class Rates:
    """The behaviour of a population. Shares are percents; without them the journey's own trigger decides.

    `dates` say between how many and how many days after the start a date lies. `consents` are by purpose; to
    one that they do not name all have agreed, or nobody where the journey asks for it.
    """

    answers: Mapping[str, AnswerRate] = field(default_factory=dict)
    otherwise: AnswerRate = field(default_factory=AnswerRate)
    acts: tuple[ActRate, ...] = ()
    unfollow: int = 5
    unfollow_half_after: int = 43_200
    languages: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    scenes: Mapping[str, int] = field(default_factory=dict)
    members: int | None = None
    dates: Mapping[str, Days] = field(default_factory=dict)
    consents: Mapping[str, int] = field(default_factory=dict)

    def consents_of(self, journey: Journey) -> dict[str, int]:
        """How many percent have agreed at first to each purpose that a message of the journey needs."""
        steps = [step for _, step in steps_of(journey)]
        needed = {step.consent for step in steps if isinstance(step, Send | Ask)}
        asked_for = {step.purpose for step in steps if isinstance(step, Agree)}
        default = {purpose: 0 if purpose in asked_for else ALL for purpose in sorted(needed - {""})}
        return {purpose: self.consents.get(purpose, percent) for purpose, percent in default.items()}

    def of(self, question: str) -> AnswerRate:
        """The rate of a question."""
        return self.answers.get(question, self.otherwise)

    def languages_of(self, told_apart: Container[Key]) -> Mapping[str, int]:
        """The shares of languages, unless only the journey decides which there are."""
        return self.languages or ({} if ("language",) in told_apart else _LANGUAGES)

    def days(self, journey: Journey) -> dict[str, Days]:
        """When the dates lie that the journey waits for; the one that sets it off has just come."""
        offsets: dict[str, list[int]] = {}
        for _, step in steps_of(journey):
            if isinstance(step, WaitDate):
                offsets.setdefault(step.date, []).append(step.offset)
        if journey.trigger.event == DateCame.kind:
            offsets.pop(journey.trigger.name or "", None)
        return {name: self.dates.get(name) or _ahead(min(given)) for name, given in offsets.items()}


def _ahead(offset: int) -> Days:
    """Days of a date that is waited for until so many seconds after it: the wait is not over at once."""
    before = max(0, -offset) // DAY
    return SOONEST + before, LATEST + before


def read_rates(path: Path) -> FileReading[Rates]:
    """Read a file of rates. Raises OSError."""
    source = Source(str(path))
    root = source.read(path)
    rates = _rates(source, root) if root is not None else None
    return FileReading.of(rates, source.mistakes)


_FIELDS = (
    *("answers", "otherwise", "acts", "unfollow", "languages", "sources", "scenes", "members", "dates"),
    "consents",
)
_ANSWER = ("answered", "half_after", "choices", "tapped")
_UNFOLLOW = ("percent", "half_after")

ACTS = tuple(name for name in ALL_ACTS if name not in ("follow", "unfollow"))
"""What people may do besides; how they begin and leave has fields of its own."""


def _rates(source: Source, root: Node) -> Rates:
    fields = source.fields(root, (), _FIELDS, "rates")
    default = Rates()
    at: Location = ("unfollow",)
    unfollow = source.fields(fields["unfollow"], at, _UNFOLLOW, "`unfollow`") if at[0] in fields else {}
    otherwise = fields.get("otherwise")
    return Rates(
        answers=entries(source, fields, "answers", _answer),
        otherwise=_answer(source, otherwise, ("otherwise",)) if otherwise is not None else default.otherwise,
        acts=listed(source, fields, "acts", _act),
        unfollow=_percent(source, unfollow, "percent", at, default.unfollow),
        unfollow_half_after=_seconds(source, unfollow, at, default.unfollow_half_after),
        languages=_languages(source, fields),
        sources=_shares(source, fields, "sources", tuple(SOURCES.values())),
        scenes=_shares(source, fields, "scenes"),
        members=_percent(source, fields, "members", (), 0) if "members" in fields else None,
        dates=entries(source, fields, "dates", _days),
        consents=entries(source, fields, "consents", _share),
    )


def _answer(source: Source, node: Node, at: Location) -> AnswerRate:
    fields = source.fields(node, at, _ANSWER, "the rate of an answer")
    return AnswerRate(
        answered=_percent(source, fields, "answered", at, AnswerRate.answered),
        half_after=_seconds(source, fields, at, AnswerRate.half_after),
        choices=_weights(source, fields["choices"], (*at, "choices")) if "choices" in fields else {},
        tapped=_percent(source, fields, "tapped", at, AnswerRate.tapped),
    )


def _act(source: Source, node: Node, at: Location) -> ActRate:
    fields, act = act_fields(source, node, at, _UNFOLLOW, ACTS)
    share = _percent(source, fields, "percent", at, ALL)
    half_after = _seconds(source, fields, at, Rates.unfollow_half_after)
    body = NO_ACT if act is None else read_body(source, act, fields[act], (*at, act))
    return ActRate(share, half_after, body)


def _share(source: Source, node: Node, at: Location) -> int:
    return _percent(source, {str(at[-1]): node}, str(at[-1]), at[:-1], ALL)


def _days(source: Source, node: Node, at: Location) -> Days:
    items = source.items(node, at, f"`{at[-1]}`")
    days = [whole_number(source, item, (*at, i), "a day") for i, item in enumerate(items)]
    if len(days) == 2 and 0 <= days[0] <= days[1] <= FURTHEST:  # noqa: PLR2004 - from and to
        return days[0], days[1]
    if at not in source.broken:
        hint = phrase("days form")
        source.mistake(at, phrase("invalid days", name=at[-1]), hint)
    return SOONEST, LATEST


def _shares(
    source: Source, fields: Mapping[str, Node], name: str, known: tuple[str, ...] = ()
) -> dict[str, int]:
    if name not in fields:
        return {}
    shares = _weights(source, fields[name], (name,))
    for share in shares:
        if known and share not in known:
            message = phrase("invalid share", share=share, name=name)
            source.mistake_in_name((name, share), message, nearest(share, known))
    return shares


def _languages(source: Source, fields: Mapping[str, Node]) -> dict[str, int]:
    """The shares by the canonical tags of the languages."""
    shares: dict[str, int] = {}
    for language, share in _shares(source, fields, "languages").items():
        tag = known_language(language)
        if tag is None:
            message = phrase("invalid share", share=language, name="languages")
            source.mistake_in_name(("languages", language), message, nearest(language, LANGUAGES))
        shares[tag or language] = shares.get(tag or language, 0) + share
    return shares


def _weights(source: Source, node: Node, at: Location) -> dict[str, int]:
    """Percents that are a whole."""
    fields = source.fields(node, at, None, f"`{at[-1]}`")
    shares = {name: percent(source, share, (*at, name), "a share") for name, share in fields.items()}
    if sum(shares.values()) != ALL and at not in source.broken:
        source.mistake(at, phrase("shares sum", total=sum(shares.values())), phrase("make 100"))
    return shares


def _percent(source: Source, fields: Mapping[str, Node], name: str, at: Location, default: int) -> int:
    if name not in fields:
        return default
    share = percent(source, fields[name], (*at, name), f"`{name}`")
    if share > ALL:
        source.mistake((*at, name), phrase("above 100", name=name), phrase("at most 100"))
    return share


def _seconds(source: Source, fields: Mapping[str, Node], at: Location, default: int) -> int:
    name = "half_after"
    return duration(source, fields[name], (*at, name)) if name in fields else default
