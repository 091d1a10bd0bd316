"""The catalogue: what the functions must know of each journey, deployed beside them."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable

from wejourney.events.event_types import OWN, PointsChanged, ProfileChanged, TagAdded
from wejourney.journeys.routing import JourneyEntry
from wejourney.messaging.merge_fields import fields_of
from workbench.compiler.jsonata import looks_at_profile
from workbench.language.durations import time_limit
from workbench.language.journey import Journey
from workbench.language.step_types import Split, WaitDate
from workbench.language.traversal import (
    conditions_of,
    endings_of,
    patterns_of,
    steps_of,
    texts_in,
    words_of,
)


def version_of(journey: Journey) -> str:
    """12 hex digits that change with anything the journey says or does."""
    meaning = json.dumps(dataclasses.asdict(journey), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(meaning.encode()).hexdigest()[:12]


def entry_of(
    journey: Journey,
    version: str,
    longest: int,
    splits: tuple[str, ...] = (),
    subscribed_kinds: tuple[str, ...] = (),
) -> JourneyEntry:
    """The entry of a journey whose machine runs for `longest` seconds at most."""
    return JourneyEntry(
        name=journey.name,
        version=version,
        trigger=journey.trigger,
        opening=journey.opening,
        longest=longest,
        again=journey.again,
        goal=journey.goal,
        exits=journey.exits,
        holdout=journey.holdout,
        splits=splits,
        subscribed_kinds=subscribed_kinds,
    )


def catalogue_of(journeys: Iterable[Journey]) -> list[JourneyEntry]:
    """The entries in the order in which an event tries them: by falling priority, then by name."""
    ordered = sorted(journeys, key=lambda journey: (-journey.priority, journey.name))
    return [
        entry_of(
            journey,
            version_of(journey),
            time_limit(journey.steps, journey.quiet),
            splits=tuple(sorted(_splits_of(journey))),
            subscribed_kinds=tuple(sorted(listened_to(journey))),
        )
        for journey in ordered
    ]


def catalogue_json(journeys: Iterable[Journey]) -> str:
    """The catalogue as it is deployed."""
    entries = [entry.to_dict() for entry in catalogue_of(journeys)]
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"


def listened_to(journey: Journey) -> set[str]:
    """The kinds of events of our own that the journey or one of its runs may react to.

    A goal or an exit looks again at the profile when that changes, a wait for a date at its date.
    """
    heard = OWN.intersection([journey.trigger.event, *(one.event for _, one in patterns_of(journey))])
    if any(looks_at_profile(condition) for _, condition in endings_of(journey)):
        heard |= {TagAdded.kind, ProfileChanged.kind}
    if any(isinstance(step, WaitDate) for _, step in steps_of(journey)):
        heard |= {ProfileChanged.kind}
    return set(heard | {PointsChanged.kind} if _uses_points(journey) else heard)


def _splits_of(journey: Journey) -> set[str]:
    return {step.name for _, step in steps_of(journey) if isinstance(step, Split)}


def _uses_points(journey: Journey) -> bool:
    bounds = ((one.points_from, one.points_to) for _, one in conditions_of(journey))
    texts = [text for at, step in steps_of(journey) for _, text in texts_in(step, at)]
    if journey.opening is not None:
        texts += [text for _, _, words in words_of(journey.opening, ()) for text in words.values()]
    shown = (field.name for text in texts for field in fields_of(text))
    return any(bound != (None, None) for bound in bounds) or "points" in shown
