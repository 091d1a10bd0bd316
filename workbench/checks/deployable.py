"""Whether a journey can be deployed: what the runtime does not have yet, and what WeChat does not allow."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import RuleSet
from wejourney.events.event_types import EVENT_TYPES
from wejourney.events.matching import EventPattern
from wejourney.messaging.channels import CHANNELS
from wejourney.messaging.contents import Menu
from wejourney.reasons import ChannelNotSupported, EventNotReceived, NotDeployable
from workbench.language.journey import Journey
from workbench.language.mistakes import AllowanceLeft, Mistake, PathStep, phrase
from workbench.language.reading import Reading
from workbench.language.source import Location, Source
from workbench.language.traversal import contents_of, patterns_of
from workbench.proof import premises
from workbench.proof.paths import allowances_of, clock_of, reason_of
from workbench.proof.premises import Beside, PlacedMenu
from workbench.proof.prove import Violation, prove
from workbench.proof.state import moment
from workbench.wording.reason_words import SpokenReason

_HINT = phrase("deploy hint")

type Lack = tuple[Location, NotDeployable]
"""Where something stands that cannot be deployed, and why not."""


def lacks_of(reading: Reading) -> list[Mistake]:
    lacks = undeployable(reading.journey) if reading.journey is not None else ()
    return sorted({reading.mistake_at(at, SpokenReason(why), _HINT) for at, why in lacks})


def undeployable(journey: Journey) -> Iterator[Lack]:
    """Every part of a journey that the runtime cannot carry out yet."""
    yield from _of_pattern(journey.trigger, ("trigger",))
    for at, content in contents_of(journey):
        channel = CHANNELS[content.kind]
        if not channel.deployable:
            yield at, ChannelNotSupported(channel.name)
    for at, pattern in patterns_of(journey):
        yield from _of_pattern(pattern, at)


def _of_pattern(pattern: EventPattern, at: Location) -> Iterator[Lack]:
    if not EVENT_TYPES[pattern.event].receivable:
        yield (*at, "event"), EventNotReceived(pattern.event)


def beside_of(readings: Sequence[Reading]) -> Beside:
    """What these journeys bring along for each other: all menu messages, and runs that they start."""
    menus = tuple(
        PlacedMenu(content, ":".join(map(str, (reading.source.file, *reading.source.place(at)))))
        for reading in readings
        if reading.journey is not None
        for at, content in contents_of(reading.journey)
        if isinstance(content, Menu)
    )
    return premises.beside_of(menus, (reading.journey for reading in readings if reading.journey is not None))


def allowance_violations(reading: Reading, rules: RuleSet, beside: Beside) -> Iterator[Mistake]:
    """The messages that can leave without an allowance, each with a behaviour that shows it.

    `beside` is what other journeys bring along. A journey with other mistakes is not looked at: what it
    means is not certain.
    """
    if reading.journey is None or reading.mistakes:
        return
    for violation in prove(reading.journey, rules, beside=beside):
        path = tuple(_path(violation, reading.source, rules))
        mistake = reading.mistake_at(violation.at, reason_of(violation), violation.rewrite)
        yield replace(mistake, path=path)


def _path(violation: Violation, source: Source, rules: RuleSet) -> Iterator[PathStep]:
    place = source.place(("trigger",))
    for happened, windows in zip(violation.behaviour, allowances_of(violation, rules), strict=True):
        place = source.place(happened.step) if happened.step else place
        left = tuple(_left(window, violation.begins) for window in windows)
        clock = clock_of(violation.begins, happened.at)
        yield PathStep(happened.at, clock, *place, happened.kind, happened.words, left)


def _left(window: Window, begins: int) -> AllowanceLeft:
    until = int((window.until - moment(0)).total_seconds())
    return AllowanceLeft(phrase(f"{window.act} act"), window.act, window.left, clock_of(begins, until), until)
