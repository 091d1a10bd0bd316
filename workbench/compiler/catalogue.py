"""The catalogue: what the functions must know of each journey, deployed beside them."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable

from wejourney.events.event_types import OWN, PointsChanged, ProfileChanged, TagAdded
from wejourney.journeys.routing import JourneyEntry
from wejourney.messaging.merge_fields import fields_of
from wejourney.plain_data import fields_to_plain
from workbench.compiler.jsonata import looks_at_profile
from workbench.language.durations import time_limit
from workbench.language.journey import Journey
from workbench.language.step_types import Split, WaitDate, WaitUntil
from workbench.language.traversal import (
    conditions_of,
    endings_of,
    localized_texts_of,
    patterns_of,
    steps_of,
    texts_in,
)


def version_of(journey: Journey) -> str:
    """12 hex digits that change with anything the journey says or does."""
    meaning = json.dumps(dataclasses.asdict(journey), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(meaning.encode()).hexdigest()[:12]


def entry_of(journey: Journey) -> JourneyEntry:
    splits = {step.name for _, step in steps_of(journey) if isinstance(step, Split)}
    return JourneyEntry(
        name=journey.name,
        version=version_of(journey),
        trigger=journey.trigger,
        opening=journey.opening,
        longest=time_limit(journey.steps, journey.quiet),
        again=journey.again,
        goal=journey.goal,
        goal_within=journey.goal_within,
        exits=journey.exits,
        holdout=journey.holdout,
        splits=tuple(sorted(splits)),
        subscribed_kinds=tuple(sorted(_subscribed_kinds(journey))),
    )


def catalogue_of(journeys: Iterable[Journey]) -> list[JourneyEntry]:
    """The entries in the order in which an event tries them: by falling priority, then by name."""
    return [
        entry_of(journey)
        for journey in sorted(journeys, key=lambda journey: (-journey.priority, journey.name))
    ]


def catalogue_json(journeys: Iterable[Journey]) -> str:
    """The catalogue as it is deployed."""
    entries = [fields_to_plain(entry, whole=True) for entry in catalogue_of(journeys)]
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"


def _subscribed_kinds(journey: Journey) -> frozenset[str]:
    """The kinds of events of our own that the journey or one of its runs may react to.

    A goal or an exit looks again at the profile when that changes, a wait for a moment at when that is.
    """
    kinds = OWN.intersection([journey.trigger.event, *(pattern.event for _, pattern in patterns_of(journey))])
    if any(looks_at_profile(condition) for _, condition in endings_of(journey)):
        kinds |= {TagAdded.kind, ProfileChanged.kind}
    if journey.quiet or any(isinstance(step, WaitDate | WaitUntil) for _, step in steps_of(journey)):
        kinds |= {ProfileChanged.kind}
    return kinds | {PointsChanged.kind} if _uses_points(journey) else kinds


def _uses_points(journey: Journey) -> bool:
    if any((one.points_from, one.points_to) != (None, None) for _, one in conditions_of(journey)):
        return True
    texts = [text for at, step in steps_of(journey) for _, text in texts_in(step, at)]
    if journey.opening is not None:
        texts += [text for _, _, words in localized_texts_of(journey.opening, ()) for text in words.values()]
    return any(field.name == "points" for text in texts for field in fields_of(text))
