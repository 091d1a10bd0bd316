"""The loyalty programme that is deployed with the functions."""

import json

from wejourney.adapters.journey_catalogue import text_of
from wejourney.loyalty.programme import Programme
from wejourney.plain_data import from_plain


def load_programme() -> Programme:
    """Raises as `load_entries`."""
    return from_plain(Programme, json.loads(text_of("programme.json")))
