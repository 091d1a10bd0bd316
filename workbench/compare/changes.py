"""What differs between two versions of a journey: its rules, its steps and the paths between them.

A place is written as in a transcript: `2.case1.3` is the third step in the first case of the second step. It
is a place of the new version, or of the old one for what was removed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from operator import attrgetter
from typing import Any, Literal, get_args

from wejourney.events.matching import EventCount, EventPattern, Property
from wejourney.events.values import NumberRange
from wejourney.journeys.definition import Again, Condition, Exit, Trigger
from wejourney.plain_data import WrittenAsText
from workbench.drawing.cards import Chip
from workbench.drawing.picture import picture_of
from workbench.language.condition_fields import CONDITION_FIELDS
from workbench.language.durations import format_duration
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Ask,
    Branch,
    Case,
    Repeat,
    RunStep,
    Send,
    Set,
    Share,
    Split,
    Step,
    Stop,
    Wait,
    WaitEvent,
)
from workbench.language.traversal import parts_of_step, prefix_of, word_of
from workbench.wording.journey_parts import Wording
from workbench.wording.phrases import phrase
from workbench.wording.picture_phrases import Language

_RULES = (
    "title",
    "priority",
    "trigger",
    "speaks_to",
    "again",
    "quiet",
    "holdout",
    "goal",
    "goal_within",
    "exits",
    "opening",
)
_NONE = (None, (), "")
"""The values of a rule that a journey does not have."""
_LONGEST_WORDS = 60
_SIGNS = ("tag", "untag", "note")

type Sort = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Difference:
    """A value that is not the same; None where there is none."""

    name: str
    old: str | None
    new: str | None

    def in_words(self, language: Language) -> str:
        """`within: 24h → 12h`."""
        nothing = phrase("nothing").in_words(language)
        values = f"{self.old or nothing} → {self.new or nothing}"
        return Wording(language).join([self.name, values], "colon")

    def __str__(self) -> str:
        return self.in_words("en")


@dataclass(frozen=True)
class Change:
    """Something that is not the same. `words` says what it is, `values` what in it differs."""

    sort: Sort
    what: Literal["rule", "step", "path"]
    place: str
    words: str
    values: tuple[Difference, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The form of `diff --json`."""
        return asdict(self)


def changes(old: Journey, new: Journey, language: Language = "en") -> tuple[Change, ...]:
    """Every difference, in the order of the journey."""
    before, after = (_steps(journey.steps, language) for journey in (old, new))
    return (*_rules(old, new), *_changed(before, after))


def _rules(old: Journey, new: Journey) -> Iterator[Change]:
    """What holds for the whole journey."""
    for name in _RULES:
        before, after = getattr(old, name), getattr(new, name)
        values = differences(before, after, name)
        if values:
            sort: Sort = "added" if before in _NONE else "removed" if after in _NONE else "changed"
            yield Change(sort, "rule", name, "", values)


# --- a version as a tree -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Node:
    """A step, or a path after a step with what leads to it: a case or a share (`part`).

    Two nodes belong together if `whole` is the same, else if `identity` is, else if `kind` is.
    """

    what: Literal["step", "path"]
    place: str
    words: str
    part: Step | Case | Share | None
    whole: object
    identity: object
    kind: str
    inner: tuple["_Node", ...]


def _steps(steps: Sequence[Step], language: Language, prefix: str = "") -> tuple[_Node, ...]:
    return tuple(
        _Node(
            "step",
            place,
            step_in_words(step, language),
            step,
            whole=step,
            identity=(step.kind, getattr(step, "name", None)),
            kind=step.kind,
            inner=tuple(_paths(step, place, language)),
        )
        for place, step in ((f"{prefix}{number}", step) for number, step in enumerate(steps, start=1))
    )


def _paths(step: Step, place: str, language: Language) -> Iterator[_Node]:
    """The paths after a step; one without steps is left out. Those of cases and shares come first."""
    parts: Sequence[Case | Share] = ()
    if isinstance(step, Branch):
        parts = step.cases
    elif isinstance(step, Split):
        parts = step.shares
    for (at, steps), part in zip_longest(parts_of_step(step).paths, parts):
        name = word_of(at)
        words = phrase(f"path {at[0]}").in_words(language) if len(at) == 1 else name
        if isinstance(part, Case):
            condition = Wording(language).condition(part.when)
            words = phrase("on this condition", condition=condition).in_words(language)
        elif isinstance(part, Share):
            words = Wording(language).say("percent", n=part.percent)
        if part is not None or steps:
            inner = _steps(steps, language, prefix_of(place, name))
            kind = name.rstrip("0123456789")
            yield _Node("path", f"{place}.{name}", words, part, (words, part), words, kind, inner)


def step_in_words(step: Step, language: Language) -> str:
    """A step in a few words, as its card in a picture says it."""
    shown = Journey("shown", {"any": "shown"}, Trigger("follow"), (step,))
    card = picture_of(shown, language).path[1].card
    join = Wording(language).join
    chips = join([_chip(chip, language) for chip in card.chips])
    said = (card.heading, card.bold, chips, card.text, join(card.items))
    words = " ".join(" – ".join(part for part in said if part).split())
    return words if len(words) <= _LONGEST_WORDS else f"{words[: _LONGEST_WORDS - 1]}…"


def _chip(chip: Chip, language: Language) -> str:
    return (
        phrase(f"chip {chip.icon}", text=chip.text).in_words(language) if chip.icon in _SIGNS else chip.text
    )


# --- two trees ---------------------------------------------------------------------------------------


def _changed(old: Sequence[_Node], new: Sequence[_Node]) -> Iterator[Change]:
    keys = (attrgetter("whole"), attrgetter("identity"), attrgetter("kind"))
    for before, after in aligned(old, new, keys):
        if before is not None and after is not None:
            values = differences(before.part, after.part)
            if values:
                yield Change("changed", after.what, after.place, after.words, values)
            yield from _changed(before.inner, after.inner)
        elif before is not None:
            yield from _with_inner("removed", before)
        elif after is not None:
            yield from _with_inner("added", after)


def _with_inner(sort: Sort, node: _Node) -> Iterator[Change]:
    yield Change(sort, node.what, node.place, node.words)
    for inner in node.inner:
        yield from _with_inner(sort, inner)


def aligned[T](
    old: Sequence[T], new: Sequence[T], keys: Sequence[Callable[[T], object]]
) -> Iterator[tuple[T | None, T | None]]:
    """Pairs in the order of both; None where the other has nothing that belongs to it.

    Parts belong together when the first key says that they are the same; of those between, when the second
    does, and so on. Keys need not be hashable.
    """
    if not keys:
        yield from ((part, None) for part in old)
        yield from ((None, part) for part in new)
        return
    key, *others = keys
    seen: list[object] = []
    for value in map(key, (*old, *new)):
        if value not in seen:
            seen.append(value)
    before, after = ([seen.index(key(part)) for part in parts] for parts in (old, new))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, begin, end, other_begin, other_end in matcher.get_opcodes():
        these, those = old[begin:end], new[other_begin:other_end]
        if what == "equal":
            yield from zip(these, those, strict=True)
        else:
            yield from aligned(these, those, others)


# --- the values of a part ------------------------------------------------------------------------------

_PATHS = ("steps", "cases", "shares", "unanswered", "not_sent", "otherwise")
"""The fields that hold steps: what is in them is compared step by step."""

_DERIVED = ("among", "written", "reads")
"""The fields that no file has: they follow from the languages of the whole journey."""

_AS_WRITTEN: Mapping[type, Mapping[str, str]] = {
    Again: {"mode": "", "seconds": "after"},
    Ask: {"content": ""},
    Condition: {
        **{field.target: name for name, field in CONDITION_FIELDS.items() if field.target},
        "points_from": "points.from",
        "points_to": "points.to",
    },
    EventCount: {"pattern": "", "at_least": "times"},
    EventPattern: {"properties": "property"},
    Exit: {"texts": "reason"},
    NumberRange: {"least": "from", "most": "to"},
    Send: {"content": ""},
    Set: {"values": ""},
    Stop: {"texts": "reason"},
    Trigger: {"properties": "property"},
    Wait: {"seconds": "wait"},
    WaitEvent: {"pattern": ""},
}
"""The fields of the domain that a file names otherwise; empty where the file has no name for them."""

_SECONDS = ("wait", "after", "within", "offset", "goal_within")
_MINUTES = ("time", "start", "end")


def differences(old: object, new: object, name: str = "") -> tuple[Difference, ...]:
    """The values of two parts of the same kind that differ; either may be None."""
    before, after = dict(_values(old, name)), dict(_values(new, name))
    pairs = {field: (before.get(field), after.get(field)) for field in before | after}
    return tuple(Difference(field, was, now) for field, (was, now) in pairs.items() if was != now)


def _values(part: object, name: str) -> Iterator[tuple[str, str]]:
    """Every value of a part without the steps in it, each with its name from the part on."""
    inner: Iterable[tuple[object, object]]
    if part is None:
        return
    if isinstance(part, Mapping):
        inner = part.items()
    elif isinstance(part, tuple) and part and all(isinstance(word, str) for word in part):
        # Tags, keywords and the words of a choice mean the same in any order.
        inner = [("", ", ".join(sorted(part)))]
    elif isinstance(part, tuple) and part and all(isinstance(one, Property) for one in part):
        inner = ((one.name, one.wanted) for one in part)
    elif isinstance(part, tuple):
        inner = enumerate(part, start=1)
    elif is_dataclass(part) and not isinstance(part, WrittenAsText):
        # Where a reason is written by language, `reason` is one of its texts.
        left_out = {*_PATHS, *_DERIVED, *(("reason",) if getattr(part, "texts", None) else ())}
        compared = (spec.name for spec in fields(part) if spec.compare and spec.name not in left_out)
        inner = ((_written_as(part, field), getattr(part, field)) for field in compared)
    else:
        yield name, _written(name.rpartition(".")[2], part)
        return
    for key, value in inner:
        yield from _values(value, ".".join(filter(None, (name, str(key)))))


def _written_as(part: object, field: str) -> str:
    """How a journey's file names a field."""
    if field == "kind" and not isinstance(part, (*get_args(RunStep.__value__), Repeat)):
        return "content"
    return _AS_WRITTEN.get(type(part), {}).get(field, field)


def _written(field: str, value: object) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and field in _SECONDS:
        return f"-{format_duration(-value)}" if value < 0 else format_duration(value)
    if isinstance(value, int) and field in _MINUTES:
        return f"{value // 60:02}:{value % 60:02}"
    return str(value)
