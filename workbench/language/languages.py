"""Among which languages the conditions of a journey choose."""

from collections.abc import Iterator, Mapping
from typing import Any

from wejourney.journeys.definition import Condition
from wejourney.languages import ANY_LANGUAGE, best_of, lookup
from workbench.language.journey import Journey
from workbench.language.step_types import Set
from workbench.language.traversal import conditions_of, contents_of, localized_texts_of, rewritten, steps_of


def with_languages(journey: Journey) -> Journey:
    """The journey in which every condition on a language knows among which languages it chooses.

    These are the languages of the journey's texts. If all its texts are for all languages, they are those
    that its conditions name.
    """
    named = {condition.language for _, condition in conditions_of(journey) if condition.language}
    written = tuple(sorted({*_written(journey)}))
    among = tuple(tag for tag in written if tag != ANY_LANGUAGE) or tuple(sorted(named))
    sets = any(isinstance(step, Set) and "language" in step.values for _, step in steps_of(journey))
    if not (named or sets):
        return journey
    return rewritten(journey, lambda part: _chosen_among(part, among, written))


def _written(journey: Journey) -> Iterator[str]:
    for _, content in contents_of(journey):
        for _, _, words in localized_texts_of(content, ()):
            yield from words


def _chosen_among(part: Any, among: tuple[str, ...], written: tuple[str, ...]) -> Mapping[str, Any]:
    if isinstance(part, Condition) and part.language is not None:
        return {"among": among, "written": written}
    if isinstance(part, Set) and "language" in part.values:
        return {"reads": best_of(among, lookup(part.values["language"]))}
    return {}
