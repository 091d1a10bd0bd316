"""What the deployed catalogue says of people, apart: the callback reads the journeys alone."""

import json

from wejourney.adapters.journey_catalogue import text_of
from wejourney.adapters.programme_catalogue import load_programme
from wejourney.journeys.segments import PeopleRules
from wejourney.plain_data import from_plain


def load_people_rules() -> PeopleRules:
    """What is to be found out about people. Raises as `load_entries`."""
    rules = from_plain(PeopleRules, json.loads(text_of("people.json")))
    return rules.with_programme(load_programme())
