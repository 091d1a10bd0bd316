"""The catalogue: what the functions must know of each journey, deployed beside them."""

import json
from collections.abc import Iterable

from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.programme import Programme
from wejourney.plain_data import fields_to_plain
from workbench.compiler.state_machine import compile_journey
from workbench.compiler.versions import subscribed_kinds, version_of
from workbench.language.journey import Journey
from workbench.language.traversal import splits_of


def entry_of(journey: Journey) -> JourneyEntry:
    return JourneyEntry(
        name=journey.name,
        version=version_of(journey),
        trigger=journey.trigger,
        opening=journey.opening,
        longest=compile_journey(journey, journey.name)["TimeoutSeconds"],
        again=journey.again,
        goal=journey.goal,
        goal_within=journey.goal_within,
        exits=journey.exits,
        holdout=journey.holdout,
        splits=splits_of(journey),
        subscribed_kinds=tuple(sorted(subscribed_kinds(journey))),
        speaks_to=journey.speaks_to,
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


def people_json(rules: PeopleRules) -> str:
    """What is to be found out about people, as it is deployed."""
    return _deployed(rules)


def programme_json(programme: Programme) -> str:
    """The loyalty programme, as it is deployed."""
    return _deployed(programme)


def _deployed(rules: PeopleRules | Programme) -> str:
    return json.dumps(fields_to_plain(rules, whole=True), ensure_ascii=False, indent=2) + "\n"
