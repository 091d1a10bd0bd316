"""Whether an event is one of those that a pattern means."""

from collections.abc import Callable, Mapping

from wejourney.events.events import InboundEvent
from wejourney.events.text_matching import keyword, matches_glob, normalise
from wejourney.journeys.definition import EventPattern


def matches(pattern: EventPattern, event: InboundEvent) -> bool:
    """Whether the event is of the pattern's kind and fits all that the pattern says."""
    if pattern.event != event.kind:
        return False
    check = _CHECKS.get(pattern.event)
    return check is None or check(pattern, event)


def _scanned(pattern: EventPattern, event: InboundEvent) -> bool:
    return pattern.scene is None or matches_glob(pattern.scene, event.scene)


def _said(pattern: EventPattern, event: InboundEvent) -> bool:
    said = normalise(event.text)
    return not pattern.keywords or any(matches_glob(keyword(one), said) for one in pattern.keywords)


def _clicked(pattern: EventPattern, event: InboundEvent) -> bool:
    return pattern.key is None or pattern.key == event.menu_key


def _viewed(pattern: EventPattern, event: InboundEvent) -> bool:
    return pattern.url is None or matches_glob(pattern.url, str(event.fields.get("EventKey") or ""))


def _named(field: str) -> Callable[[EventPattern, InboundEvent], bool]:
    def check(pattern: EventPattern, event: InboundEvent) -> bool:
        return pattern.name is None or matches_glob(pattern.name, str(event.fields.get(field, "")))

    return check


def _started(pattern: EventPattern, event: InboundEvent) -> bool:
    """`name` is the journey that starts this one; which journey is to start, the router knows."""
    return pattern.name is None or matches_glob(pattern.name, str(event.fields.get("By", "")))


def _passed(pattern: EventPattern, event: InboundEvent) -> bool:
    """The balance reached the number with this event: it was below it before."""
    if pattern.at_least is None:
        return True
    return int(event.fields.get("Before", 0)) < pattern.at_least <= int(event.fields.get("Points", 0))


def _worth(pattern: EventPattern, event: InboundEvent) -> bool:
    return pattern.at_least is None or int(event.fields.get("Total", 0)) >= pattern.at_least


_CHECKS: Mapping[str, Callable[[EventPattern, InboundEvent], bool]] = {
    "follow": _scanned,
    "scan": _scanned,
    "text": _said,
    "click": _clicked,
    "view": _viewed,
    "tag": _named("Tag"),
    "segment": _named("Segment"),
    "mini_program": _named("Name"),
    "date": _named("Date"),
    "journey": _started,
    "points": _passed,
    "payment": _worth,
    "refund": _worth,
}
