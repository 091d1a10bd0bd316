"""Why nobody came to a step, as far as the steps around it say so."""

from collections.abc import Iterator
from typing import assert_never

from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.places import placed, prefix_of, word_of
from workbench.language.source import Location
from workbench.language.traversal import paths_of
from workbench.trace.funnel import Funnel


def unreached(journey: Journey, funnel: Funnel) -> Iterator[tuple[str, str]]:
    """The first step of every path that nobody came to, and the word for why (see FUNNEL_WORDS)."""
    return _unreached(journey.steps, "", "nobody entered" if funnel.entered == 0 else "all ended", funnel)


def _unreached(
    steps: tuple[step_types.Step, ...], prefix: str, why: str, funnel: Funnel
) -> Iterator[tuple[str, str]]:
    for place, step in placed(steps, prefix):
        if not funnel.reached[place]:
            yield place, why
            return
        for name, path in paths_of(step):
            yield from _unreached(path, prefix_of(place, word_of(name)), _why(step, name), funnel)
        why = "all ended"
