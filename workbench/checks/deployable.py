"""What the language has and the runtime does not have yet: `check` and `simulate` understand it."""

from collections.abc import Iterator

from wejourney.events.registry import EVENT_TYPES
from wejourney.journeys.definition import Condition, EventPattern, Journey
from wejourney.messaging.channels import CHANNELS
from workbench.language.source import Location
from workbench.language.traversal import conditions_of, contents_of, patterns_of

type Lack = tuple[Location, str, str]
"""Where something stands that cannot be deployed, the message, and a hint."""


def undeployable(journey: Journey) -> Iterator[Lack]:
    """Every part of a journey that the runtime cannot carry out yet."""
    yield from _of_pattern(journey.trigger, ("trigger",))
    for at, condition in conditions_of(journey):
        yield from _of_condition(condition, at)
    for at, content in contents_of(journey):
        channel = CHANNELS[content.kind]
        if not channel.deployable:
            yield _lack(at, f"channel `{channel.name}`")
    for at, pattern in patterns_of(journey):
        yield from _of_pattern(pattern, at)


def _of_condition(condition: Condition, at: Location) -> Iterator[Lack]:
    if condition.segments:
        yield _lack((*at, "segments"), "segments")
    if condition.tier is not None:
        yield _lack((*at, "tier"), "tiers")


def _of_pattern(pattern: EventPattern, at: Location) -> Iterator[Lack]:
    missing = EVENT_TYPES[pattern.event].missing
    if missing is not None:
        yield _lack((*at, "event"), missing)


def _lack(at: Location, what: str) -> Lack:
    message = f"the runtime has no {what} yet"
    return at, message, "`check` and `simulate` understand it, `compile` cannot deploy it"
