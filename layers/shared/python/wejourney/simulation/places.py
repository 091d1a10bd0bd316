"""The places of steps, as transcripts and state names tell them: `3`, `3.case1.2`, `5.unanswered.1`."""

from collections.abc import Iterator

from wejourney.domain.journeys import Journey, Step
from wejourney.domain.runs import OPENING_STEP
from wejourney.language.source import Location
from wejourney.language.walk import paths_of


def places_of(journey: Journey) -> Iterator[tuple[str, Step | None]]:
    """Every step by its place, in the order of the file; the opening, which is none, comes first."""
    if journey.opening is not None:
        yield OPENING_STEP, None
    yield from _places(journey.steps, "")


def _places(steps: tuple[Step, ...], prefix: str) -> Iterator[tuple[str, Step]]:
    for number, step in enumerate(steps, start=1):
        place = f"{prefix}{number}"
        yield place, step
        for name, path in paths_of(step):
            yield from _places(path, f"{place}.{word_of(name)}.")


def word_of(name: Location) -> str:
    """`case2` for the second of the cases, `share1` for the first of the shares."""
    if len(name) == 1:
        return str(name[0])
    return f"{str(name[0]).removesuffix('s')}{int(name[1]) + 1}"
