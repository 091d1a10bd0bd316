"""The places of steps, as transcripts and state names tell them: `3`, `3.case1.2`, `5.unanswered.1`."""

from collections.abc import Iterable, Iterator

from workbench.language.journey import Journey
from workbench.language.source import Location
from workbench.language.step_types import Step
from workbench.language.traversal import paths_of


def places_of(journey: Journey) -> dict[str, Step]:
    """Every step by its place, in the order of the file."""
    return dict(_places(journey.steps, ""))


def _places(steps: Iterable[Step], prefix: str) -> Iterator[tuple[str, Step]]:
    for place, step in placed(steps, prefix):
        yield place, step
        for name, path in paths_of(step):
            yield from _places(path, prefix_of(place, word_of(name)))


def placed(steps: Iterable[Step], prefix: str = "") -> list[tuple[str, Step]]:
    """The steps of one path, each with its place, without the steps in them."""
    return [(f"{prefix}{number}", step) for number, step in enumerate(steps, start=1)]


def prefix_of(place: str, word: str) -> str:
    """What the places begin with on a path of the step at this place; `word` is the path's."""
    return f"{place}.{word}."


def word_of(name: Location) -> str:
    """`case2` for the second of the cases, `share1` for the first of the shares."""
    if len(name) == 1:
        return str(name[0])
    return f"{str(name[0]).removesuffix('s')}{int(name[1]) + 1}"
