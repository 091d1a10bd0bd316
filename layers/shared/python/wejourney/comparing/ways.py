"""The ways on from a step, each with its words and its place in a transcript."""

from collections.abc import Iterator
from dataclasses import dataclass

from wejourney.domain.journeys import Branch, Case, Share, Split, Step
from wejourney.drawing.wording import Wording
from wejourney.language.walk import paths_of

_WORDS = Wording("en")
_NAMES = {
    "unanswered": "unanswered",
    "not_sent": "not sent",
    "otherwise": "otherwise",
}


@dataclass(frozen=True)
class Way:
    """One way on: what leads to it (`part`, for a case or a share) and the steps on it."""

    name: str
    words: str
    steps: tuple[Step, ...]
    part: Case | Share | None = None


def ways_of(step: Step) -> Iterator[Way]:
    """The ways on from a step that part there; a way without steps is none."""
    if isinstance(step, Branch):
        for number, case in enumerate(step.cases, start=1):
            yield Way(f"case{number}", f"when {_WORDS.condition(case.when)}", case.steps, case)
    elif isinstance(step, Split):
        for number, share in enumerate(step.shares, start=1):
            yield Way(f"share{number}", f"{share.percent} %", share.steps, share)
    for at, steps in paths_of(step):
        name = str(at[-1])
        if name in _NAMES and steps:
            yield Way(name, _NAMES[name], steps)
