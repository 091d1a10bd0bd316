"""Among which languages the conditions of a journey choose."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from wejourney.journeys.definition import Condition
from wejourney.languages import ANY_LANGUAGE, best_of, lookup
from workbench.language.journey import Journey
from workbench.language.step_types import Set
from workbench.language.traversal import conditions_of, contents_of, localized_texts_of, steps_of


def with_languages(journey: Journey) -> Journey:
    """The journey in which every condition on a language knows among which languages it chooses.

    These are the languages of the journey's texts. If all its texts are for all languages, they are those
    that its conditions name.
    """
    named = {condition.language for _, condition in conditions_of(journey) if condition.language}
    written = tuple(sorted({*_written(journey)}))
    among = tuple(tag for tag in written if tag != ANY_LANGUAGE) or tuple(sorted(named))
    sets = any(isinstance(step, Set) and "language" in step.values for _, step in steps_of(journey))
    changed: Journey = _chosen_among(journey, among, written) if named or sets else journey
    return changed


def _written(journey: Journey) -> Iterator[str]:
    for _, content in contents_of(journey):
        for _, _, words in localized_texts_of(content, ()):
            yield from words


def _chosen_among(part: Any, among: tuple[str, ...], written: tuple[str, ...]) -> Any:
    if isinstance(part, tuple):
        return tuple(_chosen_among(inner, among, written) for inner in part)
    if isinstance(part, Mapping):
        return {name: _chosen_among(inner, among, written) for name, inner in part.items()}
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        return part
    inner = {
        spec.name: _chosen_among(getattr(part, spec.name), among, written)
        for spec in dataclasses.fields(part)
    }
    if isinstance(part, Condition) and part.language is not None:
        inner |= {"among": among, "written": written}
    if isinstance(part, Set) and "language" in part.values:
        inner["reads"] = best_of(among, lookup(part.values["language"]))
    return dataclasses.replace(part, **inner)
