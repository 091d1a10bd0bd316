"""The catalogue of compiled journeys that is deployed with the functions."""

import json
from importlib import import_module

from wejourney.errors import MissingSettingError
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.plain_data import from_plain

_PACKAGE = "journey_catalogue"
_FILE, _PEOPLE = "catalogue.json", "people.json"


def load_entries() -> tuple[JourneyEntry, ...]:
    """What starts each journey, in the order in which they may start.

    Raises MissingSettingError when no catalogue is deployed.
    """
    return tuple(from_plain(JourneyEntry, entry) for entry in json.loads(_text_of(_FILE)))


def load_people_rules() -> PeopleRules:
    """What is to be found out about people. Raises as `load_entries`."""
    return from_plain(PeopleRules, json.loads(_text_of(_PEOPLE)))


def _text_of(name: str) -> str:
    try:
        # Not importlib.resources, which loads twenty modules more at cold start.
        with open(f"{import_module(_PACKAGE).__path__[0]}/{name}", encoding="utf-8") as file:  # noqa: PTH123
            return file.read()
    except (FileNotFoundError, ModuleNotFoundError):
        raise MissingSettingError(name, f"the package {_PACKAGE}: run `uv run wejourney compile`") from None
