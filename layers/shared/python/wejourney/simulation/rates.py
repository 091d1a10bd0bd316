"""How a population behaves: shares and answer rates, read from a small file or taken as sensible defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml.nodes import Node

from wejourney.domain.followers import SOURCES
from wejourney.language.mistakes import Mistake, nearest
from wejourney.language.source import Location, Source
from wejourney.language.surface_values import duration, percent
from wejourney.language.vocabulary import LANGUAGES


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
class Rates:
    """The behaviour of a population. Shares are percents; without them the journey's own trigger decides."""

    answers: Mapping[str, AnswerRate] = field(default_factory=dict)
    otherwise: AnswerRate = field(default_factory=AnswerRate)
    unfollow: int = 5
    unfollow_half_after: int = 43_200
    languages: Mapping[str, int] = field(default_factory=lambda: {"zh": 90, "en": 10})
    sources: Mapping[str, int] = field(default_factory=dict)
    scenes: Mapping[str, int] = field(default_factory=dict)
    members: int = 0

    def of(self, question: str) -> AnswerRate:
        """The rate of a question."""
        return self.answers.get(question, self.otherwise)


@dataclass(frozen=True)
class RatesReading:
    """What came out of a file of rates: rates, unless it has mistakes."""

    rates: Rates | None
    mistakes: tuple[Mistake, ...]


def read_rates(path: Path, shown_as: str | None = None) -> RatesReading:
    """Read a file of rates. Raises OSError."""
    source = Source(shown_as or str(path))
    root = source.read(path)
    rates = _rates(source, root) if root is not None else None
    mistakes = tuple(sorted(set(source.mistakes)))
    return RatesReading(None if mistakes else rates, mistakes)


_FIELDS = ("answers", "otherwise", "unfollow", "languages", "sources", "scenes", "members")
_ANSWER = ("answered", "half_after", "choices", "tapped")
_UNFOLLOW = ("percent", "half_after")


def _rates(source: Source, root: Node) -> Rates:
    fields = source.fields(root, (), _FIELDS, "rates")
    default = Rates()
    unfollow, half_after = _unfollow(source, fields.get("unfollow"), default)
    return Rates(
        answers=_answers(source, fields.get("answers")),
        otherwise=_answer(source, fields["otherwise"], ("otherwise",))
        if "otherwise" in fields
        else AnswerRate(),
        unfollow=unfollow,
        unfollow_half_after=half_after,
        languages=_shares(source, fields, "languages", LANGUAGES) or default.languages,
        sources=_shares(source, fields, "sources", tuple(SOURCES.values())),
        scenes=_shares(source, fields, "scenes"),
        members=percent(source, fields["members"], ("members",), "`members`") if "members" in fields else 0,
    )


def _answers(source: Source, node: Node | None) -> dict[str, AnswerRate]:
    if node is None:
        return {}
    questions = source.fields(node, ("answers",), None, "`answers`")
    return {name: _answer(source, one, ("answers", name)) for name, one in questions.items()}


def _answer(source: Source, node: Node, at: Location) -> AnswerRate:
    fields = source.fields(node, at, _ANSWER, "the rate of an answer")
    default = AnswerRate()
    return AnswerRate(
        answered=_percent(source, fields, "answered", at, default.answered),
        half_after=_seconds(source, fields, at, default.half_after),
        choices=_weights(source, fields["choices"], (*at, "choices")) if "choices" in fields else {},
        tapped=_percent(source, fields, "tapped", at, default.tapped),
    )


def _unfollow(source: Source, node: Node | None, default: Rates) -> tuple[int, int]:
    if node is None:
        return default.unfollow, default.unfollow_half_after
    at: Location = ("unfollow",)
    fields = source.fields(node, at, _UNFOLLOW, "`unfollow`")
    share = _percent(source, fields, "percent", at, default.unfollow)
    return share, _seconds(source, fields, at, default.unfollow_half_after)


def _shares(
    source: Source, fields: Mapping[str, Node], name: str, known: tuple[str, ...] = ()
) -> dict[str, int]:
    if name not in fields:
        return {}
    shares = _weights(source, fields[name], (name,))
    for one in shares:
        if known and one not in known:
            source.mistake_in_name((name, one), f"`{one}` cannot be one of `{name}`", nearest(one, known))
    return shares


def _weights(source: Source, node: Node, at: Location) -> dict[str, int]:
    """Percents that are a whole."""
    fields = source.fields(node, at, None, f"`{at[-1]}`")
    shares = {name: percent(source, one, (*at, name), "a share") for name, one in fields.items()}
    if sum(shares.values()) != 100 and at not in source.broken:  # noqa: PLR2004 - percent
        source.mistake(at, f"the shares sum to {sum(shares.values())} %", "make them 100 %")
    return shares


def _percent(source: Source, fields: Mapping[str, Node], name: str, at: Location, default: int) -> int:
    return percent(source, fields[name], (*at, name), f"`{name}`") if name in fields else default


def _seconds(source: Source, fields: Mapping[str, Node], at: Location, default: int) -> int:
    name = "half_after"
    return duration(source, fields[name], (*at, name)) if name in fields else default
