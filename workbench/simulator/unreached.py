"""Why nobody came to a step, as far as the steps around it say so."""

from collections.abc import Iterator

from workbench.language.journey import Journey
from workbench.language.places import placed, prefix_of, word_of
from workbench.language.step_types import Branch, Step
from workbench.language.traversal import paths_of
from workbench.trace.funnel import Funnel


def unreached(journey: Journey, funnel: Funnel) -> Iterator[tuple[str, str]]:
    """The first step of every path that nobody came to, and the word for why (see FUNNEL_WORDS)."""
    return _unreached(journey.steps, "", "nobody entered" if funnel.entered == 0 else "all ended", funnel)


def _unreached(steps: tuple[Step, ...], prefix: str, why: str, funnel: Funnel) -> Iterator[tuple[str, str]]:
    for place, step in placed(steps, prefix):
        if not funnel.reached[place]:
            yield place, why
            return
        for name, path in paths_of(step):
            word = word_of(name)
            yield from _unreached(path, prefix_of(place, word), _why(step, word), funnel)
        why = "all ended"


def _why(step: Step, path: str) -> str:
    match path:
        case "not_sent":
            return "all sent"
        case "unanswered":
            return "all answered"
        case "otherwise":
            return "some case" if isinstance(step, Branch) else "all came"
        case _:  # `case1`, `share2`, …
            return "no case" if isinstance(step, Branch) else "no share"
