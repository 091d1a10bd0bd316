"""Private attributes: what a journey, a segment or a profile may not do with them."""

from collections.abc import Iterator

from wejourney.messaging.merge_fields import fields_of
from wejourney.people.profile_model import ProfileModel
from workbench.checks.profile_facts import compared_in
from workbench.checks.purposes import CONSENTS, Purposes
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.mistakes import Mistake, phrase
from workbench.language.reading import Reading
from workbench.language.source import Location, Source
from workbench.language.traversal import conditions_of, localized_texts_of, steps_of, texts_in


def check_purpose(profile: ProfileModel, purposes: Purposes, source: Source) -> None:
    """Private values need a consent: one of the purposes must be what people agree to for that."""
    if not purposes.mistakes and not profile.private_purpose:
        for name in sorted(profile.private):
            hint = phrase("private purpose form", file=CONSENTS.as_posix())
            source.mistake(("attributes", name), phrase("private without purpose", name=name), hint)


def private_misuses(reading: Reading, profile: ProfileModel) -> Iterator[Mistake]:
    """What a journey does with private attributes that only a message may do."""
    if reading.journey is None:
        return
    for at, condition in conditions_of(reading.journey):
        for where, name in compared_in(condition, profile, at):
            yield reading.mistake_at(
                where, phrase("private compared", name=name), phrase("private is known", name=name)
            )
    for at, text in _told_texts(reading.journey):
        for shown in (field.attribute for field in fields_of(text)):
            if shown is not None and profile.is_private(shown):
                place = next(at[:size] for size in range(len(at), 0, -1) if at[:size] in reading.source)
                hint = phrase("private in message")
                yield reading.mistake_at(place, phrase("private told", name=shown), hint)


def _told_texts(journey: Journey) -> Iterator[tuple[Location, str]]:
    """The texts that leave before the profile is opened, or for others than the person."""
    if journey.opening is not None:
        for at, _, words in localized_texts_of(journey.opening, ("opening",)):
            yield from (((*at, language), text) for language, text in words.items())
    for at, step in steps_of(journey):
        if not isinstance(step, step_types.Send | step_types.Ask):
            yield from texts_in(step, at)
