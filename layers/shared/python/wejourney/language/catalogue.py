"""The catalogue: what the functions must know of each journey, deployed beside them."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable

from wejourney.domain.journeys import Journey
from wejourney.domain.routing import Entry, entry_of
from wejourney.language.durations import time_limit


def version_of(journey: Journey) -> str:
    """12 hex digits that change with anything the journey says or does."""
    meaning = json.dumps(dataclasses.asdict(journey), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(meaning.encode()).hexdigest()[:12]


def catalogue_of(journeys: Iterable[Journey]) -> list[Entry]:
    """The entries in the order in which an event tries them: by falling priority, then by name."""
    ordered = sorted(journeys, key=lambda journey: (-journey.priority, journey.name))
    return [entry_of(journey, version_of(journey), time_limit(journey.steps)) for journey in ordered]


def catalogue_json(journeys: Iterable[Journey]) -> str:
    """The catalogue as it is deployed."""
    entries = [entry.to_dict() for entry in catalogue_of(journeys)]
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"
