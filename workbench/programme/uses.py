"""What journeys name of the programme and it does not declare."""

from collections.abc import Iterator

from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.programme import Programme
from wejourney.messaging.merge_fields import OFFERS, fields_of
from workbench.language.journey import Journey
from workbench.language.mistakes import Mistake, nearest, phrase
from workbench.language.reading import Reading
from workbench.language.source import Location
from workbench.language.traversal import conditions_of, contents_of, localized_texts_of, steps_of, texts_in


def undeclared_by(programme: Programme, reading: Reading) -> Iterator[Mistake]:
    """The assets and offers of a journey that the programme does not declare."""
    if reading.journey is not None:
        yield from _undeclared_assets(programme, reading, reading.journey)
        yield from _undeclared_offers(programme, reading, reading.journey)


def _undeclared_assets(programme: Programme, reading: Reading, journey: Journey) -> Iterator[Mistake]:
    """Those in conditions and texts, if the programme declares any; points always are."""
    known = {POINTS, *programme.assets}
    for at, asset in _assets_in(journey) if programme.assets else ():
        if asset not in known:
            yield reading.mistake_at(at, phrase("undeclared asset", name=asset), nearest(asset, known))


def _undeclared_offers(programme: Programme, reading: Reading, journey: Journey) -> Iterator[Mistake]:
    offers = programme.offers
    for at, condition in conditions_of(journey):
        for i, name in enumerate(condition.offers):
            if name not in offers:
                message = phrase("undeclared offer", name=name)
                yield reading.mistake_at((*at, "offers", i), message, nearest(name, offers))
    if offers and not any(terms.title for terms in offers.values()):
        for at, text in _texts_of(journey):
            if any(field.name == OFFERS for field in fields_of(text)):
                yield reading.mistake_at(
                    at, phrase("offers without titles"), phrase("such as", text="title: …")
                )


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
