"""The time of a booking: only a run that is about one booking knows it, and the booking may be cancelled."""

from collections.abc import Iterator

from wejourney.events.event_types import BookingCancelled
from wejourney.journeys.definition import Condition
from wejourney.messaging.merge_fields import fields_of
from wejourney.people.bookings import BOOKING_TIME
from workbench.language.journey import Journey
from workbench.language.mistakes import phrase
from workbench.language.source import Location, Source
from workbench.language.step_types import WaitDate
from workbench.language.traversal import (
    conditions_in,
    conditions_of,
    contents_of,
    endings_of,
    localized_texts_of,
    steps_of,
    texts_in,
)


def check_booking_time(journey: Journey, source: Source) -> None:
    """Add the mistakes of a journey that looks at the time of its booking."""
    if journey.again.key != "booking":
        for at in _places_of(journey, source):
            source.mistake(at, phrase("no booking", name=BOOKING_TIME), phrase("again per booking"))
        return
    is_left = any(
        count.pattern.event == BookingCancelled.kind
        for at, ending in endings_of(journey)
        for _, part in conditions_in(ending, at)
        for count in part.events
    )
    for at, step in steps_of(journey):
        if isinstance(step, WaitDate) and step.date == BOOKING_TIME and not (step.otherwise or is_left):
            source.mistake(at, phrase("cancelled missing"), phrase("cancelled hint"))


def known_booking_times(condition: Condition, source: Source, at: Location) -> Iterator[Location]:
    """The places in which a condition asks whether the time of a booking is known."""
    for names in (condition.dates, condition.without_dates):
        for i, name in enumerate(names):
            if name == BOOKING_TIME:
                place = (*at, "dates", name)
                yield place if place in source else (*at, "dates", i)


def _places_of(journey: Journey, source: Source) -> Iterator[Location]:
    for at, condition in conditions_of(journey):
        yield from known_booking_times(condition, source, at)
    for at, step in steps_of(journey):
        if isinstance(step, WaitDate) and step.date == BOOKING_TIME:
            yield (*at, "date")
        yield from (place for place, text in texts_in(step, at) if _shows_it(text))
    for at, content in contents_of(journey):
        if at == ("opening",):
            for place, _, words in localized_texts_of(content, at):
                yield from ((*place, language) for language, text in words.items() if _shows_it(text))


def _shows_it(text: str) -> bool:
    return any(field.name == BOOKING_TIME for field in fields_of(text))
