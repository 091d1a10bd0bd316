"""The catalogue of compiled journeys that is deployed with the functions."""

import json
from importlib import import_module

from wejourney.errors import MissingSettingError
from wejourney.journeys.routing import JourneyEntry
from wejourney.plain_data import from_plain

_PACKAGE = "journey_catalogue"
_FILE = "catalogue.json"


def load_entries() -> tuple[JourneyEntry, ...]:
    """What starts each journey, in the order in which they may start.

    Raises MissingSettingError when no catalogue is deployed.
    """
    return tuple(from_plain(JourneyEntry, entry) for entry in json.loads(text_of(_FILE)))


def text_of(name: str) -> str:
    """A file of the catalogue. Raises as `load_entries`."""
    try:
        # Not importlib.resources, which loads twenty modules more at cold start.
        with open(f"{import_module(_PACKAGE).__path__[0]}/{name}", encoding="utf-8") as file:  # noqa: PTH123
            return file.read()
    except (FileNotFoundError, ModuleNotFoundError):
        raise MissingSettingError(name, f"the package {_PACKAGE}: run `uv run wejourney compile`") from None
