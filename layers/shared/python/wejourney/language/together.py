"""The mistakes that only all journeys together show: who starts whom, and names that meet."""

from collections.abc import Iterator, Mapping, Sequence

from wejourney.domain.journeys import EndJourney, StartJourney
from wejourney.domain.words import like
from wejourney.language.mistakes import Mistake, nearest
from wejourney.language.reading import Reading
from wejourney.language.source import Location
from wejourney.language.template_region import logical_id
from wejourney.language.walk import steps_of


def check_together(readings: Mapping[str, Reading]) -> Iterator[Mistake]:
    """The mistakes of journeys that are deployed together, by the names of their files."""
    yield from _same_resources(readings)
    started: dict[str, list[str]] = {name: [] for name in readings}
    for name, reading in readings.items():
        started[name] += [step.journey for _, step in _starts(reading)]
    for name, reading in readings.items():
        yield from _check_others(name, reading, readings)
        for at, step in _starts(reading):
            circle = _way(step.journey, name, started)
            if circle is not None:
                message = f"journeys that start each other have no end: {' → '.join((name, *circle))}"
                hint = "let one of them `stop` instead"
                yield reading.mistake_at((*at, "journey"), message, hint)


def _same_resources(readings: Mapping[str, Reading]) -> Iterator[Mistake]:
    taken: dict[str, str] = {}
    for name, reading in readings.items():
        resource = logical_id(name)
        if resource in taken:
            message = f"`{name}` and `{taken[resource]}` would be one resource, {resource}"
            yield reading.mistake_at((), message, "rename one of them")
        taken[resource] = name


def _starts(reading: Reading) -> Iterator[tuple[Location, StartJourney]]:
    if reading.journey is not None:
        for at, step in steps_of(reading.journey):
            if isinstance(step, StartJourney):
                yield at, step


def _check_others(name: str, reading: Reading, readings: Mapping[str, Reading]) -> Iterator[Mistake]:
    if reading.journey is None:
        return
    trigger = reading.journey.trigger
    starter = trigger.name if trigger.event == "journey" else None
    if starter is not None and not any(like(starter, other) for other in readings):
        message = f"there is no journey `{starter}`"
        yield reading.mistake_at(("trigger", "name"), message, nearest(starter, readings))
    for at, step in steps_of(reading.journey):
        if isinstance(step, StartJourney | EndJourney):
            here = (*at, "journey")
            if step.journey == name:
                yield reading.mistake_at(here, "a journey neither starts nor ends itself", "`stop` ends it")
            elif step.journey not in readings:
                message = f"there is no journey `{step.journey}`"
                yield reading.mistake_at(here, message, nearest(step.journey, readings))
            elif isinstance(step, StartJourney):
                yield from _check_started(name, step, here, reading, readings[step.journey])


def _check_started(
    name: str, step: StartJourney, at: Location, reading: Reading, started: Reading
) -> Iterator[Mistake]:
    if started.journey is None:
        return
    trigger = started.journey.trigger
    if trigger.event != "journey":
        message = f"`{step.journey}` is started by the event {trigger.event}"
        yield reading.mistake_at(at, message, "its trigger would be `event: journey`")
    elif trigger.name is not None and not like(trigger.name, name):
        message = f"`{step.journey}` is started by the journey `{trigger.name}` only"
        yield reading.mistake_at(at, message, f"its trigger would be `journey: {name}`")


def _way(begin: str, end: str, started: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """The journeys from one to another, each started by the one before it; None when there is no way."""
    ways: list[tuple[str, ...]] = [(begin,)]
    seen = {begin}
    for way in ways:
        for following in started.get(way[-1], ()):
            if following == end:
                return (*way, end)
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return None
