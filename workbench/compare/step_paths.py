"""The paths after a step, each with its words and its place in a transcript."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import assert_never

from workbench.language.step_types import Branch, Case, Share, Split, Step
from workbench.language.traversal import paths_of, word_of
from workbench.wording.journey_parts import Wording

_WORDS = Wording("en")


@dataclass(frozen=True)
class StepPath:
    """A path after a step: what leads to it (`part`, for a case or a share) and the steps on it."""

    name: str
    words: str
    steps: tuple[Step, ...]
    part: Case | Share | None = None


def step_paths(step: Step) -> Iterator[StepPath]:
    """The paths after a step; one without steps is left out."""
    for (at, steps), part in zip_longest(paths_of(step), _parts(step)):
        name = word_of(at)
        if part is not None or steps:
            yield StepPath(name, _words(name, part), steps, part)


def _parts(step: Step) -> tuple[Case | Share, ...]:
    """The cases or shares, whose paths come before the others."""
    if isinstance(step, Branch):
        return step.cases
    return step.shares if isinstance(step, Split) else ()


def _words(name: str, part: Case | Share | None) -> str:
    match part:
        case Case():
            return f"when {_WORDS.condition(part.when)}"
        case Share():
            return f"{part.percent} %"
        case None:
            return name.replace("_", " ")
        case _:
            assert_never(part)
