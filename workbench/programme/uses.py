"""What journeys name of the programme and it does not declare."""

from collections.abc import Iterator

from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.programme import Programme
from wejourney.messaging.merge_fields import fields_of
from workbench.language.journey import Journey
from workbench.language.mistakes import Mistake, nearest, phrase
from workbench.language.reading import Reading
from workbench.language.source import Location
from workbench.language.traversal import conditions_of, contents_of, localized_texts_of, steps_of, texts_in


def undeclared_assets(reading: Reading, programme: Programme) -> Iterator[Mistake]:
    """The assets in conditions and texts of a journey, if the programme declares any; points always are."""
    known = {POINTS, *programme.assets}
    if reading.journey is None or not programme.assets:
        return
    for at, asset in _assets_in(reading.journey):
        if asset not in known:
            yield reading.mistake_at(at, phrase("undeclared asset", name=asset), nearest(asset, known))


def _assets_in(journey: Journey) -> Iterator[tuple[Location, str]]:
    for at, condition in conditions_of(journey):
        for test in condition.balances:
            yield (*at, "balances", test.name), test.asset
    for at, text in _texts_of(journey):
        for field in fields_of(text):
            if field.balance is not None:
                yield at, field.balance[0]


def _texts_of(journey: Journey) -> Iterator[tuple[Location, str]]:
    """The texts in which merge fields are filled in."""
    for at, content in contents_of(journey):
        if at == ("opening",):
            for here, _, words in localized_texts_of(content, at):
                yield from (((*here, language), text) for language, text in words.items())
    for at, step in steps_of(journey):
        yield from texts_in(step, at)
