"""Whether a journey's messages and steps name purposes that are declared."""

from collections.abc import Iterator

from workbench.checks.purposes import CONSENTS, Purposes
from workbench.language.journey import Journey
from workbench.language.mistakes import Mistake, nearest, phrase
from workbench.language.reading import Reading
from workbench.language.source import Location
from workbench.language.step_types import Agree, Ask, Send, Withdraw
from workbench.language.traversal import steps_of


def undeclared_purposes(reading: Reading, purposes: Purposes) -> Iterator[Mistake]:
    """The purposes of a journey that are not declared; none while the declarations have mistakes."""
    if reading.journey is None or purposes.mistakes:
        return
    for at, name in _needed(reading.journey):
        if name not in purposes.by_name and at in reading.source:
            message = phrase("undeclared purpose", name=name, file=CONSENTS.as_posix())
            yield reading.mistake_at(at, message, nearest(name, purposes.by_name))


def _needed(journey: Journey) -> Iterator[tuple[Location, str]]:
    if journey.consent:
        yield ("consent",), journey.consent
    for at, step in steps_of(journey):
        if isinstance(step, Send | Ask) and step.consent:
            yield (*at, "consent"), step.consent
        elif isinstance(step, Agree | Withdraw):
            yield (*at, "purpose"), step.purpose
