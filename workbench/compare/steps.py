"""What is different between two versions of a journey, as a graph: its steps and the ways between them.

A place is written as in a transcript: `2.case1.3` is the third step in the first case of the second step. It
is a place of the new version, or of the old one for what was removed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from wejourney.journeys.definition import Trigger
from workbench.compare.aligning import aligned
from workbench.compare.step_paths import StepPath, step_paths
from workbench.compare.values import Difference, differences
from workbench.drawing.picture import picture_of
from workbench.language.journey import Journey
from workbench.language.step_types import Step
from workbench.language.traversal import placed, prefix_of

_RULES = ("title", "priority", "trigger", "again", "quiet", "holdout", "goal", "exits", "opening")
_LONGEST_WORDS = 60
_SIGNS = {"tag": "tag ", "untag": "untag ", "note": "set "}


@dataclass(frozen=True)
class Change:
    """Something that is not the same. `words` says what it is, `values` what in it differs."""

    sort: Literal["added", "removed", "changed"]
    what: Literal["rule", "step", "way"]
    place: str
    words: str
    values: tuple[Difference, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The form of `diff --json`."""
        return asdict(self)


type _Placed = tuple[str, Step]


def changes(old: Journey, new: Journey) -> tuple[Change, ...]:
    """Every difference, in the order of the journey."""
    return (*_rules(old, new), *_path(placed(old.steps), placed(new.steps)))


def words_of(step: Step) -> str:
    """A step in a few words, as its card in a picture says it."""
    shown = Journey("shown", {"any": "shown"}, Trigger("follow"), (step,))
    card = picture_of(shown, "en").path[1].card
    chips = ", ".join(f"{_SIGNS.get(chip.icon, '')}{chip.text}" for chip in card.chips)
    said = (card.heading, card.bold, chips, card.text, ", ".join(card.items))
    words = " ".join(" – ".join(part for part in said if part).split())
    return words if len(words) <= _LONGEST_WORDS else f"{words[: _LONGEST_WORDS - 1]}…"


def _rules(old: Journey, new: Journey) -> Iterator[Change]:
    """What holds for the whole journey."""
    for name in _RULES:
        before, after = getattr(old, name), getattr(new, name)
        values = differences(before, after, name)
        if values:
            yield Change(_sort(before, after), "rule", name, "", values)


def _sort(old: object, new: object) -> Literal["added", "removed", "changed"]:
    if old is None or old == ():
        return "added"
    return "removed" if new is None or new == () else "changed"


def _path(old: Sequence[_Placed], new: Sequence[_Placed]) -> Iterator[Change]:
    keys = (lambda one: one[1], lambda one: _identity(one[1]), lambda one: one[1].kind)
    for before, after in aligned(old, new, keys):
        if after is None:
            yield from _whole("removed", before)
        elif before is None:
            yield from _whole("added", after)
        else:
            yield from _step(before, after)


def _identity(step: Step) -> tuple[str, object]:
    return step.kind, getattr(step, "name", None)


def _whole(sort: Literal["added", "removed"], placed: _Placed | None) -> Iterator[Change]:
    """A step that only one version has, with all that is on its ways."""
    if placed is None:
        return
    place, step = placed
    yield Change(sort, "step", place, words_of(step))
    for way in step_paths(step):
        yield from _whole_way(sort, place, way)


def _whole_way(sort: Literal["added", "removed"], place: str, way: StepPath) -> Iterator[Change]:
    yield Change(sort, "way", f"{place}.{way.name}", way.words)
    for inner in placed(way.steps, prefix_of(place, way.name)):
        yield from _whole(sort, inner)


def _step(old: _Placed, new: _Placed) -> Iterator[Change]:
    """A step that both versions have."""
    (old_place, before), (place, after) = old, new
    values = differences(before, after)
    if values:
        yield Change("changed", "step", place, words_of(after), values)
    keys = (lambda way: (way.words, way.part), lambda way: way.words, _kind_of_way)
    for was, now in aligned(list(step_paths(before)), list(step_paths(after)), keys):
        if now is None and was is not None:
            yield from _whole_way("removed", old_place, was)
        elif was is None and now is not None:
            yield from _whole_way("added", place, now)
        elif was is not None and now is not None:
            values = differences(was.part, now.part)
            if values:
                yield Change("changed", "way", f"{place}.{now.name}", now.words, values)
            old_steps = placed(was.steps, prefix_of(old_place, was.name))
            yield from _path(old_steps, placed(now.steps, prefix_of(place, now.name)))


def _kind_of_way(way: StepPath) -> str:
    return way.name.rstrip("0123456789")
