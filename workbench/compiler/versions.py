"""What identifies a version of a journey, and which events of our own it reacts to."""

import dataclasses
import hashlib
import json

from wejourney.events.event_types import OWN, PointsChanged, ProfileChanged, TagAdded
from wejourney.loyalty.balance import POINTS_EXPIRY
from wejourney.messaging.merge_fields import fields_of
from workbench.compiler.jsonata import looks_at_profile
from workbench.language.journey import Journey
from workbench.language.step_types import WaitDate, WaitUntil
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


def subscribed_kinds(journey: Journey) -> frozenset[str]:
    """The kinds of events of our own that the journey or one of its runs may react to.

    A goal or an exit looks again at the profile when that changes, a wait for a moment at when that is, and
    the calendar at when points expire.
    """
    kinds = OWN.intersection([journey.trigger.event, *(pattern.event for _, pattern in patterns_of(journey))])
    if any(looks_at_profile(condition) for _, condition in endings_of(journey)):
        kinds |= {TagAdded.kind, ProfileChanged.kind}
    if journey.quiet or any(isinstance(step, WaitDate | WaitUntil) for _, step in steps_of(journey)):
        kinds |= {ProfileChanged.kind}
    return kinds | {PointsChanged.kind} if _uses_points(journey) else kinds


def _uses_points(journey: Journey) -> bool:
    for _, one in conditions_of(journey):
        if one.looks_at_balances or POINTS_EXPIRY in one.dates + one.without_dates:
            return True
    awaited = [step.date for _, step in steps_of(journey) if isinstance(step, WaitDate)]
    if POINTS_EXPIRY in (journey.trigger.name, *awaited):
        return True
    texts = [text for at, step in steps_of(journey) for _, text in texts_in(step, at)]
    if journey.opening is not None:
        texts += [text for _, _, words in localized_texts_of(journey.opening, ()) for text in words.values()]
    return any(
        field.balance is not None or field.name == f"date.{POINTS_EXPIRY}"
        for text in texts
        for field in fields_of(text)
    )
