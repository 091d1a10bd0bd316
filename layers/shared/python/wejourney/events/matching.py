"""Whether an event is one of those that a pattern means."""

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EVENT_TYPES
from wejourney.journeys.definition import EventPattern


def matches(pattern: EventPattern, event: InboundEvent) -> bool:
    """Whether the event is of the pattern's kind and fits all that the pattern says."""
    if pattern.event != event.kind:
        return False
    for narrowing in EVENT_TYPES[pattern.event].narrowings or ():
        wanted = getattr(pattern, narrowing.pattern_field)
        if wanted not in (None, ()) and not narrowing.fits(wanted, event.body):
            return False
    return True
